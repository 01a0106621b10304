"""Stated probability against observed rate, in bins that hold equally many answers."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from perturb_evals.leaderboard.site.plots.panels import panels
from perturb_evals.leaderboard.site.plots.svg import ACCENT, MUTED
from perturb_evals.metrics.pairs.predictions import Predictions

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BINS = 10
GRADES = 5
"""Fewer different scores are labels, or means of a few, and state no probability."""


def states_probabilities(predictions: Predictions) -> bool:
    """Whether the answered scores lie in [0, 1] and take more than a few values."""
    scores = predictions.scores[~predictions.abstained]
    inside = bool(((scores >= 0) & (scores <= 1)).all())
    return inside and len(np.unique(scores)) >= GRADES


def calibration(predictions: Predictions) -> NDArray[np.float64]:
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


def calibration_plot(systems: Sequence[tuple[str, Predictions]], title: str) -> str:
    """Return the plot as SVG: a panel a system, with the diagonal of perfect calibration.

    Args:
        systems: Names with tables of scores in [0, 1]; at least one.
        title: Of the file.
    """

    def draw(axes: "Axes", number: int) -> None:
        stated, observed, _ = calibration(systems[number][1]).T
        axes.plot([0, 1], [0, 1], color=MUTED, linewidth=1, linestyle=(0, (3, 3)))
        axes.plot(stated, observed, "o-", color=ACCENT, linewidth=1.6, markersize=5)
        axes.set_xlim(-0.03, 1.03)
        axes.set_ylim(-0.03, 1.03)
        axes.set_xticks([0, 0.5, 1])
        axes.set_yticks([0, 0.5, 1])

    names = [name for name, _ in systems]
    return panels(
        names,
        draw,
        xlabel="mean stated probability",
        ylabel="observed rate",
        title=title,
    )
