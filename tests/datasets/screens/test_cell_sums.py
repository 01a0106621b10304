"""Sums over groups of cells on disk, against plain sums in memory."""

from pathlib import Path

import h5py
import numpy as np
import pytest
from anndata.io import write_elem
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import sparse

from perturb_evals.datasets.screens import cell_sums as module
from perturb_evals.datasets.screens.cell_sums import (
    CellSums,
    cell_sums,
    halved,
    joined,
    random_halves,
)
from perturb_evals.datasets.screens.scale import Tally

LAYOUTS = {"csr": sparse.csr_matrix, "csc": sparse.csc_matrix, "dense": np.asarray}


def summed(
    folder: Path, values: NDArray[np.float32], groups: list[int], n: int, layout: str = "csr"
) -> CellSums:
    with h5py.File(folder / "x.h5", "w") as file:
        write_elem(file, "X", LAYOUTS[layout](values))
        return cell_sums(file["X"], np.array(groups, dtype=int), n)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("sums")


@settings(max_examples=60, deadline=None)
@given(data=st.data(), layout=st.sampled_from(sorted(LAYOUTS)), piece=st.integers(1, 200))
def test_sums_are_those_of_a_loop(folder: Path, data: st.DataObject, layout: str, piece: int):
    n_cells, n_genes = data.draw(st.integers(1, 30)), data.draw(st.integers(1, 9))
    n_groups = data.draw(st.integers(1, 5))
    seed = data.draw(st.integers(0, 2**31))
    rng = np.random.default_rng(seed)
    values = rng.random((n_cells, n_genes), dtype=np.float32) * (
        rng.random((n_cells, n_genes)) < 0.4
    )
    groups = rng.integers(-1, n_groups, n_cells)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "PIECE", piece)  # many pieces, some of a single row
        sums = summed(folder, values, groups.tolist(), n_groups, layout)
    exact = values.astype(float)
    assert sums.n_cells.shape == (n_groups,)
    assert sums.sums.shape == (n_groups, n_genes)
    for group in range(n_groups):
        rows = exact[groups == group]
        assert sums.n_cells[group] == len(rows)
        np.testing.assert_allclose(sums.sums[group], rows.sum(axis=0), rtol=1e-12)
        np.testing.assert_allclose(sums.squares[group], (rows**2).sum(axis=0), rtol=1e-12)
    assert sums.seen.largest == exact.max()
    assert sums.seen.n == np.count_nonzero(exact)
    assert sums.seen.negative == 0


@pytest.mark.parametrize("layout", sorted(LAYOUTS))
def test_every_layout_gives_the_same_to_rounding(folder: Path, layout: str):
    values = np.random.default_rng(0).random((50, 7), dtype=np.float32).round(1)
    groups = (np.arange(50) % 4 - 1).tolist()
    sums, rows = (summed(folder, values, groups, 3, kind) for kind in (layout, "csr"))
    np.testing.assert_allclose(sums.sums, rows.sums, rtol=1e-14)
    np.testing.assert_array_equal(sums.n_cells, rows.n_cells)


def test_empty_groups_and_empty_cells(folder: Path):
    sums = summed(folder, np.zeros((3, 2), dtype=np.float32), [0, 2, -1], 3)
    assert sums.n_cells.tolist() == [1, 0, 1]
    assert not sums.sums.any()
    assert not sums.squares.any()
    assert sums.seen == Tally()


@pytest.mark.parametrize("layout", sorted(LAYOUTS))
def test_counts_are_seen_to_be_whole(folder: Path, layout: str):
    counts = np.array([[0, 3], [7, 0]], dtype=np.float32)
    seen = summed(folder, counts, [0, 0], 1, layout).seen
    assert (seen.n, seen.above_one, seen.whole, seen.largest) == (2, 2, 2, 7)
    assert summed(folder, counts + np.float32(0.5), [0, 0], 1, layout).seen.whole == 0


@given(data=st.data(), layout=st.sampled_from(["csr", "csc"]), piece=st.integers(1, 200))
def test_an_entry_stored_in_parts_is_their_sum(
    folder: Path, data: st.DataObject, layout: str, piece: int
):
    """Valid for scipy and anndata, as a matrix that was built from triplets."""
    n_cells, n_genes = data.draw(st.integers(1, 30)), data.draw(st.integers(1, 9))
    rng = np.random.default_rng(data.draw(st.integers(0, 2**31)))
    n = data.draw(st.integers(0, 200))
    at = rng.integers(0, n_cells, n), rng.integers(0, n_genes, n)
    lines, width = (at, n_genes) if layout == "csr" else (at[::-1], n_cells)
    order = np.argsort(lines[0], kind="stable")  # in a line in any order, some of them twice
    values = rng.random(n)[order]
    length = n_cells if layout == "csr" else n_genes
    ends = np.concatenate([[0], np.bincount(lines[0], minlength=length).cumsum()])
    parts = (values, lines[1][order], ends)
    stored = LAYOUTS[layout](parts, shape=(n_cells, n_genes))
    assert stored.indices.max(initial=0) < max(width, 1)
    dense, groups = stored.toarray(), rng.integers(-1, 3, n_cells)
    with pytest.MonkeyPatch.context() as patch, h5py.File(folder / "parts.h5", "w") as file:
        patch.setattr(module, "PIECE", piece)
        write_elem(file, "X", stored)
        assert len(file["X/data"]) == n  # nothing was added up before
        sums = cell_sums(file["X"], groups, 3)
    for group in range(3):
        rows = dense[groups == group]
        np.testing.assert_allclose(sums.sums[group], rows.sum(axis=0), atol=1e-12)
        np.testing.assert_allclose(sums.squares[group], (rows**2).sum(axis=0), atol=1e-12)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_what_is_not_finite_stays_visible_in_its_group_and_gene_alone(folder: Path, value: float):
    values = np.ones((4, 3), dtype=np.float32)
    values[2, 1] = value
    sums = summed(folder, values, [0, 0, 1, 1], 2)
    assert np.argwhere(~np.isfinite(sums.squares)).tolist() == [[1, 1]]
    assert np.argwhere(~np.isfinite(sums.sums)).tolist() == [[1, 1]]


@pytest.mark.parametrize("groups", [[0, 0], [0, 0, 1, 0], [0, 0, -2]])
def test_groups_that_do_not_fit(folder: Path, groups: list[int]):
    with pytest.raises(ValueError, match="for each of the 3 cells"):
        summed(folder, np.ones((3, 2), dtype=np.float32), groups, 1)


def test_integers_on_disk(folder: Path):
    sums = summed(folder, np.array([[1, 2], [3, 4]], dtype=np.int32), [0, 0], 1)
    assert sums.sums.tolist() == [[4, 6]]
    assert sums.squares.tolist() == [[10, 20]]


@pytest.mark.parametrize("layout", ["csr", "csc"])
@pytest.mark.parametrize("index", [-1, 99])
def test_an_index_out_of_range_is_no_other_gene(folder: Path, layout: str, index: int):
    with h5py.File(folder / "bad.h5", "w") as file:
        write_elem(file, "X", LAYOUTS[layout](np.ones((3, 2), dtype=np.float32)))
        file["X/indices"][1] = index
        with pytest.raises(ValueError, match="X is damaged"):
            cell_sums(file["X"], np.zeros(3, dtype=int), 1)


def test_another_layout_is_refused(folder: Path):
    with h5py.File(folder / "other.h5", "w") as file:
        group = file.create_group("X")
        group.attrs.update({"encoding-type": "coo_matrix", "shape": (1, 2)})
        with pytest.raises(ValueError, match="csr_matrix, csc_matrix or array, got 'coo_matrix'"):
            cell_sums(group, np.zeros(1, dtype=int), 1)


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


def test_halves_join_to_the_whole(folder: Path):
    rng = np.random.default_rng(2)
    values, groups = rng.random((260, 40), dtype=np.float32), rng.integers(-1, 6, 260)
    got = joined(summed(folder, values, halved(groups).tolist(), 12))
    whole = summed(folder, values, groups.tolist(), 6)
    np.testing.assert_array_equal(got.n_cells, whole.n_cells)
    np.testing.assert_allclose(got.sums, whole.sums, rtol=1e-12)
    np.testing.assert_allclose(got.squares, whole.squares, rtol=1e-12)
    assert got.seen == whole.seen
