"""Rows that every board of a screen has: the control, the training mean and the oracle.

They read training vectors, and the oracle the truth, through the same doors as the solvers of the
same names.
"""

from collections.abc import Callable, Iterable
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from perturb_evals.datasets.files.fetch import locate
from perturb_evals.datasets.files.sources import find_source
from perturb_evals.datasets.screens.benchmark import expression_benchmark
from perturb_evals.datasets.screens.evidence import HeldOut, expression_evidence
from perturb_evals.datasets.screens.gears import GEARS_SCREENS
from perturb_evals.datasets.screens.oracle import truly_nearest
from perturb_evals.families.family import BoardAtHand, NoReferencesError, Reference, same_data
from perturb_evals.families.outcome import DIGITS, MeanOutcome
from perturb_evals.scorers.expression.held_out_truth import truth_for

Floats = NDArray[np.float64]
TRACK = "training"
ORACLE_K = 5


def controls(of: BoardAtHand, headline: str) -> list[Reference]:
    """Compute the rows; see `Family.references`."""
    screen = GEARS_SCREENS.get(str(of.task_args.get("screen")))
    if screen:
        _need(screen.source)
    given = {name: value for name, value in of.task_args.items() if name != "k"}
    run = expression_benchmark(**{**given, "aliases": "none"})
    same_data(run.screen.fingerprint, of.data_sha256)
    if str(of.parts["split"]) != run.split.sha256[:6]:
        raise NoReferencesError("The split is another one than that of the board.")
    kinds: dict[str, tuple[Literal["baseline", "truth"], Callable[[HeldOut], Floats]]] = {
        "no_change": ("baseline", _control),
        "mean_effect": ("baseline", _mean),
        "oracle_neighbors": ("truth", _oracle),
    }
    return [
        Reference(name, kind, TRACK, (), _judged(run.folds, predict, headline))
        for name, (kind, predict) in kinds.items()
        if of.wanted(name, TRACK, ())
    ]


def _need(file: str) -> None:
    """Make sure that a known file is here, so that ranking logs downloads nothing."""
    if locate(find_source(file)) is None:
        raise NoReferencesError(
            f"{file} is not on this machine; `perturb-evals data fetch {file}` gets it."
        )


def _judged(
    folds: Iterable[HeldOut], predict: Callable[[HeldOut], Floats], headline: str
) -> MeanOutcome:
    found: dict[str, list[float]] = {}
    for held_out in folds:
        truth = truth_for(held_out)
        scores = truth.truth.score_all(predict(held_out))[headline]
        for name, row in truth.row_of.items():
            found.setdefault(name, []).append(float(scores[row]))
    units = tuple(sorted(found))
    means = np.array([np.mean(found[name]) for name in units]).round(DIGITS)
    return MeanOutcome(units, means, ("",) * len(units))


def _control(held_out: HeldOut) -> Floats:
    training, rows = expression_evidence(held_out), len(truth_for(held_out).row_of)
    return np.broadcast_to(training.control, (rows, len(training.genes))).astype(float)


def _mean(held_out: HeldOut) -> Floats:
    training, rows = expression_evidence(held_out), len(truth_for(held_out).row_of)
    return np.broadcast_to(training.mean, (rows, len(training.genes))).astype(float)


def _oracle(held_out: HeldOut) -> Floats:
    training, nearest = expression_evidence(held_out), truly_nearest(held_out, ORACLE_K)
    rows = [
        training.vectors(nearest[name]).astype(float).mean(axis=0)
        for name in truth_for(held_out).row_of
    ]
    return np.array(rows)
