"""The page of a board: its tracks, plots, published numbers, coverage, and what is set apart."""

from dataclasses import replace
from typing import Any

from perturb_evals.families.published import PublishedLine
from perturb_evals.leaderboard.boards import Board, BoardTrack
from perturb_evals.leaderboard.interleaved import interleaved
from perturb_evals.leaderboard.site.columns import runs, standings
from perturb_evals.leaderboard.site.columns.standings import Place, named
from perturb_evals.leaderboard.site.page import Page, board_stem
from perturb_evals.leaderboard.site.plots.of_board import (
    calibration_of,
    cost_of,
    distribution_of,
    headline_name,
    intervals_of,
)
from perturb_evals.leaderboard.site.table import table_about, text
from perturb_evals.leaderboard.text import decimal, track_text, with_interval
from perturb_evals.leaderboard.value_added import models_add
from perturb_evals.leaderboard.viewer import Transcripts

STANDING = (
    standings.RANK,
    standings.SYSTEM,
    standings.HEADLINE,
    standings.ADDED,
    standings.SKILL,
    standings.BEHIND,
    standings.COVERAGE,
    standings.TOKENS,
    standings.COST,
    standings.CALLS,
    standings.TIME,
    standings.RELEASED,
)
PUBLISHED = (
    runs.PUBLISHED_SYSTEM,
    runs.PUBLISHED_VALUE,
    replace(standings.TRACK, cell=lambda line: text(line.track or "not known")),
    runs.DIFFERENCE,
    runs.SOURCE,
)
COVERAGE = (
    replace(standings.SYSTEM, cell=lambda place: named(place.row.entry.kind, place.row.entry.name)),
    standings.COVERAGE,
    standings.REASONS,
)
INCOMPLETE = (runs.MODEL, runs.SOLVER, runs.STATUS, runs.REASON, runs.DATE)


def board_page_of(board: Board, compared: dict[str, str], transcripts: Transcripts) -> Page:
    """Return the page of a board.

    Args:
        board: The board.
        compared: Titles of the comparisons on it, by URL.
        transcripts: Links into the log viewer.
    """
    stem = board_stem(board.key, board.data_sha256)
    published = board.family.published(board.parts)
    sections = [
        _section(board, track, published, f"{stem}-{n}") for n, track in enumerate(board.tracks, 1)
    ]
    below = [plot for plot in (calibration_of(board), distribution_of(board)) if plot]
    # Every run once, in the order of the tracks.
    ran = {
        id(row.entry): Place(board, track, row)
        for track in board.tracks
        for row in track.rows
        if row.entry.result is not None
    }
    tables = {
        "published": table_about(
            f"{stem}-published",
            "Published numbers, not ranked",
            PUBLISHED,
            published,
            muted=lambda _: True,
        ),
        "coverage": table_about(
            f"{stem}-coverage", "Coverage, and why answers are missing", COVERAGE, ran.values()
        ),
        "incomplete": table_about(
            f"{stem}-incomplete",
            "Runs that are not complete",
            (*INCOMPLETE, runs.LOG.linked(transcripts.log)),
            board.incomplete,
        ),
    }
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
            **tables,
        },
        tables=(*(section["table"] for section in sections), *tables.values()),
        plots=(*(plot for section in sections for plot in section["plots"]), *below),
    )


def _section(
    board: Board, track: BoardTrack, published: tuple[PublishedLine, ...], stem: str
) -> dict[str, Any]:
    """Return what the page shows of a track."""
    title = track_text(track.name, track.lines)
    cost = cost_of(board, track, stem)
    beside = track.floor.value if track.floor else None
    return {
        "title": title,
        "about": board.family.tracks[track.name].about,
        "table": table_about(
            stem,
            f"{board.title}, track {title}",
            STANDING,
            [Place(board, track, row) for row in interleaved(track, published, board.better)],
            muted=lambda place: place.muted,
        ),
        "added": models_add(
            board,
            track,
            lambda entry: entry.name,
            decimal,
            lambda added: with_interval(added, beside),
        ),
        "plots": [intervals_of(board, track, published, stem), *([cost] if cost else [])],
        "no_cost": cost is None,
    }


def _scale(board: Board) -> str:
    if board.scale is None:
        zero_name, one_name = board.family.zero.name, board.family.one.name
        return f"There is no skill score here: {zero_name} or {one_name} is missing."
    zero, one = decimal(board.scale.zero), decimal(board.scale.one)
    return (
        f"Skill 0 is {board.scale.zero_name} ({zero}), skill 1 is {board.scale.one_name} ({one})."
    )
