"""From sums over cells to what a screen holds: means, halves, and Welch tests of every gene."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from perturb_evals.datasets.cell_sums import CellSums
from perturb_evals.datasets.welch import (
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
        layers: (P, G) float32 each: `padj`, the Benjamini-Hochberg p of that test over genes;
            `half_1` and `half_2`, the means of two random halves of the cells; and, for two
            perturbations or more, `t_others`, Welch's t against the cells of all others.
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
    control = moments(int(n_cells[0]), sums.sums[:, 0].sum(axis=0), sums.squares[0])
    n_perturbed = int(n_cells[1:].sum())
    perturbed, perturbed_squares = sums.sums[:, 1:].sum(axis=(0, 1)), sums.squares[1:].sum(axis=0)
    shape = (len(n_cells) - 1, len(control.mean))
    names = ("half_1", "half_2", "padj", *(["t_others"] if shape[0] > 1 else []))
    layers = {name: np.empty(shape, dtype=np.float32) for name in names}
    expression = np.empty(shape, dtype=np.float32)
    order = np.empty(shape, dtype=np.min_scalar_type(shape[1]))
    # One perturbation at a time: its rows fit the processor's cache, and memory stays small.
    for row in range(shape[0]):
        halves, squares = sums.sums[:, row + 1], sums.squares[row + 1]
        total = halves.sum(axis=0)
        group = moments(int(n_cells[row + 1]), total, squares)
        t, freedom = welch_t(group, control)
        expression[row] = group.mean
        order[row] = order_by_size(t)
        layers["padj"][row] = adjusted(two_sided_p(t, freedom))
        for half in (0, 1):
            layers[f"half_{half + 1}"][row] = halves[half] / sums.n_cells[half, row + 1]
        if "t_others" in layers:
            others = moments(n_perturbed - group.n, perturbed - total, perturbed_squares - squares)
            layers["t_others"][row] = _finite(welch_t(group, others)[0])
    return Profiles(control.mean, expression, order, layers)


def _finite(t: NDArray[np.float64]) -> NDArray[np.float64]:
    """Replace infinite t by the largest finite one, since weights are computed from them."""
    largest = np.abs(t[np.isfinite(t)]).max(initial=1.0)
    return np.clip(t, -largest, largest)
