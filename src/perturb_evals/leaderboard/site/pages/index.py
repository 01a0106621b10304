"""The first page: summaries, skill by system and task, and every row of every board."""

from collections.abc import Mapping, Sequence

from perturb_evals.leaderboard.boards import Board
from perturb_evals.leaderboard.entries import Entries
from perturb_evals.leaderboard.results.result import Result
from perturb_evals.leaderboard.site import columns
from perturb_evals.leaderboard.site.cells import (
    KINDS,
    NOT_TOLD,
    place,
    rank,
    system,
    took,
)
from perturb_evals.leaderboard.site.cells import track as track_cell
from perturb_evals.leaderboard.site.links import board_page, system_stem
from perturb_evals.leaderboard.site.page import Page
from perturb_evals.leaderboard.site.plots.of_board import headline_name, skill_of
from perturb_evals.leaderboard.site.table import (
    Cell,
    Column,
    Table,
    TableRow,
    figure,
    number,
    table_of,
    text,
)
from perturb_evals.leaderboard.summary import Summary, SummaryRow

ROWS = (
    columns.SYSTEM,
    columns.TASK,
    columns.CONTEXT,
    columns.TRACK,
    columns.RANK,
    columns.HEADLINE,
    columns.SKILL,
    columns.COVERAGE,
    columns.TOKENS,
    columns.COST,
)
BOARDS = (
    columns.TASK,
    columns.CONTEXT,
    columns.TRACK,
    columns.METRIC,
    columns.QUESTIONS,
    columns.SYSTEMS,
    columns.BEST,
    columns.HEADLINE,
    columns.SKILL,
)


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
    summed = [_summary(summary, n) for n, summary in enumerate(summaries, 1)]
    plots = [skill_of(board, board_page(board).removesuffix(".html")) for board in boards]
    shown = [(board, plot) for board, plot in zip(boards, plots, strict=True) if plot]
    tables = {"boards": _boards(boards), "rows": _rows(boards)}
    runs = [entry.result for entry in entries.complete if entry.result is not None]
    return Page(
        file="index.html",
        template="index.html",
        title="Leaderboard",
        values={
            "summaries": [
                (summary, table) for summary, table in zip(summaries, summed, strict=True)
            ],
            "skills": [(board_page(board), plot) for board, plot in shown],
            "compared": compared,
            "n_runs": len(runs),
            "n_boards": len(boards),
            "n_systems": len({entry.system for entry in entries.complete}),
            "newest": _newest(runs),
            "n_apart": len(entries.incomplete) + len(entries.set_aside) + len(entries.older),
            **tables,
        },
        tables=(*summed, *(table for table in tables.values() if table)),
        plots=tuple(plot for _, plot in shown),
    )


def _newest(runs: Sequence[Result]) -> str:
    return max(run.created for run in runs).strftime("%Y-%m-%d") if runs else ""


def _summary(summary: Summary, number_of_table: int) -> Table:
    parts = [
        Column(
            board.title,
            f"Skill on this board; {headline_name(board)}.",
            (f"skill_{n}", f"skill_{n}_lower", f"skill_{n}_upper"),
            numeric=True,
        )
        for n, board in enumerate(summary.parts, 1)
    ]
    rows = [
        TableRow(
            (
                _summed_system(row),
                _mean(row),
                *(figure(skill, why_missing="not run") for skill in row.skills),
            ),
            muted=row.mean is None,
        )
        for row in summary.rows
    ]
    title = f"Skill over {summary.title}, track {summary.track_title}"
    shown = (columns.SYSTEM, columns.MEAN_SKILL, *parts)
    return table_of(f"summary-{number_of_table}", title, shown, rows)


def _summed_system(row: SummaryRow) -> Cell:
    kind = KINDS[row.kind]
    return Cell(
        row.name,
        (row.name, kind),
        row.name.casefold(),
        "" if row.kind == "system" else kind,
        f"{system_stem(row.kind, row.name)}.html",
        log=True,
    )


def _mean(row: SummaryRow) -> Cell:
    shown = figure(row.mean, why_missing="a part is missing")
    if not row.with_best:
        return shown
    return Cell(shown.text, shown.values, shown.sort, shown.note, mark=NOT_TOLD)


def _boards(boards: Sequence[Board]) -> Table | None:
    rows = []
    for board in boards:
        for track in board.tracks:
            ranked = [row for row in track.rows if row.rank is not None]
            best = ranked[0] if ranked else None
            rows.append(
                TableRow(
                    (
                        *place(board),
                        track_cell(track.name, track.lines),
                        text(board.headline, note=f"{board.better} is better"),
                        number(board.n_units, f"{board.n_units:,}"),
                        number(len(ranked), str(len(ranked))),
                        text(best.entry.name if best else "", log=True),
                        figure(best.entry.figure if best else None),
                        figure(best.skill if best else None),
                    )
                )
            )
    return table_of("boards", "Boards, a row a track", BOARDS, rows) if rows else None


def _rows(boards: Sequence[Board]) -> Table | None:
    rows = [
        TableRow(
            (
                system(row.entry, why_unranked=row.why_unranked),
                *place(board),
                track_cell(track.name, track.lines),
                rank(row),
                figure(row.entry.figure),
                figure(row.skill),
                *took(row.entry.result),
            ),
            muted=row.rank is None,
        )
        for board in boards
        for track in board.tracks
        for row in track.rows
    ]
    return (
        table_of("rows", "Every system in every track of every board", ROWS, rows) if rows else None
    )
