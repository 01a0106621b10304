"""How large a difference must be for a comparison of this size to find it."""

import math
from statistics import NormalDist

NORMAL = NormalDist()


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
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must be between 0 and 1, got {confidence}.")
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
