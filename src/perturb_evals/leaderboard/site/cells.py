"""Cells that several pages share: a system, its rank, its headline and what it took."""

from functools import cache

from perturb_evals.families.published import PublishedLine
from perturb_evals.leaderboard.boards import Board, Row
from perturb_evals.leaderboard.entries import Entry
from perturb_evals.leaderboard.released import release
from perturb_evals.leaderboard.results.result import Result
from perturb_evals.leaderboard.site.links import board_page, system_page
from perturb_evals.leaderboard.site.number_text import (
    MISSING,
    as_published,
    count,
    dollars,
    duration,
    percent,
)
from perturb_evals.leaderboard.site.table import Cell, figure, number, text

# Looking a model up takes a while, and the same one stands in many rows.
_release = cache(release)

KINDS = {"system": "system", "baseline": "baseline", "truth": "reads the truth"}
NOT_TOLD = "not told from the best"
PUBLISHED = "published, another protocol"
BELOW = "#published"
"""Where a board's page says how the protocols of published numbers differ."""


def system(entry: Entry, *, why_unranked: str = "") -> Cell:
    """Return a cell with a system's name, linked to its page, what it is and why it has no rank."""
    kind = KINDS[entry.kind]
    said = [] if entry.kind == "system" else [kind]
    if entry.result is None:
        said.append("computed from the data")
    if why_unranked and why_unranked != kind:
        said.append(why_unranked)
    note = ", ".join(said)
    return Cell(
        entry.name,
        (entry.name, kind),
        entry.name.casefold(),
        note,
        system_page(entry),
        log=True,
    )


def rank(row: Row) -> Cell:
    """Return a cell with a rank, or why there is none."""
    if row.rank is None:
        return Cell(MISSING, (None, False, row.why_unranked))
    mark = NOT_TOLD if row.with_best else ""
    return Cell(str(row.rank), (row.rank, row.with_best, ""), row.rank, mark=mark)


def standing(row: Row) -> tuple[Cell, ...]:
    """Return the cells of `RANK`, `SYSTEM`, `HEADLINE`, `SKILL` and `BEHIND`."""
    return (
        rank(row),
        system(row.entry, why_unranked=row.why_unranked),
        figure(row.entry.figure),
        figure(row.skill),
        figure(row.behind),
    )


def published_standing(line: PublishedLine) -> tuple[Cell, ...]:
    """Return the same cells for a published number: a name and a value, nothing that ranks."""
    return (
        Cell(MISSING, (None, False, PUBLISHED)),
        Cell(line.system, (line.system, "published"), line.system.casefold(), PUBLISHED, BELOW),
        published_value(line, None, None),
        figure(None),
        figure(None),
    )


def published_value(line: PublishedLine, *more: float | None) -> Cell:
    """Return a cell of a published value with as many digits as were published.

    Args:
        line: The published number.
        *more: What stands beside it in the CSV file.
    """
    note = f"± {line.stderr:.3f} (SE over folds)" if line.stderr is not None else ""
    return Cell(as_published(line.value), (line.value, *more), line.value, note)


def usage(result: Result | None) -> tuple[Cell, ...]:
    """Return the cells of `COVERAGE`, `TOKENS`, `COST`, `CALLS` and `TIME`."""
    if result is None:
        return (*took(result), number(None, MISSING), number(None, MISSING))
    calls, seconds = result.usage.calls, result.usage.wall_seconds
    return (*took(result), number(calls, count(calls)), number(seconds, duration(seconds)))


def took(result: Result | None) -> tuple[Cell, ...]:
    """Return the cells of `COVERAGE`, `TOKENS` and `COST`."""
    if result is None:
        return tuple(number(None, MISSING) for _ in range(3))
    total, cost = tokens(result), result.usage.cost
    return (
        number(result.coverage, percent(result.coverage)),
        number(total, count(total)),
        number(cost, dollars(cost)),
    )


def released(entry: Entry | None) -> Cell:
    """Return the cell of `RELEASED`; a dash for what is no run."""
    found = entry and entry.result and _release(entry.result.protocol.model, entry.result.context)
    if not found:
        return Cell(MISSING, ("", None))
    day = found.date.isoformat()
    note = {True: "after the data were public", False: "before these tables", None: ""}[
        found.after_data
    ]
    return Cell(day, (day, found.after_data), day, note)


def tokens(result: Result) -> int:
    """Return all tokens of a run, or the sum of its kinds where no total is given."""
    kinds = result.usage.tokens
    return kinds.get("total_tokens", sum(kinds.values()))


def place(board: Board) -> tuple[Cell, Cell]:
    """Return the cells of `TASK`, linked to the board's page, and `CONTEXT`."""
    task, context = str(board.parts["task"]), str(board.parts["context"])
    return (
        text(task, note=board.family.words(task), href=board_page(board), log=True),
        text(context, log=True),
    )


def track(name: str, lines: tuple[str, ...]) -> Cell:
    """Return the cell of `TRACK`."""
    return Cell(name, (track_text(name, lines),), track_text(name, lines), ", ".join(lines))


def track_text(name: str, lines: tuple[str, ...]) -> str:
    """Return a track with its cell lines."""
    return f"{name} ({', '.join(lines)})" if lines else name
