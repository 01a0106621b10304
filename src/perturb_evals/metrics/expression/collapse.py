"""Mode collapse: are the predictions as different from each other as the truths are?

The scores of a run are computed sample by sample, and a log has no room for a vector of thousands
of numbers. So each sample keeps a projection onto 32 random directions, which preserves distances
between vectors well enough for their mean (Johnson and Lindenstrauss).
"""

from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from perturb_evals.metrics.checks import finite

Floats = NDArray[np.float64]

DIRECTIONS = 32

# Below this share of the vectors' length a distance is rounding: equal vectors have none.
ROUNDING = 1e-9


def project(vectors: ArrayLike, seed: int) -> Floats:
    """Project vectors onto 32 directions, the same ones for the same seed and number of genes.

    Distances between projections are those between the vectors in expectation, each with a
    standard error of about 12%. Vectors of 32 genes or fewer are kept as they are, with zeros
    behind, so that their distances stay exact.

    Args:
        vectors: (n, G) expression or changes, G at least 1.
        seed: Seed of the directions.

    Returns:
        (n, 32) projections.

    Raises:
        ValueError: Another shape, or values that are not finite.
    """
    table = finite("vectors", vectors, (None, None))
    n_genes = table.shape[1]
    if n_genes <= DIRECTIONS:
        return np.pad(table, ((0, 0), (0, DIRECTIONS - n_genes)))
    # Not a matrix product: for one vector its threads can cost more than they save.
    projections: Floats = np.einsum("ij,kj->ik", table, _directions(n_genes, seed))
    return projections


def mode_collapse(predictions: ArrayLike, truths: ArrayLike) -> float:
    """Mean pairwise distance of the predictions over that of the truths.

    1 says that the predictions are as spread as the truths, 0 that they are all the same (as those
    of the training mean), above 1 that they are more spread. It says nothing about being right.
    Take the vectors of one fold: between folds even the training mean differs.

    Args:
        predictions: (n, d) projections, or whole vectors.
        truths: (n, d) projections of the truths onto the same directions.

    Returns:
        The ratio, 0 or more; nan for fewer than two vectors and where all truths are the same.

    Raises:
        ValueError: Shapes that do not agree, or values that are not finite.
    """
    table = finite("predictions", predictions, (None, None))
    spread = _mean_distance(finite("truths", truths, table.shape))
    return _mean_distance(table) / spread if spread > 0 else float("nan")


@lru_cache(maxsize=4)
def _directions(n_genes: int, seed: int) -> Floats:
    # A stream of its own: data simulated with the same small seed would lie along the directions.
    rng = np.random.default_rng([seed, DIRECTIONS, n_genes])
    drawn = rng.normal(0, DIRECTIONS**-0.5, (DIRECTIONS, n_genes))
    return np.asarray(drawn)


def _mean_distance(vectors: Floats) -> float:
    from scipy.spatial.distance import pdist

    if len(vectors) < 2:
        return 0.0
    distances = pdist(vectors)
    distances[distances <= ROUNDING * np.linalg.norm(vectors, axis=1).max()] = 0.0
    return float(distances.mean())
