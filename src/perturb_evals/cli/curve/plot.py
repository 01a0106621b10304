"""The learning curve as a plot: legible in print, in grey and to the colour-blind."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from perturb_evals.cli.curve.points import METRIC, Curve, CurvePoint
from perturb_evals.datasets.files.whole_file import whole_file
from perturb_evals.datasets.published import Published

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Okabe and Ito's colours. Marks and dashes tell the systems apart where colours do not: 7 and 4
# have no common divisor, so 28 systems look different.
COLOURS = ("#0072B2", "#D55E00", "#000000", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
MARKERS = "osD^vPX"
DASHES = ("-", "--", "-.", ":")
GREY = "#767676"
FORMATS = (".svg", ".png")

# The ratio of two sizes whose labels just fit side by side.
CLOSEST = 0.85


def save_plot(curve: Curve, published: Sequence[Published], stem: Path) -> list[Path]:
    """Write the plot as SVG and PNG.

    Args:
        curve: The points.
        published: Rows of published tables to show beside, marked as of another protocol.
        stem: Path without suffix.

    Returns:
        The files.

    Raises:
        OSError: A file cannot be written.
    """
    from matplotlib import rc_context

    files = [stem.with_name(stem.name + suffix) for suffix in FORMATS]
    # Text stays text in the SVG; fixed ids and no date, so that equal curves are equal files.
    # Names of files and models may hold a $ and are no TeX.
    with rc_context(
        {"svg.fonttype": "none", "svg.hashsalt": "perturb-evals", "text.parse_math": False}
    ):
        figure = draw(curve, published)
        for file in files:
            with whole_file(file) as part:
                metadata = {"Date": None} if file.suffix == ".svg" else None
                figure.savefig(part, dpi=200, metadata=metadata, bbox_inches="tight")
    return files


def draw(curve: Curve, published: Sequence[Published]) -> "Figure":
    """Draw the curves with bands of 95% intervals, the legend in the order of the last points."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.0, 4.0))
    axes = figure.add_subplot()
    for number, (system, points) in enumerate(curve.lines.items()):
        _line(axes, system, points, number)
    for number, system in enumerate(dict.fromkeys(row.system for row in published)):
        _published(axes, [row for row in published if row.system == system], number)
    _dress(axes, curve, published)
    return figure


def _line(axes: "Axes", system: str, points: list[CurvePoint], number: int) -> None:
    colour = COLOURS[number % len(COLOURS)]
    sizes = [point.size for point in points]
    values, lower, upper = zip(*(point.figures for point in points), strict=True)
    axes.plot(
        sizes,
        values,
        color=colour,
        marker=MARKERS[number % len(MARKERS)],
        linestyle=DASHES[number % len(DASHES)],
        markersize=5,
        linewidth=1.6,
        label=system,
        zorder=3,
    )
    if len(points) > 1:
        axes.fill_between(sizes, lower, upper, color=colour, alpha=0.15, linewidth=0, zorder=2)
    else:  # a band of one point has no width
        axes.vlines(sizes, lower, upper, color=colour, linewidth=1.2, zorder=2)


def _published(axes: "Axes", rows: list[Published], number: int) -> None:
    scores = [row.scores[METRIC] for row in rows]
    axes.errorbar(
        [row.n_train for row in rows],
        [value for value, _ in scores],
        yerr=[stderr for _, stderr in scores],
        color=GREY,
        marker=MARKERS[number % len(MARKERS)],
        markerfacecolor="white",
        markersize=5,
        linewidth=0,
        elinewidth=0.8,
        label=f"{rows[0].system}, published*",
        zorder=4,
    )


def _dress(axes: "Axes", curve: Curve, published: Sequence[Published]) -> None:
    from matplotlib.ticker import FixedLocator, NullLocator, StrMethodFormatter

    axes.set_xscale("log")
    sizes = {point.size for points in curve.lines.values() for point in points}
    sizes |= {row.n_train for row in published}
    axes.xaxis.set_major_locator(FixedLocator(_apart(sizes)))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    axes.set_xlabel("training perturbations")
    axes.set_ylabel("mean absolute error, top 20 genes")
    axes.set_title(
        f"{curve.context}, {curve.n_perturbations:,} perturbations", loc="left", fontsize=10
    )
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", color="#e0e0e0", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1.0), frameon=False, fontsize=8)
    note = "Bands: 95% intervals, bootstrap over perturbations."
    if published:
        note += "\n* LangPert manuscript, other protocol; bars: standard error over folds."
    axes.annotate(
        note, (0, 0), (0, -34), "axes fraction", "offset points", va="top", fontsize=7, color=GREY
    )


def _apart(sizes: set[int]) -> list[int]:
    """Return, ascending, the sizes whose labels do not run into that of the next larger one."""
    kept: list[int] = []
    for size in sorted(sizes, reverse=True):
        if not kept or size <= CLOSEST * kept[-1]:
            kept.append(size)
    return kept[::-1]
