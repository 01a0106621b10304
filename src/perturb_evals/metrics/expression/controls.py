"""Is a metric to be trusted on this data? Negative and positive controls, and what lies between.

After Mejia et al. ("Diversity by design", 2025). The negative control is the mean of the training
perturbations, which knows nothing of any one perturbation. The positive control is as good as the
data allow: the other half of the same perturbation's cells. A metric that does not put the positive
control above the negative one cannot tell good predictions from empty ones.

Every function works for metrics of either direction; where a direction does not cancel it is asked
for.
"""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from perturb_evals.metrics.checks import finite, paired_scores
from perturb_evals.metrics.spec import Direction

Floats = NDArray[np.float64]


def interpolated_duplicate(half: ArrayLike, train_mean: ArrayLike, padj: ArrayLike) -> Floats:
    """The positive control: alpha * half + (1 - alpha) * train_mean with alpha = 1 - padj.

    The other half of the cells speaks in the genes that changed; in the others, where it is mostly
    noise, the training mean does.

    Args:
        half: (n, G) mean expression of one half of each perturbation's cells; the truth to score
            against is then the other half.
        train_mean: (G,) mean of the training perturbations.
        padj: (n, G) adjusted p-values of each perturbation against control, 0 to 1.

    Returns:
        (n, G) predicted expression.

    Raises:
        ValueError: Shapes that do not agree, values that are not finite, or p-values outside 0 to
            1. Give a gene that could not be tested the p-value 1.
    """
    duplicate = finite("half", half, (None, None))
    mean = finite("train_mean", train_mean, duplicate.shape[1:])
    p = finite("padj", padj, duplicate.shape)
    if ((p < 0) | (p > 1)).any():
        raise ValueError(f"padj must lie in 0 to 1, got {p.min()} to {p.max()}.")
    return duplicate + p * (mean - duplicate)


def drf(negative: ArrayLike, positive: ArrayLike, optimum: float) -> float:
    """Dynamic range fraction: (s_neg - s_pos) / (s_neg - s_opt), from means over perturbations.

    The share of the way from the negative control to a perfect score that the positive control
    covers: 1 where it is perfect, 0 where it is no better than the negative one, below 0 where it
    is worse. Signs cancel, so it is the same for metrics of either direction.

    Args:
        negative: (n,) score of the negative control for each perturbation.
        positive: (n,) score of the positive control.
        optimum: The score of a perfect prediction.

    Returns:
        The fraction, at most 1 where no score is better than perfect; nan without perturbations and
        where the negative control is perfect too.

    Raises:
        ValueError: Lengths that differ, or values that are not finite.
    """
    low, high = paired_scores("negative", negative, "positive", positive)
    if not np.isfinite(optimum):
        raise ValueError(f"optimum must be a finite number, got {optimum}.")
    return normalised(float(high.mean()), float(low.mean()), optimum) if len(low) else math.nan


def bds(negative: ArrayLike, positive: ArrayLike, better: Direction) -> float:
    """Bound discrimination score: the share of perturbations where the positive control wins.

    0 to 1, ties count one half: .5 where the metric cannot tell the two controls apart. At or below
    .5 the metric is not to be trusted on this data.

    Args:
        negative: (n,) score of the negative control for each perturbation.
        positive: (n,) score of the positive control.
        better: Direction of the metric.

    Returns:
        The share; nan without perturbations.

    Raises:
        ValueError: Lengths that differ, values that are not finite, or another direction.
    """
    if better not in ("higher", "lower"):
        raise ValueError(f"better must be higher or lower, got {better!r}.")
    low, high = paired_scores("negative", negative, "positive", positive)
    wins = np.sign(high - low) if better == "higher" else np.sign(low - high)
    return float((wins.mean() + 1) / 2) if len(low) else math.nan


def normalised(score: float, negative: float, positive: float) -> float:
    """Where a score lies between two controls, (u - b) / (r - b), never clipped.

    0 at the negative control, 1 at the positive one, below 0 for what is worse than the negative
    control: clipping at 0 would hide that, and has been exploited. Signs cancel, so it is the same
    for metrics of either direction.

    Args:
        score: u, the mean score of a system.
        negative: b, that of the negative control.
        positive: r, that of the positive control.

    Returns:
        The normalised score; nan where a score is nan and where the controls score the same.
    """
    span = positive - negative
    return (score - negative) / span if span != 0 else math.nan
