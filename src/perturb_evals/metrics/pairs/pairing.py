"""The rows of two systems side by side: the same questions in the same order."""

from typing import Any

import numpy as np
import pandas as pd

from perturb_evals.metrics.pairs.predictions import Predictions


def pair_questions(a: Predictions, b: Predictions) -> tuple[Predictions, Predictions]:
    """Sort two tables by question, after checking that they hold the same ones.

    Args:
        a: One system's table, one row a question, in any order.
        b: The other's.

    Returns:
        Both tables sorted by perturbation, then gene: row i of both is the same question. Tables
        without rows give tables without rows.

    Raises:
        ValueError: A question that one table lacks, that one table holds twice (reduce epochs to
            one row a question first), or whose label differs between them. The message counts
            them on either side and names the first.
    """
    left, right = _indexed("a", a), _indexed("b", b)
    only_a, only_b = left.index.difference(right.index), right.index.difference(left.index)
    if len(only_a) or len(only_b):
        first = f"{_name(only_a[0])} in a" if len(only_a) else f"{_name(only_b[0])} in b"
        raise ValueError(
            f"a and b must hold the same questions: {len(only_a)} of the {len(a)} in a are missing "
            f"in b, {len(only_b)} of the {len(b)} in b are missing in a, the first is {first}. "
            "Compare systems only on questions that both were asked."
        )
    differ = a.labels[left.to_numpy()] != b.labels[right.to_numpy()]
    if differ.any():
        at = int(differ.argmax())
        raise ValueError(
            f"a and b must hold the same labels: {differ.sum()} of {len(a)} questions differ, the "
            f"first is {_name(left.index[at])} with {a.labels[left.iloc[at]]} in a and "
            f"{b.labels[right.iloc[at]]} in b. Are they of one version of the data?"
        )
    return _take(a, left), _take(b, right)


def _indexed(side: str, table: Predictions) -> "pd.Series[int]":
    """The row of each question, indexed and sorted by perturbation and gene."""
    index = pd.MultiIndex.from_arrays([table.perts, table.genes])
    twice = index.duplicated()
    if twice.any():
        first = _name(index[int(twice.argmax())])
        raise ValueError(
            f"{side} must hold every question once: {twice.sum()} of {len(table)} rows repeat one, "
            f"the first is {first}. Reduce epochs to one row a question."
        )
    return pd.Series(np.arange(len(table)), index=index).sort_index()


def _name(question: Any) -> str:
    pert, gene = question
    return f"{pert}>{gene}"


def _take(table: Predictions, rows: "pd.Series[int]") -> Predictions:
    taken = rows.to_numpy()
    return Predictions(
        table.perts[taken],
        table.genes[taken],
        table.labels[taken],
        table.scores[taken],
        table.abstained[taken],
    )
