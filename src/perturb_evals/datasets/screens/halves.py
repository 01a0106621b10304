"""Two random halves of every group of cells: what the controls of `calibrate` compare."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from perturb_evals.datasets.screens.cell_sums import CellSums
from perturb_evals.datasets.screens.profiles import finite_t, moments_of_others
from perturb_evals.datasets.screens.welch import Moments, adjusted, moments, two_sided_p, welch_t


def random_halves(groups: NDArray[np.integer[Any]], seed: int = 0) -> NDArray[np.int64]:
    """Split the cells of every group at random into two halves, 0 and 1.

    Half 0 has one cell more than half 1 where a group has an odd number of cells.

    Args:
        groups: (cells,) number of each cell's group.
        seed: Of NumPy's PCG64; the same seed gives the same halves.
    """
    # The order of random numbers, not Generator.permutation, whose draws may change with versions.
    shuffled = np.random.Generator(np.random.PCG64(seed)).random(len(groups)).argsort(kind="stable")
    together = shuffled[groups[shuffled].argsort(kind="stable")]
    _, first, n_cells = np.unique(groups[together], return_index=True, return_counts=True)
    halves = np.empty(len(groups), dtype=np.int64)
    halves[together] = (np.arange(len(groups)) - np.repeat(first, n_cells)) % 2
    return halves


def halved(groups: NDArray[np.integer[Any]], seed: int = 0) -> NDArray[np.int64]:
    """Return groups of twice the number: 2g is half 0 of group g, 2g + 1 is half 1.

    Args:
        groups: (cells,) group of each cell, or -1 for a cell that is left out, as it stays.
        seed: See `random_halves`.
    """
    return np.where(groups < 0, -1, 2 * groups + random_halves(groups, seed))


def joined(sums: CellSums) -> CellSums:
    """Return the sums of whole groups from those of their halves, see `halved`."""
    return CellSums(
        n_cells=sums.n_cells[0::2] + sums.n_cells[1::2],
        sums=sums.sums[0::2] + sums.sums[1::2],
        squares=sums.squares[0::2] + sums.squares[1::2],
        largest=sums.largest,
        whole=sums.whole,
    )


def half_layers(sums: CellSums) -> dict[str, NDArray[np.float32]]:
    """Compute the layers of a screen that halves of its cells allow.

    Args:
        sums: Of the halves of groups, see `halved`; group 0 is the control.

    Returns:
        (P, G) each: `half_1` and `half_2`, means; `t_half_1`, Welch's t of half 1 against half 1 of
        the control cells; `padj_half_2`, the Benjamini-Hochberg p, over genes, of half 2 against
        half 2 of the control cells; for two perturbations or more `t_others_half_1`, t of half 1
        against all cells of the other perturbations. An infinite t becomes the largest finite one
        of its row. Where a half, of the perturbation or of the control, has fewer than two cells,
        neither half is tested: t of half 1 is 0 and p is 1 in every gene.
    """
    control = _moments_of_halves(sums, 0)
    shape = (len(sums.n_cells) // 2 - 1, sums.sums.shape[1])
    layers = {name: np.empty(shape, dtype=np.float32) for name in ("half_1", "half_2")}
    layers["t_half_1"] = np.zeros(shape, dtype=np.float32)
    layers["padj_half_2"] = np.ones(shape, dtype=np.float32)
    if shape[0] > 1:
        layers["t_others_half_1"] = np.zeros(shape, dtype=np.float32)
    others = moments_of_others(joined(sums))
    for row in range(shape[0]):
        for half in (0, 1):
            group = 2 * (row + 1) + half
            layers[f"half_{half + 1}"][row] = sums.sums[group] / sums.n_cells[group]
        own = _moments_of_halves(sums, row + 1)
        if not own or not control:
            continue
        # Each half against its own control cells: noise of control cells that both share would
        # give both the same wrong genes, and half 2 would foretell half 1 without any effect.
        layers["t_half_1"][row] = finite_t(own[0], control[0])
        p = two_sided_p(*welch_t(own[1], control[1]))
        layers["padj_half_2"][row] = adjusted(p)
        if shape[0] > 1:
            layers["t_others_half_1"][row] = finite_t(own[0], others(row + 1))
    return layers


def _moments_of_halves(sums: CellSums, group: int) -> list[Moments]:
    """Return the moments of both halves of a group; nothing where one has under two cells."""
    halves = (2 * group, 2 * group + 1)
    if sums.n_cells[list(halves)].min() < 2:
        return []
    return [moments(int(sums.n_cells[at]), sums.sums[at], sums.squares[at]) for at in halves]
