"""The page of a board: its tracks, plots, published numbers, coverage, and what is set apart."""

from collections.abc import Iterator
from dataclasses import dataclass

from perturb_evals.families.published import PublishedLine
from perturb_evals.leaderboard.boards import Board, Row, Track
from perturb_evals.leaderboard.entries import Entry
from perturb_evals.leaderboard.interleaved import interleaved
from perturb_evals.leaderboard.logs.headers import log_name
from perturb_evals.leaderboard.results.result import Result
from perturb_evals.leaderboard.site import columns
from perturb_evals.leaderboard.site.cells import (
    published_standing,
    published_value,
    released,
    standing,
    system,
    track_text,
    usage,
)
from perturb_evals.leaderboard.site.links import Transcripts, board_page
from perturb_evals.leaderboard.site.number_text import decimal, percent
from perturb_evals.leaderboard.site.page import Page, Plot
from perturb_evals.leaderboard.site.plots.of_board import (
    calibration_of,
    cost_of,
    distribution_of,
    headline_name,
    intervals_of,
)
from perturb_evals.leaderboard.site.table import Cell, Table, TableRow, number, table_of, text


@dataclass(frozen=True)
class Section:
    """What a page shows of a track."""

    title: str
    about: str
    table: Table
    plots: tuple[Plot, ...]
    no_cost: bool


TRACKS = {
    "none": "Systems that read no training rows.",
    "within": "Systems that were allowed to read training rows of the evaluated line.",
    "cross": "Systems that were allowed to read training rows of other lines too.",
    "training": "Systems that were allowed to read the training perturbations of the screen.",
}
STANDING = (
    columns.RANK,
    columns.SYSTEM,
    columns.HEADLINE,
    columns.SKILL,
    columns.BEHIND,
    columns.COVERAGE,
    columns.TOKENS,
    columns.COST,
    columns.CALLS,
    columns.TIME,
    columns.RELEASED,
)


def board_page_of(board: Board, compared: dict[str, str], transcripts: Transcripts) -> Page:
    """Return the page of a board.

    Args:
        board: The board.
        compared: Titles of the comparisons on it, by URL.
        transcripts: Links into the log viewer.
    """
    stem = board_page(board).removesuffix(".html")
    published = board.family.published(board.parts)
    sections = [
        _section(board, track, published, f"{stem}-{n}") for n, track in enumerate(board.tracks, 1)
    ]
    plots = [plot for section in sections for plot in section.plots]
    below = [plot for plot in (calibration_of(board, stem), distribution_of(board, stem)) if plot]
    tables = [section.table for section in sections]
    extra = {
        "published": _published(published, stem),
        "coverage": _coverage(board, stem),
        "incomplete": _incomplete(board.incomplete, stem, transcripts),
    }
    found = [table for table in extra.values() if table is not None]
    return Page(
        file=f"{stem}.html",
        template="board.html",
        title=board.title,
        values={
            "board": board,
            "task": board.family.words(str(board.parts["task"])),
            "headline": headline_name(board),
            "sections": sections,
            "scale": _scale(board),
            "selected": board.family.selected and board.parts.get("questions", "") != "all",
            "below": below,
            "compared": compared,
            **extra,
        },
        tables=(*tables, *found),
        plots=(*plots, *below),
    )


def entries_of(board: Board) -> list[Entry]:
    """Return all systems of a board once, in the order of its tracks."""
    found = {id(row.entry): row.entry for track in board.tracks for row in track.rows}
    return list(found.values())


def _section(
    board: Board, track: Track, published: tuple[PublishedLine, ...], stem: str
) -> Section:
    rows = [
        TableRow((*standing(row), *usage(row.entry.result), released(row.entry)), row.rank is None)
        if isinstance(row, Row)
        else TableRow((*published_standing(row), *usage(None), released(None)), muted=True)
        for row in interleaved(track, published, board.better)
    ]
    title = track_text(track.name, track.lines)
    plots: list[Plot] = [intervals_of(board, track, published, stem)]
    if (cost := cost_of(board, track, stem)) is not None:
        plots.append(cost)
    return Section(
        title=title,
        about=TRACKS[track.name],
        table=table_of(stem, f"{board.title}, track {title}", STANDING, rows),
        plots=tuple(plots),
        no_cost=cost is None,
    )


def _scale(board: Board) -> str:
    if board.scale is None:
        return "There is no skill score here: the training mean or the oracle is missing."
    zero, one = decimal(board.scale.zero), decimal(board.scale.one)
    return (
        f"Skill 0 is {board.scale.zero_name} ({zero}), skill 1 is {board.scale.one_name} ({one})."
    )


def _published(lines: tuple[PublishedLine, ...], stem: str) -> Table | None:
    if not lines:
        return None
    rows = [
        TableRow(
            (
                text(line.system),
                published_value(line, line.stderr),
                text(line.track or "not known"),
                text(" ".join(line.difference)),
                text(line.source),
            ),
            muted=True,
        )
        for line in lines
    ]
    shown_columns = (
        columns.PUBLISHED_SYSTEM,
        columns.PUBLISHED_VALUE,
        columns.TRACK,
        columns.DIFFERENCE,
        columns.SOURCE,
    )
    return table_of(f"{stem}-published", "Published numbers, not ranked", shown_columns, rows)


def _coverage(board: Board, stem: str) -> Table | None:
    runs = [entry for entry in entries_of(board) if entry.result is not None]
    rows = [TableRow((system(entry), *_replies(entry.result))) for entry in runs if entry.result]
    if not rows:
        return None
    shown = (columns.SYSTEM, columns.COVERAGE, columns.REASONS)
    return table_of(f"{stem}-coverage", "Coverage, and why answers are missing", shown, rows)


def _replies(result: Result) -> Iterator[Cell]:
    yield number(result.coverage, percent(result.coverage))
    reasons = sorted(result.reasons.items(), key=lambda reason: (-reason[1], reason[0]))
    said = ", ".join(f"{name.replace('_', ' ')} {percent(share)}" for name, share in reasons)
    yield text(said or "none", log=True)


def _incomplete(results: tuple[Result, ...], stem: str, transcripts: Transcripts) -> Table | None:
    if not results:
        return None
    rows = [
        TableRow(
            (
                text(result.protocol.model, log=True),
                text(result.protocol.solver, log=True),
                text(result.status),
                text(result.reason, log=True),
                text(result.created.strftime("%Y-%m-%d %H:%M")),
                text(log_name(result.log), href=transcripts.log(result), log=True),
            )
        )
        for result in results
    ]
    shown = (
        columns.MODEL,
        columns.SOLVER,
        columns.STATUS,
        columns.REASON,
        columns.DATE,
        columns.LOG,
    )
    return table_of(f"{stem}-incomplete", "Runs that are not complete", shown, rows)
