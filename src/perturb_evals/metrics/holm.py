"""Holm's correction of several p-values."""

import numpy as np
from numpy.typing import ArrayLike, NDArray


def holm(p_values: ArrayLike) -> NDArray[np.float64]:
    """Adjust p-values so that the chance of any false finding among them stays below the level.

    Sorted ascending, the i-th of m (from 0) becomes the largest of (m - j) p_j over j <= i, at
    most 1 (Holm, Scandinavian Journal of Statistics 1979). Valid however the tests depend on each
    other, as the comparisons of one system with several others do.

    Args:
        p_values: (n,) between 0 and 1. A nan is a comparison that could not be tested: it stays
            nan and is not counted in m.

    Returns:
        (n,) adjusted p-values in the order given, none smaller than it was; equal p-values stay
        equal. Empty for none.

    Raises:
        ValueError: Not one-dimensional, or a p-value outside 0 to 1.
    """
    p = np.asarray(p_values, dtype=np.float64)
    if p.ndim != 1:
        raise ValueError(f"p_values must be one-dimensional, got shape {p.shape}.")
    outside = (p < 0) | (p > 1)
    if outside.any():
        at = int(outside.argmax())
        raise ValueError(
            f"p_values must be between 0 and 1: {outside.sum()} of {len(p)} are not, the first is "
            f"{p[at]} at {at}."
        )
    adjusted = np.full(len(p), np.nan)
    tested = np.flatnonzero(~np.isnan(p))
    ascending = tested[np.argsort(p[tested])]
    factors = np.arange(len(ascending), 0, -1)
    adjusted[ascending] = np.minimum(1, np.maximum.accumulate(factors * p[ascending]))
    return adjusted
