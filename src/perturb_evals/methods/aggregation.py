"""From the vectors of the chosen neighbors to one predicted vector."""

from collections.abc import Sequence
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

Aggregation = Literal["mean", "median", "rank", "similarity", "ridge"]
AGGREGATIONS: tuple[Aggregation, ...] = get_args(Aggregation)

Floats = NDArray[np.float64]


def aggregate(
    vectors: ArrayLike,
    how: Aggregation = "mean",
    *,
    similarities: Sequence[float | None] | None = None,
    train_mean: ArrayLike,
) -> Floats:
    """Predict a vector from those of k neighbors, most similar first.

    - `mean`: the plain mean.
    - `median`: the median of each gene; of an even number the mean of the two middle ones.
    - `rank`: the mean with weights 1/1, 1/2, ..., 1/k, divided by their sum.
    - `similarity`: the mean with weights proportional to the similarities. A missing one counts as
      the mean of those given; where none is given, or all are 0, it is the plain mean.
    - `ridge`: the mean, drawn towards the training mean; see `ridge_share`.

    With one neighbor all but `ridge` give its vector.

    Args:
        vectors: (k, G) finite numbers, k at least 1; order matters to `rank` and `similarity`.
        how: One of `AGGREGATIONS`.
        similarities: k numbers of at least 0, on any scale, or None where one is missing; None for
            none at all. Only `similarity` reads them.
        train_mean: (G,) mean of the training perturbations' vectors. Only `ridge` reads it.

    Returns:
        (G,) in the unit of the vectors.

    Raises:
        ValueError: There is no neighbor, `how` is unknown, shapes differ, or a number is not finite
            or, as a similarity, negative.
    """
    rows, base = np.asarray(vectors, dtype=np.float64), np.asarray(train_mean, dtype=np.float64)
    if rows.ndim != 2 or not len(rows) or base.shape != rows.shape[1:]:
        raise ValueError(
            "expected vectors of shape (k, G) with k at least 1 and a train_mean of shape (G,), "
            f"got {rows.shape} and {base.shape}."
        )
    if not (np.isfinite(rows).all() and np.isfinite(base).all()):
        raise ValueError("vectors and train_mean must be finite, got nan or infinite numbers.")
    mean: Floats = rows.mean(axis=0)
    if how == "mean":
        return mean
    if how == "median":
        median: Floats = np.median(rows, axis=0)
        return median
    if how == "rank":
        return _weighted(1 / np.arange(1, len(rows) + 1), rows)
    if how == "similarity":
        return _weighted(_similarity_weights(similarities, len(rows)), rows)
    if how == "ridge":
        return base + ridge_share(rows - base) * (mean - base)
    raise ValueError(f"how must be one of {', '.join(AGGREGATIONS)}, got {how!r}.")


def ridge_share(departures: Floats) -> float:
    """The share of the neighbors' mean departure that ridge regression keeps.

    The neighbors' departures from the training mean, d_1 ... d_k, are taken as noisy copies of the
    one vector b to be predicted. Ridge regression on a column of ones, with penalty L, minimises

        sum_i |d_i - b|^2 + L |b|^2   and gives   b = k / (k + L) * mean(d).

    L is chosen by leave-one-out: each d_i is predicted from the k - 1 others by the same rule, so
    as t * o_i with o_i the mean of the others and t = (k - 1) / (k - 1 + L). The squared error
    sum_i |d_i - t o_i|^2 is a parabola in t with its lowest point at

        t = sum_i <d_i, o_i> / sum_i <o_i, o_i>,

    taken into [0, 1], where L lies between infinity and 0. With all k neighbors the same L keeps

        s = k / (k + L) = k t / (k t + (k - 1)(1 - t)),

    a little more than t, since one neighbor more is known. So neighbors that agree give their plain
    mean (t = 1, s = 1), and neighbors that have nothing in common the training mean (t = 0, s = 0).

    Args:
        departures: (k, G) finite vectors minus the training mean, k at least 1.

    Returns:
        s in [0, 1]. One neighbor cannot be left out, so nothing is known of how far to trust it: L
        is 1, which lets the training mean count like a second neighbor, and s is 1/2. Where the
        departures of the others are all zero s is 0, which changes nothing.
    """
    k = len(departures)
    if k == 1:
        return 0.5
    others = (departures.sum(axis=0) - departures) / (k - 1)
    size = float(np.vdot(others, others))
    if size == 0:
        return 0.0
    t = min(max(float(np.vdot(departures, others)) / size, 0.0), 1.0)
    return k * t / (k * t + (k - 1) * (1 - t))


def _similarity_weights(similarities: Sequence[float | None] | None, k: int) -> Floats:
    if similarities is None:
        return np.ones(k)
    given = np.array([value for value in similarities if value is not None], dtype=np.float64)
    if len(similarities) != k or not np.isfinite(given).all() or (given < 0).any():
        raise ValueError(
            f"expected {k} similarities, each None or a finite number of at least 0, "
            f"got {list(similarities)}."
        )
    if not given.any():
        return np.ones(k)
    # Divided by the largest, so that neither huge nor tiny numbers leave the range of floats.
    scaled = given / given.max()
    weights = np.full(k, scaled.mean())
    weights[[value is not None for value in similarities]] = scaled
    return weights


def _weighted(weights: Floats, rows: Floats) -> Floats:
    weighted: Floats = (weights / weights.sum()) @ rows
    return weighted
