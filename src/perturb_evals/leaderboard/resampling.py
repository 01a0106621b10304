"""The resamples that all systems of a board share, and intervals from them."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from perturb_evals.leaderboard.result import Figure
from perturb_evals.metrics.intervals import resample_weights

RESAMPLES, SEED, TAIL = 2000, 0, 0.025

FEWEST = 10
"""Perturbations below which resamples of them repeat each other and an interval says nothing."""


@lru_cache(maxsize=8)
def shared_weights(n_perturbations: int) -> NDArray[np.int64]:
    """Return (resamples, n_perturbations) how often each perturbation is drawn; do not change it.

    They are those of the intervals in the logs of questions.
    """
    weights = resample_weights(n_perturbations, resamples=RESAMPLES, seed=SEED)
    weights.flags.writeable = False
    return weights


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
    lower, upper = np.quantile(kept, [TAIL, 1 - TAIL])
    return Figure(value=float(value), lower=float(lower), upper=float(upper))
