"""A track of the leaderboard as a table of the terminal."""

from typing import TYPE_CHECKING

from perturb_evals.cli.tables.fitted import Column, show_fitted
from perturb_evals.cli.tables.terminal import figure, number, short
from perturb_evals.leaderboard.text import (
    as_published,
    count,
    dollars,
    duration,
    percent,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from perturb_evals.families.published import PublishedLine
    from perturb_evals.leaderboard.boards import Board, Row, Track

TIED = "="
SPARE = ("skill", "answered", "cost", "released", "tokens", "calls", "time")
"""Columns that a narrow terminal shows below the table, the last ones first."""

OPENED = {
    "none": "no training rows",
    "within": "training rows of the own line",
    "cross": "training rows of {lines}",
    "training": "the training perturbations",
}


def show_track(
    console: "Console", board: "Board", track: "Track", lines: "Sequence[PublishedLine]"
) -> None:
    """Print a track: the best first, published numbers in their place, unranked."""
    from perturb_evals.families.published import PublishedLine
    from perturb_evals.leaderboard.interleaved import interleaved

    opened = short(OPENED[track.name].format(lines=", ".join(track.lines)), 200)
    found = interleaved(track, lines, board.better)
    show_fitted(
        console,
        [
            Column("rank"),
            Column("system", left=True, folds=True),
            # Values stand below each other whether or not they have an interval.
            Column(board.headline, left=True),
            Column("behind"),
            *(Column(name, spare=True) for name in SPARE),
        ],
        [
            _published_cells(row) if isinstance(row, PublishedLine) else _cells(board, row)
            for row in found
        ],
        bright=[not isinstance(row, PublishedLine) and row.entry.kind == "system" for row in found],
        title=f"May read: {opened} (track {track.name})",
    )


def published_value(line: "PublishedLine") -> str:
    """Return a published value with as many digits as were published."""
    return number(line.value, len(as_published(line.value).partition(".")[2]))


def _published_cells(line: "PublishedLine") -> dict[str, str]:
    error = f" ± {number(line.stderr)} SE" if line.stderr is not None else ""
    return {"system": f"{line.system} (published)", line.metric: published_value(line) + error}


def _cells(board: "Board", row: "Row") -> dict[str, str]:
    """Return the cells of a row by column; a column that is empty in all rows is not shown."""
    entry, result = row.entry, row.entry.result
    said = {"baseline": ["baseline"], "truth": ["positive control"], "system": []}[entry.kind]
    if result is None:
        said.append("computed")
    if row.why_unranked:
        said.append(row.why_unranked)
    cells = {
        "rank": "" if row.rank is None else f"{row.rank}{TIED if row.with_best else ' '}",
        "system": short(entry.name, 80) + (f" ({'; '.join(said)})" if said else ""),
        board.headline: figure(entry.figure),
        "behind": figure(row.behind),
        "skill": number(row.skill.value, 2) if row.skill else "",
    }
    if result is None:
        return cells
    cells["answered"] = "" if result.coverage is None else percent(result.coverage)
    if entry.kind == "system" and result.usage.tokens:
        usage = result.usage
        cells["calls"] = count(usage.calls)
        cells["tokens"] = count(usage.tokens.get("total_tokens"))
        cells["cost"] = dollars(usage.cost) if usage.cost is not None else ""
        cells["time"] = duration(usage.wall_seconds)
        cells["released"] = _released(result.protocol.model, str(board.parts["context"]))
    return cells


def _released(model: str, context: str) -> str:
    """Return the model's release date, with a mark where the data were public before it."""
    from perturb_evals.leaderboard.released import release

    found = release(model, context)
    if found is None:
        return ""
    return f"{found.date:%Y-%m}{' (after the data)' if found.after_data else ''}"
