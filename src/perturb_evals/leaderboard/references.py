"""Reference rows of a board as entries: what its family computes from its data."""

from collections.abc import Collection, Sequence

from perturb_evals.datasets.errors import DataError, why
from perturb_evals.families import family_of
from perturb_evals.families.family import (
    BoardAtHand,
    LackingReference,
    NoReferencesError,
    Reference,
)
from perturb_evals.leaderboard.entries import Entry
from perturb_evals.leaderboard.figures import figure_of
from perturb_evals.leaderboard.results.result import Result
from perturb_evals.leaderboard.systems import baseline_identity


def references(
    runs: Sequence[Result], present: Collection[str], line_sets: Collection[tuple[str, ...]]
) -> tuple[list[Entry], list[LackingReference]]:
    """Compute the reference rows of a board; return also those that cannot be computed here.

    Args:
        runs: Complete runs of the board, at least one. The arguments of a run that are not those of
            its board cost no row where those of another run are.
        present: Identities of the systems that were run on it; they are not computed again.
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
    def wanted(method: str, track: str, lines: tuple[str, ...]) -> bool:
        return baseline_identity(method, track, lines) not in present

    try:
        found = family_of(result.task).references(
            BoardAtHand(result.board, result.task_args, result.data_sha256, wanted, line_sets)
        )
    except (DataError, ValueError) as error:
        raise NoReferencesError(str(error)) from error
    except (KeyError, TypeError) as error:
        raise NoReferencesError(f"The arguments of its task are others: {why(error)}.") from error
    rows = [_entry(row) for row in found if isinstance(row, Reference)]
    return rows, [row for row in found if isinstance(row, LackingReference)]


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
