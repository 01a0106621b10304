"""The gate: does this package's scoring reproduce a published row?

The non-control mean has no tunables, so under the conventions of the manuscript it must give the
published numbers; until it does, no other number is believed. Where it does not, the grid shows
which other reading of the protocol would.

Two readings are not in the grid since they cannot matter: the mean over perturbations and the mean
of the five fold means (their folds differ by one perturbation, their results by less than 1e-4),
and what an undefined correlation counts (that of the mean over 20 genes is always defined).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from perturb_evals.datasets.published import Published
from perturb_evals.datasets.screens.screen import OrderKind, Screen
from perturb_evals.datasets.screens.splits import Fold, Split, five_folds, training_subset
from perturb_evals.metrics.expression.regression import FoldTruth
from perturb_evals.metrics.intervals import paper_se

GateVerdict = Literal["reproduced", "within_error", "missed"]
Target = Literal["kept", "removed"]
Subset = Literal["subset", "all"]
Mean = Literal["perturbations", "cells"]

ROUNDING = 0.0005
"""Half a unit of the last published decimal."""

MOST_ERRORS = 2.0
"""Published standard errors that a number may be away from the published one."""

SUBSET_SEED = 0


@dataclass(frozen=True)
class Convention:
    """One reading of the protocol.

    Attributes:
        order: How genes are ranked.
        target: Whether the perturbed gene may be in its own top 20.
        training: The published number of training perturbations, or all of the fold.
        mean: Whether every training perturbation counts the same, or every cell.
    """

    order: OrderKind
    target: Target
    training: Subset
    mean: Mean


@dataclass(frozen=True)
class GateRow:
    """What the non-control mean scores under one convention.

    Attributes:
        convention: The convention.
        scores: The mean over perturbations of each published metric.
        paper_se: Their standard errors over the five folds.
        errors: How far each is from the published value, in published standard errors, signed.
        rounds: Whether all of them round to the published values.
    """

    convention: Convention
    scores: dict[str, float]
    paper_se: dict[str, float]
    errors: dict[str, float]
    rounds: bool

    @property
    def verdict(self) -> GateVerdict:
        """`reproduced`: equal after rounding; `within_error`: within two standard errors."""
        if self.rounds:
            return "reproduced"
        return "within_error" if self.worst <= MOST_ERRORS else "missed"

    @property
    def worst(self) -> float:
        """The largest distance from a published value, in published standard errors."""
        return max(abs(error) for error in self.errors.values())


def gate(screens: Sequence[Screen], published: Published) -> list[GateRow]:
    """Score the non-control mean under every convention.

    Args:
        screens: The screen with its documented order of genes, and the same data with other orders.
        published: The row to reproduce.

    Returns:
        The rows of the grid, that of the documented convention first.

    Raises:
        SplitError: Fewer training perturbations than the published number.
    """
    means: tuple[Mean, ...] = ("perturbations", "cells")
    if not np.isfinite(screens[0].n_cells).all():
        means = ("perturbations",)
    split = five_folds(screens[0].perturbations)
    rows = []
    for screen, training, mean in product(screens, get_args(Subset), means):
        folds = _folds(split, published.n_train if training == "subset" else None)
        scored = [_scores(screen, fold, by_cells=mean == "cells") for fold in folds]
        for target in get_args(Target):
            convention = Convention(screen.order_kind, target, training, mean)
            rows.append(_row(convention, scored, published))
    return rows


def _folds(split: Split, n_train: int | None) -> list[Fold]:
    if n_train is None:
        return list(split.folds)
    return [
        training_subset(fold, number, 0, n_train, SUBSET_SEED)
        for number, fold in enumerate(split.folds)
    ]


def _scores(screen: Screen, fold: Fold, *, by_cells: bool) -> dict[str, NDArray[np.float64]]:
    """Return the scores of the training mean on the test perturbations of one fold."""
    row_of = {name: row for row, name in enumerate(screen.perturbations)}
    train, test = ([row_of[name] for name in names] for names in (fold.train, fold.test))
    mean = np.average(
        screen.expression[train].astype(np.float64),
        axis=0,
        weights=screen.n_cells[train] if by_cells else None,
    )
    shape = (len(test), len(screen.genes))
    symbols = np.array(screen.symbols)
    truth = FoldTruth(
        truth=screen.expression[test],
        control=screen.control,
        train_mean=mean,
        de_order=screen.de_order[test],
        n_ranked=screen.n_ranked[test],
        # The published metrics weigh all genes alike and know nothing of other perturbations.
        weights=np.full(shape, 1 / shape[1]),
        target_genes=[np.flatnonzero(symbols == screen.targets[row]) for row in test],
        panel_targets=[],
    )
    return truth.score_all(np.broadcast_to(mean, shape))


def _row(
    convention: Convention, scored: list[dict[str, NDArray[np.float64]]], published: Published
) -> GateRow:
    suffix = "_no_target" if convention.target == "removed" else ""
    scores, errors, spread = {}, {}, {}
    for metric, (value, stderr) in published.scores.items():
        by_fold = [fold[metric + suffix] for fold in scored]
        scores[metric] = float(np.concatenate(by_fold).mean())
        spread[metric] = paper_se([fold.mean() for fold in by_fold])
        errors[metric] = (scores[metric] - value) / stderr
    rounds = all(
        # The last term: three decimals are not exact in binary.
        abs(score - published.scores[metric][0]) <= ROUNDING + 1e-9
        for metric, score in scores.items()
    )
    return GateRow(convention, scores, spread, errors, rounds)
