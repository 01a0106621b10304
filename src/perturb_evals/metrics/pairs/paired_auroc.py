"""The difference of two systems' per-gene AUROC, on the same resamples of perturbations."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from perturb_evals.metrics.means import PairedDifference
from perturb_evals.metrics.pairs.abstention import Abstention
from perturb_evals.metrics.pairs.auroc import auroc_per_gene
from perturb_evals.metrics.pairs.intervals import resample_weights, resampled_auroc_per_gene
from perturb_evals.metrics.pairs.pairing import pair_questions
from perturb_evals.metrics.pairs.predictions import Predictions

Floats = NDArray[np.float64]

# Differences below this are the rounding of sums: two systems that gain as much as they lose tie.
ROUNDING = 1e-12


def paired_auroc_difference(
    a: Predictions,
    b: Predictions,
    *,
    resamples: int = 2000,
    seed: int = 0,
    confidence: float = 0.95,
    abstention: Abstention = "half",
) -> PairedDifference:
    """`auroc_per_gene` of a minus that of b, with the percentile interval and a p-value.

    Perturbations are resampled as in `perturb_evals.metrics.pairs.intervals`, the same ones for
    both systems. Labels are the same, so a gene stays in a resample for both or for neither, and
    counts with the same inverse of how often it stays. The two-sided p is
    min(1, 2 min(P(d <= 0), P(d >= 0))) over the resampled differences d, each share counted as
    (1 + number) / (1 + resamples that kept a gene), so that it is never 0. Systems that rank alike
    have a difference of 0 and p = 1, whatever the scales of their scores.

    Args:
        a: One system's table.
        b: The other's: the same questions with the same labels, in any order.
        resamples: How many resamples to draw.
        seed: Of `numpy.random.default_rng`; the same seed gives the same result, whatever the order
            of the rows. Swapping a and b mirrors it.
        confidence: Nominal coverage, between 0 and 1.
        abstention: The policy for abstained rows, see `perturb_evals.metrics.pairs.abstention`.

    Returns:
        The difference, between -1 and 1; `n` counts all perturbations of the tables. Everything is
        nan if no gene has both classes; the bounds and p are nan where no resample kept one.

    Raises:
        ValueError: Tables that `pair_questions` refuses, `resamples` below 1, `confidence` not
            between 0 and 1, or an unknown policy.
    """
    a, b = pair_questions(a, b)
    n_perts = len(pd.unique(a.perts))
    weights = resample_weights(n_perts, resamples=resamples, seed=seed)
    of_a, _ = resampled_auroc_per_gene(a, weights, abstention=abstention)
    of_b, _ = resampled_auroc_per_gene(b, weights, abstention=abstention)
    mean = auroc_per_gene(a, abstention=abstention) - auroc_per_gene(b, abstention=abstention)
    return difference_of_resamples(mean, of_a, of_b, n=n_perts, confidence=confidence)


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
        The difference; bounds and p are nan where the metric is undefined in every resample.

    Raises:
        ValueError: `confidence` is not between 0 and 1.
    """
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must be between 0 and 1, got {confidence}.")
    differences = a - b
    differences = differences[np.isfinite(differences)]
    if not len(differences):
        nan = float("nan")
        return PairedDifference(mean, nan, nan, n, len(a), nan)
    differences[np.abs(differences) < ROUNDING] = 0
    tail = (1 - confidence) / 2
    lower, upper = np.quantile(differences, [tail, 1 - tail])
    smaller = min(np.count_nonzero(differences <= 0), np.count_nonzero(differences >= 0))
    p = min(1.0, float(2 * (1 + smaller) / (1 + len(differences))))
    return PairedDifference(mean, float(lower), float(upper), n, len(a), p)
