"""Columns about places on the leaderboard: who stands where with what, and what it took."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import TypeVar

from perturb_evals.families.published import PublishedLine
from perturb_evals.leaderboard.boards import Board, BoardTrack
from perturb_evals.leaderboard.ranks import Row
from perturb_evals.leaderboard.released import release
from perturb_evals.leaderboard.results.result import Result
from perturb_evals.leaderboard.site.page import board_page, system_stem
from perturb_evals.leaderboard.site.table import Cell, Column, figure, figures, numbers, text
from perturb_evals.leaderboard.summary import SummaryRow
from perturb_evals.leaderboard.text import (
    MISSING,
    as_published,
    count,
    decimal,
    dollars,
    duration,
    percent,
    track_text,
)

T = TypeVar("T")

KINDS = {"system": "system", "baseline": "baseline", "truth": "reads the truth"}
NOT_TOLD = "not told from the best"
PUBLISHED = "published, another protocol"
WHOLE_SKILL = 1.0
"""The skill of the positive control, which skills stand beside."""
BELOW = "#published"
"""Where a board's page says how the protocols of published numbers differ."""


@dataclass(frozen=True, eq=False)
class Place:
    """A place on the leaderboard: what most rows are about.

    Attributes:
        board: The board.
        track: The track.
        row: Who stands there, a published number among them; None for nobody.
    """

    board: Board
    track: BoardTrack
    row: Row | PublishedLine | None

    @property
    def muted(self) -> bool:
        """Whether nothing is ranked there."""
        return not isinstance(self.row, Row) or self.row.rank is None


def tokens(run: Result) -> int:
    """Return all tokens of a run, or the sum of its kinds where no total is given."""
    kinds = run.usage.tokens
    return kinds.get("total_tokens", sum(kinds.values()))


def named(kind: str, name: str, *notes: str) -> Cell:
    """Return a cell with a system's name, linked to its page, what it is, and notes."""
    said = "" if kind == "system" else KINDS[kind]
    note = ", ".join(dict.fromkeys(filter(None, (said, *notes))))
    href = f"{system_stem(kind, name)}.html"
    return Cell(name, (name, KINDS[kind]), name.casefold(), note, href, log=True, kind=kind)


def _of_row(read: Callable[[Row], Cell]) -> Callable[[Place], Cell | None]:
    """Return how a column reads a system's row: it has a dash for everything else."""
    return lambda place: read(place.row) if isinstance(place.row, Row) else None


def _run(place: Place) -> Result | None:
    return place.row.entry.result if isinstance(place.row, Row) else None


def _of_run(read: Callable[[Result], T]) -> Callable[[Place], T | None]:
    """Return how a column reads a run: it has a dash for computed rows too."""

    def of_place(place: Place) -> T | None:
        run = _run(place)
        return None if run is None else read(run)

    return of_place


def _rank(place: Place) -> Cell:
    row = place.row
    if not isinstance(row, Row):
        return Cell(MISSING, (None, False, PUBLISHED))
    if row.rank is None:
        return Cell(MISSING, (None, False, row.why_unranked))
    # Who is best alone is equal to nobody.
    tied = place.track.is_tied(row)
    mark = NOT_TOLD if tied else ""
    return Cell(str(row.rank), (row.rank, row.with_best, ""), row.rank, mark=mark)


def _system(place: Place) -> Cell | None:
    row = place.row
    if isinstance(row, PublishedLine):
        values = (row.system, "published")
        return Cell(row.system, values, row.system.casefold(), PUBLISHED, BELOW, kind="published")
    if row is None:
        return None
    run = row.entry.result
    odd = ["computed from the data"] if run is None else place.board.family.oddities(run.counts)
    return named(row.entry.kind, row.entry.name, *odd, row.why_unranked)


def _headline(place: Place) -> Cell | None:
    if isinstance(place.row, PublishedLine):
        return published_value(place.row, *(None,) * 5)
    if place.row is None:
        return None
    cell, beside = figure(place.row.entry.figure), place.row.entry.companion
    if beside is None or beside.value is None:
        return replace(cell, values=(*cell.values, None, None, None))
    said = f"{decimal(beside.value)} {place.board.family.companion_words}"
    values = (*cell.values, beside.value, beside.lower, beside.upper)
    return replace(cell, values=values, below=said)


def published_value(line: PublishedLine, *more: float | None) -> Cell:
    """Return a cell with as many digits as were published; `more` stands in the CSV file."""
    note = f"± {line.stderr:.3f} (SE over folds)" if line.stderr is not None else ""
    return Cell(as_published(line.value), (line.value, *more), line.value, note)


# Looking a model up takes a while, and the same one stands in many rows.
_release = cache(release)


def _released(place: Place) -> Cell | None:
    if (run := _run(place)) is None:
        return None
    public = place.board.family.public_since(place.board.parts)
    found = _release(run.protocol.model, public)
    if found is None:
        return None
    day = found.date.isoformat()
    note = {True: "after the data were public", False: "before these tables", None: ""}
    return Cell(day, (day, found.after_data), day, note[found.after_data])


def _task(place: Place) -> Cell:
    board, task = place.board, str(place.board.parts["task"])
    return text(task, note=board.family.words(task), href=board_page(board), log=True)


def _board(place: Place) -> Cell:
    board = place.board
    values = str(board.parts["task"]), str(board.parts["context"])
    about = (
        f"{board.family.words(values[0])}; {board.family.headline_words}, {board.better} is "
        f"better; {board.n_units:,} {board.family.unit}"
    )
    return Cell(board.title, values, board.title, about, board_page(board), log=True)


def _track(place: Place) -> Cell:
    name, lines = place.track.name, place.track.lines
    return Cell(name, (track_text(name, lines),), track_text(name, lines), ", ".join(lines))


def _added(place: Place) -> Cell | None:
    if not isinstance(place.row, Row):
        return None
    why = "the reference" if place.track.is_floor(place.row) else ""
    return figure(place.row.added, why_missing=why, beside=place.row.entry.figure.value)


def _mean_skill(row: SummaryRow) -> Cell:
    mark = NOT_TOLD if row.with_best else ""
    return figure(row.mean, why_missing="a part is missing", mark=mark, beside=WHOLE_SKILL)


def _reasons(run: Result) -> Cell:
    found = sorted(run.reasons.items(), key=lambda reason: (-reason[1], reason[0]))
    said = ", ".join(f"{name.replace('_', ' ')} {percent(share)}" for name, share in found)
    return text(said or "none", log=True)


RANK = Column(
    "Rank",
    "1 plus the number of systems that are better beyond chance; an equals sign marks what cannot "
    "be told from the best. A dash: not ranked, with the reason.",
    ("rank", "not_told_from_best", "why_unranked"),
    _rank,
    numeric=True,
    legend=True,
)
SYSTEM = Column(
    "System",
    "The model or method, with what tells namesakes apart. Below it what it is: a model or another "
    "system, a baseline (a method of this package without a model), one that reads the truth, or a "
    "published number, which links to what differs in its protocol; and what is odd about its "
    "answers.",
    ("system", "kind"),
    _system,
    heads=True,
    legend=True,
)
HEADLINE = Column(
    "Headline",
    "The metric that ranks, with its 95% interval over perturbations; below it, where the board's "
    "questions have one, the metric that stands beside it and never ranks.",
    (
        *("headline", "headline_lower", "headline_upper"),
        *("companion", "companion_lower", "companion_upper"),
    ),
    _headline,
    numeric=True,
    legend=True,
)
SKILL = figures(
    "Skill",
    "The headline on a scale with 0 the negative and 1 the positive control, with its 95% "
    "interval; not clipped.",
    "skill",
    _of_row(lambda row: figure(row.skill, beside=WHOLE_SKILL)),
    extra=True,
)
BEHIND = figures(
    "Behind best",
    "How far it is behind the best, with an interval that holds for all differences of the board "
    "at once; positive is worse.",
    "behind_best",
    _of_row(lambda row: figure(row.behind, beside=row.entry.figure.value)),
    extra=True,
)
ADDED = figures(
    "Added",
    "The headline minus that of the track's reference, with an interval like that of Behind best; "
    "positive is better. A dash: the reference itself, or its row is not there.",
    "added",
    _added,
    extra=True,
)
COVERAGE = numbers(
    "Coverage",
    "Share of replies that gave an answer of their own. Computed rows have no replies.",
    "coverage",
    percent,
    _of_run(lambda run: run.coverage),
)
CALLS = numbers(
    "Calls",
    "Turns that models took in all samples.",
    "calls",
    count,
    _of_run(lambda run: run.usage.calls),
)
TOKENS = numbers(
    "Tokens", "Tokens of all kinds that models read and wrote.", "tokens", count, _of_run(tokens)
)
COST = numbers(
    "Cost",
    "US dollars, where the prices of all models of the run are known; else a dash. What summaries "
    "of genes cost that a model wrote is in it, and stands apart on the system's page.",
    "cost_usd",
    dollars,
    _of_run(lambda run: run.usage.cost),
)
TIME = numbers(
    "Time",
    "From the first sample to the last, waiting included.",
    "wall_seconds",
    duration,
    _of_run(lambda run: run.usage.wall_seconds),
)
RELEASED = Column(
    "Released",
    "When the model was released, where Inspect's model data know it, and whether the data were "
    "public by then, so that it may have been trained on them.",
    ("released", "after_data"),
    _released,
    legend=True,
    extra=True,
)
TASK = Column("Task", "What is asked.", ("task",), _task)
CONTEXT = Column(
    "Context",
    "Cell line or screen.",
    ("context",),
    lambda place: text(str(place.board.parts["context"]), log=True),
)
TRACK = Column(
    "Track",
    "Training rows that a system was allowed to read: none, within (the evaluated line's), cross "
    "(other lines' too), or training (of a screen).",
    ("track",),
    _track,
    legend=True,
)
MEAN_SKILL = figures(
    "Mean skill",
    "Mean over all parts with its 95% interval; a dash for a system that lacks a part.",
    "mean_skill",
    _mean_skill,
)
QUESTIONS = numbers(
    "Asked",
    "Questions, or perturbations of a screen, that every system answered.",
    "n_units",
    "{:,}".format,
    lambda place: place.board.n_units,
)
SYSTEMS = numbers(
    "Ranked",
    "Systems that are ranked.",
    "n_ranked",
    str,
    lambda place: sum(row.rank is not None for row in place.track.rows),
)
BOARD = Column(
    "Board",
    "Task and context, with what ranks and how many were asked.",
    ("task", "context"),
    _board,
)
REASONS = Column(
    "Without an answer",
    "Share of replies without an answer of their own, by reason.",
    ("reasons",),
    _of_run(_reasons),
    wide=True,
    legend=True,
)
