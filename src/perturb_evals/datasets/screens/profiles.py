"""From sums over cells to what a screen holds: means, the order of genes, and t against others."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from perturb_evals.datasets.screens.cell_sums import CellSums
from perturb_evals.datasets.screens.welch import Moments, moments, order_by_size, welch_t


@dataclass(frozen=True, eq=False)
class Profiles:
    """Profiles of P perturbations over G genes.

    Attributes:
        control: (G,) mean of the control cells.
        expression: (P, G) mean of each perturbation's cells.
        order: (P, G) positions of the genes by |t| against the control, largest first; ties in
            the order of the genes. A gene without variance in either group has t = 0 where the
            means agree, so it ranks last, and an infinite t where they differ.
        t_others: (P, G) Welch's t against all cells of the other perturbations, where an infinite t
            is the largest finite one of its row; None for a single perturbation.
    """

    control: NDArray[np.float64]
    expression: NDArray[np.float32]
    order: NDArray[np.integer[Any]]
    t_others: NDArray[np.float32] | None


def profiles(sums: CellSums) -> Profiles:
    """Compute the profiles from sums.

    Args:
        sums: Of the control cells, which are group 0, and of the perturbations.

    Raises:
        ValueError: A group has fewer than two cells.
    """
    control = _moments(sums, 0)
    shape = (len(sums.n_cells) - 1, len(control.mean))
    expression = np.empty(shape, dtype=np.float32)
    order = np.empty(shape, dtype=np.min_scalar_type(shape[1]))
    t_others = np.empty(shape, dtype=np.float32) if shape[0] > 1 else None
    others = moments_of_others(sums)
    # One perturbation at a time: its rows fit the processor's cache, and memory stays small.
    for row in range(shape[0]):
        group = _moments(sums, row + 1)
        expression[row] = group.mean
        order[row] = order_by_size(welch_t(group, control)[0])
        if t_others is not None:
            t_others[row] = finite_t(group, others(row + 1))
    return Profiles(control.mean, expression, order, t_others)


def moments_of_others(sums: CellSums) -> Callable[[int], Moments]:
    """Return a function from a group to the moments of all other groups, without the control.

    Args:
        sums: Of the control cells, which are group 0, and of the perturbations.
    """
    n_cells = int(sums.n_cells[1:].sum())
    total, squares = sums.sums[1:].sum(axis=0), sums.squares[1:].sum(axis=0)

    def others(group: int) -> Moments:
        return moments(
            n_cells - int(sums.n_cells[group]),
            total - sums.sums[group],
            squares - sums.squares[group],
        )

    return others


def finite_t(group: Moments, reference: Moments) -> NDArray[np.float64]:
    """Return Welch's t, an infinite one as the largest finite one: weights are computed from it."""
    t, _ = welch_t(group, reference)
    largest = np.abs(t[np.isfinite(t)]).max(initial=1.0)
    return np.clip(t, -largest, largest)


def _moments(sums: CellSums, group: int) -> Moments:
    return moments(int(sums.n_cells[group]), sums.sums[group], sums.squares[group])
