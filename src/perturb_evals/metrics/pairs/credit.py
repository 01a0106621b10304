"""What each question contributes to the per-gene AUROC: its mean credit over the pairs it is in."""

import numpy as np
from numpy.typing import NDArray

from perturb_evals.metrics.pairs.abstention import Abstention
from perturb_evals.metrics.pairs.predictions import Predictions
from perturb_evals.metrics.pairs.ranked_groups import rank_within_groups


def question_credit(
    predictions: Predictions, *, abstention: Abstention = "half"
) -> NDArray[np.float64]:
    """Return the mean credit of every question over the pairs of its gene that it is part of.

    A pair is a positive and a negative row of one gene; its credit is 1 where the positive ranks
    higher, one half for a tie, 0 otherwise. Over the positive rows of a gene, and over its negative
    rows, the mean is the AUROC of the gene.

    Args:
        predictions: The table of questions and answers.
        abstention: The policy for abstained rows, see `perturb_evals.metrics.pairs.abstention`.

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
