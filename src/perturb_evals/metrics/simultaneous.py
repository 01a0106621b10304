"""Intervals of all differences of several systems that hold at the same time.

Ten equal systems have 45 differences, and of 45 intervals that each hold in 95% of cases some leave
out zero on two boards of three. Here one factor widens all of them, so that all hold at once in 95%
of cases, whatever the systems have in common: the quantile of the largest studentised difference
over resamples that all systems share (the max-t of Westfall & Young, Resampling-Based Multiple
Testing, 1993; Romano & Wolf, Econometrica 2005).

A standard error from few perturbations is itself uncertain, and the largest of many ratios finds
those that are too small. So the factor is moved from the normal to Student's distribution of the
same tail, with the effective number of perturbations less one as its degrees of freedom.
"""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from perturb_evals.metrics.intervals import ROUNDING, check_confidence

FEWEST_EFFECTIVE = 5
"""Effective perturbations below which a standard error of a difference says nothing."""


def simultaneous_factor(
    groups: Sequence[ArrayLike], *, n_effective: float, confidence: float = 0.95
) -> float:
    """Return by how many standard errors an interval of any difference reaches to either side.

    The standard error is the standard deviation of the difference over the resamples.

    Args:
        groups: Of each group of systems that are compared with each other (systems, resamples): the
            metric in resamples that all groups share. A resample in which it is not finite for all
            of them is left out. Groups may have systems in common.
        n_effective: See `effective_number`.
        confidence: The chance with which all intervals hold at once, between 0 and 1.

    Returns:
        The factor, about 1.96 for two systems and many perturbations, and more the more systems
        there are and the fewer perturbations; nan where nothing varies (equal systems, no two
        systems, no resample) and where `n_effective` is below `FEWEST_EFFECTIVE`.

    Raises:
        ValueError: Groups that are not (systems, resamples) with as many resamples each, or a
            `confidence` not between 0 and 1.
    """
    check_confidence(confidence)
    tables = [np.asarray(group, dtype=np.float64) for group in groups]
    if any(table.ndim != 2 or table.shape[1:] != tables[0].shape[1:] for table in tables):
        raise ValueError(
            "groups must be (systems, resamples) with as many resamples each, got shapes "
            f"{', '.join(str(table.shape) for table in tables)}."
        )
    if not tables or n_effective < FEWEST_EFFECTIVE:
        return math.nan
    kept = np.logical_and.reduce([np.isfinite(table).all(axis=0) for table in tables])
    if not kept.any():
        return math.nan
    largest = np.zeros(np.count_nonzero(kept))
    for table in tables:
        drawn = table[:, kept]
        for number in range(len(drawn) - 1):
            differences = drawn[number] - drawn[number + 1 :]
            differences -= differences.mean(axis=1, keepdims=True)
            errors = differences.std(axis=1)
            varies = errors > ROUNDING
            if varies.any():
                ratios = np.abs(differences[varies]) / errors[varies, None]
                largest = np.maximum(largest, ratios.max(axis=0))
    if not largest.any():
        return math.nan
    return _of_student(float(np.quantile(largest, confidence)), n_effective - 1)


def effective_number(sizes: ArrayLike) -> float:
    """Return how many perturbations of one size know a standard error as well as these.

    (sum m^2)^2 / sum m^4: the degrees of freedom (Satterthwaite, Biometrics Bulletin 1946) of a
    variance to which m questions of one perturbation, wholly dependent on each other, add m^2.

    Args:
        sizes: (perturbations,) how many questions m each has, 0 or more.

    Returns:
        Between 1 and their number, which it is for equal sizes; 0 without any question.
    """
    squares = np.square(np.asarray(sizes, dtype=np.float64))
    total = float(np.square(squares).sum())
    return float(squares.sum() ** 2 / total) if total else 0.0


def _of_student(factor: float, freedom: float) -> float:
    """Return the quantile of Student's distribution whose tail is that of a normal quantile."""
    from scipy.special import log_ndtr, stdtrit

    return float(-stdtrit(freedom, np.exp(log_ndtr(-factor))))
