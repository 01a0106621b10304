"""A grid of small plots that share their axes, one a system."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from matplotlib import rc_context

from perturb_evals.leaderboard.site.plots.svg import (
    GRID,
    INK,
    MUTED,
    SETTINGS,
    WIDTH,
    label,
    new_figure,
    svg_of,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ACROSS = 2
PANEL, GAP, TOP, BOTTOM, LEFT, RIGHT = 120, 40, 24, 44, 46, 8
LETTERS = 28


def panels(
    names: Sequence[str],
    draw: Callable[["Axes", int], None],
    *,
    xlabel: str,
    ylabel: str,
    title: str,
    own_ticks: bool = False,
) -> str:
    """Return a grid of panels as SVG, two in a row.

    Args:
        names: Of the systems, at least one.
        draw: Draws the panel with a number into axes; it sets limits and ticks.
        xlabel: Label of the axis across.
        ylabel: Label of the axis up.
        title: Of the file.
        own_ticks: Whether each panel has an axis across of its own.
    """
    down = -(-len(names) // ACROSS)
    height = TOP + down * PANEL + (down - 1) * GAP + BOTTOM
    across = (WIDTH - LEFT - RIGHT - GAP / 2 * (ACROSS - 1)) / ACROSS
    with rc_context(SETTINGS):
        figure = new_figure(height)
        for number, name in enumerate(names):
            row, column = divmod(number, ACROSS)
            left = LEFT + column * (across + GAP / 2)
            bottom = height - TOP - PANEL - row * (PANEL + GAP)
            axes = figure.add_axes((left / WIDTH, bottom / height, across / WIDTH, PANEL / height))
            draw(axes, number)
            axes.set_title(label(name, LETTERS), loc="left", color=INK, pad=5)
            axes.grid(True, color=GRID, linewidth=0.7)
            axes.set_axisbelow(True)
            outer = number + ACROSS >= len(names)
            axes.tick_params(labelleft=column == 0, labelbottom=own_ticks or outer)
        figure.text(LEFT / WIDTH, 10 / height, xlabel, color=MUTED, fontsize=11)
        figure.text(
            12 / WIDTH,
            1 - TOP / height,
            ylabel,
            color=MUTED,
            fontsize=11,
            rotation=90,
            va="top",
            ha="center",
        )
        return svg_of(figure, title)
