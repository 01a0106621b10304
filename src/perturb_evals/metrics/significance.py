"""Is a difference real? A test by swapping systems, Holm's correction, and what could be found.

**Approximate randomisation.** In each round every perturbation keeps its answers or swaps them
between the two systems, with probability one half, and the difference d* of the two new systems is
taken (Noreen, Computer-Intensive Methods for Testing Hypotheses, 1989). Whole perturbations are
swapped, since the rows of one perturbation are not independent.
"""

import math
from collections.abc import Callable
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike, NDArray

from perturb_evals.metrics.checks import paired_scores
from perturb_evals.metrics.intervals import check_confidence

Floats = NDArray[np.float64]
NORMAL = NormalDist()

# Signs drawn at once: bounds the memory, whatever the number of perturbations.
CHUNK = 1_000_000

# Differences closer than this, after division by their scale, are equal but for rounding.
TIE = 1e-9


def randomised_mean_test(
    a: ArrayLike, b: ArrayLike, *, rounds: int = 10_000, seed: int = 0
) -> float:
    """Two-sided p-value of no difference in the mean over perturbations, by swapping them.

    Scores of perturbations have one scale and the same squares after a swap, so |d*| >= |d| is
    counted as it is.

    Args:
        a: (n,) the score of each perturbation for one system.
        b: (n,) the same perturbations, in the same order, for the other.
        rounds: How many rounds to draw.
        seed: Of `numpy.random.default_rng`; the same seed gives the same p, whatever the order of
            the perturbations and of the two systems.

    Returns:
        (1 + number of rounds with |d*| >= |d|) / (1 + rounds), so never 0; 1 for equal systems and
        for one perturbation; nan for none.

    Raises:
        ValueError: Values that are not (n,) finite numbers, lengths that differ, or `rounds` below
            1.
    """
    left, right = paired_scores("a", a, "b", b)
    differences = left - right
    # Turning a difference beforehand changes no chance. In order of size, the signs fall alike
    # whatever the order of the perturbations and of the systems.
    sizes = np.sort(np.abs(differences))
    scale = sizes.sum() or 1.0

    def difference(signs: Floats) -> Floats:
        return np.asarray(sizes @ signs / scale)

    observed = float(differences.sum() / scale)
    return randomised_p(observed, difference, len(sizes), rounds, seed)


def randomised_p(
    observed: float, difference: Callable[[Floats], Floats], n: int, rounds: int, seed: int
) -> float:
    """P-value of an observed difference among those of random signs.

    Args:
        observed: The difference d of the two systems as they are.
        difference: From (n, k) signs, 1 where a perturbation keeps its answers and -1 where it
            swaps them, to the (k,) differences d*.
        n: Number of perturbations.
        rounds: How many rounds to draw.
        seed: Of `numpy.random.default_rng`.

    Returns:
        (1 + number of rounds with |d*| >= |d|) / (1 + rounds); nan for n = 0.

    Raises:
        ValueError: `rounds` is below 1.
    """
    if rounds < 1:
        raise ValueError(f"rounds must be at least 1, got {rounds}.")
    if n == 0:
        return math.nan
    least = abs(observed) - TIE
    rng = np.random.default_rng(seed)
    step = max(1, CHUNK // n)
    as_far = 0
    for start in range(0, rounds, step):
        kept = rng.random((min(step, rounds - start), n)) < 0.5
        signs = np.where(kept.T, 1.0, -1.0)
        as_far += int(np.count_nonzero(np.abs(difference(signs)) >= least))
    return (1 + as_far) / (1 + rounds)


def holm(p_values: ArrayLike) -> Floats:
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


def standard_error_of_interval(lower: float, upper: float, *, confidence: float = 0.95) -> float:
    """Standard error behind an interval: (upper - lower) / (2 z), z the normal quantile.

    Of a percentile interval of resampled differences this is their spread, read at the tails. With
    2,000 resamples it is known to about 2%, as well as by their standard deviation, and an interval
    is what a stored result keeps.

    Args:
        lower: Lower bound.
        upper: Upper bound.
        confidence: The interval's, between 0 and 1; z is its (1 + confidence) / 2 quantile.

    Returns:
        The standard error, 0 or more, in the units of the bounds; nan if both bounds are nan.

    Raises:
        ValueError: An upper bound below the lower one, a single bound that is nan, an infinite one,
            or `confidence` not between 0 and 1.
    """
    check_confidence(confidence)
    none = math.isnan(lower) and math.isnan(upper)
    if not (none or -math.inf < lower <= upper < math.inf):
        raise ValueError(
            f"an interval must have finite bounds, lower <= upper, got {lower} to {upper}."
        )
    return (upper - lower) / (2 * NORMAL.inv_cdf((1 + confidence) / 2))


def detectable_difference(
    standard_error: float, *, alpha: float = 0.05, power: float = 0.8
) -> float:
    """Smallest true difference that a two-sided test finds with the given power.

    (z_{1 - alpha/2} + z_power) times the standard error of the paired difference, z the quantiles
    of the normal distribution: 2.80 standard errors by default. That leaves out the chance, below
    alpha / 2, of finding a difference in the wrong direction. Among m comparisons corrected by
    Holm, alpha / m gives the difference that is found whatever the others show.

    Args:
        standard_error: Of the paired difference, 0 or more; nan where there is none.
        alpha: Level of the test, between 0 and 1.
        power: Chance of finding the difference, between alpha and 1.

    Returns:
        The difference, 0 or more, in the units of the standard error; nan for nan.

    Raises:
        ValueError: A standard error below 0 or infinite, or an `alpha` or `power` out of range.
    """
    if standard_error < 0 or math.isinf(standard_error):
        raise ValueError(f"standard_error must be finite and 0 or more, got {standard_error}.")
    if not 0 < alpha < 1:
        raise ValueError(f"alpha must be between 0 and 1, got {alpha}.")
    if not alpha < power < 1:
        raise ValueError(f"power must be between alpha ({alpha}) and 1, got {power}.")
    return (NORMAL.inv_cdf(1 - alpha / 2) + NORMAL.inv_cdf(power)) * standard_error
