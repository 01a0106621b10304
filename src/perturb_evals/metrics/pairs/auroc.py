"""AUROC within groups of rows, with abstentions, without a loop over groups.

The AUROC of a group is the mean credit over its positive-negative pairs of rows: 1 where the
positive has the higher score, one half where the scores tie, 0 otherwise (Mann-Whitney). An
abstention is credited by one of the two policies of `perturb_evals.metrics.pairs.predictions`.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from perturb_evals.metrics.pairs.predictions import Abstention, Predictions
from perturb_evals.metrics.pairs.ranked_groups import rank_within_groups, weighted_auroc


def auroc_per_gene(predictions: Predictions, *, abstention: Abstention = "half") -> float:
    """Unweighted mean, over genes whose labels hold both classes, of each gene's AUROC.

    PerturbQA's primary metric (arXiv 2502.21290). Between 0 and 1, higher is better. Constant
    scores, scores that depend on the gene only, and abstaining everywhere give .5.

    Args:
        predictions: the table of questions and answers.
        abstention: the policy for abstained rows.

    Returns:
        The mean, or nan if no gene has both classes.

    Raises:
        ValueError: if `abstention` is neither ``half`` nor ``lowest``.
    """
    return _mean(auroc_of_groups(predictions.genes, predictions, abstention=abstention).auroc)


def auroc_per_gene_answered(predictions: Predictions) -> float:
    """`auroc_per_gene` of the answered rows alone; a secondary view, as it drops what was hard."""
    return auroc_per_gene(predictions.take(~predictions.abstained))


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
        abstention: the policy for abstained rows.

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


def question_credit(
    predictions: Predictions, *, abstention: Abstention = "half"
) -> NDArray[np.float64]:
    """Return the mean credit of every question over the pairs of its gene that it is part of.

    A pair is a positive and a negative row of one gene; its credit is 1 where the positive ranks
    higher, one half for a tie, 0 otherwise. Over the positive rows of a gene, and over its negative
    rows, the mean is the AUROC of the gene.

    Args:
        predictions: The table of questions and answers.
        abstention: The policy for abstained rows.

    Returns:
        (n,) in [0, 1]: above one half, the question is answered better than by guessing among those
        of its gene. nan in genes whose labels are all the same.

    Raises:
        ValueError: The policy is unknown.
    """
    ranked = rank_within_groups(predictions.genes, predictions, abstention=abstention)
    credit = np.full(len(predictions), np.nan)
    if not len(ranked.rows):
        return credit
    share = ranked.share[:, 0]
    positive = np.where(ranked.positive[:, 0], share, 0.0)
    # Weight of each class in a run of ties, before it, and in the whole gene.
    parts = {}
    for name, weight in (("positive", positive), ("negative", share - positive)):
        in_run = np.add.reduceat(weight, ranked.run_starts)
        below = np.cumsum(in_run) - in_run
        in_gene = np.add.reduceat(in_run, ranked.group_starts)
        runs_of_gene = np.diff([*ranked.group_starts, len(ranked.run_starts)])
        earlier = np.repeat(below[ranked.group_starts], runs_of_gene)
        parts[name] = in_run, below - earlier, np.repeat(in_gene, runs_of_gene)
    run_of = np.repeat(
        np.arange(len(ranked.run_starts)), np.diff([*ranked.run_starts, len(ranked.rows)])
    )
    same, below, all_of = (part[run_of] for part in parts["negative"])
    won_by_positive = (below + 0.5 * same) / all_of
    same, below, all_of = (part[run_of] for part in parts["positive"])
    won_by_negative = (all_of - below - 0.5 * same) / all_of
    won = np.where(ranked.positive[:, 0], won_by_positive, won_by_negative)
    # An abstained row stands in two entries, half in each.
    credit[ranked.rows] = 0.0
    np.add.at(credit, ranked.rows, share * won)
    return credit


def _mean(values: NDArray[np.float64]) -> float:
    return float(values.mean()) if len(values) else float("nan")
