"""Checks of the arrays that expression metrics are given: bad input never gives a number."""

from typing import Any

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


def positions(name: str, values: ArrayLike, n_genes: int) -> NDArray[np.intp]:
    """Return positions of genes; empty is allowed.

    Raises:
        ValueError: A position that is no whole number from 0 to `n_genes` - 1.
    """
    array = np.asarray(values).ravel()
    whole = array.dtype.kind in "iu" or array.size == 0
    if not whole or ((array < 0) | (array >= n_genes)).any():
        raise ValueError(
            f"{name} must be positions of genes, whole numbers from 0 to {n_genes - 1}, "
            f"got {array.tolist()}."
        )
    return array.astype(np.intp)


def gene_order(
    de_order: NDArray[np.integer[Any]], n_ranked: NDArray[np.integer[Any]], shape: tuple[int, int]
) -> tuple[NDArray[np.integer[Any]], NDArray[np.integer[Any]]]:
    """Return an order of genes and the number of ranked ones, as arrays.

    Raises:
        ValueError: The order is not a permutation of the gene positions in every row, or a number
            of ranked genes is not from 1 to the number of genes.
    """
    (n, n_genes), order, ranked = shape, np.asarray(de_order), np.asarray(n_ranked)
    if order.shape != shape or (np.sort(order, axis=1) != np.arange(n_genes)).any():
        raise ValueError(
            f"de_order must have shape {shape} and hold every gene position once a row, got shape "
            f"{order.shape}."
        )
    if ranked.shape != (n,) or ranked.dtype.kind not in "iu":
        raise ValueError(f"n_ranked must be {n} whole numbers, got {ranked.dtype}, {ranked.shape}.")
    outside = (ranked < 1) | (ranked > n_genes)
    if outside.any():
        row = int(outside.argmax())
        raise ValueError(
            f"n_ranked must be from 1 to {n_genes}, got {ranked[row]} in row {row}. A perturbation "
            "that changes no gene cannot be scored: leave it out."
        )
    return order, ranked
