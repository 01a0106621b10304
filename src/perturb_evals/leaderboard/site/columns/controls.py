"""Columns about control runs: what was taken away, and what the system lost by it."""

from dataclasses import dataclass, replace

from perturb_evals.leaderboard.boards import Board
from perturb_evals.leaderboard.control_runs import ControlRow
from perturb_evals.leaderboard.site.columns.standings import KINDS, named
from perturb_evals.leaderboard.site.page import board_page
from perturb_evals.leaderboard.site.table import Cell, Column, figure, figures, text, told


@dataclass(frozen=True, eq=False)
class Controlled:
    """A control run on its board."""

    board: Board
    row: ControlRow


def _system(one: Controlled) -> Cell:
    row = one.row
    if row.original is not None:
        return named(row.original.kind, row.name)
    # It has no page, as no run of it is on a board.
    kind = row.entry.kind
    return replace(named(kind, row.name), href="", values=(row.name, KINDS[kind]))


def _lost(one: Controlled) -> Cell:
    why = "" if one.row.original else "no original"
    return told(one.row.lost, why_missing=why, beside=one.row.entry.figure.value)


def _coverage(one: Controlled) -> Cell:
    original, under = one.row.coverage
    fewer = None if original is None or under is None else original - under
    return Cell(one.row.coverage_text, (original, under), fewer)


BOARD = Column(
    "Board",
    "Task and context.",
    ("board",),
    lambda one: text(one.board.title, href=board_page(one.board), log=True),
)
SYSTEM = Column("System", "Whose control run it is.", ("system", "kind"), _system, heads=True)
CONTROL = Column(
    "Control",
    "What its solver was told to take away, and what that does to a question.",
    ("control",),
    lambda one: text(one.row.control, note=one.row.about, log=True),
)
ORIGINAL = figures(
    "Original",
    "The headline of the run that agrees with it in everything but the control, with its interval.",
    "original",
    lambda one: figure(one.row.without),
    legend=False,
    extra=True,
)
UNDER_CONTROL = figures(
    "Under the control",
    "The headline of the control run, with its interval. It is never ranked.",
    "under_control",
    lambda one: figure(one.row.entry.figure),
    legend=False,
    extra=True,
)
LOST = figures(
    "Taken away",
    "How much better the original is than the control run, on the same questions, positive for "
    "better; with an interval over perturbations that holds for all controls of the board at once.",
    "taken_away",
    _lost,
)
COVERAGE = Column(
    "Coverage",
    "Share of replies that gave an answer of their own: the original's, then under the control. A "
    "system that answers fewer questions loses by that alone.",
    ("coverage_original", "coverage_under_control"),
    _coverage,
    numeric=True,
    extra=True,
)
VERDICT = Column(
    "In words",
    "Whether the difference is told from 0, and whether far fewer questions had an answer.",
    ("in_words",),
    lambda one: text(one.row.verdict),
    wide=True,
)
