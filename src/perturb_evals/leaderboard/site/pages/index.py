"""The first page: summaries, skill by system and task, and every row of every board."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from perturb_evals.leaderboard.boards import Board
from perturb_evals.leaderboard.entries import Entries
from perturb_evals.leaderboard.site.columns import standings
from perturb_evals.leaderboard.site.columns.standings import Place, named
from perturb_evals.leaderboard.site.page import Page, board_page
from perturb_evals.leaderboard.site.plots.of_board import headline_name, skill_of
from perturb_evals.leaderboard.site.table import Column, PageTable, figure, figures, table_about
from perturb_evals.leaderboard.summary import OverLines, Summary
from perturb_evals.leaderboard.text import decimal

ROWS = (
    standings.SYSTEM,
    standings.TASK,
    standings.CONTEXT,
    standings.TRACK,
    standings.RANK,
    standings.HEADLINE,
    standings.ADDED,
    standings.SKILL,
    standings.COVERAGE,
    standings.TOKENS,
    standings.COST,
)
BOARDS = (
    standings.TASK,
    standings.CONTEXT,
    standings.TRACK,
    standings.METRIC,
    standings.QUESTIONS,
    standings.SYSTEMS,
    standings.BEST,
    standings.HEADLINE,
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
    skills = [(board_page(board), plot) for board in boards if (plot := skill_of(board))]
    tracks = [(board, track) for board in boards for track in board.tracks]
    best = [Place(*at, next((row for row in at[1].rows if row.rank), None)) for at in tracks]
    rows = [Place(board, track, row) for board, track in tracks for row in track.rows]
    tables = {
        "boards": table_about("boards", "Boards, a row a track", BOARDS, best),
        "rows": table_about(
            "rows",
            "Every system in every track of every board",
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
            "skills": skills,
            "compared": compared,
            "n_boards": len(boards),
            "n_systems": len({entry.system for entry in entries.complete}),
            "n_apart": len(entries.incomplete) + len(entries.set_aside) + len(entries.older),
            **tables,
        },
        tables=(*summed, *tables.values()),
        plots=tuple(plot for _, plot in skills),
    )


def _summary(summary: Summary, name: str) -> PageTable:
    parts = [_part(board, n) for n, board in enumerate(summary.parts)]
    over = [_mean_headline(lines, n) for n, lines in enumerate(summary.over_lines)]
    return table_about(
        name,
        f"Skill over {summary.title}, track {summary.track_title}",
        (SUMMED, standings.MEAN_SKILL, *over, *parts),
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
    )
