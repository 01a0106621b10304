"""How the scores of systems are spread: by true class for questions, as boxes for expression."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib import rc_context
from numpy.typing import NDArray

from perturb_evals.leaderboard.site.plots.panels import panels
from perturb_evals.leaderboard.site.plots.svg import (
    ACCENT,
    GRID,
    INK,
    MUTED,
    SETTINGS,
    WIDTH,
    label,
    new_figure,
    svg_of,
)
from perturb_evals.metrics.pairs.predictions import Predictions

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Floats = NDArray[np.float64]

BINS = 20
ROW, TOP, BOTTOM, SIDE = 36, 8, 44, 12
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
LETTERS = 48


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


def question_distribution_plot(systems: Sequence[tuple[str, Predictions]], title: str) -> str:
    """Return histograms as SVG: a panel a system, true positives filled, negatives as a line.

    Scores in [0, 1] are shown on that range; others on their own, from the lowest to the highest.

    Args:
        systems: Names with tables; at least one, each with an answered row.
        title: Of the file.
    """

    def draw(axes: "Axes", number: int) -> None:
        predictions = systems[number][1]
        edges = _edges(predictions.scores[~predictions.abstained])
        positive, negative = shares(predictions, edges)
        # On a common scale, so that every panel has its ticks at its ends.
        places = np.linspace(0, 1, len(edges))
        axes.stairs(positive, places, fill=True, color=ACCENT, alpha=0.45)
        axes.stairs(negative, places, color=INK, linewidth=1.4)
        axes.set_xlim(-0.02, 1.02)
        axes.set_ylim(0, 1.05 * max(positive.max(), negative.max()))
        axes.set_xticks([0, 1], [f"{edges[0]:.3g}", f"{edges[-1]:.3g}"])
        axes.set_yticks([])

    return panels(
        [name for name, _ in systems],
        draw,
        xlabel="score",
        ylabel="share of the class",
        title=title,
        own_ticks=True,
    )


def expression_distribution_plot(
    systems: Sequence[tuple[str, Floats]], xlabel: str, title: str
) -> str:
    """Return boxes as SVG: 5% to 95% as a line, the middle half as a bar, the median as a mark.

    Args:
        systems: Names with the score of every perturbation, (n,); at least one.
        xlabel: The score, with its direction.
        title: Of the file.
    """
    height = TOP + ROW * len(systems) + BOTTOM
    with rc_context(SETTINGS):
        figure = new_figure(height)
        axes = figure.add_axes(
            (SIDE / WIDTH, BOTTOM / height, 1 - 2 * SIDE / WIDTH, ROW * len(systems) / height)
        )
        for place, (name, scores) in enumerate(systems):
            low, first, middle, third, high = np.quantile(scores, QUANTILES)
            at = place + 0.2
            axes.hlines(at, low, high, colors=MUTED, linewidth=1.4)
            axes.hlines(at, first, third, colors=ACCENT, linewidth=7)
            axes.plot([middle], [at], "|", color=INK, markersize=13, markeredgewidth=2)
            axes.annotate(
                label(name, LETTERS),
                (0, place - 0.2),
                xycoords=("axes fraction", "data"),
                va="center",
                color=INK,
            )
        axes.set_ylim(len(systems) - 0.5, -0.5)
        axes.set_yticks([])
        axes.spines["left"].set_visible(False)
        axes.margins(x=0.04)
        axes.xaxis.grid(True, color=GRID, linewidth=0.7)
        axes.set_axisbelow(True)
        axes.set_xlabel(xlabel, loc="left")
        return svg_of(figure, title)


def _edges(scores: Floats) -> Floats:
    low, high = float(scores.min()), float(scores.max())
    if low >= 0 and high <= 1:
        return np.linspace(0, 1, BINS + 1)
    if low == high:
        return np.linspace(low - 0.5, high + 0.5, BINS + 1)
    return np.linspace(low, high, BINS + 1)
