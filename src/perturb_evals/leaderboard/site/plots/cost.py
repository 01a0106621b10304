"""What a system took against what it got, with the frontier: nothing cheaper is as good."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from perturb_evals.families.outcome import Better
from perturb_evals.leaderboard.results.result import Figure
from perturb_evals.leaderboard.site.plots.rows import COLOURS, SIDE, MarkKind
from perturb_evals.leaderboard.site.plots.svg import (
    GRID,
    INK,
    MUTED,
    PAPER,
    WIDTH,
    Words,
    svg,
    wrapped,
)
from perturb_evals.leaderboard.text import count

LETTERS = 18
HEIGHT, LEFT, BOTTOM, TOP, RIGHT = 300, 44, 46, 26, 10
FAR_RIGHT = 0.55
"""Share of the width from which on a name stands at the left of its mark."""


@dataclass(frozen=True)
class CostPoint:
    """A ranked system.

    Attributes:
        name: Its name.
        cost: What it took, 0 or more.
        figure: Its headline, with a value.
        kind: What it is, which its mark shows.
    """

    name: str
    cost: float
    figure: Figure
    kind: MarkKind = "system"

    @property
    def value(self) -> float:
        """The headline."""
        assert self.figure.value is not None
        return self.figure.value


def frontier(points: Sequence[CostPoint], better: Better) -> list[CostPoint]:
    """Return the points that no other one is as cheap as and better than, by rising cost.

    Of points with the same cost only the best stays; of those with the same value the cheapest.
    """
    sign = 1.0 if better == "higher" else -1.0
    kept: list[CostPoint] = []
    for point in sorted(points, key=lambda point: (point.cost, -sign * point.value, point.name)):
        if not kept or sign * point.value > sign * kept[-1].value:
            kept.append(point)
    return kept


def cost_plot(
    points: Sequence[CostPoint], better: Better, xlabel: str, ylabel: str, words: Words
) -> str:
    """Return the plot as SVG.

    What cost nothing has no place on a logarithmic axis: the best of it is a level line, where the
    frontier begins.

    Args:
        points: At least one cost something.
        better: Direction of the headline.
        xlabel: What is on the axis of cost, with its unit.
        ylabel: The headline.
        words: Of the file.
    """
    paid = [point for point in points if point.cost > 0]
    best = frontier(points, better)
    left, right = min(point.cost for point in paid) / 3, max(point.cost for point in paid) * 3

    def draw(figure: Canvas) -> None:
        across, up = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
        axes = figure.add_axes((LEFT / WIDTH, BOTTOM / HEIGHT, across / WIDTH, up / HEIGHT))
        axes.set_xscale("log")
        axes.set_xlim(left, right)
        if best[0].cost == 0:
            axes.axhline(best[0].value, color=MUTED, linewidth=1, linestyle=(0, (3, 3)))
            axes.annotate(
                "\n".join(wrapped(f"{best[0].name}, at no cost", 2 * LETTERS)),
                (0, best[0].value),
                (3, 3),
                ("axes fraction", "data"),
                "offset points",
                color=MUTED,
                fontsize=10,
            )
        axes.step(
            [max(point.cost, left) for point in best] + [right],
            [point.value for point in best] + [best[-1].value],
            where="post",
            color=GRID,
            linewidth=2.5,
            zorder=1,
        )
        for point in paid:
            _mark(axes, point)
        axes.margins(y=0.12)
        axes.set_xlabel(xlabel, loc="left")
        figure.text(SIDE / WIDTH, 1 - 12 / HEIGHT, ylabel, color=MUTED, fontsize=11)
        axes.xaxis.set_major_locator(FixedLocator(_decades(left, right)))
        axes.xaxis.set_minor_locator(NullLocator())
        axes.xaxis.set_major_formatter(
            FuncFormatter(lambda cost, _: count(cost) if cost >= 1 else f"{cost:g}")
        )

    return svg(HEIGHT, words, draw)


def _decades(left: float, right: float) -> list[float]:
    """Return 1, 10, 100 ... between two costs, and 3, 30 ... where that leaves few."""
    powers = range(math.floor(math.log10(left)), math.ceil(math.log10(right)) + 1)
    steps = (1,) if right > 100 * left else (1, 3)
    found = [step * 10.0**power for power in powers for step in steps]
    return [cost for cost in found if left <= cost <= right]


def _mark(axes: Axes, point: CostPoint) -> None:
    colour, figure = COLOURS[point.kind], point.figure
    if figure.lower is not None and figure.upper is not None:
        axes.vlines(point.cost, figure.lower, figure.upper, colors=colour, linewidth=1.6)
    axes.plot(
        [point.cost],
        [point.value],
        "o",
        color=colour,
        markerfacecolor=colour if point.kind == "system" else PAPER,
        markersize=7,
        markeredgewidth=1.6,
    )
    low, high = np.log(axes.get_xlim())
    left = (np.log(point.cost) - low) / (high - low) > FAR_RIGHT
    axes.annotate(
        "\n".join(wrapped(point.name, LETTERS)),
        (point.cost, point.value),
        # Above the frontier, which is level here.
        (-7 if left else 7, 4),
        textcoords="offset points",
        ha="right" if left else "left",
        va="bottom",
        color=INK,
        fontsize=10.5,
    )
