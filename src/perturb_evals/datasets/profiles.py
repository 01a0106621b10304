"""From sums over cells to what a screen holds: means, halves, and Welch tests of every gene."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from perturb_evals.datasets.cell_sums import CellSums
from perturb_evals.datasets.welch import (
    Moments,
    adjusted,
    moments,
    order_by_size,
    two_sided_p,
    welch_t,
)


@dataclass(frozen=True, eq=False)
class Profiles:
    """Profiles of P perturbations over G genes.

    Attributes:
        control: (G,) mean of the control cells.
        expression: (P, G) mean of each perturbation's cells.
        order: (P, G) positions of the genes by |t| against the control, largest first; ties in
            the order of the genes. A gene without variance in either group has t = 0 where the
            means agree, so it ranks last, and an infinite t where they differ.
        layers: (P, G) float32 each, as `perturb_evals.datasets.screen.LAYERS` names them. Of random
            halves of the cells: `half_1` and `half_2`, their means; `t_half_1`, Welch's t of half 1
            against half 1 of the control cells; `padj_half_2`, the Benjamini-Hochberg p, over
            genes, of half 2 against half 2 of the control cells. For two perturbations or more:
            `t_others` and `t_others_half_1`, t of all cells, or of half 1, against all cells of the
            other perturbations. An infinite t becomes the largest finite one of its row. Where a
            half, of the perturbation or of the control, has fewer than two cells, neither half is
            tested: t of half 1 is 0 and p is 1 in every gene.
    """

    control: NDArray[np.float64]
    expression: NDArray[np.float32]
    order: NDArray[np.integer[Any]]
    layers: dict[str, NDArray[np.float32]]


def profiles(sums: CellSums) -> Profiles:
    """Compute the profiles from sums.

    Args:
        sums: Of the control cells, which are group 0, and of the perturbations.

    Raises:
        ValueError: A group has fewer than two cells.
    """
    n_cells = sums.n_cells.sum(axis=0)
    control = moments(
        int(n_cells[0]), sums.sums[:, 0].sum(axis=0), sums.half_squares[:, 0].sum(axis=0)
    )
    control_halves = _halves(sums, 0)
    n_perturbed = int(n_cells[1:].sum())
    perturbed = sums.sums[:, 1:].sum(axis=(0, 1))
    perturbed_squares = sums.half_squares[:, 1:].sum(axis=(0, 1))
    shape = (len(n_cells) - 1, len(control.mean))
    against_others = ("t_others", "t_others_half_1") if shape[0] > 1 else ()
    layers = {
        name: np.empty(shape, dtype=np.float32) for name in ("half_1", "half_2", *against_others)
    }
    layers["t_half_1"] = np.zeros(shape, dtype=np.float32)
    layers["padj_half_2"] = np.ones(shape, dtype=np.float32)
    expression = np.empty(shape, dtype=np.float32)
    order = np.empty(shape, dtype=np.min_scalar_type(shape[1]))
    # One perturbation at a time: its rows fit the processor's cache, and memory stays small.
    for row in range(shape[0]):
        halves = sums.sums[:, row + 1]
        total, squares = halves.sum(axis=0), sums.half_squares[:, row + 1].sum(axis=0)
        group = moments(int(n_cells[row + 1]), total, squares)
        expression[row] = group.mean
        order[row] = order_by_size(welch_t(group, control)[0])
        for half in (0, 1):
            layers[f"half_{half + 1}"][row] = halves[half] / sums.n_cells[half, row + 1]
        tested = {"t_others": group}
        own_halves = _halves(sums, row + 1)
        if own_halves and control_halves:
            # Each half against its own control cells: noise of control cells that both share would
            # give both the same wrong genes, and half 2 would foretell half 1 without any effect.
            t, _ = welch_t(own_halves[0], control_halves[0])
            layers["t_half_1"][row] = _finite(t)
            p = two_sided_p(*welch_t(own_halves[1], control_halves[1]))
            layers["padj_half_2"][row] = adjusted(p)
            tested["t_others_half_1"] = own_halves[0]
        if against_others:
            others = moments(n_perturbed - group.n, perturbed - total, perturbed_squares - squares)
            for name in against_others:
                layers[name][row] = (
                    _finite(welch_t(tested[name], others)[0]) if name in tested else 0.0
                )
    return Profiles(control.mean, expression, order, layers)


def _halves(sums: CellSums, group: int) -> list[Moments]:
    """Return the moments of both halves of a group; nothing where one has under two cells."""
    n_cells = sums.n_cells[:, group]
    if n_cells.min() < 2:
        return []
    return [
        moments(int(n_cells[half]), sums.sums[half, group], sums.half_squares[half, group])
        for half in (0, 1)
    ]


def _finite(t: NDArray[np.float64]) -> NDArray[np.float64]:
    """Replace infinite t by the largest finite one, since weights are computed from them."""
    largest = np.abs(t[np.isfinite(t)]).max(initial=1.0)
    return np.clip(t, -largest, largest)
