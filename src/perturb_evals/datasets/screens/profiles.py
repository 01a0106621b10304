"""From sums over cells to what a screen holds: means, Welch's t and the order of genes, halves.

Welch, Biometrika 1947. Computed in float64 from `CellSums` alone.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from perturb_evals.datasets.screens.cell_sums import CellSums, joined

Floats = NDArray[np.float64]

ROUNDING = 1e-11
"""Less than this share is nothing but rounding: of a sum of squares, the squared deviations; of a
mean, a difference."""


@dataclass(frozen=True, eq=False)
class Moments:
    """What a t-test needs of a group of cells.

    Attributes:
        n: Number of cells, at least 2.
        mean: (G,) means.
        variance: (G,) unbiased variances.
    """

    n: int
    mean: Floats
    variance: Floats


def moments(n: int, sums: Floats, squares: Floats) -> Moments:
    """Return means and variances from (G,) sums over n cells and sums of squares.

    A variance that is only rounding error, as of a gene with the same value in every cell, is 0.

    Raises:
        ValueError: Fewer than two cells.
    """
    if n < 2:
        raise ValueError(f"a variance needs at least 2 cells, got {n}.")
    mean = sums / n
    deviations = squares - sums * mean
    deviations[deviations < ROUNDING * squares] = 0.0
    return Moments(n, mean, deviations / (n - 1))


def welch_t(group: Moments, reference: Moments) -> tuple[Floats, Floats]:
    """Return (G,) Welch's t and degrees of freedom (Satterthwaite, Biometrics 1946).

    t is positive where the group is higher than the reference. A gene without variance in both has
    t = 0 where the means agree and an infinite t where they differ; its degrees of freedom are
    those of the smaller group.
    """
    own, other = group.variance / group.n, reference.variance / reference.n
    error = own + other
    difference = group.mean - reference.mean
    constant = error == 0
    with np.errstate(divide="ignore", invalid="ignore"):
        t = difference / np.sqrt(error)
        freedom = error**2 / (own**2 / (group.n - 1) + other**2 / (reference.n - 1))
    t[constant & (np.abs(difference) <= ROUNDING * np.abs(reference.mean))] = 0.0
    freedom[constant] = min(group.n, reference.n) - 1
    return t, freedom


def two_sided_p(t: Floats, freedom: Floats) -> Floats:
    """Return the probability of a |t| at least as large; 0 where it is smaller than any float."""
    from scipy.special import stdtr

    return np.asarray(2 * stdtr(freedom, -np.abs(t)))


def order_by_size(t: ArrayLike) -> NDArray[np.intp]:
    """Return the positions on the last axis by |t|, largest first; ties keep their order.

    Never by p: p-values underflow to 0 and then all tie.
    """
    return np.argsort(-np.abs(np.asarray(t)), axis=-1, kind="stable")


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
    """Compute the profiles from sums over the control cells, group 0, and the perturbations.

    Raises:
        ValueError: A group has fewer than two cells.
    """
    control = _moments(sums, 0)
    shape = (len(sums.n_cells) - 1, len(control.mean))
    expression = np.empty(shape, dtype=np.float32)
    order = np.empty(shape, dtype=np.min_scalar_type(shape[1]))
    t_others = np.empty(shape, dtype=np.float32) if shape[0] > 1 else None
    others = _moments_of_others(sums)
    # One perturbation at a time: its rows fit the processor's cache, and memory stays small.
    for row in range(shape[0]):
        group = _moments(sums, row + 1)
        expression[row] = group.mean
        order[row] = order_by_size(welch_t(group, control)[0])
        if t_others is not None:
            t_others[row] = _finite_t(group, others(row + 1))
    return Profiles(control.mean, expression, order, t_others)


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
    from scipy.stats import false_discovery_control

    tested = sums.n_cells.reshape(-1, 2).min(axis=1) >= 2
    shape = (len(sums.n_cells) // 2 - 1, sums.sums.shape[1])
    layers = {name: np.empty(shape, dtype=np.float32) for name in ("half_1", "half_2")}
    layers["t_half_1"] = np.zeros(shape, dtype=np.float32)
    layers["padj_half_2"] = np.ones(shape, dtype=np.float32)
    if shape[0] > 1:
        layers["t_others_half_1"] = np.zeros(shape, dtype=np.float32)
    others = _moments_of_others(joined(sums))
    for row in range(shape[0]):
        for half in (0, 1):
            group = 2 * (row + 1) + half
            layers[f"half_{half + 1}"][row] = sums.sums[group] / sums.n_cells[group]
        if not (tested[0] and tested[row + 1]):
            continue
        control, own = ([_moments(sums, 2 * of + half) for half in (0, 1)] for of in (0, row + 1))
        # Each half against its own control cells: noise of control cells that both share would
        # give both the same wrong genes, and half 2 would foretell half 1 without any effect.
        layers["t_half_1"][row] = _finite_t(own[0], control[0])
        p = two_sided_p(*welch_t(own[1], control[1]))
        layers["padj_half_2"][row] = false_discovery_control(p)
        if shape[0] > 1:
            layers["t_others_half_1"][row] = _finite_t(own[0], others(row + 1))
    return layers


def _moments_of_others(sums: CellSums) -> Callable[[int], Moments]:
    """Return a function from a group to the moments of all other groups, without the control."""
    n_cells = int(sums.n_cells[1:].sum())
    total, squares = sums.sums[1:].sum(axis=0), sums.squares[1:].sum(axis=0)

    def others(group: int) -> Moments:
        return moments(
            n_cells - int(sums.n_cells[group]),
            total - sums.sums[group],
            squares - sums.squares[group],
        )

    return others


def _finite_t(group: Moments, reference: Moments) -> NDArray[np.float64]:
    """Return Welch's t, an infinite one as the largest finite one: weights are computed from it."""
    t, _ = welch_t(group, reference)
    largest = np.abs(t[np.isfinite(t)]).max(initial=1.0)
    return np.clip(t, -largest, largest)


def _moments(sums: CellSums, group: int) -> Moments:
    return moments(int(sums.n_cells[group]), sums.sums[group], sums.squares[group])
