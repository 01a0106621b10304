"""Systems one below the other: marks with 95% intervals, or boxes of their scores."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.text import Annotation
from numpy.typing import NDArray

from perturb_evals.leaderboard.results.result import Figure
from perturb_evals.leaderboard.site.plots.svg import (
    ACCENT,
    GRID,
    INK,
    MUTED,
    PAPER,
    WIDTH,
    label,
    svg,
)
from perturb_evals.leaderboard.text import with_interval

MarkKind = Literal["system", "baseline", "truth", "published"]

ROW, BOTTOM, SIDE = 36, 44, 12
MARK, NAME = 0.2, -0.2
"""Where marks and names stand in a row, from its middle downwards."""
NEAR_EDGE = 0.1
"""Share of the width within which a word in the middle of a guide would leave the plot."""
MARKS = {"system": "o", "baseline": "o", "truth": "D", "published": "x"}
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


@dataclass(frozen=True)
class Line:
    """One system in the plot.

    Attributes:
        name: Its name.
        kind: What it is: filled mark for systems, hollow for baselines, a diamond for what reads
            the truth, a cross for published numbers.
        figure: Its value and interval; an undefined one is left out.
        note: What else the line says about it in grey, e.g. the track.
        said: Its value as text, where that is not the figure with three decimals.
    """

    name: str
    kind: MarkKind
    figure: Figure
    note: str = ""
    said: str = ""


@dataclass(frozen=True)
class Guide:
    """A vertical line for comparison."""

    value: float
    name: str


def interval_plot(lines: Sequence[Line], xlabel: str, guides: Sequence[Guide], title: str) -> str:
    """Return values with their intervals as SVG, each with its numbers as text.

    Args:
        lines: From top to bottom; at least one with a value.
        xlabel: What is on the axis, with its unit and direction.
        guides: Vertical lines.
        title: Of the file.
    """
    shown = [line for line in lines if line.figure.value is not None]

    def draw(axes: Axes) -> None:
        for place, line in enumerate(shown):
            _draw(axes, line, place)
        axes.margins(x=0.04)
        _guides(axes, guides, len(shown))

    return _rows(len(shown), 26, xlabel, title, draw)


def box_plot(systems: Sequence[tuple[str, NDArray[np.float64]]], xlabel: str, title: str) -> str:
    """Return boxes as SVG: 5% to 95% as a line, the middle half as a bar, the median as a mark.

    Args:
        systems: Names with the score of every unit, (n,); at least one.
        xlabel: The score, with its direction.
        title: Of the file.
    """

    def draw(axes: Axes) -> None:
        for place, (name, scores) in enumerate(systems):
            low, first, middle, third, high = np.quantile(scores, QUANTILES)
            at = place + MARK
            axes.hlines(at, low, high, colors=MUTED, linewidth=1.4)
            axes.hlines(at, first, third, colors=ACCENT, linewidth=7)
            axes.plot([middle], [at], "|", color=INK, markersize=13, markeredgewidth=2)
            _beside(axes, label(name, 48), 0, place, color=INK)
        axes.margins(x=0.04)
        axes.xaxis.grid(True, color=GRID, linewidth=0.7)
        axes.set_axisbelow(True)

    return _rows(len(systems), 8, xlabel, title, draw)


def _rows(n: int, top: int, xlabel: str, title: str, draw: Callable[[Axes], None]) -> str:
    """Return a plot with so many rows and some room above them."""
    height = top + ROW * n + BOTTOM

    def draw_all(figure: Canvas) -> None:
        axes = figure.add_axes(
            (SIDE / WIDTH, BOTTOM / height, 1 - 2 * SIDE / WIDTH, ROW * n / height)
        )
        draw(axes)
        axes.set_ylim(n - 0.5, -0.5)
        axes.set_yticks([])
        axes.spines["left"].set_visible(False)
        axes.set_xlabel(xlabel, loc="left")

    return svg(height, title, draw_all)


def _beside(axes: Axes, said: str, x: float, place: int, **look: Any) -> Annotation:
    """Write above the marks of a row, from the left (0) or to the right (1)."""
    where = ("axes fraction", "data")
    return axes.annotate(said, (x, place + NAME), xycoords=where, va="center", **look)


def _draw(axes: Axes, line: Line, place: int) -> None:
    colour = {"system": ACCENT, "published": MUTED, "truth": MUTED}.get(line.kind, INK)
    value, below = line.figure.value, place + MARK
    assert value is not None, "the caller leaves out what has no value"
    if line.figure.lower is not None and line.figure.upper is not None:
        axes.hlines(below, line.figure.lower, line.figure.upper, colors=colour, linewidth=2)
    axes.plot(
        [value],
        [below],
        MARKS[line.kind],
        color=colour,
        markerfacecolor=colour if line.kind == "system" else PAPER,
        markersize=7,
        markeredgewidth=1.6,
    )
    ours = line.kind in ("system", "baseline")
    weight = "bold" if line.kind == "system" else "normal"
    _beside(axes, label(line.name, 38), 0, place, color=INK if ours else MUTED, fontweight=weight)
    said = line.said or with_interval(line.figure)
    said = f"{line.note} · {said}" if line.note else said
    _beside(axes, said, 1, place, ha="right", color=MUTED, fontsize=10.5)


def _guides(axes: Axes, guides: Sequence[Guide], n_rows: int) -> None:
    low, high = axes.get_xlim()
    # Only beside the marks, so that no line crosses a name.
    places = [place + MARK for place in range(n_rows)]
    for guide in guides:
        share = (guide.value - low) / (high - low)
        axes.vlines(
            [guide.value] * n_rows,
            [place - 0.17 for place in places],
            [place + 0.17 for place in places],
            colors=MUTED,
            linewidth=1,
            zorder=0.5,
        )
        axes.annotate(
            guide.name,
            (guide.value, 1),
            (0, 5),
            ("data", "axes fraction"),
            "offset points",
            ha="left" if share < NEAR_EDGE else "right" if share > 1 - NEAR_EDGE else "center",
            color=MUTED,
            fontsize=10,
            annotation_clip=False,
        )
