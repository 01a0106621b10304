"""The plots of a board, each with what it shows in words."""

from collections.abc import Sequence

import numpy as np

from perturb_evals.families.published import PublishedLine
from perturb_evals.leaderboard.boards import Board, BoardTrack
from perturb_evals.leaderboard.entries import Entry, EntryKind
from perturb_evals.leaderboard.ranks import Row
from perturb_evals.leaderboard.results.result import Figure
from perturb_evals.leaderboard.site.columns.standings import tokens
from perturb_evals.leaderboard.site.own_track import Standing
from perturb_evals.leaderboard.site.page import Plot, board_stem
from perturb_evals.leaderboard.site.plots.cost import CostPoint, cost_plot, frontier
from perturb_evals.leaderboard.site.plots.rows import (
    NARROW,
    WIDE,
    Group,
    Guide,
    Line,
    box_plot,
    interval_plot,
)
from perturb_evals.leaderboard.site.plots.stated import (
    calibration_plot,
    distribution_plot,
    states_probabilities,
)
from perturb_evals.leaderboard.site.plots.svg import Words
from perturb_evals.leaderboard.text import as_published, decimal, track_text, with_interval
from perturb_evals.metrics.pairs.predictions import Predictions

MOST_PANELS = 12


def headline_name(board: Board) -> str:
    """Return the headline in words, with its direction."""
    return f"{board.family.headline_words}, {board.better} is better"


def standing_of(board: Board, standing: Standing) -> Plot:
    """Return the headline of all systems of a board with intervals, tracks apart.

    Args:
        board: The board.
        standing: What stands in its tracks; see `own_track.standing`.
    """
    groups = [
        Group(f"Track {track.name}", [line_of(row) for row in rows], ", ".join(track.lines))
        for track, rows in standing
    ]
    guide = None
    if board.scale is not None:
        guide = Guide(board.scale.zero, f"{board.scale.zero_name} {decimal(board.scale.zero)}")
    best = [
        f"in track {track_text(track.name, track.lines)} {row.entry.name}, "
        f"{with_interval(row.entry.figure)}"
        for track, rows in standing
        if (row := next((r for r in rows if isinstance(r, Row) and r.rank), None))
    ]
    about = f"{headline_name(board)}, with 95% intervals; the highest-ranked {'; '.join(best)}."
    return both_widths(
        f"{_stem(board)}-standing",
        groups,
        headline_name(board),
        guide,
        Words(board.title, about if best else f"{headline_name(board)}; nothing is ranked."),
        "Lines are 95% intervals over perturbations.",
    )


def line_of(row: Row | PublishedLine) -> Line:
    """Return a row of a track, or a published number, as a line of a plot."""
    if isinstance(row, Row):
        return Line(row.entry.name, row.entry.kind, row.entry.figure)
    figure = Figure(value=row.value)
    return Line(row.system, "published", figure, as_published(row.value))


def both_widths(
    name: str,
    groups: Sequence[Group],
    xlabel: str,
    guide: Guide | None,
    words: Words,
    caption: str,
) -> Plot:
    """Return an interval plot for wide and for narrow screens; its text is what it shows."""
    wide, narrow = (
        interval_plot(groups, xlabel, guide, words, layout) for layout in (WIDE, NARROW)
    )
    kinds = frozenset(line.kind for group in groups for line in group.lines)
    return Plot(name, wide, words.about, caption, narrow, kinds)


def cost_of(board: Board, track: BoardTrack, stem: str) -> Plot | None:
    """Return cost against headline of a track's ranked systems, or tokens where costs lack.

    None where no ranked system of the track used a model.
    """
    ranked = [row.entry for row in track.rows if row.rank is not None]
    runs = [(entry, entry.result) for entry in ranked if entry.result is not None]
    in_dollars = all(run.usage.cost for _, run in runs if tokens(run))
    points = [
        CostPoint(
            entry.name,
            float((run.usage.cost if in_dollars else tokens(run)) or 0),
            entry.figure,
            entry.kind,
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
    about = (
        f"{headline_name(board)} against {unit}. On the frontier, from cheap to dear: "
        f"{', '.join(point.name for point in frontier(points, board.better))}."
    )
    words = Words(f"{unit}: {board.title}", about)
    plot = cost_plot(points, board.better, unit, headline_name(board), words)
    return Plot(f"{stem}-cost", plot, about, caption)


def calibration_of(board: Board) -> Plot | None:
    """Return reliability diagrams of the systems whose scores can be probabilities; None without.

    Labels, and means of a few, are no stated probabilities.
    """
    graded = [found for found in _stated(board) if states_probabilities(found[2])][:MOST_PANELS]
    if not graded:
        return None
    names = ", ".join(name for name, _, _ in graded)
    about = f"Mean stated probability against observed rate for {names}."
    return Plot(
        f"{_stem(board)}-calibration",
        calibration_plot(graded, Words(f"Calibration: {board.title}", about)),
        about,
        "Answers in ten bins of equally many, by stated probability; the dashed line is perfect "
        "calibration. Scores between 0 and 1 that take five values or more are shown; a "
        "baseline's or a replayed score need not be meant as a probability.",
    )


def distribution_of(board: Board) -> Plot | None:
    """Return how scores are spread, a panel or a box a system; None without any answer."""
    name, title = f"{_stem(board)}-scores", f"Scores: {board.title}"
    if tables := _stated(board)[:MOST_PANELS]:
        names = ", ".join(system for system, _, _ in tables)
        about = f"Histograms of the scores of {names}, by true class."
        return Plot(
            name,
            distribution_plot(tables, Words(title, about)),
            about,
            "Shares of each true class by score, each panel to its own height. Filled: questions "
            "whose true answer is positive; line: negative. Questions without an answer are left "
            "out.",
        )
    scores = [
        (e.name, e.kind, e.outcome.credit) for e in _entries(board) if e.outcome.stated is None
    ]
    if not scores:
        return None
    medians = ", ".join(f"{system} {np.median(found):.3g}" for system, _, found in scores)
    about = f"Spread of the score over perturbations; medians: {medians}."
    xlabel = f"{board.family.headline_words} of a perturbation"
    wide, narrow = (
        box_plot(scores, xlabel, Words(title, about), layout) for layout in (WIDE, NARROW)
    )
    return Plot(
        name,
        wide,
        about,
        "Bars hold the middle half of the perturbations, lines 5% to 95%, the mark is the median.",
        narrow,
    )


def _stem(board: Board) -> str:
    return board_stem(board.key, board.data_sha256)


def _stated(board: Board) -> list[tuple[str, EntryKind, Predictions]]:
    """Return names, kinds and tables of systems with an answer; none where logs hold no labels."""
    return [
        (entry.name, entry.kind, stated)
        for entry in _entries(board)
        if (stated := entry.outcome.stated) is not None and not stated.abstained.all()
    ]


def _entries(board: Board) -> list[Entry]:
    """Return all systems once: those that are no baselines first, then in the order of tracks."""
    found = {id(row.entry): row.entry for track in board.tracks for row in track.rows}
    return sorted(found.values(), key=lambda entry: entry.kind != "system")
