"""The credit of questions, against loops over pairs."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perturb_evals.metrics.pairs.auroc import auroc_of_groups
from perturb_evals.metrics.pairs.credit import question_credit
from perturb_evals.metrics.pairs.predictions import Predictions


def table(seed: int, n: int, levels: int, gone: float) -> Predictions:
    rng = np.random.default_rng(seed)
    return Predictions(
        perts=[f"P{i}" for i in range(n)],
        genes=rng.integers(0, 4, n),
        labels=rng.integers(0, 2, n),
        scores=rng.integers(0, levels, n).astype(float),
        abstained=rng.random(n) < gone,
    )


def pair_credit(rows: Predictions, up: int, down: int, policy: str) -> float:
    out = rows.abstained[up], rows.abstained[down]
    if policy == "half" and any(out):
        return 0.5
    a, b = (-np.inf if rows.abstained[row] else rows.scores[row] for row in (up, down))
    return 1.0 if a > b else 0.5 if a == b else 0.0


@given(
    st.integers(0, 2**31),
    st.integers(1, 30),
    st.integers(1, 6),
    st.sampled_from([0.0, 0.3, 1.0]),
    st.sampled_from(["half", "lowest"]),
)
def test_it_is_the_mean_over_pairs_of_a_loop(seed, n, levels, gone, policy):
    rows = table(seed, n, levels, gone)
    got = question_credit(rows, abstention=policy)
    for row in range(n):
        same = [i for i in range(n) if rows.genes[i] == rows.genes[row]]
        others = [i for i in same if rows.labels[i] != rows.labels[row]]
        if not others:
            assert np.isnan(got[row])
            continue
        pairs = [(row, i) if rows.labels[row] else (i, row) for i in others]
        expected = np.mean([pair_credit(rows, up, down, policy) for up, down in pairs])
        assert got[row] == pytest.approx(expected, abs=1e-12)


@given(st.integers(0, 2**31))
def test_its_mean_over_one_class_of_a_gene_is_the_auroc(seed):
    rows = table(seed, 40, 5, 0.2)
    got, found = question_credit(rows), auroc_of_groups(rows.genes, rows)
    for gene, auroc in zip(found.ids, found.auroc, strict=True):
        for label in (0, 1):
            of = (rows.genes == gene) & (rows.labels == label)
            assert got[of].mean() == pytest.approx(auroc, abs=1e-12)


def test_no_rows():
    assert len(question_credit(Predictions([], [], [], []))) == 0
