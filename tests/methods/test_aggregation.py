from statistics import median

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.optimize import minimize_scalar
from sklearn.linear_model import Ridge

from perturb_evals.methods.aggregation import AGGREGATIONS, aggregate, ridge_share

K_AND_G = st.tuples(st.integers(1, 6), st.integers(1, 5))
NUMBERS = st.floats(-100, 100, width=32)
VECTORS = K_AND_G.flatmap(lambda shape: arrays(np.float32, shape, elements=NUMBERS))


def example(k=4, n_genes=7, shared=1.0, seed=0):
    """k noisy copies of one departure, and the training mean they depart from."""
    rng = np.random.default_rng(seed)
    mean, departure = rng.normal(size=(2, n_genes))
    return mean + shared * departure + rng.normal(size=(k, n_genes)), mean


def weighted_by_loop(vectors, weights):
    total = sum(weights)
    return [
        sum(weight * vector[gene] for weight, vector in zip(weights, vectors, strict=True)) / total
        for gene in range(vectors.shape[1])
    ]


@settings(deadline=None)
@given(vectors=VECTORS, data=st.data())
def test_equals_plain_loops(vectors, data):
    k, mean = len(vectors), np.zeros(vectors.shape[1])
    rows = vectors.astype(float)
    columns = rows.T.tolist()
    # Below the smallest normal number the loop loses its digits, not the package.
    numbers = st.floats(0, 100, allow_subnormal=False)
    similarities = data.draw(st.lists(numbers, min_size=k, max_size=k))
    weights = similarities if any(similarities) else [1.0] * k
    expected = {
        "mean": weighted_by_loop(rows, [1] * k),
        "median": [median(column) for column in columns],
        "rank": weighted_by_loop(rows, [1 / rank for rank in range(1, k + 1)]),
        "similarity": weighted_by_loop(rows, weights),
    }
    for how, values in expected.items():
        got = aggregate(vectors, how, similarities=similarities, train_mean=mean)
        assert got.dtype == np.float64
        np.testing.assert_allclose(got, values, rtol=1e-9, atol=1e-9)


def leave_one_out_error(penalty, departures):
    """Squared error when each neighbor is predicted by a ridge fitted to the others."""
    k = len(departures)
    error = 0.0
    for i in range(k):
        others = np.delete(departures, i, axis=0)
        fitted = Ridge(alpha=penalty, fit_intercept=False).fit(np.ones((k - 1, 1)), others)
        error += float(((departures[i] - fitted.coef_[:, 0]) ** 2).sum())
    return error


@pytest.mark.parametrize("shared", [0.5, 1.0, 3.0])
@pytest.mark.parametrize("k", [2, 3, 8])
def test_ridge_is_scikit_learns_with_the_penalty_that_leaves_one_out_best(k, shared):
    vectors, mean = example(k, n_genes=30, shared=shared, seed=1)
    departures = vectors - mean
    found = minimize_scalar(
        lambda log: leave_one_out_error(np.exp(log), departures), bounds=(-8, 8), method="bounded"
    )
    fitted = Ridge(alpha=np.exp(found.x), fit_intercept=False).fit(np.ones((k, 1)), departures)
    got = aggregate(vectors, "ridge", train_mean=mean)
    np.testing.assert_allclose(got, mean + fitted.coef_[:, 0], atol=1e-4)
    share = ridge_share(departures)
    assert 0 < share < 1
    penalty = k * (1 - share) / share
    assert leave_one_out_error(penalty, departures) <= found.fun + 1e-9


def test_ridge_keeps_what_neighbors_share_and_drops_what_they_do_not():
    mean = np.array([1.0, 2.0, 3.0])
    alike = mean + np.array([[1.0, -1.0, 0.5]] * 3)
    np.testing.assert_allclose(aggregate(alike, "ridge", train_mean=mean), alike[0])
    apart = mean + 5 * np.eye(3)  # departures at right angles
    np.testing.assert_allclose(aggregate(apart, "ridge", train_mean=mean), mean)
    opposed = mean + np.array([[1.0, 1.0, 1.0], [-1.0, -1.0, -0.5]])
    np.testing.assert_allclose(aggregate(opposed, "ridge", train_mean=mean), mean)


def test_ridge_draws_less_where_there_are_more_neighbors():
    shares = [ridge_share(np.subtract(*example(k, n_genes=2000))) for k in (2, 4, 8, 16)]
    assert shares == sorted(shares)


def test_one_neighbor_is_the_prediction_but_for_ridge():
    vector, mean = np.array([[1.0, 2.0]]), np.array([0.0, 1.0])
    for how in AGGREGATIONS:
        expected = [0.5, 1.5] if how == "ridge" else [1, 2]
        np.testing.assert_allclose(aggregate(vector, how, train_mean=mean), expected)


def test_neighbors_equal_to_the_training_mean_give_it():
    mean = np.array([1.0, 2.0])
    for how in AGGREGATIONS:
        np.testing.assert_allclose(aggregate([mean] * 3, how, train_mean=mean), mean)
    assert ridge_share(np.zeros((3, 2))) == 0


@settings(deadline=None)
@given(vectors=VECTORS, how=st.sampled_from(AGGREGATIONS), shift=st.floats(-50, 50))
def test_stays_between_the_neighbors_and_moves_with_them(vectors, how, shift):
    mean = vectors.mean(axis=0, dtype=np.float64)
    got = aggregate(vectors, how, train_mean=mean)
    assert (got >= vectors.min(axis=0) - 1e-3).all()
    assert (got <= vectors.max(axis=0) + 1e-3).all()
    moved = aggregate(vectors.astype(float) + shift, how, train_mean=mean + shift)
    np.testing.assert_allclose(moved, got + shift, atol=1e-3)


def test_a_missing_similarity_counts_as_the_mean_of_those_given():
    vectors, mean = example(3)
    got = aggregate(vectors, "similarity", similarities=[90, None, 30], train_mean=mean)
    np.testing.assert_allclose(got, weighted_by_loop(vectors, [90, 60, 30]))


@pytest.mark.parametrize("similarities", [None, [None] * 3, [0, 0, 0], [0, None, 0]])
def test_without_similarities_it_is_the_plain_mean(similarities):
    vectors, mean = example(3)
    got = aggregate(vectors, "similarity", similarities=similarities, train_mean=mean)
    np.testing.assert_allclose(got, vectors.mean(axis=0))


@pytest.mark.parametrize("scale", [1e-320, 1e-3, 1e300])
def test_the_scale_of_similarities_does_not_matter(scale):
    vectors, mean = example(3)
    similarities = [number * scale for number in (100.0, 100.0, 50.0)]
    got = aggregate(vectors, "similarity", similarities=similarities, train_mean=mean)
    np.testing.assert_allclose(got, weighted_by_loop(vectors, [2, 2, 1]), rtol=1e-3)


def test_bad_input_never_gives_a_number():
    vectors, mean = example(2, n_genes=3)
    for bad in (np.empty((0, 3)), vectors[0], vectors[:, :2]):
        with pytest.raises(ValueError, match="expected vectors of shape"):
            aggregate(bad, train_mean=mean)
    for bad in (np.nan, np.inf):
        with pytest.raises(ValueError, match="must be finite"):
            aggregate([[bad, 0, 0], [0, 0, 0]], train_mean=mean)
        with pytest.raises(ValueError, match="must be finite"):
            aggregate(vectors, "ridge", train_mean=[bad, 0, 0])
    with pytest.raises(ValueError, match="mean, median, rank, similarity, ridge, got 'max'"):
        aggregate(vectors, "max", train_mean=mean)
    for bad in ([1], [1, 2, 3], [1, -2], [1, np.nan], [1, np.inf]):
        with pytest.raises(ValueError, match="expected 2 similarities"):
            aggregate(vectors, "similarity", similarities=bad, train_mean=mean)
