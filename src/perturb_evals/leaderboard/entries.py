"""Entries of a leaderboard: complete runs, each with its outcome; and what is set aside."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from inspect_ai.log import EvalLog
from pydantic import ValidationError

from perturb_evals.datasets.benchmark import board_key
from perturb_evals.families import family_of, task_names
from perturb_evals.families.faults import expected, shown
from perturb_evals.families.outcome import Outcome
from perturb_evals.leaderboard.figures import figure_of
from perturb_evals.leaderboard.results.from_log import result_of, status_of
from perturb_evals.leaderboard.results.result import Figure, Result
from perturb_evals.leaderboard.systems import (
    baseline_identity,
    control_of,
    identity,
    is_baseline,
    names,
    names_beside,
    reads_truth,
    told_by_prompt,
    track_of,
    without_control,
)
from perturb_evals.leaderboard.unrunnable import unrunnable
from perturb_evals.logs.headers import OF_ODD_LOGS, LogsError, SetAside, read_headers
from perturb_evals.logs.samples import read_samples
from perturb_evals.solvers.asking.prices import Prices

TOLERANCE = 1e-9
"""By how much the headline of a header may differ from that of its samples."""

EntryKind = Literal["system", "baseline", "truth"]
Run = tuple[Result, Outcome]
TrackKey = tuple[str, tuple[str, ...]]
"""A track and, for cross, the lines that are open in it: what tells the tracks of a board apart."""


@dataclass(frozen=True, eq=False)
class Entry:
    """A system on a board.

    Attributes:
        system: What is the same on every board that the system ran, see `systems.identity`.
        name: Its name among the systems of the leaderboard.
        kind: `system`, `baseline` (a method of this package that uses no model), or `truth` (the
            oracle, which reads what it is judged on).
        method: Name of the solver.
        track: Training rows that it was allowed to read; for a baseline those that it reads.
        lines: Cell lines that were open to it, for the track cross; empty for the others.
        figure: The headline with its interval, from the samples.
        outcome: What it got on every question or perturbation.
        result: Its run; None where it was computed from the data of the board.
    """

    system: str
    name: str
    kind: EntryKind
    method: str
    track: str
    lines: tuple[str, ...]
    figure: Figure
    outcome: Outcome
    result: Result | None

    @cached_property
    def companion(self) -> Figure | None:
        """What stands beside the headline, with its interval; None where nothing does."""
        beside = self.outcome.companion
        return None if beside is None else figure_of(beside.value, beside.drawn)

    @property
    def track_key(self) -> TrackKey:
        """The track whose systems it is held against."""
        return self.track, self.lines if self.track == "cross" else ()

    @property
    def by_default(self) -> bool:
        """Whether it is what a method gives with its default settings, run or computed."""
        return self.system == baseline_identity(self.method, self.track, self.lines)


@dataclass(frozen=True, eq=False)
class Entries:
    """What some folders hold.

    Attributes:
        complete: An entry a complete run of a system, the newest of each on each board; sorted by
            board, system and date.
        incomplete: Results of runs that are not complete, by board and date.
        older: Results of complete runs of which the same system has a newer one.
        set_aside: Logs that are no runs of this package, or cannot be read.
        controls: The same as `complete` of control runs, which are never ranked. They are called
            as their system is without the control.
    """

    complete: tuple[Entry, ...]
    incomplete: tuple[Result, ...]
    older: tuple[Result, ...]
    set_aside: tuple[SetAside, ...]
    controls: tuple[Entry, ...] = ()


def read_entries(paths: Sequence[str | Path], prices: Prices | None = None) -> Entries:
    """Read all runs; of complete ones the sample summaries, of the others the header only.

    One log at a time is in memory; what stays of it are numbers.

    Args:
        paths: Log files and folders, see `read_headers`.
        prices: Prices by name of the model, see `result_of`.

    Raises:
        LogsError: No such path.
    """
    headers = read_headers(paths)
    set_aside = list(headers.set_aside)
    incomplete, found = [], []
    for log in headers.runs:
        try:
            result, outcome = _read(log, prices)
        except (LogsError, *OF_ODD_LOGS) as error:
            set_aside.append(SetAside(log.location, f"Its results cannot be used: {_said(error)}"))
            continue
        if outcome is None:
            incomplete.append(result)
        else:
            found.append((result, outcome))
    # Nothing of a system may depend on which control runs lie beside it.
    systems, older = _newest([run for run in found if not control_of(run[0])])
    controls, older_controls = _newest([run for run in found if control_of(run[0])])
    named = names([result for result, _ in systems])
    without = [without_control(result) for result, _ in controls]
    named_too = names_beside(without, [result for result, _ in systems])
    return Entries(
        tuple(_entry(result, outcome, named[identity(result)]) for result, outcome in systems),
        tuple(sorted(incomplete, key=_order)),
        tuple(sorted([*older, *older_controls], key=_order)),
        tuple(sorted(set_aside, key=lambda aside: aside.log)),
        tuple(
            _entry(result, outcome, named_too[identity(original)])
            for (result, outcome), original in zip(controls, without, strict=True)
        ),
    )


def _newest(runs: Sequence[Run]) -> tuple[list[Run], list[Result]]:
    """Return the newest run of each system on each board, sorted, and the others' results."""
    told = told_by_prompt([result for result, _ in runs], board_of)
    found = [(result, outcome) for result, (_, outcome) in zip(told, runs, strict=True)]
    newest = {_place(result): result for result, _ in found}
    older = [result for result, _ in found if newest[_place(result)] is not result]
    kept = [(result, outcome) for result, outcome in found if newest[_place(result)] is result]
    return sorted(kept, key=lambda run: _place(run[0])), older


def board_of(result: Result) -> tuple[str, str, str]:
    """Return what runs must agree in to be on one board: its key, all its parts, and the data."""
    return result.board_key, json.dumps(result.board, sort_keys=True), result.data_sha256


def _read(log: EvalLog, prices: Prices | None) -> tuple[Result, Outcome | None]:
    """Return a run and what it got; None for a run that is not complete."""
    if fault := board_fault(log.eval.metadata or {}):
        raise ValueError(fault)
    if status_of(log)[0] != "complete":
        return result_of(log, prices=prices), None
    samples = read_samples(log)
    if (result := result_of(log, samples, prices)).status != "complete":
        return result, None
    if fault := unrunnable(result):
        raise ValueError(fault)
    asked, answered = len({score.sample_id for score in samples.scores}), len(samples.scores)
    expected = result.n_questions * result.protocol.epochs
    if (asked, answered) != (result.n_questions, expected):
        raise ValueError(
            f"the log holds {answered} answers to {asked} questions, the task asks for {expected} "
            f"to {result.n_questions}."
        )
    outcome = family_of(result.task).outcome(samples.scores, result.board)
    _same_headline(result, outcome.value)
    return result, outcome


def _same_headline(result: Result, given: float) -> None:
    figure = result.metrics.get(result.headline)
    said = math.nan if figure is None or figure.value is None else figure.value
    undefined = math.isnan(said) and math.isnan(given)
    if not undefined and not math.isclose(said, given, rel_tol=0.0, abs_tol=TOLERANCE):
        raise ValueError(
            f"The header says {said:.12g} for {result.headline}, the samples give {given:.12g}."
        )


def _said(error: Exception) -> str:
    """Return what is wrong with a log, without what may stand in it."""
    if isinstance(error, (KeyError, TypeError, ValidationError)):
        return f"it is not as this package writes it ({type(error).__name__})."
    return str(error)


def _entry(result: Result, outcome: Outcome, name: str) -> Entry:
    protocol = result.protocol
    track, lines = track_of(protocol)
    return Entry(
        system=identity(result),
        name=name,
        kind=_kind(result),
        method=protocol.solver,
        track=track,
        lines=lines,
        figure=figure_of(outcome.value, outcome.drawn),
        outcome=outcome,
        result=result,
    )


def _kind(result: Result) -> EntryKind:
    if reads_truth(result.protocol):
        return "truth"
    return "baseline" if is_baseline(result.protocol) else "system"


def _place(result: Result) -> tuple[tuple[str, str, str], str]:
    return board_of(result), identity(result)


def _order(result: Result) -> tuple[str, str, str]:
    return result.board_key, result.created.astimezone(UTC).isoformat(), result.eval_id


def board_fault(about: Mapping[str, Any]) -> str:
    """Return why a run can be on no board; empty for one that can.

    Nothing is loaded: whether the facts are those of the data, `perturb-evals check-submission`
    says.

    Args:
        about: The metadata of the header, with what `headers.NEEDED` names.
    """
    board = about["board"]
    task = str(board["task"])
    if task not in task_names():
        return expected("a task", task_names(), task)
    family = family_of(task)
    if tuple(board) != family.parts:
        return expected("the board's parts", family.parts, ", ".join(map(str, board)))
    if (said := about["board_key"]) != (key := board_key(board)):
        return f"expected the board key of its parts, {shown(key)}; got {shown(said)}."
    n_questions = about["n_questions"]
    if not isinstance(n_questions, int) or n_questions < 1:
        return f"expected the number of questions, at least 1; got {shown(n_questions)}."
    return family.fault(about)
