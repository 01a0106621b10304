"""Sums over groups of cells, in one pass over the matrix of a single-cell `.h5ad` on disk.

The matrix is read in pieces of bounded size, sparse ones as they are, so no dense copy of the cells
ever exists. Everything later (means, variances, t-tests) follows from these sums, also for two
random halves of the cells of every group, which the controls of `calibrate` compare.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from perturb_evals.datasets.screens.scale import Tally, tally

if TYPE_CHECKING:
    import h5py

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

PIECE = 500_000
"""Stored numbers read at a time: few enough for all temporaries to stay near the processor."""

SAMPLED = 30_000
"""Numbers of each piece from which the kind of all is told: shares need no more."""


@dataclass(frozen=True, eq=False)
class CellSums:
    """Sums over the cells of K groups, in float64.

    Attributes:
        n_cells: (K,) cells in each group.
        sums: (K, G) sum of each gene over the cells of a group. A value that is not finite leaves a
            sum that is not finite.
        squares: (K, G) sum of squares.
        seen: Counts over values, from which their kind can be told: of each piece that is read
            the first sixteenth, and no fewer than `SAMPLED`.
    """

    n_cells: Integers
    sums: Floats
    squares: Floats
    seen: Tally


def cell_sums(
    matrix: "h5py.Group | h5py.Dataset", groups: NDArray[np.integer[Any]], n_groups: int
) -> CellSums:
    """Sum the cells of every group.

    Args:
        matrix: `X` of an open `.h5ad`: CSR, CSC or dense, cells x genes. Of an entry that is stored
            in several parts the sum counts, as for scipy.
        groups: (cells,) group of each cell, 0 to n_groups - 1, or -1 for a cell to leave out.
        n_groups: Number of groups K. A group without cells has sums of 0.

    Raises:
        ValueError: `groups` has not one entry per cell, or one out of range; or the matrix is
            stored in another way, or damaged.
    """
    n_cells, n_genes = _layout(matrix)[1] if _is_sparse(matrix) else matrix.shape
    if groups.shape != (n_cells,) or not ((groups >= -1) & (groups < n_groups)).all():
        raise ValueError(
            f"groups must hold -1 to {n_groups - 1} for each of the {n_cells} cells; "
            f"got shape {groups.shape}."
        )
    # The cells to leave out are one group more, dropped in the end.
    group_of = np.where(groups < 0, n_groups, groups).astype(np.int64)
    sums = np.zeros((n_groups + 1, n_genes))
    squares = np.zeros_like(sums)
    seen = Tally()
    for values, genes, group in _pieces(matrix, group_of):
        # np.add.at is fast only for flat arrays of one and the same type.
        numbers = values.astype(np.float64)
        place = group * n_genes + genes
        np.add.at(squares.reshape(-1), place, numbers * numbers)
        np.add.at(sums.reshape(-1), place, numbers)
        seen += tally(values[: max(SAMPLED, len(values) // 16)])
    counts = np.bincount(group_of, minlength=n_groups + 1)
    return CellSums(counts[:-1], sums[:-1], squares[:-1], seen)


def random_halves(groups: NDArray[np.integer[Any]], seed: int = 0) -> NDArray[np.int64]:
    """Split the cells of every group at random into two halves, 0 and 1.

    Half 0 has one cell more than half 1 where a group has an odd number of cells. The same groups
    and seed, of NumPy's PCG64, give the same halves.
    """
    # The order of random numbers, not Generator.permutation, whose draws may change with versions.
    shuffled = np.random.Generator(np.random.PCG64(seed)).random(len(groups)).argsort(kind="stable")
    together = shuffled[groups[shuffled].argsort(kind="stable")]
    _, first, n_cells = np.unique(groups[together], return_index=True, return_counts=True)
    halves = np.empty(len(groups), dtype=np.int64)
    halves[together] = (np.arange(len(groups)) - np.repeat(first, n_cells)) % 2
    return halves


def halved(groups: NDArray[np.integer[Any]]) -> NDArray[np.int64]:
    """Return groups of twice the number: 2g is half 0 of group g, 2g + 1 is half 1; -1 stays."""
    return np.where(groups < 0, -1, 2 * groups + random_halves(groups))


def joined(sums: CellSums) -> CellSums:
    """Return the sums of whole groups from those of their halves, see `halved`."""
    return CellSums(
        n_cells=sums.n_cells[0::2] + sums.n_cells[1::2],
        sums=sums.sums[0::2] + sums.sums[1::2],
        squares=sums.squares[0::2] + sums.squares[1::2],
        seen=sums.seen,
    )


def _is_sparse(matrix: "h5py.Group | h5py.Dataset") -> bool:
    import h5py

    return isinstance(matrix, h5py.Group)


def _pieces(
    matrix: "h5py.Group | h5py.Dataset", group_of: Integers
) -> Iterator[tuple[NDArray[Any], ...]]:
    """Yield the stored numbers piece by piece, in the order on disk: by rows, or by columns.

    Each piece has three arrays of one length: the values, and the gene and the group that each
    belongs to. Zeros may be left out.
    """
    if not _is_sparse(matrix):
        step = max(1, PIECE // max(1, matrix.shape[1]))
        for start in range(0, len(matrix), step):
            block = matrix[start : start + step]
            cells, genes = np.nonzero(block)
            yield block[cells, genes], genes, group_of[start + cells]
        return
    # Read by the documented layout on disk: a slice of anndata's own takes longer to set up than
    # to read.
    encoding, shape = _layout(matrix)
    by_columns = {"csr": False, "csc": True}.get(encoding.removesuffix("_matrix"))
    if by_columns is None:
        raise ValueError(f"expected X as csr_matrix, csc_matrix or array, got {encoding!r}.")
    ends = matrix["indptr"][:]
    start, length, width = 0, len(ends) - 1, shape[0 if by_columns else 1]
    while start < length:
        # As many whole rows, or columns, as fit; at least one.
        fitting = int(np.searchsorted(ends, ends[start] + PIECE, side="right")) - 1
        stop = max(start + 1, fitting)
        some, lines = slice(ends[start], ends[stop]), np.diff(ends[start : stop + 1])
        values, within = matrix["data"][some], matrix["indices"][some]
        if len(within) != len(values) or not ((within >= 0) & (within < width)).all():
            raise ValueError("X is damaged: its indices are out of range or too few.")
        if not _rises(within, lines):
            values, within, lines = _each_once(values, within, lines, width)
        if by_columns:
            yield values, np.repeat(np.arange(start, stop), lines), group_of[within]
        else:
            yield values, within, np.repeat(group_of[start:stop], lines)
        start = stop


def _layout(matrix: "h5py.Group") -> tuple[str, tuple[int, int]]:
    """Return the encoding and the shape of a sparse matrix, also of files from before 2019."""
    attrs, names = matrix.attrs, ("encoding-type", "shape")
    if "h5sparse_format" in attrs:
        names = ("h5sparse_format", "h5sparse_shape")
    encoding, (rows, columns) = (attrs[name] for name in names)
    encoding = encoding.decode() if isinstance(encoding, bytes) else str(encoding)
    return encoding, (int(rows), int(columns))


def _rises(within: NDArray[np.integer[Any]], lines: Integers) -> bool:
    """Whether the positions within each line rise, so that none stands there twice."""
    falls = within[1:] <= within[:-1]
    first = np.cumsum(lines[:-1])
    first = first[(first > 0) & (first < len(within))]
    falls[first - 1] = False
    return not falls.any()


def _each_once(
    values: NDArray[Any], within: NDArray[np.integer[Any]], lines: Integers, width: int
) -> tuple[NDArray[Any], ...]:
    """Add up what is stored for the same place; the squares of parts are not that of their sum."""
    line = np.repeat(np.arange(len(lines)), lines)
    places, of = np.unique(line * width + within, return_inverse=True)
    if len(places) == len(values):  # in no order, but each once
        return values, within, lines
    line, within = np.divmod(places, width)
    return np.bincount(of, weights=values), within, np.bincount(line, minlength=len(lines))
