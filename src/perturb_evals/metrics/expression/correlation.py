"""Correlation and cosine of the rows of two arrays, with a value for rows that have none."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

# Mean and sum of equal numbers are off by a few times 2.2e-16.
EXACT = 1e-14


def pearson_rows(
    left: Floats,
    right: Floats,
    *,
    used: Flags | None = None,
    left_noise: Floats | float = 0.0,
    right_noise: Floats | float = 0.0,
) -> tuple[Floats, Flags]:
    """Pearson's correlation of each row of two arrays.

    Args:
        left: (n, m) finite values.
        right: (n, m) finite values.
        used: (n, m) which entries count, at least one in each row; all by default.
        left_noise: A row of `left` whose SD (ddof 0) is not above this is constant; one number or
            (n,).
        right_noise: The same for `right`.

    Returns:
        (n,) correlations, -1 to 1, and (n,) whether each is undefined because a row is constant:
        the correlation is then 0. One entry alone is constant, and so is none.
    """
    if not left.shape[1]:
        return np.zeros(len(left)), np.ones(len(left), dtype=bool)
    count = np.full(len(left), left.shape[1]) if used is None else np.count_nonzero(used, axis=1)
    left, left_norm = _deviations(left, used)
    right, right_norm = _deviations(right, used)
    root = np.sqrt(count)
    undefined = (left_norm <= left_noise * root) | (right_norm <= right_noise * root)
    return _ratio(np.einsum("ij,ij->i", left, right), left_norm, right_norm, undefined), undefined


def cosine_rows(
    left: Floats,
    right: Floats,
    *,
    left_noise: Floats | float = 0.0,
    right_noise: Floats | float = 0.0,
) -> tuple[Floats, Flags]:
    """Cosine of the angle between each row of two arrays.

    Args:
        left: (n, m) finite values.
        right: (n, m) finite values.
        left_noise: A row of `left` whose root mean square is not above this is zero; one number or
            (n,).
        right_noise: The same for `right`.

    Returns:
        (n,) cosines, -1 to 1, and (n,) whether each is undefined because a row is zero: the cosine
        is then 0.
    """
    left_norm, right_norm, root = norms(left), norms(right), np.sqrt(left.shape[1])
    undefined = (left_norm <= left_noise * root) | (right_norm <= right_noise * root)
    return _ratio(np.einsum("ij,ij->i", left, right), left_norm, right_norm, undefined), undefined


def norms(values: Floats) -> Floats:
    """Euclidean norm of each row of (n, m) values."""
    length: Floats = np.sqrt(np.einsum("ij,ij->i", values, values))
    return length


def _deviations(values: Floats, used: Flags | None) -> tuple[Floats, Floats]:
    """Deviations from the rows' means, and their norms; those of equal values are exactly 0."""
    if used is None:
        deviations = values - values.mean(axis=1, keepdims=True)
        magnitude = norms(values)
    else:
        mean = values.mean(axis=1, keepdims=True, where=used)
        deviations = np.where(used, values - mean, 0.0)
        magnitude = norms(np.where(used, values, 0.0))
    size = norms(deviations)
    return deviations, np.where(size <= EXACT * magnitude, 0.0, size)


def _ratio(product: Floats, left: Floats, right: Floats, undefined: Flags) -> Floats:
    ratio = np.zeros_like(product)
    # By one norm at a time: the product of two small norms can underflow to 0.
    np.divide(product, left, out=ratio, where=~undefined)
    np.divide(ratio, right, out=ratio, where=~undefined)
    return np.clip(ratio, -1.0, 1.0)
