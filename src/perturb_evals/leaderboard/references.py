"""Rows that every board has, computed from its own data even when nobody ran them.

For questions the gene's and the perturbation's training rates, for expression the control, the
training mean and the oracle. They read training rows (the oracle the truth) through the same doors
as the solvers of the same names.
"""

from collections.abc import Callable, Collection, Iterable
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from perturb_evals.datasets.evidence import EvidenceError
from perturb_evals.datasets.files.fetch import locate
from perturb_evals.datasets.files.sources import DataError, find_source
from perturb_evals.datasets.pairs.benchmark import PairsBenchmark, pairs_benchmark
from perturb_evals.datasets.pairs.evidence import lines_read, pairs_evidence
from perturb_evals.datasets.pairs.load import named_dataset, why_not_here
from perturb_evals.datasets.pairs.questions import Kind
from perturb_evals.datasets.pairs.table import TableError
from perturb_evals.datasets.screens.benchmark import expression_benchmark
from perturb_evals.datasets.screens.evidence import HeldOut, expression_evidence
from perturb_evals.datasets.screens.gears.screens import GEARS_SCREENS
from perturb_evals.datasets.screens.oracle import oracle_neighbors
from perturb_evals.datasets.screens.screen import ScreenError
from perturb_evals.datasets.screens.splits import SplitError
from perturb_evals.leaderboard.entries import Entry
from perturb_evals.leaderboard.entries import Kind as EntryKind
from perturb_evals.leaderboard.outcomes import (
    DIGITS,
    ExpressionOutcome,
    Outcome,
    sorted_questions,
)
from perturb_evals.leaderboard.resampling import figure_of
from perturb_evals.leaderboard.result import Result
from perturb_evals.leaderboard.systems import ORACLE, baseline_identity
from perturb_evals.metrics.pairs.abstention import Abstention
from perturb_evals.metrics.pairs.predictions import Predictions
from perturb_evals.scorers.expression.held_out_truth import truth_for
from perturb_evals.solvers.pairs.baselines import GeneFrequency, PerturbationRate

ORACLE_K = 5
ALWAYS = ("gene_frequency", "perturbation_rate")
"""Rows of questions that every track shows, ranked or not."""

Floats = NDArray[np.float64]


class Predictor(Protocol):
    """Anything that scores a pair."""

    def score(self, pert: str, gene: str) -> float:
        """Return the score of one pair."""
        ...


class NoReferencesError(Exception):
    """The data of a board cannot be had, or are others. The message says which."""


def references(
    result: Result, present: Collection[str], line_sets: Collection[tuple[str, ...]]
) -> list[Entry]:
    """Compute the reference rows of a board.

    Args:
        result: Any complete run of the board.
        present: Identities of the systems that were run on it; they are not computed again.
        line_sets: Cell lines of each of its tracks cross, for `perturbation_rate`; where it has
            none, all lines whose tables are here.

    Raises:
        NoReferencesError: The data cannot be had, or are not those of the board.
    """
    try:
        if result.task == "langpert":
            return _expression(result, present)
        return _questions(result, present, line_sets)
    except (DataError, TableError, ScreenError, SplitError, EvidenceError, ValueError) as error:
        raise NoReferencesError(str(error)) from error
    except (KeyError, TypeError) as error:
        raise NoReferencesError(f"The arguments of its task are others: {error!r}.") from error


def _questions(
    result: Result, present: Collection[str], line_sets: Collection[tuple[str, ...]]
) -> list[Entry]:
    kind: Kind = "de" if result.task == "perturbqa_de" else "direction"
    given = {
        name: result.task_args[name]
        for name in ("dataset", "cell_line", "questions", "genes", "seed")
    }
    source = named_dataset(given["dataset"])
    if lacking := why_not_here(source, given["cell_line"] or result.context, kind):
        raise NoReferencesError(lacking)
    asked = pairs_benchmark(kind, **given)
    _same(asked.table.sha256, result.data_sha256)
    policy: Abstention = "lowest" if result.board["abstention"] == "lowest" else "half"
    dataset, line = asked.evidence.dataset, asked.evidence.cell_line
    entries = []
    if baseline_identity("gene_frequency", "within", ()) not in present:
        own = pairs_evidence(dataset, line, kind, "within", (line,))
        outcome = _answers(asked, policy, GeneFrequency(own))
        entries.append(_entry("gene_frequency", "baseline", "within", (), outcome))
    for lines in sorted(line_sets) or [_lines_here(asked)]:
        if baseline_identity("perturbation_rate", "cross", lines) not in present:
            opened = pairs_evidence(dataset, line, kind, "cross", lines)
            outcome = _answers(asked, policy, PerturbationRate(opened))
            entries.append(_entry("perturbation_rate", "baseline", "cross", lines, outcome))
    return entries


def _lines_here(asked: PairsBenchmark) -> tuple[str, ...]:
    """Return the lines of the track cross whose tables are here."""
    about = asked.evidence
    lines = lines_read(about.dataset, about.cell_line, "cross", None)
    return tuple(line for line in lines if not why_not_here(about.dataset, line, about.kind))


def _answers(asked: PairsBenchmark, policy: Abstention, predictor: Predictor) -> Outcome:
    pairs = list(zip(asked.rows["pert"], asked.rows["gene"], strict=True))
    scores = [predictor.score(pert, gene) for pert, gene in pairs]
    table = Predictions(
        asked.rows["pert"].to_numpy(dtype=object),
        asked.rows["gene"].to_numpy(dtype=object),
        asked.rows["label"].to_numpy(dtype=int),
        np.asarray(scores, dtype=float),
    )
    return sorted_questions(table, policy, ("",) * len(pairs))


def _expression(result: Result, present: Collection[str]) -> list[Entry]:
    screen = GEARS_SCREENS.get(str(result.task_args.get("screen")))
    if screen and locate(find_source(screen.source)) is None:  # ranking logs downloads nothing
        raise NoReferencesError(
            f"{screen.source} is not on this machine; `perturb-evals data fetch {screen.source}` "
            "gets it."
        )
    given = {name: value for name, value in result.task_args.items() if name != "k"}
    run = expression_benchmark(**{**given, "aliases": "none"})
    _same(run.screen.fingerprint, result.data_sha256)
    if str(result.board["split"]) != run.split.sha256[:6]:
        raise NoReferencesError("The split is another one than that of the board.")
    kinds: dict[str, tuple[EntryKind, Callable[[HeldOut], Floats]]] = {
        "no_change": ("baseline", _control),
        "mean_effect": ("baseline", _mean),
        ORACLE: ("truth", _oracle),
    }
    return [
        _entry(name, kind, "training", (), _judged(run.folds, predict, result.headline))
        for name, (kind, predict) in kinds.items()
        if baseline_identity(name, "training", ()) not in present
    ]


def _judged(
    folds: Iterable[HeldOut], predict: Callable[[HeldOut], Floats], headline: str
) -> Outcome:
    found: dict[str, list[float]] = {}
    for held_out in folds:
        truth = truth_for(held_out)
        scores = truth.truth.score_all(predict(held_out))[headline]
        for name, row in truth.row_of.items():
            found.setdefault(name, []).append(float(scores[row]))
    units = tuple(sorted(found))
    means = np.array([np.mean(found[name]) for name in units]).round(DIGITS)
    return ExpressionOutcome(units, means, ("",) * len(units))


def _control(held_out: HeldOut) -> Floats:
    training, rows = expression_evidence(held_out), len(truth_for(held_out).row_of)
    return np.broadcast_to(training.control, (rows, len(training.genes))).astype(float)


def _mean(held_out: HeldOut) -> Floats:
    training, rows = expression_evidence(held_out), len(truth_for(held_out).row_of)
    return np.broadcast_to(training.mean, (rows, len(training.genes))).astype(float)


def _oracle(held_out: HeldOut) -> Floats:
    training, nearest = expression_evidence(held_out), oracle_neighbors(held_out, ORACLE_K)
    rows = [
        training.vectors(nearest[name]).astype(float).mean(axis=0)
        for name in truth_for(held_out).row_of
    ]
    return np.array(rows)


def _same(got: str, expected: str) -> None:
    if got != expected:
        raise NoReferencesError(
            f"The data here ({got[:12]}) are not those of the board ({expected[:12]})."
        )


def _entry(
    name: str, kind: EntryKind, track: str, lines: tuple[str, ...], outcome: Outcome
) -> Entry:
    figure = figure_of(outcome.value, outcome.drawn)
    system = baseline_identity(name, track, lines)
    return Entry(system, name, kind, name, track, lines, figure, outcome, None)
