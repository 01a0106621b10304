"""A value with its interval from resamples, and a difference the other way round."""

import math

import numpy as np
from numpy.typing import NDArray

from perturb_evals.leaderboard.results.result import Figure
from perturb_evals.metrics.intervals import ROUNDING, percentiles

CONFIDENCE = 0.95


def figure_of(value: float, resampled: NDArray[np.float64]) -> Figure:
    """Return a value with its 95% percentile interval.

    Args:
        value: The value; nan is undefined.
        resampled: (resamples,) the same in each resample; nan where it is undefined in one.

    Returns:
        Without bounds where fewer than two resamples have a value.
    """
    if not np.isfinite(value):
        return Figure(value=None)
    kept = resampled[np.isfinite(resampled)]
    if len(kept) < 2:
        return Figure(value=float(value))
    lower, upper = percentiles(kept, CONFIDENCE)
    return Figure(value=float(value), lower=lower, upper=upper)


def simultaneous_figure(value: float, resampled: NDArray[np.float64], factor: float) -> Figure:
    """Return a difference of two systems with an interval that holds with those of all others.

    Args:
        value: The difference, a number.
        resampled: (resamples,) the same in each resample; nan where it is undefined in one.
        factor: See `metrics.simultaneous.simultaneous_factor`.

    Returns:
        The value, `factor` standard deviations of the resamples to either side. Both bounds are the
        value where that does not vary; there are none where fewer than two resamples have a value,
        and where it varies and there is no factor.
    """
    kept = resampled[np.isfinite(resampled)]
    error = float(kept.std()) if len(kept) > 1 else math.nan
    reach = 0.0 if error <= ROUNDING else factor * error
    if not math.isfinite(reach):
        return Figure(value=value)
    return Figure(value=value, lower=value - reach, upper=value + reach)


def turned(difference: Figure) -> Figure:
    """Return a difference with its sides exchanged; what is undefined stays so."""
    value, lower, upper = (
        None if number is None else 0.0 - number
        for number in (difference.value, difference.upper, difference.lower)
    )
    return Figure(value=value, lower=lower, upper=upper)
