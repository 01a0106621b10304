"""Bootstrap interval of the per-gene AUROC, over perturbations.

The rows of one perturbation share its biology and its quirks, so rows are not independent but
perturbations are: whole perturbations are drawn with replacement, and a pair of rows counts with
the product of how often its two perturbations were drawn.

A gene that loses a class in a resample drops out of it, and genes with one positive or one negative
row drop out most. If they are also harder, as on PerturbQA, the plain mean of the genes that stay
is too high in every resample: the interval of a cross-line kNN on k562 direction would be centred
at .862 around a value of .833. So a gene that stays counts with the inverse of how often it stays
(Horvitz & Thompson, JASA 1952; Hajek's ratio form), which puts the centre back.
"""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from perturb_evals.metrics.intervals import (
    FEWEST,
    check_confidence,
    percentiles,
    resample_weights,
)
from perturb_evals.metrics.pairs.predictions import Abstention, Predictions
from perturb_evals.metrics.pairs.ranked_groups import rank_within_groups, weighted_auroc


@dataclass(frozen=True, eq=False)
class Interval:
    """A percentile interval and the resamples behind it.

    Attributes:
        lower: the lower bound, nan if there is no interval.
        upper: the upper bound, nan if there is no interval.
        mean_genes: mean number of genes that kept both classes in a resample, over the resamples
            that kept any; nan if none did.
        resamples: number of resamples drawn.
        values: (resamples,) the metric in each resample, nan where no gene kept both classes.
    """

    lower: float
    upper: float
    mean_genes: float
    resamples: int
    values: NDArray[np.float64]


def bootstrap_auroc_per_gene(
    predictions: Predictions,
    *,
    resamples: int = 2000,
    seed: int = 0,
    confidence: float = 0.95,
    abstention: Abstention = "half",
) -> Interval:
    """Percentile interval of `auroc_per_gene` from resampled perturbations.

    Args:
        predictions: the table of questions and answers; all its perturbations are resampled, also
            those without a row in a scored gene.
        resamples: how many resamples to draw.
        seed: see `resample_weights`; the order of the rows changes nothing.
        confidence: nominal coverage, between 0 and 1.
        abstention: the policy for abstained rows.

    Returns:
        The interval. Its bounds are nan for fewer than `FEWEST` perturbations and where no resample
        kept a gene with both classes.

    Raises:
        ValueError: if `resamples` is below 1, `confidence` is not between 0 and 1, or the policy is
            unknown.
    """
    check_confidence(confidence)
    n_perts = len(pd.unique(predictions.perts))
    weights = resample_weights(n_perts, resamples=resamples, seed=seed)
    values, genes = resampled_auroc_per_gene(predictions, weights, abstention=abstention)
    kept = genes > 0
    if n_perts < FEWEST or not kept.any():
        return Interval(math.nan, math.nan, math.nan, resamples, values)
    bounds = percentiles(values[kept], confidence)
    return Interval(*bounds, float(genes[kept].mean()), resamples, values)


def resampled_auroc_per_gene(
    predictions: Predictions, weights: NDArray[np.int64], *, abstention: Abstention = "half"
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """`auroc_per_gene` under given weights of the perturbations.

    In each resample, the mean over genes that kept both classes, each weighted by the inverse of
    the share of resamples in which it kept both.

    Two systems that answered the same questions are compared on the same resamples by passing the
    same weights for both.

    Args:
        predictions: the table of questions and answers.
        weights: (resamples, n_perts) whole numbers >= 0; column j belongs to the j-th perturbation
            in sorted order, so that the order of the rows does not matter.
        abstention: the policy for abstained rows.

    Returns:
        The metric in each resample, (resamples,), nan where no gene kept both classes; and the
        number of genes that kept both, (resamples,).

    Raises:
        ValueError: if `weights` has not one column per perturbation, or the policy is unknown.
    """
    codes, perts = pd.factorize(predictions.perts, sort=True)
    if weights.ndim != 2 or weights.shape[1] != len(perts):
        raise ValueError(
            f"weights must have shape (resamples, {len(perts)}), one column per perturbation, "
            f"got {weights.shape}."
        )
    ranked = rank_within_groups(predictions.genes, predictions, abstention=abstention)
    aurocs = weighted_auroc(ranked, weights.T.astype(np.float64), codes[ranked.rows])
    present = ~np.isnan(aurocs)
    stays = present.mean(axis=1)
    importance = np.divide(1.0, stays, out=np.zeros_like(stays), where=stays > 0)
    values = np.full(len(weights), np.nan)
    genes = present.sum(axis=0)
    total = importance @ np.where(present, aurocs, 0.0)
    np.divide(total, importance @ present, out=values, where=genes > 0)
    return values, genes
