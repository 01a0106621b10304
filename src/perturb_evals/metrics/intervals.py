"""Percentile intervals over resampled perturbations: of means, and of two systems' differences."""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from perturb_evals.metrics.checks import paired_scores, scores_of

Floats = NDArray[np.float64]

FEWEST = 10
"""Perturbations below which resamples of them repeat each other and an interval says nothing."""

ENOUGH = 30
"""Perturbations below which percentile intervals are too short; see docs/statistics.md."""

# Differences below this are the rounding of sums: two systems that gain as much as they lose tie.
ROUNDING = 1e-12


@dataclass(frozen=True)
class MeanInterval:
    """A mean over perturbations and its percentile interval.

    Attributes:
        mean: The mean, nan without perturbations.
        lower: Lower bound, nan for fewer than `FEWEST` perturbations.
        upper: Upper bound, nan for fewer than `FEWEST` perturbations.
        n: Number of perturbations.
        resamples: Number of resamples.
    """

    mean: float
    lower: float
    upper: float
    n: int
    resamples: int


@dataclass(frozen=True)
class PairedDifference(MeanInterval):
    """The difference of two systems on the same perturbations, with its interval.

    Attributes:
        p: Two-sided bootstrap p-value of no difference, min(1, 2 min(P(d <= 0), P(d >= 0))) over
            the defined differences d of the resamples, each share counted as
            (1 + number) / (1 + resamples), so never 0; nan where there is no interval.
    """

    p: float


def bootstrap_mean(
    values: ArrayLike, *, resamples: int = 2000, seed: int = 0, confidence: float = 0.95
) -> MeanInterval:
    """Percentile interval of the mean of a score, from resampled perturbations.

    Args:
        values: (n,) the score of each perturbation, sorted by its name: of a board, in whose
            resamples all systems share the perturbations, the interval is then the same.
        resamples: How many resamples to draw.
        seed: See `resample_weights`.
        confidence: Nominal coverage, between 0 and 1.

    Raises:
        ValueError: Values that are not (n,) finite numbers, `resamples` below 1, or `confidence`
            not between 0 and 1.
    """
    scores = scores_of("values", values)
    means = _resampled_means(scores, resamples, seed)
    return MeanInterval(_mean(scores), *_bounds(scores, means, confidence), len(scores), resamples)


def paired_difference(
    a: ArrayLike,
    b: ArrayLike,
    *,
    resamples: int = 2000,
    seed: int = 0,
    confidence: float = 0.95,
) -> PairedDifference:
    """Mean of a - b over perturbations, with the percentile interval and a p-value.

    Both systems are seen on the same resamples, since their differences are resampled. Equal
    systems have p = 1.

    Args:
        a: (n,) the score of each perturbation for one system.
        b: (n,) the same perturbations, in the same order, for the other.
        resamples: How many resamples to draw.
        seed: As in `bootstrap_mean`.
        confidence: Nominal coverage, between 0 and 1.

    Raises:
        ValueError: As in `bootstrap_mean`, or lengths that differ.
    """
    left, right = paired_scores("a", a, "b", b)
    differences = left - right
    means = _resampled_means(differences, resamples, seed)
    bounds = _bounds(differences, means, confidence)
    p = _two_sided_p(means) if len(left) >= FEWEST else math.nan
    return PairedDifference(_mean(differences), *bounds, len(left), resamples, p)


def difference_of_resamples(
    mean: float, a: Floats, b: Floats, *, n: int, confidence: float = 0.95
) -> PairedDifference:
    """Interval and p-value of a difference, from two systems' values in the same resamples.

    Args:
        mean: The difference, a minus b.
        a: (resamples,) one system's metric in each resample, nan where it is undefined.
        b: (resamples,) the other's, undefined in the same ones.
        n: Number of perturbations.
        confidence: Nominal coverage, between 0 and 1.

    Returns:
        The difference; bounds and p are nan for fewer than `FEWEST` perturbations and where the
        metric is undefined in every resample.

    Raises:
        ValueError: `confidence` is not between 0 and 1.
    """
    check_confidence(confidence)
    differences = a - b
    differences = differences[np.isfinite(differences)]
    if n < FEWEST or not len(differences):
        return PairedDifference(mean, math.nan, math.nan, n, len(a), math.nan)
    differences[np.abs(differences) < ROUNDING] = 0
    bounds = percentiles(differences, confidence)
    return PairedDifference(mean, *bounds, n, len(a), _two_sided_p(differences))


def paper_se(fold_means: ArrayLike) -> float:
    """Standard error as in the LangPert paper: SD of the folds' means (ddof 1) over sqrt(folds).

    Folds share most of their training data, so it is no interval; it is here to compare with
    published tables.

    Args:
        fold_means: (folds,) the mean of each fold, repeats averaged before.

    Returns:
        The standard error, 0 or more; nan for fewer than two folds.

    Raises:
        ValueError: Values that are not (folds,) finite numbers.
    """
    means = np.sort(scores_of("fold_means", fold_means))
    return float(means.std(ddof=1) / np.sqrt(len(means))) if len(means) > 1 else math.nan


@lru_cache(maxsize=4)
def resample_weights(n_perts: int, *, resamples: int, seed: int) -> NDArray[np.int64]:
    """How often each perturbation is drawn in each resample: (resamples, n_perts) whole numbers.

    Every row sums to `n_perts`. The array is kept for the next call, and cannot be written to.

    Args:
        n_perts: Number of perturbations; columns go by their sorted names.
        resamples: How many resamples to draw.
        seed: Of `numpy.random.default_rng`; the same seed gives the same resamples.

    Raises:
        ValueError: `resamples` is below 1.
    """
    if resamples < 1:
        raise ValueError(f"resamples must be at least 1, got {resamples}.")
    if n_perts == 0:
        return np.zeros((resamples, 0), dtype=np.int64)
    equal = np.full(n_perts, 1 / n_perts)
    weights = np.random.default_rng(seed).multinomial(n_perts, equal, size=resamples)
    weights.flags.writeable = False
    return weights


def weighted_means(weights: NDArray[np.int64], values: Floats) -> Floats:
    """Return the mean of a score in each resample.

    Args:
        weights: (resamples, n) how often each perturbation is drawn.
        values: (n,) its score.

    Returns:
        (resamples,) means; nan in a resample that drew none of the perturbations. To the last bit
        the same, however the values lie in memory.
    """
    drawn = weights.sum(axis=1)
    means = np.full(len(weights), np.nan)
    np.divide(weights @ np.ascontiguousarray(values), drawn, out=means, where=drawn > 0)
    return means


def percentiles(values: Floats, confidence: float) -> tuple[float, float]:
    """Return the bounds between which the central share `confidence` of one or more values lies."""
    tail = (1 - confidence) / 2
    lower, upper = np.quantile(values, [tail, 1 - tail])
    return float(lower), float(upper)


def check_confidence(confidence: float) -> None:
    """Raise a ValueError for a confidence that is not between 0 and 1."""
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must be between 0 and 1, got {confidence}.")


def _mean(values: Floats) -> float:
    return float(values.mean()) if len(values) else math.nan


def _resampled_means(values: Floats, resamples: int, seed: int) -> Floats:
    return weighted_means(resample_weights(len(values), resamples=resamples, seed=seed), values)


def _bounds(values: Floats, means: Floats, confidence: float) -> tuple[float, float]:
    check_confidence(confidence)
    return percentiles(means, confidence) if len(values) >= FEWEST else (math.nan, math.nan)


def _two_sided_p(differences: Floats) -> float:
    smaller = min(np.count_nonzero(differences <= 0), np.count_nonzero(differences >= 0))
    return min(1.0, float(2 * (1 + smaller) / (1 + len(differences))))
