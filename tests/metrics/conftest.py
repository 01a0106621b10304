import itertools
import os
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from perturb_evals.metrics.pairs.predictions import Predictions


@cache
def _read(folder, name):
    return pd.read_csv(Path(folder) / "perturbqa" / f"{name}.csv", keep_default_na=False)


@pytest.fixture(scope="session")
def perturbqa():
    """Rows of a real table by name and split, for example perturbqa("k562-de", "test")."""
    folder = os.environ.get("PERTURB_EVALS_DATA")
    if not folder:
        pytest.skip("PERTURB_EVALS_DATA is not set: it names the folder with the real tables")

    def read(name, split):
        table = _read(folder, name)
        return table[table.split == split].reset_index(drop=True)

    return read


@pytest.fixture(scope="session")
def pair_credits():
    """A second, literal implementation: the credit of every within-group pair, one at a time."""

    def credits_of(groups, predictions, abstention="half"):
        """{group: [(positive row, negative row, credit), ...]}; only groups with both classes."""
        scores, gone = predictions.scores.tolist(), predictions.abstained.tolist()
        rows = {0: {}, 1: {}}  # by label, then group
        for row, (group, label) in enumerate(zip(groups, predictions.labels.tolist(), strict=True)):
            rows[label].setdefault(group, []).append(row)
        out = {}
        for group in rows[1].keys() & rows[0].keys():
            for i, j in itertools.product(rows[1][group], rows[0][group]):
                if gone[i] and gone[j]:
                    credit = 0.5
                elif gone[i] or gone[j]:
                    credit = 0.5 if abstention == "half" else float(gone[j])
                else:
                    credit = 0.5 + 0.5 * (scores[i] > scores[j]) - 0.5 * (scores[i] < scores[j])
                out.setdefault(group, []).append((i, j, credit))
        return out

    return credits_of


@pytest.fixture(scope="session")
def example():
    """A table of the usual size and shape, with scores that know something and stay in [0, 1]."""

    def build(scores=None, seed=0, n=400):
        rng = np.random.default_rng(seed)
        labels = rng.random(n) < 0.3
        if scores is None:
            scores = np.clip(rng.normal(0.3 + 0.2 * labels, 0.2), 0, 1)
        genes, perts = rng.integers(0, 40, n), rng.integers(0, 30, n)
        return Predictions(perts, genes, labels, np.broadcast_to(scores, n))

    return build
