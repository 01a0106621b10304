"""The page of a system: all its boards, and for each run its settings and how to run it again."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from perturb_evals.leaderboard.boards import Board
from perturb_evals.leaderboard.control_runs import HOW_TO_READ
from perturb_evals.leaderboard.first_prompt import FirstPrompt
from perturb_evals.leaderboard.ranks import Row
from perturb_evals.leaderboard.results.result import Result, short_value
from perturb_evals.leaderboard.site.columns import controls, methods, standings
from perturb_evals.leaderboard.site.columns.controls import Controlled
from perturb_evals.leaderboard.site.columns.runs import MINUTE
from perturb_evals.leaderboard.site.columns.standings import Place
from perturb_evals.leaderboard.site.page import Page, system_stem
from perturb_evals.leaderboard.site.table import table_about
from perturb_evals.leaderboard.text import count, dollars, duration, summaries_text, track_text
from perturb_evals.leaderboard.viewer import Transcripts
from perturb_evals.logs.headers import log_name

BOARDS = (
    standings.TASK,
    standings.CONTEXT,
    standings.TRACK,
    standings.RANK,
    standings.HEADLINE,
    standings.ADDED,
    standings.SKILL,
    standings.BEHIND,
    standings.COVERAGE,
    standings.TOKENS,
    standings.COST,
    standings.CALLS,
    standings.TIME,
)
CONTROLS = (
    replace(controls.BOARD, heads=True),
    controls.CONTROL,
    controls.ORIGINAL,
    controls.UNDER_CONTROL,
    controls.LOST,
    controls.COVERAGE,
    controls.VERDICT,
)
METRICS = (methods.METRIC_NAME, methods.METRIC_VALUE)
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
    found: dict[str, list[tuple[Place, Row]]] = defaultdict(list)
    for board in boards:
        for track in board.tracks:
            for row in track.rows:
                stem = system_stem(row.entry.kind, row.entry.name)
                found[stem].append((Place(board, track, row), row))
    under: dict[str, list[Controlled]] = defaultdict(list)
    for board in boards:
        for control in board.controls:
            if control.original is not None:
                stem = system_stem(control.original.kind, control.original.name)
                under[stem].append(Controlled(board, control))
    return [
        _page(stem, stands, under[stem], transcripts, prompts)
        for stem, stands in sorted(found.items())
    ]


def _page(
    stem: str,
    stands: list[tuple[Place, Row]],
    under: list[Controlled],
    transcripts: Transcripts,
    prompts: Mapping[str, FirstPrompt],
) -> Page:
    entry, results = stands[0][1].entry, [(place, row.entry.result) for place, row in stands]
    table = table_about(
        f"{stem}-boards",
        "All its boards, a row a track",
        BOARDS,
        [place for place, _ in stands],
        muted=lambda place: place.muted,
    )
    # A run may stand in several tracks of a board.
    once = {run.eval_id: (place.board.title, run) for place, run in results if run is not None}
    runs = [
        _run(title, run, f"{stem}-metrics-{n}", transcripts, prompts)
        for n, (title, run) in enumerate(once.values(), 1)
    ]
    control_runs = [
        _run(f"{one.board.title}, {one.row.control}", run, f"{stem}-{n}", transcripts, prompts)
        for n, one in enumerate(under, 1)
        if (run := one.row.entry.result) is not None
    ]
    taken_away = table_about(
        f"{stem}-controls", "Its control runs, and what they take from it", CONTROLS, under
    )
    return Page(
        file=f"{stem}.html",
        template="system.html",
        title=entry.name,
        values={
            "kind": entry.kind,
            "table": table,
            "runs": runs,
            "control_runs": control_runs,
            "controls": taken_away,
            "about_controls": HOW_TO_READ,
            "computed": any(run is None for _, run in results),
        },
        tables=(table, taken_away, *(run["metrics"] for run in (*runs, *control_runs))),
    )


def _run(
    title: str,
    result: Result,
    metrics_name: str,
    transcripts: Transcripts,
    prompts: Mapping[str, FirstPrompt],
) -> dict[str, Any]:
    caption = f"All metrics, {result.task} on {result.context}"
    return {
        "title": title,
        "result": result,
        "log": log_name(result.log),
        "transcripts": transcripts.log(result),
        "settings": _settings(result),
        "took": _took(result),
        "data": [
            ("SHA-256 of the data", result.data_sha256),
            ("Licence of the data", result.licence),
            ("Citation of the data", result.citation),
        ],
        "prompt": prompts.get(result.eval_id),
        "metrics": table_about(metrics_name, caption, METRICS, result.metrics.items()),
    }


def _settings(result: Result) -> Facts:
    protocol = result.protocol
    facts = [
        ("Model", protocol.model),
        ("Solver", protocol.solver),
        ("Solver's arguments", _arguments(protocol.solver_args)),
        ("Settings", _arguments(protocol.settings)),
        ("Track", track_text(protocol.track, protocol.evidence_lines)),
        ("Answer form", protocol.answer),
        ("Answers a question", str(protocol.epochs)),
        ("Hashes of prompts", ", ".join(protocol.prompts)),
        ("Task's arguments", _arguments(result.task_args)),
        ("Version of the task", result.task_version),
        ("Packages", ", ".join(f"{name} {version}" for name, version in result.packages.items())),
        ("Begun", result.created.strftime(MINUTE)),
    ]
    return [(name, said) for name, said in facts if said]


def _took(result: Result) -> Facts:
    usage = result.usage
    return [
        *((kind.replace("_", " ").capitalize(), count(n)) for kind, n in usage.tokens.items()),
        ("Calls", count(usage.calls)),
        ("Samples begun again", count(usage.retries)),
        ("Cost", dollars(usage.cost)),
        *([("Of all this, summaries", summaries_text(usage.summaries))] if usage.summaries else []),
        ("First to last sample", duration(usage.wall_seconds)),
        ("Working time of all samples", duration(usage.model_seconds)),
    ]


def _arguments(given: dict[str, Any]) -> str:
    return ", ".join(
        f"{name}={short_value(value)}" for name, value in given.items() if value is not None
    )
