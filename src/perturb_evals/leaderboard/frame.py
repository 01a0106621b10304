"""Boards, their summaries and comparisons as tables of pandas, for notebooks and programs."""

from collections.abc import Iterable, Iterator
from typing import Any

import pandas as pd

from perturb_evals.leaderboard.boards import Board, BoardTrack
from perturb_evals.leaderboard.comparison import Comparison
from perturb_evals.leaderboard.ranks import Row
from perturb_evals.leaderboard.results.result import Figure
from perturb_evals.leaderboard.summary import Summary

TEXT, NUMBER = "object", "float64"
COLUMNS = {
    **dict.fromkeys(("board_key", "task", "context", "track", "lines"), TEXT),
    "rank": "Int64",
    "not_told_from_best": "bool",
    **dict.fromkeys(("why_unranked", "system", "kind", "metric", "better"), TEXT),
    **dict.fromkeys(("value", "lower", "upper"), NUMBER),
    "companion_metric": TEXT,
    **dict.fromkeys(("companion", "companion_lower", "companion_upper"), NUMBER),
    **dict.fromkeys(("skill", "skill_lower", "skill_upper"), NUMBER),
    **dict.fromkeys(("behind_best", "behind_best_lower", "behind_best_upper"), NUMBER),
    "added_to": TEXT,
    **dict.fromkeys(("added", "added_lower", "added_upper"), NUMBER),
    **dict.fromkeys(("coverage", "cost_usd", "wall_seconds"), NUMBER),
    "log": TEXT,
}

SUMMED = {
    **dict.fromkeys(("summary", "track", "lines", "system", "kind"), TEXT),
    **dict.fromkeys(("mean_of", "task", "contexts"), TEXT),
    **dict.fromkeys(("value", "lower", "upper"), NUMBER),
}

COMPARED = {
    **dict.fromkeys(("board_key", "title", "metric", "better", "a", "b"), TEXT),
    **dict.fromkeys(("difference", "lower", "upper"), NUMBER),
    **dict.fromkeys(("p", "p_holm", "p_bootstrap", "detectable"), NUMBER),
    **dict.fromkeys(("only_a", "only_b", "both", "neither"), "int64"),
    **dict.fromkeys(("a_log", "b_log"), TEXT),
}


def to_frame(boards: Iterable[Board]) -> pd.DataFrame:
    """Return a row for each system in each track of some boards, in the order of their pages.

    Args:
        boards: Of `make_boards`.

    Returns:
        The columns of `COLUMNS`: where a system stands (`lines` are those of the track cross),
        its rank, 1 for the best and missing with a reason in `why_unranked`; what it is (`kind` is
        `system`, `baseline` or `truth`); its headline with the 95% interval, and the
        metric that stands beside it (`companion_metric`, empty for none); skill; how far it is
        behind the best, positive for worse; what it adds to the track's reference, positive for
        better, and which that is (`added_to`, empty where it is not there); and of its run
        coverage, cost, time and log. nan where a number is undefined or has no interval, and for
        the run of a row that was computed from the data (its log is empty). Without boards the same
        columns and no rows.
    """
    rows = [
        _row(board, track, row) for board in boards for track in board.tracks for row in track.rows
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(COLUMNS)


def summaries_to_frame(summaries: Iterable[Summary]) -> pd.DataFrame:
    """Return a row for each mean of each system in some summaries, in the order of their tables.

    Args:
        summaries: Of `summaries`.

    Returns:
        The columns of `SUMMED`: which summary and track; the system; what the mean is of
            (`mean_of`: `skill` over all tasks and contexts of the summary, its `task` then empty,
            or a headline over the `contexts` of one task); its value with the 95% interval, nan for
            a system that lacks a part. Without summaries the same columns and no rows.
    """
    rows = [row for summary in summaries for row in _means(summary)]
    return pd.DataFrame(rows, columns=list(SUMMED)).astype(SUMMED)


def comparisons_to_frame(comparisons: Iterable[Comparison]) -> pd.DataFrame:
    """Return a row for each pair of systems in some comparisons, in their order.

    Args:
        comparisons: Of `compare`.

    Returns:
        The columns of `COMPARED`: where the pair stands; the two systems; the headline of `a` minus
        that of `b` with the 95% interval; p of swapped answers (`p`), the same by Holm over the
        pairs of the comparison, and p of the resamples; see `comparison.ComparedPair` for the rest.
        nan where a number is undefined. Without comparisons the same columns and no rows.
    """
    rows = [
        {
            "board_key": comparison.board_key,
            "title": comparison.title,
            "metric": comparison.headline,
            "better": comparison.better,
            "a": pair.a.name,
            "b": pair.b.name,
            **_figure(pair.difference, "difference", "lower", "upper"),
            "p": pair.p_randomised,
            "p_holm": pair.p_holm,
            "p_bootstrap": pair.p_bootstrap,
            "detectable": pair.detectable,
            "only_a": pair.only_a,
            "only_b": pair.only_b,
            "both": pair.both,
            "neither": pair.neither,
            "a_log": pair.a.result.log if pair.a.result else "",
            "b_log": pair.b.result.log if pair.b.result else "",
        }
        for comparison in comparisons
        for pair in comparison.pairs
    ]
    return pd.DataFrame(rows, columns=list(COMPARED)).astype(COMPARED)


def _means(summary: Summary) -> Iterator[dict[str, Any]]:
    contexts = dict.fromkeys(str(board.parts["context"]) for board in summary.parts)
    for row in summary.rows:
        means = [("skill", "", tuple(contexts), row.mean)]
        for over, mean in zip(summary.over_lines, row.over_lines, strict=True):
            means.append((over.headline, over.task, over.contexts, mean))
        for mean_of, task, over_contexts, mean in means:
            yield {
                "summary": summary.title,
                "track": summary.track,
                "lines": ",".join(summary.lines),
                "system": row.name,
                "kind": row.kind,
                "mean_of": mean_of,
                "task": task,
                "contexts": ",".join(over_contexts),
                **_figure(mean, "value", "lower", "upper"),
            }


def _row(board: Board, track: BoardTrack, row: Row) -> dict[str, Any]:
    entry, run = row.entry, row.entry.result
    usage = run.usage if run else None
    return {
        "board_key": board.key,
        "task": board.parts["task"],
        "context": board.parts["context"],
        "track": track.name,
        "lines": ",".join(track.lines),
        "rank": row.rank,
        "not_told_from_best": row.with_best,
        "why_unranked": row.why_unranked,
        "system": entry.name,
        "kind": entry.kind,
        "metric": board.headline,
        "better": board.better,
        **_figure(entry.figure, "value", "lower", "upper"),
        "companion_metric": board.family.companion,
        **_figure(entry.companion, "companion", "companion_lower", "companion_upper"),
        **_figure(row.skill, "skill", "skill_lower", "skill_upper"),
        **_figure(row.behind, "behind_best", "behind_best_lower", "behind_best_upper"),
        "added_to": track.floor.name if track.floor else "",
        **_figure(row.added, "added", "added_lower", "added_upper"),
        "coverage": run.coverage if run else None,
        "cost_usd": usage.cost if usage else None,
        "wall_seconds": usage.wall_seconds if usage else None,
        "log": run.log if run else "",
    }


def _figure(figure: Figure | None, *names: str) -> dict[str, float | None]:
    numbers = (figure.value, figure.lower, figure.upper) if figure else (None, None, None)
    return dict(zip(names, numbers, strict=True))
