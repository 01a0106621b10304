"""The truth of a fold's test perturbations, prepared for scoring. Only scorers read it."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from perturb_evals.datasets.screens.evidence import (
    ExpressionEvidence,
    HeldOut,
    expression_evidence,
    fold_of,
)
from perturb_evals.datasets.screens.load import load_screen
from perturb_evals.datasets.screens.screen import Screen, ScreenError
from perturb_evals.metrics.expression.regression import FoldTruth
from perturb_evals.metrics.expression.weighted import gene_weights, z_others

FEWEST = 3
"""Perturbations of which each has others with an SD."""


HALVES = ("half_1", "half_2")
"""Layers of the two halves of a screen's cells, or of its replicates."""


@dataclass(frozen=True, eq=False)
class HeldOutTruth:
    """One fold with its truth.

    Attributes:
        evidence: What solvers may read.
        row_of: Row of each test perturbation in `truth` and in `expression`.
        expression: (n, G) true mean expression.
        truth: Scores predictions.
        told_by: (G,) the genes that may tell perturbations apart: all but the panel's targets.
        unmeasured: The test perturbations whose own gene is not among the symbols of the screen:
            for them a score without the target gene is the plain one.
    """

    evidence: ExpressionEvidence
    row_of: dict[str, int]
    expression: "np.typing.NDArray[np.float32]"
    truth: FoldTruth
    told_by: "np.typing.NDArray[np.bool_]"
    unmeasured: frozenset[str]


@lru_cache(maxsize=8)
def truth_for(held_out: HeldOut) -> HeldOutTruth:
    """Return a fold with its truth; the same object for the same fold."""
    screen, names = load_screen(held_out.request), fold_of(held_out).test
    return truth_of(screen, expression_evidence(held_out), names)


def truth_of(screen: Screen, evidence: ExpressionEvidence, names: tuple[str, ...]) -> HeldOutTruth:
    """Prepare the truth of some perturbations of a screen.

    Genes are weighted by |t| of a perturbation's cells against all other perturbed cells; where the
    screen has no cells, by |z| of its change among those of the other perturbations.

    Args:
        screen: The screen.
        evidence: The training perturbations that go with them.
        names: The test perturbations.

    Raises:
        ScreenError: No cells, and fewer than three perturbations: there is then no scale for the
            weights, and equal ones would pass for weights.
    """
    place = {name: row for row, name in enumerate(screen.perturbations)}
    rows = [place[name] for name in names]
    columns: dict[str, list[int]] = defaultdict(list)
    for column, symbol in enumerate(screen.symbols):
        columns[symbol].append(column)
    expression = screen.expression[rows]
    halves = [half[rows] for name in HALVES if (half := screen.layer(name)) is not None]
    panel = [column for target in screen.targets for column in columns.get(target, [])]
    return HeldOutTruth(
        evidence=evidence,
        row_of={name: row for row, name in enumerate(names)},
        expression=expression,
        truth=FoldTruth(
            truth=expression,
            control=screen.control,
            train_mean=evidence.mean,
            de_order=screen.de_order[rows],
            n_ranked=screen.n_ranked[rows],
            weights=_weights(screen)[rows],
            target_genes=[columns.get(screen.targets[row], []) for row in rows],
            panel_targets=panel,
            halves=np.stack(halves) if len(halves) == len(HALVES) else None,
        ),
        told_by=~np.isin(np.arange(len(screen.symbols)), panel),
        unmeasured=unmeasured_targets(screen, names),
    )


def unmeasured_targets(screen: Screen, names: Iterable[str]) -> frozenset[str]:
    """Return those of some perturbations whose own gene is not among the screen's symbols."""
    own = screen.naming["target"]
    return frozenset(name for name in names if not own[name])


@lru_cache(maxsize=4)
def _weights(screen: Screen) -> "np.typing.NDArray[np.float64]":
    t = screen.layer("t_others")
    if t is None and len(screen.perturbations) < FEWEST:
        raise ScreenError(
            f"{screen.name}: the weights of genes need {FEWEST} perturbations or more, or the "
            f"layer t_others; got {len(screen.perturbations)} perturbations. Use a larger screen."
        )
    return gene_weights(z_others(screen.expression) if t is None else t)
