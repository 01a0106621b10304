"""Secondary classification metrics, each with a stated price for an abstention.

Yes means a score above .5, No one below; a score of exactly .5 and an abstention are each half a
Yes and half a No. Every function but `gene_only_share` returns nan unless the labels hold both
classes, and none drops an abstention silently: the share of answered rows is reported beside them.
"""

import math

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from perturb_evals.metrics.pairs.predictions import Predictions


def average_precision(predictions: Predictions) -> float:
    """Average precision: the sum over score thresholds of the recall gained times the precision.

    Tied rows are retrieved together. Abstained rows are retrieved last, together, so the remaining
    positives get the precision of the whole table, its base rate. 0 to 1, higher is better;
    constant scores, and abstaining everywhere, give the base rate.

    Without abstentions equal to `sklearn.metrics.average_precision_score`. Ranks are fixed for
    abstentions, so a system that abstained on negatives only would gain: read it beside coverage.
    """
    if not _both_classes(predictions):
        return math.nan
    scores = np.where(predictions.abstained, -np.inf, predictions.scores)
    order = np.argsort(-scores)
    scores, labels = scores[order], predictions.labels[order]
    last_of_tie = np.append(scores[1:] != scores[:-1], True)
    retrieved = np.flatnonzero(last_of_tie) + 1
    found = np.cumsum(labels, dtype=np.int64)[last_of_tie]
    recall_gained = np.diff(found, prepend=0) / found[-1]
    return float(np.sum(recall_gained * found / retrieved))


def balanced_accuracy(predictions: Predictions) -> float:
    """Mean of the two classes' recalls; an abstention is half right.

    0 to 1, higher is better; any constant score, and abstaining everywhere, give .5.
    """
    if not _both_classes(predictions):
        return math.nan
    yes, positive = _yes(predictions), predictions.labels == 1
    return float((yes[positive].mean() + (1 - yes[~positive]).mean()) / 2)


def mcc(predictions: Predictions) -> float:
    """Matthews correlation of label and answer, from the 2x2 table of counts.

    An abstention adds one half to each answer's column. -1 to 1, higher is better; constant scores,
    and abstaining everywhere, give 0.
    """
    if not _both_classes(predictions):
        return math.nan
    yes, positive = _yes(predictions), predictions.labels == 1
    tp, fp = yes[positive].sum(), yes[~positive].sum()
    fn, tn = positive.sum() - tp, (~positive).sum() - fp
    scale = np.sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn))
    return float((tp * tn - fp * fn) / scale) if scale > 0 else 0.0


def brier(predictions: Predictions) -> float:
    """Mean squared difference of label and score; an abstention costs .25, as a stated .5 does.

    0 to 1, lower is better; a constant c costs c^2 on negatives and (1-c)^2 on positives. nan if an
    answered score lies outside [0, 1], because then scores are not probabilities.
    """
    if not _both_classes(predictions) or not _probabilities(predictions):
        return math.nan
    stated = np.where(predictions.abstained, 0.5, predictions.scores)
    return float(np.mean((stated - predictions.labels) ** 2))


def ece(predictions: Predictions, *, bins: int = 10) -> float:
    """Expected calibration error of the answered rows, over bins that hold equally many rows.

    The sum over bins of the bin's share of rows times the distance between its mean score and its
    mean label. Rows with equal scores always share a bin (that of their mean rank), so the value
    does not depend on the order of the rows; with few distinct scores there are fewer bins.

    0 to 1, lower is better; a constant score gives its distance from the base rate. Abstained rows
    state no probability and are left out: read it beside coverage. nan if nothing was answered or
    an answered score lies outside [0, 1].
    """
    answered = ~predictions.abstained
    if not _both_classes(predictions) or not _probabilities(predictions) or not answered.any():
        return math.nan
    scores, labels = predictions.scores[answered], predictions.labels[answered]
    midranks = pd.Series(scores).rank().to_numpy()
    bin_of = np.floor(bins * (midranks - 0.5) / len(scores)).astype(np.intp)
    gap = np.bincount(bin_of, weights=scores - labels, minlength=bins)
    return float(np.abs(gap).sum() / len(scores))


def gene_only_share(predictions: Predictions) -> float:
    """Share of the variance of the answered scores that the gene alone explains (eta squared).

    0 to 1: 1 for scores that depend on the gene only. Scores without any relation to the gene give
    about (genes - 1) / (answered rows - 1), not 0. nan for constant scores and without answers.
    """
    answered = ~predictions.abstained
    scores = predictions.scores[answered]
    if len(scores) == 0 or scores.min() == scores.max():
        return math.nan
    codes, genes = pd.factorize(predictions.genes[answered])
    centred = scores - scores.mean()
    sums = np.bincount(codes, weights=centred, minlength=len(genes))
    between = np.sum(sums**2 / np.bincount(codes))
    return float(between / np.sum(centred**2))


def _both_classes(predictions: Predictions) -> bool:
    return 0 < int(predictions.labels.sum()) < len(predictions)


def _probabilities(predictions: Predictions) -> bool:
    scores = predictions.scores[~predictions.abstained]
    return bool(np.all((scores >= 0) & (scores <= 1)))


def _yes(predictions: Predictions) -> NDArray[np.float64]:
    """1 for Yes, 0 for No, .5 for a score of exactly .5 and for an abstention."""
    scores = np.where(predictions.abstained, 0.5, predictions.scores)
    return (np.sign(scores - 0.5) + 1) / 2
