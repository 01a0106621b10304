"""AUROC within groups of rows, with abstentions, without a loop over groups.

The AUROC of a group is the mean credit over its positive-negative pairs of rows: 1 where the
positive has the higher score, one half where the scores tie, 0 otherwise (Mann-Whitney). An
abstention is credited by one of the two policies of `perturb_evals.metrics.pairs.abstention`.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from perturb_evals.metrics.pairs.abstention import Abstention
from perturb_evals.metrics.pairs.predictions import Predictions
from perturb_evals.metrics.pairs.ranked_groups import rank_within_groups, weighted_auroc


def auroc_per_gene(predictions: Predictions, *, abstention: Abstention = "half") -> float:
    """Unweighted mean, over genes whose labels hold both classes, of each gene's AUROC.

    PerturbQA's primary metric (arXiv 2502.21290). Between 0 and 1, higher is better. Constant
    scores, scores that depend on the gene only, and abstaining everywhere give .5.

    Args:
        predictions: the table of questions and answers.
        abstention: the policy for abstained rows, see `perturb_evals.metrics.pairs.abstention`.

    Returns:
        The mean, or nan if no gene has both classes.

    Raises:
        ValueError: if `abstention` is neither ``half`` nor ``lowest``.
    """
    return _mean(auroc_of_groups(predictions.genes, predictions, abstention=abstention).auroc)


def auroc_per_perturbation(predictions: Predictions, *, abstention: Abstention = "half") -> float:
    """Unweighted mean, over perturbations with both classes, of each perturbation's AUROC.

    Arguments, range and errors as in `auroc_per_gene`; nan if no perturbation has both classes.
    """
    return _mean(auroc_of_groups(predictions.perts, predictions, abstention=abstention).auroc)


def auroc_pooled(predictions: Predictions, *, abstention: Abstention = "half") -> float:
    """AUROC over all rows at once.

    On PerturbQA the train positive rate of the gene alone reaches .95 here (DE), so the value says
    little without that baseline beside it. Arguments, range and errors as in `auroc_per_gene`; nan
    if there are not both classes.
    """
    everything = np.zeros(len(predictions), dtype=np.intp)
    return _mean(auroc_of_groups(everything, predictions, abstention=abstention).auroc)


@dataclass(frozen=True, eq=False)
class GroupAurocs:
    """The AUROC of each group that holds both classes, in the sorted order of the groups.

    Attributes:
        ids: (g,) the groups' names or codes.
        auroc: (g,) in [0, 1].
        n_positive: (g,) rows with label 1, abstained or not.
        n_negative: (g,) rows with label 0, abstained or not.
    """

    ids: NDArray[Any]
    auroc: NDArray[np.float64]
    n_positive: NDArray[np.int64]
    n_negative: NDArray[np.int64]


def auroc_of_groups(
    groups: NDArray[Any], predictions: Predictions, *, abstention: Abstention = "half"
) -> GroupAurocs:
    """AUROC of each group of rows that holds both classes.

    Args:
        groups: (n,) the group of each row, for example `predictions.genes`.
        predictions: the table of questions and answers.
        abstention: the policy for abstained rows, see `perturb_evals.metrics.pairs.abstention`.

    Returns:
        One entry per group with both classes; empty if there is none.

    Raises:
        ValueError: if `groups` has another length than the table, or the policy is unknown.
    """
    ranked = rank_within_groups(groups, predictions, abstention=abstention)
    one_unit = np.zeros(len(ranked.rows), dtype=np.intp)
    return GroupAurocs(
        ids=ranked.ids,
        auroc=weighted_auroc(ranked, np.ones((1, 1)), one_unit)[:, 0],
        n_positive=ranked.n_positive,
        n_negative=ranked.n_negative,
    )


def _mean(values: NDArray[np.float64]) -> float:
    return float(values.mean()) if len(values) else float("nan")
