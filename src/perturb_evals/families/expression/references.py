"""Rows that every board of a screen has, computed from it: controls, a gene graph, and the oracle.

They read training vectors, and the oracle the truth, through the same doors as the solvers of the
same names, with their default settings.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from perturb_evals.datasets.errors import DataError
from perturb_evals.datasets.files.fetch import locate
from perturb_evals.datasets.files.sources import find_source
from perturb_evals.datasets.genes.ncbi import GENE_INFO
from perturb_evals.datasets.screens.benchmark import expression_benchmark
from perturb_evals.datasets.screens.evidence import ExpressionEvidence, HeldOut, expression_evidence
from perturb_evals.datasets.screens.gears import GEARS_SCREENS
from perturb_evals.datasets.screens.oracle import truly_nearest
from perturb_evals.families.known_graph import graph_settings, lacking_knowledge
from perturb_evals.families.outcome import MeanOutcome
from perturb_evals.families.references import (
    BoardAtHand,
    LackingReference,
    NoReferencesError,
    Reference,
    same_data,
    same_parts,
)
from perturb_evals.methods.aggregation import aggregate
from perturb_evals.scorers.expression.held_out_truth import truth_for
from perturb_evals.scorers.expression.results import DIGITS
from perturb_evals.solvers.expression.computed import checked
from perturb_evals.solvers.expression.gene_baselines import GraphNeighbors, fit_graph_neighbors

Floats = NDArray[np.float64]
TRACK = "training"
GRAPH = "graph_neighbors"
ORACLE_K = 5


Predict = Callable[[HeldOut], Floats]


def computed_rows(
    of: BoardAtHand, headline: str, companion: str
) -> list[Reference | LackingReference]:
    """Compute the rows; see `Family.references`."""
    screen = GEARS_SCREENS.get(str(of.task_args.get("screen")))
    if screen and (lacking := _not_here(screen.source)):
        raise NoReferencesError(lacking)
    given = {name: value for name, value in of.task_args.items() if name != "k"}
    run = expression_benchmark(**{**given, "aliases": "none"})
    same_data(run.screen.fingerprint, of.data_sha256)
    same_parts(run.board, of, "split", "fold", "train")
    kinds: dict[str, tuple[Literal["baseline", "truth"], Predict]] = {
        "no_change": ("baseline", _control),
        "mean_effect": ("baseline", _mean),
        "oracle_neighbors": ("truth", _oracle),
    }
    names = headline, companion
    rows: list[Reference | LackingReference] = [
        Reference(name, kind, TRACK, (), _judged(run.folds, predict, *names))
        for name, (kind, predict) in kinds.items()
        if of.wanted(name, TRACK, ())
    ]
    if of.wanted(GRAPH, TRACK, ()):
        rows.append(_from_graph(run.folds, run.screen.name, *names))
    return rows


def _not_here(file: str) -> str:
    """Return how to get a known file, as ranking logs downloads nothing; empty where it is here."""
    if locate(find_source(file)) is not None:
        return ""
    return f"{file} is not on this machine; `perturb-evals data fetch {file}` gets it."


def _from_graph(
    folds: Iterable[HeldOut], screen: str, headline: str, companion: str
) -> Reference | LackingReference:
    """Compute the row of `graph_neighbors`, or say what it lacks."""
    if lacking := lacking_knowledge(screen, GENE_INFO):
        return LackingReference(GRAPH, lacking)
    settings = graph_settings(screen)

    def fit(evidence: ExpressionEvidence) -> GraphNeighbors:
        return fit_graph_neighbors(evidence, **settings)

    def predict(held_out: HeldOut) -> Floats:
        training, method = expression_evidence(held_out), checked(fit, held_out)
        found = {name: method.neighbors(name) for name in truth_for(held_out).row_of}
        # What a graph knows nothing of gets the training mean, as in a run.
        rows = [
            training.mean if isinstance(near, str) else _averaged(training, near)
            for near in found.values()
        ]
        return np.array(rows, dtype=float)

    try:
        outcome = _judged(folds, predict, headline, companion)
    except DataError as error:  # a file that cannot be used loses no other row
        return LackingReference(GRAPH, str(error))
    return Reference(GRAPH, "baseline", TRACK, (), outcome, settings)


def _averaged(training: ExpressionEvidence, near: Sequence[tuple[str, float]]) -> Floats:
    return aggregate(training.vectors([name for name, _ in near]), train_mean=training.mean)


def _judged(
    folds: Iterable[HeldOut], predict: Predict, headline: str, companion: str
) -> MeanOutcome:
    found: dict[str, list[Floats]] = {}
    for held_out in folds:
        truth = truth_for(held_out)
        scores = truth.truth.score_all(predict(held_out))
        for name, row in truth.row_of.items():
            both = np.array([scores[headline][row], scores[companion][row]])
            found.setdefault(name, []).append(both)
    units = tuple(sorted(found))
    means, beside = np.array([np.mean(found[name], axis=0) for name in units]).T.round(DIGITS)
    ids = ("",) * len(units)
    return MeanOutcome(units, means, ids, MeanOutcome(units, beside, ids))


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
