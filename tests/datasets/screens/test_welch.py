"""Welch's t from sums, adjusted p and the order of genes, against scipy on the values."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from scipy import stats

from perturb_evals.datasets.screens.welch import (
    Moments,
    adjusted,
    moments,
    order_by_size,
    two_sided_p,
    welch_t,
)


def of(values: NDArray[np.float64]) -> Moments:
    return moments(len(values), values.sum(axis=0), (values**2).sum(axis=0))


@pytest.mark.filterwarnings("ignore:Precision loss")  # of scipy, with two cells that hardly differ
@settings(max_examples=100, deadline=None)
@given(st.integers(2, 40), st.integers(2, 40), st.integers(0, 2**31))
def test_t_and_p_are_those_of_scipy(n: int, m: int, seed: int):
    rng = np.random.default_rng(seed)
    one = rng.gamma(1.0, 1.0, (n, 6)) * (rng.random((n, 6)) < 0.6) + rng.random(6)
    two = rng.gamma(1.0, 1.0, (m, 6))
    t, freedom = welch_t(of(one), of(two))
    expected = stats.ttest_ind(one, two, equal_var=False)
    np.testing.assert_allclose(t, expected.statistic, rtol=1e-7, atol=1e-9)
    np.testing.assert_allclose(freedom, expected.df, rtol=1e-7)
    np.testing.assert_allclose(two_sided_p(t, freedom), expected.pvalue, rtol=1e-6, atol=1e-12)


def test_moments_are_those_of_numpy():
    values = np.random.default_rng(0).random((9, 4))
    got = of(values)
    np.testing.assert_allclose(got.mean, values.mean(axis=0))
    np.testing.assert_allclose(got.variance, values.var(axis=0, ddof=1))


@pytest.mark.parametrize("n", [0, 1])
def test_one_cell_has_no_variance(n: int):
    with pytest.raises(ValueError, match=f"at least 2 cells, got {n}"):
        moments(n, np.ones(2), np.ones(2))


@pytest.mark.filterwarnings("ignore:Precision loss")  # of scipy, on the constant columns
def test_genes_without_variance():
    # Columns: both absent; the same constant; two constants, up and down; constant in one group.
    one = np.array([[0, 0.1, 2, 1, 1.0], [0, 0.1, 2, 1, 1.0], [0, 0.1, 2, 1, 1.0]])
    two = np.array([[0, 0.1, 1, 2, 0.5], [0, 0.1, 1, 2, 0.7]])
    t, freedom = welch_t(of(one), of(two))
    assert t[:4].tolist() == [0, 0, np.inf, -np.inf]
    assert freedom[:4].tolist() == [1, 1, 1, 1]
    assert t[4] == pytest.approx(stats.ttest_ind(one[:, 4], two[:, 4], equal_var=False).statistic)
    assert two_sided_p(t, freedom)[:4].tolist() == [1, 1, 0, 0]
    assert order_by_size(t).tolist() == [2, 3, 4, 0, 1]


def test_a_constant_gene_has_no_variance_however_it_rounds():
    values = np.full((1_000, 3), [0.1, 1 / 3, 7.3])
    assert of(values).variance.tolist() == [0, 0, 0]


def test_a_rare_gene_keeps_its_variance():
    values = np.zeros((100_000, 1))
    values[0] = 1e-3
    assert of(values).variance[0] == pytest.approx(values.var(ddof=1), rel=1e-9)


def test_p_underflows_but_the_order_does_not():
    t = np.array([50.0, -400.0, 100.0, 1.0])
    p = two_sided_p(t, np.full(4, 1e4))
    assert p[1] == 0
    assert order_by_size(t).tolist() == [1, 2, 0, 3]


def test_ties_keep_the_order_of_the_genes():
    assert order_by_size([1.0, -2.0, 2.0, 0.0, -1.0, 0.0]).tolist() == [1, 2, 0, 4, 3, 5]
    assert order_by_size([[0.0, 1.0], [-3.0, 2.0]]).tolist() == [[1, 0], [0, 1]]
    assert order_by_size([]).tolist() == []


@settings(max_examples=200, deadline=None)
@given(arrays(float, st.integers(1, 30), elements=st.floats(0, 1)))
def test_adjusted_p_is_that_of_scipy(p: NDArray[np.float64]):
    np.testing.assert_allclose(
        adjusted(p), stats.false_discovery_control(p), rtol=1e-12, atol=1e-300
    )


def test_adjusted_p_of_tied_and_of_several_rows():
    p = np.array([[0.01, 0.01, 0.5, 1.0], [0.0, 0.9, 0.9, 0.9]])
    expected = np.array([[0.02, 0.02, 2 / 3, 1.0], [0.0, 0.9, 0.9, 0.9]])
    np.testing.assert_allclose(adjusted(p), expected, rtol=1e-12)
