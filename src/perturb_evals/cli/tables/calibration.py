"""What `perturb-evals calibrate` says: the gate, and what the metrics can tell apart."""

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from perturb_evals.families.expression.family import Expression
from perturb_evals.metrics.expression.spec import EXPRESSION_METRICS
from perturb_evals.scorers.expression.gate import MOST_ERRORS, Convention, GateRow
from perturb_evals.scorers.expression.held_out_truth import unmeasured_targets
from perturb_evals.scorers.expression.screen_check import CONTROL_LAYERS, K, MetricCheck

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from perturb_evals.datasets.published import Published
    from perturb_evals.datasets.screens.screen import Screen
    from perturb_evals.datasets.screens.splits import Split
    from perturb_evals.metrics.intervals import MeanInterval

HEADLINE = Expression.headline
NAMES = {"mean": "mean", "no_change": "no change", "random": "random", "oracle": "oracle"}
ORDERS = {"uns": "the file's own order", "welch_t": "Welch's |t|", "abs_delta": "|delta|"}
SHORT_ORDERS = {"uns": "file's order", "welch_t": "Welch |t|", "abs_delta": "|delta|"}
SHORT_METRICS = {"mae_top20": "MAE", "mse_top20": "MSE", "pearson_delta_top20": "r"}
TOP = 20

Metrics = Mapping[str, MetricCheck]


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
    console.print(gate_verdict(rows) + "\n", style="bold")


def gate_verdict(rows: list[GateRow]) -> str:
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
    metrics = [SHORT_METRICS[name] for name in published.scores]
    table = _table("", "genes by", "own gene", "training", "mean over", numbers=metrics)
    values = [f"{value:.3f} ±{stderr:.3f}" for value, stderr in published.scores.values()]
    table.add_row("", "published", "", f"{published.n_train:,}", "", *values)
    table.add_section()
    for row in [rows[0], *sorted(rows[1:], key=lambda row: row.worst)]:
        found = row.convention
        table.add_row(
            "*" if row is rows[0] else "",
            SHORT_ORDERS[found.order],
            found.target,
            f"{published.n_train:,}" if found.training == "subset" else "all",
            found.mean,
            *(f"{row.scores[name]:.3f} ({row.errors[name]:+.1f})" for name in published.scores),
        )
    return table


def _words(found: Convention) -> str:
    training = "the published number of" if found.training == "subset" else "all"
    return (
        f"genes by {SHORT_ORDERS[found.order]}, the perturbed gene {found.target}, {training} "
        f"training perturbations, the mean over {found.mean}"
    )


def show_calibration(
    console: "Console", screen: "Screen", split: "Split", metrics: Metrics
) -> None:
    """Print a table of the references, one of the controls where there are halves, and verdicts."""
    n = metrics[HEADLINE].differences["oracle"].n
    console.print(f"What the metrics can tell apart on {screen.name}\n", style="bold")
    console.print(
        f"{n:,} perturbations, each scored once in {len(split.folds)} folds; "
        f"{len(screen.genes):,} genes, ranked by {ORDERS[screen.order_kind]}. mean: the training "
        f"perturbations' mean; random: {K} of them; oracle: the {K} nearest to the TRUE vector.\n"
    )
    console.print(_references(metrics))
    if any(found.ceiling is not None for found in metrics.values()):
        console.print(
            "\nceiling: what a second experiment of the same size would score, from two halves "
            "(Spearman\nand Brown). A prediction without any noise could score up to its root."
        )
    console.print()
    for note in _notes(screen, split, metrics):
        console.print(f"- {note}")
    console.print("\n" + oracle_verdict(screen.name, metrics) + "\n", style="bold")
    if all(found.controls is None for found in metrics.values()):
        console.print(
            f"There is no positive control: {_why_no_controls(screen)}, so DRF and BDS cannot be "
            "computed. The verdict rests on the intervals above."
        )
        return
    console.print("Positive and negative control, scored against half of the cells\n", style="bold")
    console.print(_controls(metrics))
    console.print(
        "\nnegative: the mean; positive: the other half of the cells, interpolated; blind: the "
        f"{K} nearest to\nthe other half. DRF: share of the way from the negative control to a "
        "perfect score. BDS: share of\nperturbations where the positive control is ahead, ties "
        "half. A metric tells them apart where BDS\nis above .5 and the 95% interval of the "
        "difference leaves out 0.\n"
    )
    console.print(f"{controls_verdict(metrics)}\n\n{blind_verdict(metrics)}", style="bold")


def ranking(found: MetricCheck) -> str:
    """Put the references in a line: `oracle > mean = random > no change`.

    `>` is better than, `=` not told apart. All stand against the mean, not against each other.
    """
    standing: dict[str, list[str]] = {"better": [], "same": [], "worse": []}
    for name in ("oracle", "random", "no_change"):
        standing[found.standing(name)].append(NAMES[name])
    groups = [
        ", ".join(standing["better"]),
        " = ".join(["mean", *standing["same"]]),
        ", ".join(standing["worse"]),
    ]
    return " > ".join(filter(None, groups))


def oracle_verdict(screen: str, metrics: Metrics) -> str:
    """Say whether methods that average neighbors can be ranked on the screen."""
    found = metrics[HEADLINE]
    standing = found.standing("oracle")
    means = f"oracle {found.means['oracle']:.3f}, mean {found.means['mean']:.3f}"
    figures = _in_brackets(means, found.differences["oracle"])
    ahead = [name for name in metrics if metrics[name].standing("oracle") == "better"]
    if standing == "better":
        behind = [name for name in metrics if name not in ahead]
        said = (
            f"The oracle beats the mean {figures}: there is room for methods that average "
            f"neighbors on {screen}. This is needed, but not enough: the oracle has read the "
            "truth, noise included, and can be ahead where there is nothing but noise."
        )
        if behind:
            these = "these" if len(behind) > 1 else "it"
            said += f" It is not ahead in {', '.join(behind)}: rank no method by {these} here."
        return said
    said = (
        f"Even the oracle of {K} neighbors does not beat the mean {figures}: on {screen} no method "
        f"that averages neighbors can be ranked by {HEADLINE}."
    )
    if ahead:
        said += (
            f" It is ahead in {', '.join(ahead)}, but it has read the truth, noise included, and "
            "can be ahead where there is nothing but noise."
        )
    return said


def blind_verdict(metrics: Metrics) -> str:
    """Say whether an oracle that saw the other half of the cells beats the mean on this one."""
    found = metrics[HEADLINE]
    if found.controls is None:
        return ""
    controls = found.controls
    means = f"blind oracle {controls.blind_oracle:.3f}, mean {controls.negative:.3f}"
    figures = _in_brackets(means, controls.blind_difference)
    if found.blind_standing() == "better":
        return (
            f"Neighbors chosen by other cells beat the mean too {figures}: it is not noise alone."
        )
    return (
        f"Neighbors chosen by other cells do not beat the mean {figures}: what the oracle gains "
        "may be noise alone."
    )


def _in_brackets(means: str, found: "MeanInterval") -> str:
    interval = f"[{found.lower:+.3f}, {found.upper:+.3f}]"
    return f"({HEADLINE}: {means}, difference {found.mean:+.3f} {interval})"


def controls_verdict(metrics: Metrics) -> str:
    """Say which metrics are not to be trusted: they do not put the positive control ahead."""
    doubted = [name for name, found in metrics.items() if found.controls and not found.trusted]
    if not doubted:
        return (
            "Every metric puts the positive control ahead, on average (95% interval) and on more "
            "than half of the perturbations."
        )
    which = f"all {len(doubted)} metrics" if len(doubted) == len(metrics) else ", ".join(doubted)
    return (
        f"NOT to be trusted on this screen: {which}. A second measurement of a perturbation is not "
        "told apart from the mean of all, or not ahead on more than half of the perturbations."
    )


def _references(metrics: Metrics) -> "Table":
    headers = [name.replace(" ", "\n") for name in NAMES.values()]
    ceilings = {name: found.ceiling for name, found in metrics.items()}
    known = any(ceiling is not None for ceiling in ceilings.values())
    headers += ["ceiling"] if known else []
    table = _table("metric", numbers=headers, last="told apart from the mean")
    for name, found in metrics.items():
        means = [_number(found.means[reference]) for reference in NAMES]
        if known:
            means.append("" if (ceiling := ceilings[name]) is None else _number(ceiling))
        table.add_row(_named(found, name), *means, ranking(found))
    return table


def _controls(metrics: Metrics) -> "Table":
    numbers = ("negative", "positive", "blind", "DRF", "BDS")
    table = _table("metric", numbers=numbers, last="verdict")
    for name, found in metrics.items():
        if found.controls is None:
            continue
        controls = found.controls
        scores = (controls.negative, controls.positive, controls.blind_oracle)
        table.add_row(
            _named(found, name),
            *map(_number, (*scores, controls.drf, controls.bds)),
            "tells them apart" if found.trusted else "not to be trusted",
        )
    return table


def _why_no_controls(screen: "Screen") -> str:
    missing = [name for name in CONTROL_LAYERS if screen.layer(name) is None]
    if not missing:
        return "no perturbation of this screen has two halves that can be compared"
    if missing == ["padj_half_2"]:
        return (
            "this screen has two halves, but no layer padj_half_2, the adjusted p of half 2 alone "
            "against the control"
        )
    return "this screen has no two halves of cells or replicates"


def _notes(screen: "Screen", split: "Split", metrics: Metrics) -> list[str]:
    n_compared = sum(len(found.differences) for found in metrics.values())
    fixed = [name for name in metrics if EXPRESSION_METRICS[name].mean_effect is not None]
    notes = [
        "> is better than the mean and = not told apart from it, by 95% intervals of paired "
        f"differences (bootstrap over perturbations). Of {n_compared} comparisons about "
        f"{n_compared * 0.05:.0f} would stand out by chance if there were no differences.",
        f"The mean's value in {', '.join(fixed)} is fixed by definition: a score above it need "
        "not mean a better prediction.",
    ]
    if screen.kept_out:
        notes.append(screen.kept_out)
    notes += screen.remarks
    if len(screen.genes) < TOP:
        notes.append(
            f"With {len(screen.genes)} genes the top 20, 50 and 100 are all genes: their scores "
            "repeat each other, and any change in all genes overlaps wholly."
        )
    n_train = min(len(fold.train) for fold in split.folds)
    if n_train <= K:
        notes.append(
            f"A fold has {n_train} training perturbations, no more than the {K} that are averaged: "
            "oracle and random are the mean there."
        )
    tested = [name for fold in split.folds for name in fold.test]
    unmeasured = unmeasured_targets(screen, tested)
    if unmeasured:
        notes.append(
            f"The own gene of {len(unmeasured):,} of {len(tested):,} perturbations is not "
            "measured: for them _no_target is the plain score."
        )
    return notes


def _table(*names: str, numbers: Sequence[str], last: str = "") -> "Table":
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), show_edge=False)
    for name in names:
        table.add_column(name, no_wrap=True)
    for name in numbers:
        table.add_column(name, justify="right", no_wrap=True)
    if last:
        table.add_column(last)
    return table


def _named(found: MetricCheck, name: str) -> str:
    return f"{'↑' if found.spec.better == 'higher' else '↓'} {name}"


def _number(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.3f}"
