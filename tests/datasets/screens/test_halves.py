"""Halves of the cells of every group, against loops over the cells and scipy."""

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

from perturb_evals.datasets.screens.cell_sums import CellSums, cell_sums
from perturb_evals.datasets.screens.halves import half_layers, halved, joined, random_halves
from perturb_evals.datasets.screens.screen import LAYERS

Values = NDArray[np.float32]


def sums_of(folder: Path, values: Values, groups: NDArray[np.int64]) -> CellSums:
    with h5py.File(folder / "x.h5", "w") as file:
        write_elem(file, "X", csr_matrix(values))
        return cell_sums(file["X"], halved(groups), 2 * (int(groups.max()) + 1))


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
    got = half_layers(sums_of(tmp_path, values, groups))
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


def test_halves_join_to_the_whole(tmp_path: Path, cells):
    values, groups = cells
    got = joined(sums_of(tmp_path, values, groups))
    with h5py.File(tmp_path / "whole.h5", "w") as file:
        write_elem(file, "X", csr_matrix(values))
        whole = cell_sums(file["X"], groups, int(groups.max()) + 1)
    np.testing.assert_array_equal(got.n_cells, whole.n_cells)
    np.testing.assert_allclose(got.sums, whole.sums, rtol=1e-12)
    np.testing.assert_allclose(got.squares, whole.squares, rtol=1e-12)
    assert (got.largest, got.whole) == (whole.largest, whole.whole)


def test_a_single_perturbation_has_no_others(tmp_path: Path, cells):
    values, groups = cells
    few = groups <= 1
    got = half_layers(sums_of(tmp_path, values[few], groups[few]))
    assert set(got) == {"half_1", "half_2", "t_half_1", "padj_half_2"}


def test_halves_of_one_cell_are_not_tested(tmp_path: Path):
    values = np.random.default_rng(1).random((13, 4), dtype=np.float32)
    groups = np.array([0] * 4 + [1] * 3 + [2] * 6)
    layers = half_layers(sums_of(tmp_path, values, groups))
    for name in ("t_half_1", "t_others_half_1"):
        assert not layers[name][0].any()
        assert layers[name][1].all()
    assert (layers["padj_half_2"][0] == 1).all()
    assert (layers["padj_half_2"][1] < 1).any()


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(0, 4), min_size=1, max_size=60), st.integers(0, 2**32))
def test_halves_are_halves_of_every_group(groups: list[int], seed: int):
    of = np.array(groups)
    halves = random_halves(of, seed)
    for group in set(groups):
        first, second = np.bincount(halves[of == group], minlength=2)
        assert first - second in (0, 1)
    np.testing.assert_array_equal(halves, random_halves(of, seed))


def test_halves_are_random():
    groups = np.zeros(200, dtype=int)
    one, two = random_halves(groups, 0), random_halves(groups, 1)
    assert 60 < (one == two).sum() < 140
    assert 60 < (one == np.arange(200) % 2).sum() < 140


def test_the_halves_never_change():
    # A screen that was read before and one that is read now must agree.
    assert random_halves(np.array([0, 1, 0, 1, 0, 0, 1, 0]), 0).tolist() == [1, 1, 0, 0, 1, 0, 0, 0]


def test_a_cell_that_is_left_out_stays_out():
    groups = np.array([0, -1, 1, 0, -1, 1])
    of = halved(groups)
    assert (of[groups < 0] == -1).all()
    assert sorted(of[groups >= 0]) == [0, 1, 2, 3]
    assert (of[groups >= 0] // 2 == groups[groups >= 0]).all()
