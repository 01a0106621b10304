"""Votes, tendencies and factors against plain loops and NumPy's own decomposition."""

from statistics import fmean

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array

from perturb_evals.methods.label_neighbors import Factors, TrainingLabels

Rows = list[tuple[str, str, int]]

ROWS = st.lists(
    st.tuples(st.sampled_from("ABCDE"), st.sampled_from("vwxyz"), st.integers(0, 1)),
    min_size=1,
    max_size=25,
    unique_by=lambda row: row[:2],
)
WEIGHTS = st.lists(st.sampled_from([0.0, 0.0, 0.3, 1.0, 2.5]), min_size=5, max_size=5)
PRIORS = st.sampled_from([1e-6, 0.1, 3.0])


def labels(rows: Rows) -> TrainingLabels:
    return TrainingLabels.of(pd.DataFrame(rows, columns=["pert", "gene", "label"]))


def rate(rows: Rows, gene: str) -> float:
    return fmean(label for _, g, label in rows if g == gene)


@given(ROWS)
def test_a_table_is_its_rows(rows: Rows) -> None:
    made = labels(rows)
    assert list(made.perts) == sorted({pert for pert, _, _ in rows})
    assert list(made.genes) == sorted({gene for _, gene, _ in rows})
    assert made.rates == pytest.approx([rate(rows, gene) for gene in made.genes])
    assert made.rate == pytest.approx(fmean(label for _, _, label in rows))
    known = {(pert, gene): label for pert, gene, label in rows}
    for p, pert in enumerate(made.perts):
        for g, gene in enumerate(made.genes):
            there = (pert, gene) in known
            departure = known[pert, gene] - rate(rows, gene) if there else 0
            assert made.has.toarray()[p, g] == there
            assert made.departures.toarray()[p, g] == pytest.approx(departure)


@given(ROWS, WEIGHTS, PRIORS)
def test_votes_are_the_sums_by_hand(rows: Rows, given_weights: list[float], prior: float) -> None:
    made = labels(rows)
    weight = dict(zip("ABCDE", given_weights, strict=True))
    weights = np.array([[weight[pert] for pert in made.perts], [0.0] * len(made.perts)])
    votes, heard = made.votes(weights, prior)
    assert votes.shape == heard.shape == (2, len(made.genes))
    for g, gene in enumerate(made.genes):
        voters = [(weight[pert], label) for pert, other, label in rows if other == gene]
        total = sum(w for w, _ in voters)
        said = sum(w * (label - rate(rows, gene)) for w, label in voters)
        assert heard[0, g] == pytest.approx(total)
        assert votes[0, g] == pytest.approx(said / (total + prior), abs=1e-12)
        # The rate and its votes are the weighted mean of labels, and so lie in [0, 1].
        mean = (sum(w * label for w, label in voters) + prior * rate(rows, gene)) / (total + prior)
        assert made.rates[g] + votes[0, g] == pytest.approx(mean, abs=1e-12)
    assert not votes[1].any()
    assert not heard[1].any()


@given(ROWS, WEIGHTS, PRIORS)
def test_a_tendency_is_the_mean_over_perturbations_of_their_mean_departure(
    rows: Rows, given_weights: list[float], prior: float
) -> None:
    made = labels(rows)
    weight = dict(zip("ABCDE", given_weights, strict=True))
    mean = {
        pert: fmean(label - rate(rows, gene) for other, gene, label in rows if other == pert)
        for pert in made.perts
    }
    found = made.tendencies(np.array([[weight[pert] for pert in made.perts]]), prior)
    total = sum(weight[pert] for pert in made.perts)
    said = sum(weight[pert] * mean[pert] for pert in made.perts)
    assert found == pytest.approx([said / (total + prior)], abs=1e-12)
    assert made.tendencies(np.zeros((3, len(made.perts))), prior).tolist() == [0, 0, 0]


def test_of_one_row_nothing_departs() -> None:
    made = labels([("A", "v", 1)])
    votes, heard = made.votes(np.array([[2.0]]), 0.1)
    assert (votes.tolist(), heard.tolist()) == ([[0.0]], [[2.0]])
    assert made.tendencies(np.array([[2.0]]), 0.1).tolist() == [0.0]


@pytest.mark.parametrize("label", [0, 1])
def test_where_all_labels_are_equal_nothing_departs_and_there_is_no_factor(label: int) -> None:
    made = labels([(pert, gene, label) for pert in "ABC" for gene in "vwxyz"])
    assert made.rates.tolist() == [label] * 5
    weights = np.ones((1, 3))
    assert not made.votes(weights, 0.1)[0].any()
    factors = Factors(made.departures, 20)
    assert factors.directions.shape == (5, 0)
    assert factors.project(weights, 0.1).tolist() == [[0.0] * 5]


# Factors


def projected(rows: np.ndarray, rank: int, weights: np.ndarray, prior: float) -> np.ndarray:
    leading = np.linalg.svd(rows, full_matrices=False)[2][:rank]
    found = []
    for weight in weights:
        mean = sum(w * row for w, row in zip(weight, rows, strict=True)) / (weight.sum() + prior)
        found.append(sum((mean @ direction) * direction for direction in leading))
    return np.array(found)


# The last one is too large for LAPACK.
SHAPES = [(1, 1), (1, 6), (6, 1), (4, 9), (9, 4), (30, 12), (501, 540)]


@pytest.mark.each("shape", SHAPES)
@pytest.mark.each("rank", [1, 3, 20])
def test_projections_are_those_of_numpy(shape: tuple[int, int], rank: int) -> None:
    rng = np.random.default_rng(sum(shape))
    # Singular values that differ, so that the leading ones are certain.
    rows = rng.normal(size=shape) * 0.8 ** np.arange(shape[1])
    rows[rng.random(shape) < 0.3] = 0.0
    weights = rng.random((3, shape[0])) ** 3
    weights[2] = 0.0
    factors = Factors(csr_array(rows), rank)
    assert factors.directions.shape[1] <= min(rank, *shape)
    expected = projected(rows, rank, weights, 0.1)
    np.testing.assert_allclose(factors.project(weights, 0.1), expected, atol=1e-9)
    assert not factors.project(weights, 0.1)[2].any()


def test_a_rank_above_that_of_the_rows_leaves_them_as_they_are() -> None:
    rows = np.array([[1.0, -1, 0, 2], [0, 0, 3, 0], [1, -1, 3, 2]])
    factors = Factors(csr_array(rows), 20)
    assert factors.directions.shape == (4, 2)
    found = factors.project(np.eye(3), 1.0)
    np.testing.assert_allclose(found, rows / 2, atol=1e-12)


@pytest.mark.parametrize("shape", [(3, 4), (600, 700)])
def test_rows_of_zeros_have_no_factor(shape: tuple[int, int]) -> None:
    factors = Factors(csr_array(shape), 20)
    assert factors.directions.shape == (shape[1], 0)
    assert factors.project(np.ones((2, shape[0])), 0.1).tolist() == [[0.0] * shape[1]] * 2


def test_of_a_large_table_a_few_rows_may_be_known() -> None:
    rows = np.zeros((600, 700))
    rows[[3, 50, 599], [8, 8, 30]] = 1.0, 2.0, -1.0
    weights = np.full((1, 600), 0.01)
    factors = Factors(csr_array(rows), 20)
    assert factors.directions.shape == (700, 2)
    expected = projected(rows, 20, weights, 0.1)
    np.testing.assert_allclose(factors.project(weights, 0.1), expected, atol=1e-12)


@pytest.mark.parametrize("shape", [(4, 9), (502, 503)])
def test_departures_of_halves_have_factors_too(shape: tuple[int, int]) -> None:
    """Their columns sum to 0 to the last bit, where ARPACK could not begin with ones."""
    halves = np.repeat([-0.5, 0.5], shape[0] // 2)
    rng = np.random.default_rng(0)
    rows = np.column_stack([rng.permutation(halves) for _ in range(shape[1])])
    rows[:, 0] = rows[:, 1] = rows[:, 2] = halves
    assert not rows.sum(axis=0).any()
    weights = np.eye(shape[0])[:2]
    found = Factors(csr_array(rows), 1).project(weights, 0.1)
    np.testing.assert_allclose(found, projected(rows, 1, weights, 0.1), atol=1e-9)


@pytest.mark.parametrize(
    "rows", [np.eye(5), np.kron(np.eye(3), np.ones((2, 2))), np.eye(4) - 0.25, -np.eye(5)[:, :3]]
)
def test_of_directions_that_lead_alike_the_same_are_taken_at_every_call(rows: np.ndarray) -> None:
    for rank in (1, 2):
        first, *others = (Factors(csr_array(rows), rank).directions for _ in range(4))
        assert first.shape == (rows.shape[1], rank)
        for other in others:
            np.testing.assert_array_equal(other, first)
