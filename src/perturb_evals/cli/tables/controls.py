"""Control runs in the terminal: what each takes from its system."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from perturb_evals.cli.tables.fitted import FittedColumn, show_fitted
from perturb_evals.cli.tables.terminal import figure, short
from perturb_evals.leaderboard.control_runs import HOW_TO_READ, TITLE
from perturb_evals.leaderboard.text import MISSING
from perturb_evals.leaderboard.untrusted_text import plain

if TYPE_CHECKING:
    from rich.console import Console

    from perturb_evals.leaderboard.control_runs import ControlRow

COLUMNS = (
    FittedColumn("control", left=True, folds=True),
    FittedColumn("what it does", left=True, folds=True, spare=True),
    FittedColumn("under it", left=True),
    FittedColumn("taken away", left=True),
    FittedColumn("answered", left=True),
    FittedColumn("in words", left=True, folds=True, spare=True),
)


def show_controls(console: "Console", rows: "Sequence[ControlRow]") -> None:
    """Print a table of control runs, a system of a board at a time.

    Args:
        console: Where.
        rows: The control runs, those of one board together; nothing is printed for none.
    """
    if not rows:
        return
    console.print()
    console.print(TITLE, style="bold")
    groups: dict[tuple[str, int], list[ControlRow]] = {}
    for row in rows:
        if row.original is not None:
            groups.setdefault((row.board, id(row.original)), []).append(row)
    for (board, _), own in groups.items():
        of_system = f"{short(own[0].name, 80)} {figure(own[0].without)}"
        show_fitted(
            console,
            COLUMNS,
            [_cells(row) for row in own],
            bright=[True] * len(own),
            title=f"{plain(board)}: {of_system}",
        )
    for row in rows:
        if row.original is None:
            console.print(sentence_of(row), soft_wrap=True)
    console.print(HOW_TO_READ, style="dim")


def sentence_of(row: "ControlRow") -> str:
    """Return what a control run tells, in a line."""
    lost = f", taken away {figure(row.lost)}" if row.lost else ""
    who = f"{plain(row.board)}: {short(row.name, 80)}, {short(row.control)}"
    how = f" To have one: {plain(row.to_run)}" if row.to_run else ""
    return f"{who}: {figure(row.entry.figure)}{lost}. {plain(row.verdict)}{how}"


def _cells(row: "ControlRow") -> dict[str, str]:
    return {
        "control": short(row.control),
        "what it does": row.about,
        "under it": figure(row.entry.figure),
        "taken away": figure(row.lost),
        "answered": "" if row.coverage_text == MISSING else row.coverage_text,
        "in words": plain(row.verdict).rstrip("."),
    }
