"""What systems stated against the truth, a small panel each: calibration, and spread by class."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from perturb_evals.leaderboard.site.plots.rows import COLOURS, MarkKind
from perturb_evals.leaderboard.site.plots.svg import (
    GRID,
    INK,
    MUTED,
    WIDTH,
    Words,
    svg,
    wrapped,
)
from perturb_evals.metrics.pairs.predictions import Predictions

Floats = NDArray[np.float64]
Systems = Sequence[tuple[str, MarkKind, Predictions]]
"""Names and kinds with tables, at least one, each with an answered row."""
Panel = Callable[[Axes, Predictions, str], None]
"""Draws one in the colour of its kind."""

BINS = 10
"""Of a reliability diagram."""
BARS = 20
"""Of a histogram."""
GRADES = 5
"""Fewer different scores are labels, or means of a few, and state no probability."""

ACROSS = 2
PANEL, GAP, TOP, BOTTOM, LEFT, RIGHT = 110, 24, 8, 44, 42, 8
LETTERS, LINE = 20, 14
"""Of a panel's title: the most letters of a line, and its height."""


def states_probabilities(predictions: Predictions) -> bool:
    """Whether the answered scores lie in [0, 1] and take more than a few values."""
    scores = predictions.scores[~predictions.abstained]
    inside = bool(((scores >= 0) & (scores <= 1)).all())
    return inside and len(np.unique(scores)) >= GRADES


def calibration(predictions: Predictions) -> Floats:
    """Return the bins of a reliability diagram.

    Bins hold equally many answered rows, by rank. Rows with equal scores share a bin, that of their
    mean rank, so with few distinct scores there are fewer bins; they are those of the metric `ece`.

    Args:
        predictions: Scores in [0, 1]; abstained rows are left out.

    Returns:
        (bins, 3): mean score, share of positives, number of rows; by rising score, no empty bin.
    """
    answered = ~predictions.abstained
    scores, labels = predictions.scores[answered], predictions.labels[answered]
    _, inverse, counts = np.unique(scores, return_inverse=True, return_counts=True)
    midrank = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    bin_of = np.floor(BINS * (midrank - 0.5) / max(len(scores), 1)).astype(int)
    found = [bin_of == number for number in range(BINS)]
    rows = [(scores[own].mean(), labels[own].mean(), own.sum()) for own in found if own.any()]
    return np.array(rows, dtype=float).reshape(-1, 3)


def shares(predictions: Predictions, edges: Floats) -> tuple[Floats, Floats]:
    """Return the share of positive and of negative answered rows in each bin.

    Args:
        predictions: Its answered scores lie within the edges.
        edges: (bins + 1,) of the bins.

    Returns:
        (bins,) twice; zeros for a class without answered rows.
    """
    found = []
    for label_of_class in (1, 0):
        rows = ~predictions.abstained & (predictions.labels == label_of_class)
        number = np.histogram(predictions.scores[rows], bins=edges)[0]
        found.append(number / max(rows.sum(), 1))
    return found[0], found[1]


def calibration_plot(systems: Systems, words: Words) -> str:
    """Return reliability diagrams as SVG, with the diagonal of perfect calibration.

    Args:
        systems: With scores in [0, 1].
        words: Of the file.
    """

    def draw(axes: Axes, predictions: Predictions, colour: str) -> None:
        stated, observed, _ = calibration(predictions).T
        axes.plot([0, 1], [0, 1], color=MUTED, linewidth=1, linestyle=(0, (3, 3)))
        axes.plot(stated, observed, "o-", color=colour, linewidth=1.6, markersize=5)
        axes.set_xlim(-0.03, 1.03)
        axes.set_ylim(-0.03, 1.03)
        axes.set_xticks([0, 0.5, 1])
        axes.set_yticks([0, 0.5, 1])

    return _panels(systems, draw, "mean stated probability", "observed rate", words)


def distribution_plot(systems: Systems, words: Words) -> str:
    """Return histograms as SVG, true positives filled, negatives as a line.

    Scores in [0, 1] are shown on that range; others on their own, from the lowest to the highest.

    Args:
        systems: Names with tables.
        words: Of the file.
    """

    def draw(axes: Axes, predictions: Predictions, colour: str) -> None:
        edges = _edges(predictions.scores[~predictions.abstained])
        positive, negative = shares(predictions, edges)
        # On a common scale, so that every panel has its ticks at its ends.
        places = np.linspace(0, 1, len(edges))
        axes.stairs(positive, places, fill=True, color=colour, alpha=0.45)
        axes.stairs(negative, places, color=INK, linewidth=1.4)
        axes.set_xlim(-0.02, 1.02)
        axes.set_ylim(0, 1.05 * max(positive.max(), negative.max()))
        axes.set_xticks([0, 1], [f"{edges[0]:.3g}", f"{edges[-1]:.3g}"])
        axes.set_yticks([])
        low, high = axes.get_xticklabels()
        low.set_horizontalalignment("left")  # so that it does not meet that of the panel beside it
        high.set_horizontalalignment("right")

    return _panels(systems, draw, "score", "share of the class", words, own_ticks=True)


def _edges(scores: Floats) -> Floats:
    low, high = float(scores.min()), float(scores.max())
    if low >= 0 and high <= 1:
        low, high = 0.0, 1.0
    elif low == high:
        low, high = low - 0.5, high + 0.5
    return np.linspace(low, high, BARS + 1)


def _panels(
    systems: Systems,
    draw: Panel,
    xlabel: str,
    ylabel: str,
    words: Words,
    *,
    own_ticks: bool = False,
) -> str:
    """Return a grid of panels, two in a row, that share their axes but for `own_ticks` across."""
    titles = [wrapped(name, LETTERS) for name, _, _ in systems]
    above = LINE * max(map(len, titles))
    down = -(-len(systems) // ACROSS)
    height = TOP + down * (above + PANEL) + (down - 1) * GAP + BOTTOM
    across = (WIDTH - LEFT - RIGHT - GAP * (ACROSS - 1)) / ACROSS

    def draw_all(figure: Figure) -> None:
        for number, (_, kind, predictions) in enumerate(systems):
            row, column = divmod(number, ACROSS)
            left = LEFT + column * (across + GAP)
            bottom = height - TOP - (row + 1) * (above + PANEL) - row * GAP
            axes = figure.add_axes((left / WIDTH, bottom / height, across / WIDTH, PANEL / height))
            draw(axes, predictions, COLOURS["system"] if kind == "system" else MUTED)
            axes.set_title("\n".join(titles[number]), loc="left", color=INK, pad=5)
            axes.grid(True, color=GRID, linewidth=0.7)
            axes.set_axisbelow(True)
            outer = number + ACROSS >= len(systems)
            axes.tick_params(labelleft=column == 0, labelbottom=own_ticks or outer)
        look: dict[str, Any] = {"color": MUTED, "fontsize": 11}
        figure.text(LEFT / WIDTH, 10 / height, xlabel, **look)
        figure.text(
            12 / WIDTH,
            1 - (TOP + above) / height,
            ylabel,
            rotation=90,
            va="top",
            ha="center",
            **look,
        )

    return svg(height, words, draw_all)
