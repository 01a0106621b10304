"""Rows sorted by score within groups, and the AUROC of every group under many weightings at once.

Both policies for abstentions become plain ranks here. Under ``half`` an abstained row is entered
twice with weight one half, once below and once above all answered rows: against an answered row
that gives 1/2 * 0 + 1/2 * 1, against another abstained row 1/4 * (1/2 + 1 + 0 + 1/2), each time one
half.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from perturb_evals.metrics.pairs.predictions import Abstention, Predictions, check_abstention

# Numbers in each temporary array of `weighted_auroc`, and weightings taken at once whatever the
# number of rows. Fastest while the arrays fit the processor's cache; bounds the memory.
CHUNK_SIZE, FEWEST_COLUMNS = 100_000, 8


@dataclass(frozen=True, eq=False)
class RankedGroups:
    """Rows of the groups that hold both classes, sorted by group, then score.

    A row that abstained under ``half`` is entered twice (see the module's docstring), so there are
    m >= n entries. Entries of one group with equal scores form a run; there are r runs, g groups.

    Attributes:
        ids: (g,) the groups' names or codes, sorted.
        n_positive: (g,) rows with label 1.
        n_negative: (g,) rows with label 0.
        rows: (m,) which row of the table the entry stands for.
        share: (m, 1) the part of its row that the entry carries, 1 or .5.
        positive: (m, 1) whether the entry's label is 1.
        run_starts: (r,) the first entry of each run.
        group_starts: (g,) the first run of each group.
    """

    ids: NDArray[Any]
    n_positive: NDArray[np.int64]
    n_negative: NDArray[np.int64]
    rows: NDArray[np.intp]
    share: NDArray[np.float64]
    positive: NDArray[np.bool_]
    run_starts: NDArray[np.intp]
    group_starts: NDArray[np.intp]


def rank_within_groups(
    groups: NDArray[Any], predictions: Predictions, *, abstention: Abstention
) -> RankedGroups:
    """Sort the rows of every group that holds both classes. Errors as in `auroc_of_groups`."""
    check_abstention(abstention)
    if len(groups) != len(predictions):
        raise ValueError(f"groups has {len(groups)} rows, predictions {len(predictions)}.")
    codes, ids = pd.factorize(groups, sort=True)
    positive = predictions.labels == 1
    n_positive = np.bincount(codes[positive], minlength=len(ids))
    n_negative = np.bincount(codes[~positive], minlength=len(ids))
    scored = (n_positive > 0) & (n_negative > 0)

    rows = np.flatnonzero(scored[codes])
    gone = predictions.abstained[rows]
    scores = np.where(gone, -np.inf, predictions.scores[rows])
    share = np.ones(len(rows))
    if abstention == "half" and gone.any():
        share[gone] = 0.5
        rows = np.concatenate([rows, rows[gone]])
        scores = np.concatenate([scores, np.full(gone.sum(), np.inf)])
        share = np.concatenate([share, np.full(gone.sum(), 0.5)])

    order = np.lexsort((scores, codes[rows]))
    rows, scores, share = rows[order], scores[order], share[order]
    new_group = np.ones(len(rows), dtype=bool)
    new_group[1:] = np.diff(codes[rows]) > 0
    new_run = new_group.copy()
    new_run[1:] |= scores[1:] != scores[:-1]
    run_starts = np.flatnonzero(new_run)
    return RankedGroups(
        ids=np.asarray(ids)[scored],
        n_positive=n_positive[scored],
        n_negative=n_negative[scored],
        rows=rows,
        share=share[:, None],
        positive=positive[rows][:, None],
        run_starts=run_starts,
        group_starts=np.flatnonzero(new_group[run_starts]),
    )


def weighted_auroc(
    ranked: RankedGroups, weights: NDArray[np.float64], unit: NDArray[np.intp]
) -> NDArray[np.float64]:
    """AUROC of each group where a pair counts with the product of its two rows' weights.

    Args:
        ranked: the sorted groups.
        weights: (u, b) weights >= 0 of the units, such as perturbations, that rows belong to; one
            column per weighting. Whole numbers below about 1e6 make every sum exact.
        unit: (m,) which unit each entry belongs to.

    Returns:
        (g, b) values in [0, 1]; nan where a class of the group has no weight.
    """
    n_entries, n_weightings = len(ranked.rows), weights.shape[1]
    auroc = np.full((len(ranked.ids), n_weightings), np.nan)
    if n_entries == 0:
        return auroc
    positive = ranked.positive[:, 0]
    positives, negatives = np.flatnonzero(positive), np.flatnonzero(~positive)
    run_ends = np.append(ranked.run_starts[1:], n_entries)
    run_of = np.repeat(np.arange(len(run_ends)), run_ends - ranked.run_starts)[positives]
    group_starts = ranked.run_starts[ranked.group_starts]
    # Sums over negatives are differences of sums through all groups, up to these entries.
    n_negatives = np.concatenate([[0], np.cumsum(~positive)])
    before_run, through_run = n_negatives[ranked.run_starts[run_of]], n_negatives[run_ends[run_of]]
    group_edges = n_negatives[np.append(group_starts, n_entries)]
    first_positives = np.searchsorted(positives, group_starts)
    halved = bool((ranked.share != 1).any())
    tied = bool((before_run != through_run).any())

    step = max(FEWEST_COLUMNS, CHUNK_SIZE // n_entries)
    for start in range(0, n_weightings, step):
        columns = slice(start, start + step)
        of_unit = np.ascontiguousarray(weights[:, columns])
        of_positive, of_negative = of_unit[unit[positives]], of_unit[unit[negatives]]
        if halved:
            of_positive *= ranked.share[positives]
            of_negative *= ranked.share[negatives]
        negative = np.zeros((len(negatives) + 1, of_unit.shape[1]))
        np.cumsum(of_negative, axis=0, out=negative[1:])
        below = negative[before_run]
        if tied:
            below = 0.5 * (below + negative[through_run])
        group_positive = np.add.reduceat(of_positive, first_positives, axis=0)
        edges = negative[group_edges]
        credit = np.add.reduceat(of_positive * below, first_positives, axis=0)
        credit -= edges[:-1] * group_positive
        pairs = group_positive * np.diff(edges, axis=0)
        np.divide(credit, pairs, out=auroc[:, columns], where=pairs > 0)
    return auroc
