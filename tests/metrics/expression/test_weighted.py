import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from sklearn.preprocessing import minmax_scale

from perturb_evals.metrics.expression.weighted import (
    gene_weights,
    r2_weighted,
    weighted_mse,
    weighted_spread,
    z_others,
)


def z_by_loop(values):
    out = np.zeros_like(values)
    for row in range(len(values)):
        others = np.delete(values, row, axis=0)
        out[row] = (values[row] - others.mean(axis=0)) / others.std(axis=0, ddof=1)
    return out


def test_weights_are_squares_of_the_scaled_statistic():
    t = np.random.default_rng(0).normal(0, 3, (5, 40))
    squares = minmax_scale(abs(t), axis=1) ** 2
    assert gene_weights(t) == pytest.approx(squares / squares.sum(axis=1, keepdims=True))
    assert gene_weights([[-1, 3, 2]])[0] == pytest.approx([0, 0.8, 0.2])


def test_equal_statistics_weigh_the_same():
    assert gene_weights([[2, -2, 2, 2], [0, 0, 0, 0]]).tolist() == [[0.25] * 4] * 2
    assert gene_weights([[7.0]]).tolist() == [[1]]


@settings(deadline=None)
@given(arrays(float, array_shapes(min_dims=2, max_dims=2), elements=st.floats(-1e6, 1e6)))
def test_weights_sum_to_one_and_keep_the_order(t):
    weights = gene_weights(t)
    assert (weights >= 0).all()
    assert weights.sum(axis=1) == pytest.approx(1)
    order = np.argsort(abs(t), axis=1)
    assert (np.diff(np.take_along_axis(weights, order, axis=1), axis=1) >= 0).all()


@pytest.mark.parametrize("n_genes", [3, 600])
def test_z_leaves_the_perturbation_itself_out(n_genes):
    rng = np.random.default_rng(0)
    values = (rng.normal(3, 0.3, (20, n_genes)) * rng.gamma(2, 1, n_genes)).astype(np.float32)
    assert z_others(values) == pytest.approx(z_by_loop(values.astype(float)), rel=1e-9)


def test_z_where_the_others_do_not_vary():
    values = np.full((5, 3), 0.1)
    values[:, 1] = [1, 2, 3, 4, 9]
    values[4, 2] = 0.05  # the only perturbation that changes this gene
    z = z_others(values)
    assert (z[:, 0] == 0).all()
    assert z[4, 2] == pytest.approx(-z[4, 1])
    assert z[4, 1] == pytest.approx((9 - 2.5) / np.std([1, 2, 3, 4], ddof=1))
    assert (abs(z[:4, 2]) < 1).all()


def test_z_without_any_scale_is_a_sign():
    values = np.zeros((4, 2))
    values[2] = [5, -1e-3]
    assert z_others(values)[2].tolist() == [1, -1]
    assert (z_others(np.full((4, 3), 0.3)) == 0).all()


@settings(deadline=None)
@given(
    arrays(float, st.tuples(st.integers(3, 6), st.integers(1, 4)), elements=st.integers(-3, 3)),
)
def test_z_is_finite_and_does_not_depend_on_the_origin(values):
    z = z_others(values)
    assert np.isfinite(z).all()
    assert z_others(values * 2 + 5) == pytest.approx(z, abs=1e-9)


def test_errors_count_by_weight():
    error = np.array([[1.0, 2], [0, 0]])
    weights = np.array([[0.25, 0.75], [0.5, 0.5]])
    assert weighted_mse(error, weights).tolist() == [3.25, 0]
    assert weighted_spread(np.array([[1.0, 5], [2, 2]]), weights).tolist() == [3, 0]


def test_r2_has_a_value_where_there_is_no_spread():
    values, undefined = r2_weighted(np.array([1.0, 4, 1, 0]), np.array([2.0, 2, 0, 0]))
    assert values.tolist() == [0.5, -1, 0, 0]
    assert undefined.tolist() == [False, False, True, True]
    assert r2_weighted(np.array([1.0]), np.array([1e-14]), 1e-6)[1].all()


@pytest.mark.parametrize(
    ("function", "values", "message"),
    [
        (gene_weights, np.zeros(3), r"must have shape \(any, any\), got \(3,\)"),
        (gene_weights, np.zeros((2, 0)), "must have shape"),
        (gene_weights, [[0, np.nan]], r"nan at \(0, 1\)"),
        (z_others, np.zeros((2, 4)), "3 perturbations or more, got 2"),
        (z_others, np.full((3, 2), np.inf), "must be finite: 6 of 6"),
    ],
)
def test_what_has_no_weights_is_refused(function, values, message):
    with pytest.raises(ValueError, match=message):
        function(values)
