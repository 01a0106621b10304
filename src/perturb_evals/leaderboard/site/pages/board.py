"""The page of a board: its answer, one plot and one table, and below them every track by itself."""

from dataclasses import replace
from typing import Any

from perturb_evals.families.published import PublishedLine
from perturb_evals.leaderboard.boards import Board, BoardTrack
from perturb_evals.leaderboard.conclusion import conclusion
from perturb_evals.leaderboard.control_runs import HOW_TO_READ
from perturb_evals.leaderboard.interleaved import interleaved
from perturb_evals.leaderboard.site.columns import controls, runs, standings
from perturb_evals.leaderboard.site.columns.controls import Controlled
from perturb_evals.leaderboard.site.columns.standings import Place, named
from perturb_evals.leaderboard.site.own_track import standing
from perturb_evals.leaderboard.site.page import WRITTEN, Page, board_stem, system_name
from perturb_evals.leaderboard.site.pages.memory import memory_of
from perturb_evals.leaderboard.site.plots.of_board import (
    calibration_of,
    cost_of,
    distribution_of,
    headline_name,
    standing_of,
)
from perturb_evals.leaderboard.site.table import Cell, table_about, text
from perturb_evals.leaderboard.text import decimal, track_text, with_interval
from perturb_evals.leaderboard.value_added import models_add
from perturb_evals.leaderboard.viewer import Transcripts


def _with_about(place: Place) -> Cell:
    """Return the track of a place, with what it opens."""
    title = track_text(place.track.name, place.track.lines)
    about = place.board.family.tracks[place.track.name].about
    return Cell(title, (title,), title, about)


STANDING = (
    replace(standings.TRACK, cell=_with_about),
    standings.RANK,
    standings.SYSTEM,
    standings.HEADLINE,
    standings.ADDED,
    standings.SKILL,
    standings.COVERAGE,
    standings.COST,
    standings.RELEASED,
)
RANKED = (
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
    replace(standings.COVERAGE, extra=False),
    standings.REASONS,
)
CONTROLS = (
    controls.SYSTEM,
    controls.CONTROL,
    controls.ORIGINAL,
    controls.UNDER_CONTROL,
    controls.LOST,
    controls.COVERAGE,
    controls.VERDICT,
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
    once = standing(board, published)
    sections = [
        _section(board, track, published, f"{stem}-{n}") for n, track in enumerate(board.tracks, 1)
    ]
    plot = standing_of(board, once) if once else None
    below = [plot for plot in (calibration_of(board), distribution_of(board)) if plot]
    # Every run once, in the order of the tracks.
    ran = {
        id(row.entry): Place(board, track, row)
        for track in board.tracks
        for row in track.rows
        if row.entry.result is not None
    }
    tables = {
        "standing": table_about(
            f"{stem}-standing",
            f"{board.title}: every system once, in the track whose rows it reads",
            STANDING,
            [Place(board, track, row) for track, rows in once for row in rows],
            muted=lambda place: place.muted,
            grouped=True,
        ),
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
        "controls": table_about(
            f"{stem}-controls",
            f"{board.title}: control runs, and what they take from their systems",
            CONTROLS,
            [Controlled(board, row) for row in board.controls],
            muted=lambda one: one.row.original is None,
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
            "answers": _answers(sections),
            "plot": plot,
            "sections": sections,
            "scale": _scale(board),
            "selected": board.family.selected and board.parts.get("questions", "") != "all",
            "below": below,
            "about_controls": HOW_TO_READ,
            "n_held": sum(row.original is not None for row in board.controls),
            "memory": memory_of(stem),
            "to_run": dict.fromkeys(row.to_run for row in board.controls if row.to_run),
            "compared": compared,
            **tables,
        },
        tables=(*tables.values(), *(section["table"] for section in sections)),
        plots=tuple(filter(None, (plot, *(found["cost"] for found in sections), *below))),
    )


def _section(
    board: Board, track: BoardTrack, published: tuple[PublishedLine, ...], stem: str
) -> dict[str, Any]:
    """Return what the page shows of a track."""
    title = track_text(track.name, track.lines)
    beside = track.floor.value if track.floor else None
    return {
        "title": title,
        "about": board.family.tracks[track.name].about,
        "answer": conclusion(board, track, *WRITTEN),
        "tested": any(row.rank and row.entry.kind == "system" for row in track.rows),
        "table": table_about(
            stem,
            f"{board.title}, track {title}",
            RANKED,
            [Place(board, track, row) for row in interleaved(track, published, board.better)],
            muted=lambda place: place.muted,
        ),
        "added": models_add(
            board,
            track,
            system_name,
            decimal,
            lambda added: with_interval(added, beside),
        ),
        "cost": cost_of(board, track, stem),
    }


def _answers(sections: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the tracks in which more than baselines are ranked, or else all of them."""
    return [section for section in sections if section["tested"]] or sections


def _scale(board: Board) -> str:
    if board.scale is None:
        zero_name, one_name = board.family.zero.name, board.family.one.name
        return f"There is no skill score here: {zero_name} or {one_name} is missing."
    zero, one = decimal(board.scale.zero), decimal(board.scale.one)
    return (
        f"Skill 0 is {board.scale.zero_name} ({zero}), skill 1 is {board.scale.one_name} ({one})."
    )
