"""Profiles and the layers of halves from sums, against loops over the cells and scipy."""

from pathlib import Path

import h5py
import numpy as np
import pytest
from anndata.io import write_elem
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats
from scipy.sparse import csr_matrix

from perturb_evals.datasets.screens.cell_sums import CellSums, cell_sums, halved, random_halves
from perturb_evals.datasets.screens.profiles import (
    Moments,
    half_layers,
    moments,
    order_by_size,
    profiles,
    two_sided_p,
    welch_t,
)
from perturb_evals.datasets.screens.screen import LAYERS

Values = NDArray[np.float32]


def sums_of(folder: Path, values: Values, groups: NDArray[np.int64]) -> CellSums:
    with h5py.File(folder / "x.h5", "w") as file:
        write_elem(file, "X", csr_matrix(values))
        return cell_sums(file["X"], groups, int(groups.max()) + 1)


def halves_of(folder: Path, values: Values, groups: NDArray[np.int64]) -> CellSums:
    return sums_of(folder, values, halved(groups))


@pytest.fixture(scope="module")
def cells() -> tuple[Values, NDArray[np.int64]]:
    rng = np.random.default_rng(2)
    groups = np.concatenate([np.zeros(60), rng.integers(-1, 6, 200)]).astype(np.int64)
    shift = rng.normal(0, 0.3, (7, 40))
    values = np.maximum(0, rng.normal(0.3, 1, (260, 40)) + shift[groups]).astype(np.float32)
    values[:, 3] = 0  # a gene that no cell shows
    return values, groups


def test_they_are_those_of_loops(tmp_path: Path, cells):
    values, groups = cells
    got = profiles(sums_of(tmp_path, values, groups))
    exact = values.astype(float)
    control = exact[groups == 0]
    np.testing.assert_allclose(got.control, control.mean(axis=0), rtol=1e-12)
    for row in range(5):
        own = exact[groups == row + 1]
        others = exact[(groups > 0) & (groups != row + 1)]
        np.testing.assert_allclose(got.expression[row], own.mean(axis=0), rtol=1e-6)
        with np.errstate(invalid="ignore"):
            test = stats.ttest_ind(own, control, equal_var=False)
            apart = stats.ttest_ind(own, others, equal_var=False)
        t = np.nan_to_num(test.statistic)
        assert got.order[row].tolist() == np.argsort(-np.abs(t), kind="stable").tolist()
        expected = np.nan_to_num(apart.statistic)
        np.testing.assert_allclose(got.t_others[row], expected, rtol=1e-5, atol=1e-6)


def test_a_single_perturbation_has_no_others(tmp_path: Path, cells):
    values, groups = cells
    few = groups <= 1
    got = profiles(sums_of(tmp_path, values[few], groups[few]))
    assert got.t_others is None
    assert got.expression.shape == (1, 40)


def test_an_infinite_t_against_others_becomes_the_largest_finite_one(tmp_path: Path):
    # Gene 0 is constant in both groups and differs; gene 1 varies.
    values = np.array(
        [[0, 0], [0, 1], [2, 1], [2, 3], [1, 2], [1, 5]],
        dtype=np.float32,
    )
    got = profiles(sums_of(tmp_path, values, np.array([0, 0, 1, 1, 2, 2])))
    t = got.t_others
    assert np.isfinite(t).all()
    assert (np.abs(t[:, 0]) == np.maximum(1, np.abs(t[:, 1]))).all()
    assert (t[0, 0], t[1, 0]) == (-t[1, 0], -t[0, 0])
    assert got.order[0].tolist() == [0, 1]


def test_a_group_of_one_cell_is_refused(tmp_path: Path):
    sums = sums_of(tmp_path, np.ones((3, 2), dtype=np.float32), np.array([0, 0, 1]))
    with pytest.raises(ValueError, match="at least 2 cells, got 1"):
        profiles(sums)


def test_orders_are_kept_small(tmp_path: Path):
    values = np.random.default_rng(0).random((6, 300), dtype=np.float32)
    got = profiles(sums_of(tmp_path, values, np.array([0, 0, 1, 1, 2, 2])))
    assert got.order.dtype == np.uint16
    assert (np.sort(got.order, axis=1) == np.arange(300)).all()


def test_layers_of_halves_are_those_of_loops(tmp_path: Path, cells):
    values, groups = cells
    got = half_layers(halves_of(tmp_path, values, groups))
    exact = values.astype(float)
    assert {*got, "t_others"} == set(LAYERS)
    half_of = random_halves(groups)
    for row in range(5):
        others = exact[(groups > 0) & (groups != row + 1)]
        first, second = (exact[(groups == row + 1) & (half_of == half)] for half in (0, 1))
        control_1, control_2 = (exact[(groups == 0) & (half_of == half)] for half in (0, 1))
        np.testing.assert_allclose(got["half_1"][row], first.mean(axis=0), rtol=1e-6)
        np.testing.assert_allclose(got["half_2"][row], second.mean(axis=0), rtol=1e-6)
        with np.errstate(invalid="ignore"):
            half_1 = stats.ttest_ind(first, control_1, equal_var=False)
            half_2 = stats.ttest_ind(second, control_2, equal_var=False)
            half_apart = stats.ttest_ind(first, others, equal_var=False)
        for name, found in (("t_half_1", half_1), ("t_others_half_1", half_apart)):
            expected = np.nan_to_num(found.statistic)
            np.testing.assert_allclose(got[name][row], expected, rtol=1e-5, atol=1e-6)
        padj = stats.false_discovery_control(np.where(np.isnan(half_2.pvalue), 1, half_2.pvalue))
        np.testing.assert_allclose(got["padj_half_2"][row], padj, rtol=1e-5)


def test_halves_of_a_single_perturbation_have_no_others(tmp_path: Path, cells):
    values, groups = cells
    few = groups <= 1
    got = half_layers(halves_of(tmp_path, values[few], groups[few]))
    assert set(got) == {"half_1", "half_2", "t_half_1", "padj_half_2"}


def test_halves_of_one_cell_are_not_tested(tmp_path: Path):
    values = np.random.default_rng(1).random((13, 4), dtype=np.float32)
    groups = np.array([0] * 4 + [1] * 3 + [2] * 6)
    layers = half_layers(halves_of(tmp_path, values, groups))
    for name in ("t_half_1", "t_others_half_1"):
        assert not layers[name][0].any()
        assert layers[name][1].all()
    assert (layers["padj_half_2"][0] == 1).all()
    assert (layers["padj_half_2"][1] < 1).any()


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
