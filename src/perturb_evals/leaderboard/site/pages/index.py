"""The first page: the answer over all boards, one plot, one table, and what lies behind them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from perturb_evals.leaderboard.boards import Board, BoardTrack
from perturb_evals.leaderboard.conclusion import overall
from perturb_evals.leaderboard.entries import Entries
from perturb_evals.leaderboard.over_lines import OverLines
from perturb_evals.leaderboard.ranks import Row
from perturb_evals.leaderboard.site.columns import standings
from perturb_evals.leaderboard.site.columns.standings import Place, named
from perturb_evals.leaderboard.site.own_track import standing
from perturb_evals.leaderboard.site.page import WRITTEN, Page
from perturb_evals.leaderboard.site.plots.of_board import headline_name
from perturb_evals.leaderboard.site.plots.overview import overview_of
from perturb_evals.leaderboard.site.table import Column, PageTable, figure, figures, table_about
from perturb_evals.leaderboard.summary import Summary
from perturb_evals.leaderboard.text import decimal

ROWS = (
    standings.SYSTEM,
    standings.TASK,
    standings.CONTEXT,
    replace(standings.TRACK, extra=True),
    replace(standings.RANK, extra=True),
    standings.HEADLINE,
    standings.ADDED,
    standings.SKILL,
    standings.COVERAGE,
    standings.COST,
)
BOARDS = (
    standings.BOARD,
    standings.TRACK,
    replace(standings.RANK, extra=True),
    standings.SYSTEM,
    standings.HEADLINE,
    standings.ADDED,
    standings.SKILL,
)
SUMMED = replace(standings.SYSTEM, cell=lambda row: named(row.kind, row.name))


def index_page_of(
    boards: Sequence[Board],
    summaries: Sequence[Summary],
    entries: Entries,
    compared: Mapping[str, str],
) -> Page:
    """Return the first page.

    Args:
        boards: All boards.
        summaries: Their summaries.
        entries: What they were made of.
        compared: Titles of the comparisons, by URL.
    """
    summed = [_summary(summary, f"summary-{n}") for n, summary in enumerate(summaries, 1)]
    plot = overview_of(boards, summaries)
    best = [
        Place(board, track, row)
        for board in boards
        for track in board.tracks
        for row in _best(track)
    ]
    rows = [
        Place(board, track, row)
        for board in boards
        for track, found in standing(board)
        for row in found
    ]
    tables = {
        "boards": table_about(
            "boards",
            "The first of every track, and its first model",
            BOARDS,
            best,
            muted=lambda place: place.muted,
            grouped=True,
        ),
        "rows": table_about(
            "rows",
            "Every system of every board, in the track whose rows it reads",
            ROWS,
            rows,
            muted=lambda place: place.muted,
        ),
    }
    return Page(
        file="index.html",
        template="index.html",
        title="Leaderboard",
        values={
            "summaries": [
                (table, [" ".join(o.in_words(decimal) for o in summary.over_lines), *summary.notes])
                for summary, table in zip(summaries, summed, strict=True)
            ],
            "answer": overall(boards, summaries, *WRITTEN),
            "plot": plot,
            "compared": compared,
            "n_boards": len(boards),
            "n_systems": len({entry.system for entry in entries.complete}),
            "n_controls": len(entries.controls),
            "n_apart": len(entries.incomplete) + len(entries.set_aside) + len(entries.older),
            **tables,
        },
        tables=(*summed, *tables.values()),
        plots=() if plot is None else (plot,),
    )


def _best(track: BoardTrack) -> list[Row | None]:
    """Return who stands first in a track and, where that is a baseline, the first system."""
    ranked = [row for row in track.rows if row.rank is not None]
    tested = [row for row in ranked if row.entry.kind == "system"]
    return list(dict.fromkeys((*ranked[:1], *tested[:1]))) or [None]


def _summary(summary: Summary, name: str) -> PageTable:
    parts = [_part(board, n) for n, board in enumerate(summary.parts)]
    tied = sum(row.with_best for row in summary.rows) > 1
    mean = standings.MEAN_SKILL if tied else standings.MEAN_SKILL.unmarked()
    over = [_mean_headline(lines, n) for n, lines in enumerate(summary.over_lines)]
    return table_about(
        name,
        f"Skill over {summary.title}, track {summary.track_title}",
        (SUMMED, mean, *over, *parts),
        summary.rows,
        muted=lambda row: row.mean is None,
    )


def _mean_headline(over: OverLines, number: int) -> Column:
    return figures(
        over.title,
        f"Plain mean of {over.headline} over {', '.join(over.contexts)}, with its 95% interval.",
        f"mean_{over.headline}_{over.task}",
        lambda row: figure(row.over_lines[number], why_missing="a line is missing"),
        legend=False,
    )


def _part(board: Board, number: int) -> Column:
    return figures(
        board.title,
        f"Skill on this board; {headline_name(board)}.",
        f"skill_{number + 1}",
        lambda row: figure(row.skills[number], why_missing="not run"),
        extra=True,
    )
