"""The calibration gate in words: the grid of conventions and a verdict."""

from typing import TYPE_CHECKING

from perturb_evals.scorers.expression.gate import MOST_ERRORS, Convention, GateRow

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from perturb_evals.datasets.published import Published

ORDERS = {"uns": "file's order", "welch_t": "Welch |t|", "abs_delta": "|delta|"}
SHORT = {"mae_top20": "MAE", "mse_top20": "MSE", "pearson_delta_top20": "r"}


def show_gate(console: "Console", rows: list[GateRow], published: "Published") -> None:
    """Print the grid, the documented convention first and the others by distance, and a verdict."""
    console.print(
        f"Calibration gate: {published.system} on {published.screen}, n = {published.n_train:,} "
        f"({published.source})\n",
        style="bold",
    )
    console.print(_grid(rows, published))
    console.print(
        "\n* the documented convention. In brackets: the distance from the published value, in "
        "published\nstandard errors.\n"
    )
    console.print(verdict(rows) + "\n", style="bold")


def verdict(rows: list[GateRow]) -> str:
    """Say in words whether the documented convention, the first row, gives the published row."""
    documented, closest = rows[0], min(rows, key=lambda row: (not row.rounds, row.worst))
    if documented.verdict == "reproduced":
        return (
            "REPRODUCED: under the documented convention all published values come out to the last "
            "decimal. Other numbers of this screen can be compared with the published ones."
        )
    errors = f"{MOST_ERRORS:.0f} published standard errors"
    if documented.verdict == "within_error":
        other = f" To the last decimal: {_words(closest.convention)}." if closest.rounds else ""
        return (
            f"MET within {errors} (at most {documented.worst:.1f}) under the documented "
            f"convention, though not to the last decimal.{other}"
        )
    other = "Under every other convention of the grid one is, too."
    if closest.verdict != "missed":
        other = f"Within {closest.worst:.1f} is another one: {_words(closest.convention)}."
    return (
        f"MISSED: under the documented convention a value is {documented.worst:.1f} published "
        f"standard errors away, more than {MOST_ERRORS:.0f}. {other} Believe no other number of "
        "this screen until it is known why."
    )


def _grid(rows: list[GateRow], published: "Published") -> "Table":
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), show_edge=False)
    for name in ("", "genes by", "own gene", "training", "mean over"):
        table.add_column(name, no_wrap=True)
    for metric in published.scores:
        table.add_column(SHORT[metric], justify="right", no_wrap=True)
    values = [f"{value:.3f} ±{stderr:.3f}" for value, stderr in published.scores.values()]
    table.add_row("", "published", "", f"{published.n_train:,}", "", *values)
    table.add_section()
    for row in [rows[0], *sorted(rows[1:], key=lambda row: row.worst)]:
        found = row.convention
        table.add_row(
            "*" if row is rows[0] else "",
            ORDERS[found.order],
            found.target,
            f"{published.n_train:,}" if found.training == "subset" else "all",
            found.mean,
            *(f"{row.scores[name]:.3f} ({row.errors[name]:+.1f})" for name in published.scores),
        )
    return table


def _words(found: Convention) -> str:
    training = "the published number of" if found.training == "subset" else "all"
    return (
        f"genes by {ORDERS[found.order]}, the perturbed gene {found.target}, {training} training "
        f"perturbations, the mean over {found.mean}"
    )
