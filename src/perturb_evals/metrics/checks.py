"""Checks of the arrays that metrics are given: bad input never gives a number."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def finite(name: str, values: ArrayLike, shape: tuple[int | None, ...]) -> Floats:
    """Return the values in float64.

    Args:
        name: What the message calls them.
        values: Numbers.
        shape: The shape they must have; None where any length of 1 or more will do.

    Raises:
        ValueError: Another shape, or a number that is not finite; the message says where.
    """
    table = np.asarray(values, dtype=np.float64)
    fits = (n > 0 if m is None else n == m for n, m in zip(table.shape, shape, strict=False))
    if table.ndim != len(shape) or not all(fits):
        asked = "(" + ", ".join("any" if n is None else str(n) for n in shape) + ")"
        raise ValueError(f"{name} must have shape {asked}, got {table.shape}.")
    bad = ~np.isfinite(table)
    if bad.any():
        place = tuple(np.argwhere(bad)[0].tolist())
        raise ValueError(
            f"{name} must be finite: {int(bad.sum())} of {table.size} values are not, the first is "
            f"{table[place]} at {place}."
        )
    return table


def scores_of(name: str, values: ArrayLike) -> Floats:
    """Return one score a perturbation, (n,) in float64; none at all is allowed.

    Raises:
        ValueError: Not one-dimensional, or a number that is not finite.
    """
    return finite(name, values, (np.size(values),))


def paired_scores(
    left_name: str, left: ArrayLike, right_name: str, right: ArrayLike
) -> tuple[Floats, Floats]:
    """Return two scores of the same perturbations, each as in `scores_of`.

    Raises:
        ValueError: Lengths that differ, and as in `scores_of`.
    """
    first, second = scores_of(left_name, left), scores_of(right_name, right)
    if len(first) != len(second):
        raise ValueError(
            f"{left_name} and {right_name} must score the same perturbations, got {len(first)} and "
            f"{len(second)} values."
        )
    return first, second
