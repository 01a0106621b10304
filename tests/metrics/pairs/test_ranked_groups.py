"""The weighted AUROC of groups, against scikit-learn's with sample weights."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from perturb_evals.metrics.pairs.predictions import Predictions
from perturb_evals.metrics.pairs.ranked_groups import (
    FEWEST_COLUMNS,
    rank_within_groups,
    weighted_auroc,
)


def table(n, seed, *, levels=5):
    """Rows of few genes, with ties."""
    rng = np.random.default_rng(seed)
    genes = rng.choice(["A", "B", "C", "D"], n)
    perts = [f"P{row}" for row in range(n)]
    scores = rng.integers(0, levels, n) / levels
    return Predictions(perts, genes, rng.integers(0, 2, n), scores)


def by_scikit_learn(predictions, gene, weight):
    rows = predictions.genes == gene
    labels, weight = predictions.labels[rows], weight[rows]
    if not weight[labels == 1].sum() or not weight[labels == 0].sum():
        return np.nan
    return roc_auc_score(labels, predictions.scores[rows], sample_weight=weight)


@given(st.integers(1, 60), st.integers(0, 10_000))
def test_equals_scikit_learn_with_sample_weights(n, seed):
    predictions = table(n, seed)
    weights = np.random.default_rng(seed).integers(0, 3, (n, 2 * FEWEST_COLUMNS + 1)).astype(float)
    ranked = rank_within_groups(predictions.genes, predictions, abstention="half")
    found = weighted_auroc(ranked, weights, ranked.rows)
    assert found.shape == (len(ranked.ids), weights.shape[1])
    # The loop takes a millisecond a column: those at the borders of what is computed at once.
    some = [0, FEWEST_COLUMNS - 1, FEWEST_COLUMNS, 2 * FEWEST_COLUMNS - 1, 2 * FEWEST_COLUMNS]
    for gene, values in zip(ranked.ids, found, strict=True):
        expected = [by_scikit_learn(predictions, gene, column) for column in weights.T[some]]
        np.testing.assert_allclose(values[some], expected, rtol=0, atol=1e-12)


def test_units_share_their_weight():
    predictions = table(40, 3)
    unit = np.arange(40) % 7
    weights = np.random.default_rng(1).integers(0, 4, (7, 5)).astype(float)
    ranked = rank_within_groups(predictions.genes, predictions, abstention="half")
    np.testing.assert_array_equal(
        weighted_auroc(ranked, weights, unit[ranked.rows]),
        weighted_auroc(ranked, weights[unit], ranked.rows),
    )


@pytest.mark.parametrize("abstention", ["half", "lowest"])
def test_an_abstained_row_counts_as_its_policy_says(abstention):
    # Gene A: a positive that abstained against negatives at .2 and .6.
    predictions = Predictions(
        ["p", "q", "r"], ["A"] * 3, [1, 0, 0], [0.4, 0.2, 0.6], [True, False, False]
    )
    ranked = rank_within_groups(predictions.genes, predictions, abstention=abstention)
    entries = np.zeros(len(ranked.rows), dtype=int)
    (value,) = weighted_auroc(ranked, np.ones((1, 1)), entries)[:, 0]
    assert value == {"half": 0.5, "lowest": 0.0}[abstention]


def test_without_a_gene_that_has_both_classes_there_is_no_row():
    predictions = Predictions(["p", "q"], ["A", "B"], [1, 0], [0.1, 0.2])
    ranked = rank_within_groups(predictions.genes, predictions, abstention="half")
    assert weighted_auroc(ranked, np.ones((1, 3)), ranked.rows).shape == (0, 3)
