"""Profiles from sums, against loops over the cells and scipy."""

from pathlib import Path

import h5py
import numpy as np
import pytest
from anndata.io import write_elem
from numpy.typing import NDArray
from scipy import stats
from scipy.sparse import csr_matrix

from perturb_evals.datasets.screens.cell_sums import CellSums, cell_sums
from perturb_evals.datasets.screens.profiles import profiles

Values = NDArray[np.float32]


def sums_of(folder: Path, values: Values, groups: NDArray[np.int64]) -> CellSums:
    with h5py.File(folder / "x.h5", "w") as file:
        write_elem(file, "X", csr_matrix(values))
        return cell_sums(file["X"], groups, int(groups.max()) + 1)


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
