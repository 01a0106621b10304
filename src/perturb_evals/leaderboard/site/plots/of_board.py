"""The plots of a board, each with what it shows in words."""

import numpy as np

from perturb_evals.families.published import PublishedLine
from perturb_evals.leaderboard.boards import Board, BoardTrack
from perturb_evals.leaderboard.entries import Entry
from perturb_evals.leaderboard.interleaved import published_beside
from perturb_evals.leaderboard.results.result import Figure
from perturb_evals.leaderboard.site.columns.standings import tokens
from perturb_evals.leaderboard.site.page import Plot, board_stem
from perturb_evals.leaderboard.site.plots.cost import CostPoint, cost_plot, frontier
from perturb_evals.leaderboard.site.plots.rows import Guide, Line, box_plot, interval_plot
from perturb_evals.leaderboard.site.plots.stated import (
    calibration_plot,
    distribution_plot,
    states_probabilities,
)
from perturb_evals.leaderboard.text import as_published, track_text, with_interval
from perturb_evals.metrics.pairs.predictions import Predictions

MOST_PANELS = 12


def headline_name(board: Board) -> str:
    """Return the headline in words, with its direction."""
    return f"{board.family.headline_words}, {board.better} is better"


def intervals_of(
    board: Board, track: BoardTrack, published: tuple[PublishedLine, ...], stem: str
) -> Plot:
    """Return the headline of a track's systems with intervals, published numbers beside them."""
    lines = [Line(row.entry.name, row.entry.kind, row.entry.figure) for row in track.rows]
    beside = published_beside(track.name, published)
    lines += [
        Line(
            f"{line.system}, published",
            "published",
            Figure(value=line.value),
            said=as_published(line.value),
        )
        for line in beside
    ]
    guides = [] if board.scale is None else [Guide(board.scale.zero, board.scale.zero_name)]
    title = f"{board.title}, track {track_text(track.name, track.lines)}"
    best = next((row.entry for row in track.rows if row.rank is not None), None)
    first = f"Best ranked: {best.name}, {with_interval(best.figure)}. " if best else ""
    caption = (
        "Lines are 95% intervals over perturbations. Filled: systems; hollow: baselines; diamond: "
        "reads the truth."
    )
    if beside:
        caption += " Crosses: published, measured under another protocol and not ranked."
    return Plot(
        f"{stem}-intervals",
        interval_plot(lines, headline_name(board), guides, title),
        f"{headline_name(board)} of {len(track.rows)} systems with 95% intervals. {first}"
        "The table above holds all numbers.",
        caption,
    )


def skill_of(board: Board) -> Plot | None:
    """Return the skill of all systems of a board with intervals; None without a scale."""
    found = {id(row.entry): (row.entry, row.skill) for track in board.tracks for row in track.rows}
    lines = [
        Line(entry.name, entry.kind, skill, entry.track)
        for entry, skill in found.values()
        if skill is not None and skill.value is not None
    ]
    if board.scale is None or not lines:
        return None
    lines.sort(key=lambda line: (-(line.figure.value or 0.0), line.name))
    guides = [Guide(0.0, board.scale.zero_name)]
    return Plot(
        f"{_stem(board)}-skill",
        interval_plot(lines, "skill", guides, f"Skill: {board.title}"),
        f"Skill of {len(lines)} systems on {board.title} with 95% intervals; highest "
        f"{lines[0].name}, {with_interval(lines[0].figure)}.",
        board.title,
    )


def cost_of(board: Board, track: BoardTrack, stem: str) -> Plot | None:
    """Return cost against headline of a track's ranked systems, or tokens where costs lack.

    None where no ranked system of the track used a model.
    """
    ranked = [row.entry for row in track.rows if row.rank is not None]
    runs = [(entry, entry.result) for entry in ranked if entry.result is not None]
    in_dollars = all(run.usage.cost for _, run in runs if tokens(run))
    points = [
        CostPoint(
            entry.name, float((run.usage.cost if in_dollars else tokens(run)) or 0), entry.figure
        )
        for entry, run in runs
        if entry.figure.value is not None
    ]
    if not any(tokens(run) for _, run in runs) or not any(point.cost for point in points):
        return None
    unit = "cost (US dollars)" if in_dollars else "tokens, all kinds"
    caption = (
        "The grey line is the frontier: no system is as cheap and better. Lines are 95% intervals."
    )
    if not in_dollars:
        caption += " Tokens stand in for costs, since not all prices are known."
    return Plot(
        f"{stem}-cost",
        cost_plot(points, board.better, unit, headline_name(board), f"{unit}: {board.title}"),
        f"{headline_name(board)} against {unit}. On the frontier, from cheap to dear: "
        f"{', '.join(point.name for point in frontier(points, board.better))}.",
        caption,
    )


def calibration_of(board: Board) -> Plot | None:
    """Return reliability diagrams of the systems whose scores can be probabilities; None without.

    Labels, and means of a few, are no stated probabilities.
    """
    graded = [(name, table) for name, table in _stated(board) if states_probabilities(table)]
    graded = graded[:MOST_PANELS]
    if not graded:
        return None
    return Plot(
        f"{_stem(board)}-calibration",
        calibration_plot(graded, f"Calibration: {board.title}"),
        f"Mean stated probability against observed rate for {', '.join(n for n, _ in graded)}.",
        "Answers in ten bins of equally many, by stated probability; the dashed line is perfect "
        "calibration. Scores between 0 and 1 that take five values or more are shown; a "
        "baseline's or a replayed score need not be meant as a probability.",
    )


def distribution_of(board: Board) -> Plot | None:
    """Return how scores are spread, a panel or a box a system; None without any answer."""
    name, title = f"{_stem(board)}-scores", f"Scores: {board.title}"
    if tables := _stated(board)[:MOST_PANELS]:
        return Plot(
            name,
            distribution_plot(tables, title),
            f"Histograms of the scores of {', '.join(n for n, _ in tables)}, by true class.",
            "Shares of each true class by score, each panel to its own height. Filled: questions "
            "whose true answer is positive; line: negative. Questions without an answer are left "
            "out.",
        )
    scores = [(e.name, e.outcome.credit) for e in _entries(board) if e.outcome.stated is None]
    if not scores:
        return None
    medians = ", ".join(f"{system} {np.median(found):.3g}" for system, found in scores)
    return Plot(
        name,
        box_plot(scores, f"{headline_name(board)}, of a perturbation", title),
        f"Spread of the score over perturbations; medians: {medians}.",
        "Bars hold the middle half of the perturbations, lines 5% to 95%, the mark is the median.",
    )


def _stem(board: Board) -> str:
    return board_stem(board.key, board.data_sha256)


def _stated(board: Board) -> list[tuple[str, Predictions]]:
    """Return names and tables of the systems with an answer; none where logs hold no labels."""
    return [
        (entry.name, stated)
        for entry in _entries(board)
        if (stated := entry.outcome.stated) is not None and not stated.abstained.all()
    ]


def _entries(board: Board) -> list[Entry]:
    """Return all systems once: those that are no baselines first, then in the order of tracks."""
    found = {id(row.entry): row.entry for track in board.tracks for row in track.rows}
    return sorted(found.values(), key=lambda entry: entry.kind != "system")
