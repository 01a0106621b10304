"""The one plot of the first page: skill over all boards, tracks apart."""

from collections.abc import Iterator, Sequence

from perturb_evals.leaderboard.boards import Board
from perturb_evals.leaderboard.ranks import Row
from perturb_evals.leaderboard.site.own_track import standing
from perturb_evals.leaderboard.site.page import Plot
from perturb_evals.leaderboard.site.plots.of_board import both_widths
from perturb_evals.leaderboard.site.plots.rows import Group, Guide, Line
from perturb_evals.leaderboard.site.plots.svg import Words
from perturb_evals.leaderboard.summary import Summary
from perturb_evals.leaderboard.text import with_interval

MODELS, ALL = 4, 6
"""The most systems under test of a group, and with them the most of all."""


def overview_of(boards: Sequence[Board], summaries: Sequence[Summary]) -> Plot | None:
    """Return the mean skill of each summary, and the skill of boards that are in none.

    None where no board has a scale of skill.
    """
    groups = [group for group in (*_summed(summaries), *_alone(boards, summaries)) if group.lines]
    if not groups:
        return None
    best = [
        f"{group.title} {group.note}: {group.lines[0].name}, {with_interval(group.lines[0].figure)}"
        for group in groups
    ]
    return both_widths(
        "overview",
        groups,
        "skill, higher is better",
        Guide(0.0, "guessing, or the training mean"),
        Words("Skill by track", f"Skill with 95% intervals. Highest: {'; '.join(best)}."),
        f"Skill: 0 is guessing, or the training mean; 1 is perfect, or the oracle. Shown are at "
        f"most {MODELS} models of a track and its highest baselines, with 95% intervals over "
        "perturbations.",
    )


def _summed(summaries: Sequence[Summary]) -> Iterator[Group]:
    own = {
        row.entry.system: (row.entry.track, tuple(sorted(row.entry.lines)))
        for summary in summaries
        for board in summary.parts
        for track in board.tracks
        for row in track.rows
    }
    others = {(summary.track, summary.lines) for summary in summaries}
    for summary in summaries:
        here = summary.track, summary.lines
        lines = [
            Line(row.name, "baseline" if row.kind == "baseline" else "system", row.mean)
            for row in summary.rows
            # In the track whose rows it reads, where that is summed up.
            if row.mean is not None and own[row.system] not in others - {here}
        ]
        n = len(summary.parts)
        title = f"Track {summary.track}, mean of {n} boards"
        yield Group(title, _some(lines), ", ".join(summary.lines))


def _alone(boards: Sequence[Board], summaries: Sequence[Summary]) -> Iterator[Group]:
    summed = {
        (id(board), summary.track, summary.lines)
        for summary in summaries
        for board in summary.parts
    }
    for board in boards:
        for track, rows in standing(board):
            lines = [
                Line(row.entry.name, row.entry.kind, row.skill)
                for row in rows
                if isinstance(row, Row) and row.skill is not None and row.entry.kind != "truth"
                if row.skill.value is not None
            ]
            if (id(board), track.name, tuple(sorted(track.lines))) not in summed:
                lines.sort(key=lambda line: -(line.figure.value or 0.0))
                yield Group(board.title, _some(lines), f"track {track.name}")


def _some(lines: Sequence[Line]) -> list[Line]:
    """Return the highest models and, in the places that are left, the highest baselines."""
    models = [line for line in lines if line.kind == "system"][:MODELS]
    others = [line for line in lines if line.kind != "system"][: ALL - len(models)]
    return [line for line in lines if line in models or line in others]
