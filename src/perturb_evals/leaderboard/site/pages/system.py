"""The page of a system: all its boards, and for each run its settings and how to run it again."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from perturb_evals.leaderboard.boards import Board, Row, Track
from perturb_evals.leaderboard.entries import Entry
from perturb_evals.leaderboard.first_prompt import FirstPrompt
from perturb_evals.leaderboard.logs.headers import log_name
from perturb_evals.leaderboard.results.result import Result, short_value
from perturb_evals.leaderboard.site import columns
from perturb_evals.leaderboard.site.cells import KINDS, place, rank, track_text, usage
from perturb_evals.leaderboard.site.cells import track as track_cell
from perturb_evals.leaderboard.site.links import Transcripts, system_page
from perturb_evals.leaderboard.site.number_text import count, dollars, duration
from perturb_evals.leaderboard.site.page import Page
from perturb_evals.leaderboard.site.table import Table, TableRow, figure, table_of, text

BOARDS = (
    columns.TASK,
    columns.CONTEXT,
    columns.TRACK,
    columns.RANK,
    columns.HEADLINE,
    columns.SKILL,
    columns.BEHIND,
    columns.COVERAGE,
    columns.TOKENS,
    columns.COST,
    columns.CALLS,
    columns.TIME,
)
METRICS = (columns.METRIC_NAME, columns.METRIC_VALUE)
Facts = list[tuple[str, str]]


def system_pages_of(
    boards: Sequence[Board], transcripts: Transcripts, prompts: Mapping[str, FirstPrompt]
) -> list[Page]:
    """Return a page for every system on a board, computed reference rows too.

    Args:
        boards: All boards.
        transcripts: Links into the log viewer.
        prompts: What runs asked first, by the id of the run.
    """
    found: dict[str, list[tuple[Board, Track, Row]]] = defaultdict(list)
    for board in boards:
        for track in board.tracks:
            for row in track.rows:
                found[system_page(row.entry)].append((board, track, row))
    return [_page(file, places, transcripts, prompts) for file, places in sorted(found.items())]


def _page(
    file: str,
    places: list[tuple[Board, Track, Row]],
    transcripts: Transcripts,
    prompts: Mapping[str, FirstPrompt],
) -> Page:
    stem = file.removesuffix(".html")
    entry = places[0][2].entry
    rows = [
        TableRow(
            (
                *place(board),
                track_cell(track.name, track.lines),
                rank(row),
                figure(row.entry.figure),
                figure(row.skill),
                figure(row.behind),
                *usage(row.entry.result),
            ),
            muted=row.rank is None,
        )
        for board, track, row in places
    ]
    table = table_of(f"{stem}-boards", "All its boards, a row a track", BOARDS, rows)
    runs = [
        _run(board, run, f"{stem}-metrics-{n}", transcripts, prompts)
        for n, (board, run) in enumerate(_runs(places), 1)
    ]
    return Page(
        file=file,
        template="system.html",
        title=entry.name,
        values={
            "kind": KINDS[entry.kind],
            "kind_key": entry.kind,
            "table": table,
            "runs": runs,
            "computed": any(row.entry.result is None for _, _, row in places),
        },
        tables=(table, *(run["metrics"] for run in runs)),
    )


def _runs(places: list[tuple[Board, Track, Row]]) -> list[tuple[Board, Entry]]:
    """Return every run once; it may stand in several tracks of a board."""
    found = {
        row.entry.result.eval_id: (board, row.entry)
        for board, _, row in places
        if row.entry.result is not None
    }
    return list(found.values())


def _run(
    board: Board,
    entry: Entry,
    metrics: str,
    transcripts: Transcripts,
    prompts: Mapping[str, FirstPrompt],
) -> dict[str, Any]:
    result = entry.result
    assert result is not None
    return {
        "title": board.title,
        "board_key": result.board_key,
        "protocol_line": result.protocol_line,
        "command": result.command,
        "left_out": result.left_out,
        "log": log_name(result.log),
        "transcripts": transcripts.log(result),
        "settings": _settings(result),
        "took": _took(result),
        "data": _data(result),
        "prompt": prompts.get(result.eval_id),
        "metrics": _metrics(result, metrics),
    }


def _settings(result: Result) -> Facts:
    protocol = result.protocol
    facts = [
        ("Model", protocol.model),
        ("Solver", protocol.solver),
        ("Solver's arguments", _arguments(protocol.solver_args)),
        ("Settings", _arguments(protocol.settings)),
        ("Track", track_text(protocol.track, tuple(protocol.evidence_lines))),
        ("Answer form", protocol.answer),
        ("Answers a question", str(protocol.epochs)),
        ("Hashes of prompts", ", ".join(protocol.prompts)),
        ("Task's arguments", _arguments(result.task_args)),
        ("Version of the task", result.task_version),
        ("Packages", ", ".join(f"{name} {version}" for name, version in result.packages.items())),
        ("Begun", result.created.strftime("%Y-%m-%d %H:%M")),
    ]
    return [(name, said) for name, said in facts if said]


def _took(result: Result) -> Facts:
    usage = result.usage
    kinds = [(name.replace("_", " "), count(number)) for name, number in usage.tokens.items()]
    return [
        *((kind.capitalize(), number) for kind, number in kinds),
        ("Calls", count(usage.calls)),
        ("Samples begun again", count(usage.retries)),
        ("Cost", dollars(usage.cost)),
        ("First to last sample", duration(usage.wall_seconds)),
        ("Working time of all samples", duration(usage.model_seconds)),
    ]


def _data(result: Result) -> Facts:
    return [
        ("SHA-256 of the data", result.data_sha256),
        ("Licence of the data", result.licence),
        ("Citation of the data", result.citation),
    ]


def _metrics(result: Result, name: str) -> Table:
    rows = [TableRow((text(metric), figure(value))) for metric, value in result.metrics.items()]
    return table_of(name, f"All metrics, {result.task} on {result.context}", METRICS, rows)


def _arguments(given: dict[str, Any]) -> str:
    return ", ".join(
        f"{name}={short_value(value)}" for name, value in given.items() if value is not None
    )
