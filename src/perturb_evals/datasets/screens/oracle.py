"""The oracle: the training perturbations nearest to the TRUE test vector.

It reads the truth, so it is no method but an approximate ceiling for all that average neighbors.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from perturb_evals.datasets.screens.evidence import HeldOut, fold_of
from perturb_evals.datasets.screens.load import load_screen


@lru_cache(maxsize=64)
def truly_nearest(held_out: HeldOut, k: int) -> dict[str, tuple[str, ...]]:
    """Return the k true neighbors of every test perturbation of a fold, the nearest first.

    Distance is Euclidean over all genes.

    Raises:
        ValueError: `k` is below 1.
    """
    screen, fold = load_screen(held_out.request), fold_of(held_out)
    row_of = {name: row for row, name in enumerate(screen.perturbations)}
    test, train = ([row_of[name] for name in names] for names in (fold.test, fold.train))
    nearest = nearest_rows(screen.expression[test], screen.expression[train], k)
    return {
        name: tuple(fold.train[place] for place in places)
        for name, places in zip(fold.test, nearest, strict=True)
    }


def nearest_rows(targets: ArrayLike, rows: ArrayLike, k: int) -> NDArray[np.int64]:
    """Return, for every target, the k nearest rows by Euclidean distance, the nearest first.

    Args:
        targets: (n, G) finite numbers.
        rows: (m, G) finite numbers.
        k: At least 1; where there are fewer rows, all of them are returned.

    Returns:
        (n, min(k, m)) positions in `rows`; of equally near rows the first comes first.

    Raises:
        ValueError: `k` is below 1.
    """
    if k < 1:
        raise ValueError(f"k must be at least 1, got {k}.")
    points, known = np.asarray(targets, dtype=np.float64), np.asarray(rows, dtype=np.float64)
    # |t - r|^2 without |t|^2, which is the same for all rows. About the mean of the rows, so that
    # no digits are lost where all vectors share a large part; a whole number, so that equal
    # distances of whole numbers stay equal.
    center = np.rint(known.mean(axis=0))
    points, known = points - center, known - center
    distance = np.einsum("ij,ij->i", known, known) - 2 * points @ known.T
    return np.argsort(distance, axis=1, kind="stable")[:, :k]
