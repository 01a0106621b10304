"""Welch's t-test from sums, the order of genes by it, and adjusted p-values.

Welch, Biometrika 1947. All functions work on the last axis or elementwise, and on float64.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

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
    """Return means and variances from sums.

    A variance that is only rounding error, as of a gene with the same value in every cell, is 0.

    Args:
        n: Number of cells.
        sums: (G,) sums.
        squares: (G,) sums of squares.

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
    """Return Welch's t and its degrees of freedom.

    A gene without variance in both groups has t = 0 where the means agree and an infinite t where
    they differ; its degrees of freedom are those of the smaller group.

    Args:
        group: The group.
        reference: What it is compared with; t is positive where the group is higher.

    Returns:
        (G,) t and (G,) degrees of freedom (Satterthwaite, Biometrics 1946).
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


def adjusted(p: Floats) -> Floats:
    """Return p-values adjusted over the last axis (Benjamini & Hochberg, JRSS B 1995)."""
    n = p.shape[-1]
    order = np.argsort(p, axis=-1)
    scaled = np.take_along_axis(p, order, axis=-1) * n / np.arange(1, n + 1)
    smallest = np.minimum.accumulate(scaled[..., ::-1], axis=-1)[..., ::-1]
    result = np.empty_like(p)
    np.put_along_axis(result, order, np.minimum(smallest, 1.0), axis=-1)
    return result


def order_by_size(t: ArrayLike) -> NDArray[np.intp]:
    """Return the positions on the last axis by |t|, largest first; ties keep their order.

    Never by p: p-values underflow to 0 and then all tie.
    """
    return np.argsort(-np.abs(np.asarray(t)), axis=-1, kind="stable")
