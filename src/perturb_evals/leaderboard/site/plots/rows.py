"""Systems one below the other: marks with 95% intervals, or boxes of their scores.

Names stand in a column of their own, so that no line of the plot meets one, and the guide runs from
top to bottom. Of every plot there are two: a wide one with the numbers at its right, and one as
narrow as a phone with the numbers below the names.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from perturb_evals.leaderboard.results.result import Figure
from perturb_evals.leaderboard.site.plots.svg import (
    ACCENT,
    GRID,
    INK,
    MUTED,
    PAPER,
    WIDTH,
    Words,
    svg,
    wrapped,
)
from perturb_evals.leaderboard.text import decimal, with_interval

MarkKind = Literal["system", "baseline", "truth", "published"]

LINE, GAP, ABOVE, TOP, BOTTOM = 14, 10, 8, 20, 40
"""Height of a line of text, between rows, above a group's title; room above all rows and below."""
SIDE = 5
NEAR_EDGE = 0.15
"""Share of the width within which a word in the middle of a guide would leave the plot."""
MARKS = {"system": "o", "baseline": "o", "truth": "D", "published": "x"}
COLOURS = {"system": ACCENT, "baseline": INK, "truth": MUTED, "published": MUTED}
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


@dataclass(frozen=True)
class Layout:
    """Where things stand, in the plot's own pixels.

    Attributes:
        width: Of the plot.
        letters: Of a line of a name.
        bars: Left and right end of the marks.
        numbers: Where numbers begin; None for below the name.
        ticks: The most numbers on the axis.
    """

    width: int
    letters: int
    bars: tuple[int, int]
    numbers: int | None
    ticks: int


WIDE = Layout(740, 33, (264, 580), 594, 7)
NARROW = Layout(WIDTH, 20, (162, WIDTH - 8), None, 4)


@dataclass(frozen=True)
class Line:
    """One system in the plot.

    Attributes:
        name: Its name.
        kind: What it is: filled mark for systems, hollow for baselines, a diamond for what reads
            the truth, a cross for published numbers.
        figure: Its value and interval; an undefined one is left out.
        said: Its value as text, where that is not the figure with three decimals.
    """

    name: str
    kind: MarkKind
    figure: Figure
    said: str = ""


@dataclass(frozen=True)
class Group:
    """Lines that belong together, e.g. the systems of a track.

    Attributes:
        title: What they are; empty for nothing.
        lines: From top to bottom.
        note: Something smaller below the title.
    """

    title: str
    lines: Sequence[Line]
    note: str = ""


@dataclass(frozen=True)
class Guide:
    """A vertical line for comparison."""

    value: float
    name: str


@dataclass(frozen=True)
class _Row:
    """Text of a row and what is drawn beside it; a title draws nothing."""

    name: list[str]
    said: str
    colour: str
    bold: bool
    draw: Callable[[Axes, float], object] | None


def interval_plot(
    groups: Sequence[Group],
    xlabel: str,
    guide: Guide | None,
    words: Words,
    layout: Layout = WIDE,
) -> str:
    """Return values with their intervals as SVG, each with its numbers as text.

    Args:
        groups: From top to bottom; at least one line has a value.
        xlabel: What is on the axis, with its unit and direction.
        guide: A vertical line.
        words: Of the file.
        layout: Wide or narrow.
    """
    rows = []
    for group in groups:
        shown = [line for line in group.lines if line.figure.value is not None]
        if shown and group.title:
            title = wrapped(group.title, layout.letters)
            rows.append(_Row(title, group.note, INK, True, None))
        rows += [_row(line, layout) for line in shown]
    return _stacked(rows, xlabel, guide, words, layout)


def box_plot(
    systems: Sequence[tuple[str, MarkKind, NDArray[np.float64]]],
    xlabel: str,
    words: Words,
    layout: Layout = WIDE,
) -> str:
    """Return boxes as SVG: 5% to 95% as a line, the middle half as a bar, the median as a mark.

    Args:
        systems: Names and kinds with the score of every unit, (n,); at least one.
        xlabel: The score, with its direction.
        words: Of the file.
        layout: Wide or narrow.
    """
    rows = [
        _Row(
            wrapped(name, layout.letters),
            f"median {decimal(float(np.median(scores)))}",
            INK,
            kind == "system",
            _box(scores, COLOURS[kind] if kind == "system" else MUTED),
        )
        for name, kind, scores in systems
    ]
    return _stacked(rows, xlabel, None, words, layout)


def _row(line: Line, layout: Layout) -> _Row:
    ours = line.kind in ("system", "baseline")
    return _Row(
        wrapped(line.name, layout.letters),
        line.said or with_interval(line.figure),
        INK if ours else MUTED,
        line.kind == "system",
        _mark(line.kind, line.figure),
    )


def _mark(kind: MarkKind, figure: Figure) -> Callable[[Axes, float], object]:
    def draw(axes: Axes, at: float) -> None:
        assert figure.value is not None, "the caller leaves out what has no value"
        colour = COLOURS[kind]
        if figure.lower is not None and figure.upper is not None:
            axes.hlines(at, figure.lower, figure.upper, colors=colour, linewidth=2, clip_on=False)
        axes.plot(
            [figure.value],
            [at],
            MARKS[kind],
            color=colour,
            markerfacecolor=colour if kind == "system" else PAPER,
            markersize=7,
            markeredgewidth=1.6,
            clip_on=False,
        )

    return draw


def _box(scores: NDArray[np.float64], colour: str) -> Callable[[Axes, float], object]:
    def draw(axes: Axes, at: float) -> None:
        low, first, middle, third, high = np.quantile(scores, QUANTILES)
        axes.hlines(at, low, high, colors=colour, linewidth=1.4)
        axes.hlines(at, first, third, colors=colour, linewidth=7)
        axes.plot([middle], [at], "|", color=INK, markersize=13, markeredgewidth=2)

    return draw


def _stacked(
    rows: Sequence[_Row], xlabel: str, guide: Guide | None, words: Words, layout: Layout
) -> str:
    """Return the plot: names at the left, what is drawn beside them, and the axis below."""
    tops, end = [], 0
    for number, row in enumerate(rows):
        end += ABOVE if row.draw is None and number else 0
        tops.append(end)
        below = bool(row.said) and (layout.numbers is None or row.draw is None)
        end += LINE * (len(row.name) + below) + GAP
    height = TOP + end + BOTTOM
    left, right = layout.bars

    def draw_all(figure: Canvas) -> None:
        axes = figure.add_axes(
            (left / layout.width, BOTTOM / height, (right - left) / layout.width, end / height)
        )

        def write(x: float, y: float, said: str, **look: Any) -> None:
            where = x / layout.width, 1 - (TOP + y) / height
            figure.text(*where, said, va="center", **look)

        for row, top in zip(rows, tops, strict=True):
            at = top + GAP / 2 + LINE / 2
            weight = "bold" if row.bold else "normal"
            for number, name in enumerate(row.name):
                write(SIDE, at + LINE * number, name, color=row.colour, fontweight=weight)
            numbers = None if row.draw is None else layout.numbers
            at_side = (SIDE, at + LINE * len(row.name)) if numbers is None else (numbers, at)
            if row.said:
                write(*at_side, row.said, color=MUTED, fontsize=10.5)
            if row.draw is not None:
                row.draw(axes, at)
        axes.margins(x=0.06)
        axes.set_ylim(end, 0)
        axes.set_yticks([])
        axes.xaxis.set_major_locator(MaxNLocator(layout.ticks, steps=[1, 2, 2.5, 5, 10]))
        axes.spines["left"].set_visible(False)
        if guide is not None:
            _guide(axes, guide)
        else:
            axes.xaxis.grid(True, color=GRID, linewidth=0.7)
            axes.set_axisbelow(True)
        figure.text(right / layout.width, 6 / height, xlabel, ha="right", color=MUTED, fontsize=11)

    return svg(height, words, draw_all, layout.width)


def _guide(axes: Axes, guide: Guide) -> None:
    """Draw one line from top to bottom, below all marks, with its name above it."""
    axes.axvline(guide.value, color=MUTED, linewidth=1, zorder=0.5)
    low, high = axes.get_xlim()
    share = (guide.value - low) / (high - low)
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
