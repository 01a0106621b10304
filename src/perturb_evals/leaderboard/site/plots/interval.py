"""Systems as marks with their 95% intervals, one below the other, each with its numbers as text."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from matplotlib import rc_context

from perturb_evals.leaderboard.results.result import Figure
from perturb_evals.leaderboard.site.number_text import with_interval
from perturb_evals.leaderboard.site.plots.svg import (
    ACCENT,
    INK,
    MUTED,
    PAPER,
    SETTINGS,
    WIDTH,
    label,
    new_figure,
    svg_of,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Kind = Literal["system", "baseline", "truth", "published"]

ROW, TOP, BOTTOM, SIDE = 36, 26, 44, 12
LETTERS = 38
MARK, NAME = 0.2, -0.2
"""Where marks and names stand in a row, from its middle downwards."""
NEAR_EDGE = 0.1
"""Share of the width within which a word in the middle of a guide would leave the plot."""
MARKS = {"system": "o", "baseline": "o", "truth": "D", "published": "x"}


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
    kind: Kind
    figure: Figure
    note: str = ""
    said: str = ""


@dataclass(frozen=True)
class Guide:
    """A vertical line for comparison."""

    value: float
    name: str


def interval_plot(lines: Sequence[Line], xlabel: str, guides: Sequence[Guide], title: str) -> str:
    """Return the plot as SVG.

    Args:
        lines: From top to bottom; at least one with a value.
        xlabel: What is on the axis, with its unit and direction.
        guides: Vertical lines.
        title: Of the file.
    """
    shown = [line for line in lines if line.figure.value is not None]
    height = TOP + ROW * len(shown) + BOTTOM
    with rc_context(SETTINGS):
        figure = new_figure(height)
        axes = figure.add_axes(
            (SIDE / WIDTH, BOTTOM / height, 1 - 2 * SIDE / WIDTH, ROW * len(shown) / height)
        )
        for place, line in enumerate(shown):
            _draw(axes, line, place)
        axes.margins(x=0.04)
        _guides(axes, guides, len(shown))
        axes.set_ylim(len(shown) - 0.5, -0.5)
        axes.set_yticks([])
        axes.spines["left"].set_visible(False)
        axes.set_xlabel(xlabel, loc="left")
        return svg_of(figure, title)


def _draw(axes: "Axes", line: Line, place: int) -> None:
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
    name = axes.annotate(
        label(line.name, LETTERS),
        (0, place + NAME),
        xycoords=("axes fraction", "data"),
        va="center",
        color=INK if line.kind in ("system", "baseline") else MUTED,
    )
    if line.kind == "system":
        name.set_fontweight("bold")
    said = line.said or with_interval(line.figure)
    axes.annotate(
        f"{line.note} · {said}" if line.note else said,
        (1, place + NAME),
        xycoords=("axes fraction", "data"),
        va="center",
        ha="right",
        color=MUTED,
        fontsize=10.5,
    )


def _guides(axes: "Axes", guides: Sequence[Guide], n_rows: int) -> None:
    low, high = axes.get_xlim()
    for guide in guides:
        share = (guide.value - low) / (high - low)
        # Only beside the marks, so that no line crosses a name.
        places = [place + MARK for place in range(n_rows)]
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
