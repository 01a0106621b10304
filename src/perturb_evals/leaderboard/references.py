"""Reference rows of a board as entries: what its family computes from its data."""

import re
from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import PureWindowsPath

from perturb_evals.datasets.errors import DataError, why
from perturb_evals.families import family_of
from perturb_evals.families.family import Family
from perturb_evals.families.references import (
    BoardAtHand,
    LackingReference,
    NoReferencesError,
    Reference,
)
from perturb_evals.leaderboard.entries import Entry
from perturb_evals.leaderboard.figures import figure_of
from perturb_evals.leaderboard.results.result import Result
from perturb_evals.leaderboard.systems import baseline_identity

_NO_PART = r"\s/\\'\"`:;,()<>"
"""What ends a path in a sentence; a folder may have spaces between other letters."""

_PATH = re.compile(
    rf"(?<![\w/.~\\])(?:file://|~|[A-Za-z]:)?[/\\](?![/\\])"
    rf"(?:[^{_NO_PART}](?:(?:[^{_NO_PART}]| )*[^{_NO_PART}])?[/\\])*[^{_NO_PART}]*"
)


def references(
    runs: Sequence[Result], present: Collection[str], line_sets: Collection[tuple[str, ...]]
) -> tuple[list[Entry], list[LackingReference]]:
    """Compute the reference rows of a board; return also those that cannot be computed here.

    What was run is not computed again, but for what value added is counted from: a log may say
    anything of it.

    Args:
        runs: Complete runs of the board, at least one. The arguments of a run that are not those of
            its board cost no row where those of another run are.
        present: Identities of the systems that were run on it.
        line_sets: Cell lines of each of its tracks cross.

    Raises:
        NoReferencesError: The data cannot be had, or are not those of the board: no row can be. The
            message is about the first run.
    """
    by_arguments: dict[str, Result] = {}
    for run in runs:
        by_arguments.setdefault(repr(sorted(run.task_args.items())), run)
    failed = []
    for run in by_arguments.values():
        try:
            return _computed(run, present, line_sets)
        except NoReferencesError as error:
            failed.append(error)
    raise failed[0]


def _computed(
    result: Result, present: Collection[str], line_sets: Collection[tuple[str, ...]]
) -> tuple[list[Entry], list[LackingReference]]:
    family = family_of(result.task)
    floors = floor_methods(family)
    not_run: set[str] = set()

    def wanted(method: str, track: str, lines: tuple[str, ...]) -> bool:
        if baseline_identity(method, track, lines) in present:
            return method in floors
        not_run.add(method)
        return True

    try:
        found = family.references(
            BoardAtHand(result.board, result.task_args, result.data_sha256, wanted, line_sets)
        )
    except (DataError, ValueError) as error:
        raise NoReferencesError(_without_folders(str(error))) from error
    except (KeyError, TypeError) as error:
        said = _without_folders(why(error))
        raise NoReferencesError(f"The arguments of its task are others: {said}.") from error
    rows = [_entry(row) for row in found if isinstance(row, Reference)]
    lacking = [
        replace(row, why=_without_folders(row.why))
        for row in found
        if isinstance(row, LackingReference) and row.method in not_run
    ]
    return rows, lacking


def floor_methods(family: Family) -> set[str]:
    """Return the methods that value added is counted from in any track."""
    return {control.method for control in family.floor.values() if control.method}


def _without_folders(said: str) -> str:
    """Return a sentence with the paths in it as their last part: folders are of one machine."""
    return _PATH.sub(lambda path: PureWindowsPath(path[0]).name or path[0], said)


def _entry(reference: Reference) -> Entry:
    outcome, settings = reference.outcome, reference.settings
    return Entry(
        system=baseline_identity(reference.method, reference.track, reference.lines, settings),
        name=", ".join([reference.method, *(f"{key}={settings[key]}" for key in settings)]),
        kind=reference.kind,
        method=reference.method,
        track=reference.track,
        lines=reference.lines,
        figure=figure_of(outcome.value, outcome.drawn),
        outcome=outcome,
        result=None,
    )
