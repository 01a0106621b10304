"""The genes that changed most under each perturbation, and what a prediction says about them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class TopGenes:
    """Up to k leading genes of each of n perturbations; every row has at least one.

    Attributes:
        columns: (n, k) positions of the genes, most differentially expressed first.
        used: (n, k) False where a perturbation has fewer genes; the position there means nothing.
    """

    columns: NDArray[np.intp]
    used: NDArray[np.bool_]

    @property
    def count(self) -> NDArray[np.int64]:
        """(n,) number of genes of each perturbation, 1 to k."""
        return np.asarray(self.used.sum(axis=1), dtype=np.int64)

    def of(self, rows: NDArray[np.intp]) -> "TopGenes":
        """Return the genes of some perturbations."""
        return TopGenes(self.columns[rows], self.used[rows])

    def take(self, values: NDArray[Any]) -> NDArray[Any]:
        """Return (n, k) entries of (n, G) values; those not `used` mean nothing."""
        return np.take_along_axis(values, self.columns, axis=1)

    def mean(self, taken: NDArray[Any]) -> Floats:
        """Return the (n,) means over each perturbation's genes of (n, k) values from `take`."""
        total: Floats = np.sum(taken, axis=1, where=self.used, dtype=np.float64)
        return total / self.count


def top_genes(
    de_order: NDArray[np.integer[Any]],
    n_ranked: NDArray[np.integer[Any]],
    k: int,
    *,
    without: Sequence[ArrayLike] | None = None,
) -> TopGenes:
    """Choose the first k ranked genes of each perturbation, or all of them where there are fewer.

    Args:
        de_order: (n, G) permutations of the gene positions, most differentially expressed first.
        n_ranked: (n,) how many leading entries of each row are ranked, 1 to G.
        k: The most genes, at least 1.
        without: n lists of positions that are taken out of the order before its first k are taken:
            each perturbation's own gene. Where this leaves nothing that is ranked, nothing is taken
            out; `only_targets` tells which rows these are.

    Returns:
        The chosen genes, with at most min(k, G) columns.
    """
    n_genes = de_order.shape[1]
    width = min(k, n_genes)
    ranked = np.arange(n_genes) < np.asarray(n_ranked)[:, None]
    if without is None:
        return TopGenes(de_order[:, :width].astype(np.intp), ranked[:, :width])
    # The first k + t entries hold the first k genes that are none of the t targets.
    most = max((np.size(own) for own in without), default=0)
    depth = min(width + most, n_genes)
    leading, used = de_order[:, :depth].astype(np.intp), ranked[:, :depth].copy()
    kept = ~only_targets(de_order, n_ranked, without)
    for row in np.flatnonzero(kept).tolist():
        used[row] &= ~np.isin(leading[row], without[row])
    first = np.argsort(~used, axis=1, kind="stable")[:, :width]
    return TopGenes(np.take_along_axis(leading, first, 1), np.take_along_axis(used, first, 1))


def only_targets(
    de_order: NDArray[np.integer[Any]],
    n_ranked: NDArray[np.integer[Any]],
    targets: Sequence[ArrayLike],
) -> NDArray[np.bool_]:
    """Return (n,) whether all ranked genes of a perturbation are its own targets."""
    return np.array(
        [
            bool(np.isin(order[:ranked], own).all())
            # More ranked genes than targets need no look.
            if ranked <= np.size(own)
            else False
            for order, ranked, own in zip(de_order, n_ranked, targets, strict=True)
        ],
        dtype=bool,
    )


def sign_agreement(delta: Floats, predicted: Floats, top: TopGenes) -> Floats:
    """Share of each perturbation's top genes whose change is predicted in the right direction.

    0 to 1, higher is better. A predicted change of exactly 0 counts one half, so that no change at
    all scores .5.

    Args:
        delta: (n, G) true changes, not 0 in the top genes.
        predicted: (n, G) predicted changes.
        top: The top genes.

    Returns:
        (n,) shares.
    """
    product = np.sign(top.take(delta)) * np.sign(top.take(predicted))
    return top.mean((product + 1) / 2)


def overlap_top(predicted: Floats, top: TopGenes) -> Floats:
    """Share of each perturbation's t top genes that are among the t largest predicted changes.

    0 to 1, higher is better. Genes rank by the size of the predicted change; a predicted change of
    exactly 0 is not ranked, so that no change at all scores 0. Where genes tie for the last places,
    each counts with the chance that a fair draw would choose it, so that the order of the genes
    does not matter. A perfect prediction scores 1 where the true order is that of |delta|, less
    where it is that of a t statistic.

    Args:
        predicted: (n, G) predicted changes.
        top: The top genes.

    Returns:
        (n,) shares.
    """
    size = np.abs(predicted)
    count = top.count
    # The t-th largest of each row: `width` largest first, since t differs between rows.
    width = top.columns.shape[1]
    largest = -np.partition(-size, width - 1, axis=1)[:, :width]
    largest.sort(axis=1)
    rows = np.arange(len(size))
    last = largest[rows, width - count][:, None]
    above = np.count_nonzero(size > last, axis=1)
    tied = np.count_nonzero(size == last, axis=1)
    chance = np.where(last[:, 0] > 0, (count - above) / tied, 0.0)[:, None]
    chosen = top.take(size)
    return top.mean((chosen > last) + (chosen == last) * chance)


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
