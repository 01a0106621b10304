"""A comparison in words and tables."""

import math
from typing import TYPE_CHECKING

from perturb_evals.cli.terminal import figure, number, short
from perturb_evals.leaderboard.site.number_text import p_value

if TYPE_CHECKING:
    from rich.console import Console

    from perturb_evals.leaderboard.comparison import Comparison, Pair

SIGNIFICANT = 0.05


def show_comparison(console: "Console", comparison: "Comparison") -> None:
    """Print all pairs in a table with their verdicts; for one pair also where it differs most."""
    from rich import box
    from rich.table import Table

    what = "perturbations" if comparison.headline != "auroc_per_gene" else "questions"
    table = Table(
        title=f"{short(comparison.title)}: {comparison.headline}, {comparison.better} is better; "
        f"{comparison.n_units:,} {what}, {comparison.n_perturbations:,} perturbations",
        box=box.SIMPLE_HEAD,
        title_justify="left",
        title_style="bold",
    )
    table.add_column("A", overflow="fold", min_width=14)
    table.add_column("B", overflow="fold", min_width=14)
    for name in ("A - B", "p", "p Holm", "detectable", "only A", "only B", "both", "neither"):
        table.add_column(name, justify="right", no_wrap=True)
    for pair in comparison.pairs:
        table.add_row(
            short(pair.a.name),
            short(pair.b.name),
            figure(pair.difference),
            p_value(pair.p_randomised),
            p_value(pair.p_holm),
            number(pair.detectable if math.isfinite(pair.detectable) else None),
            *(f"{n:,}" for n in (pair.only_a, pair.only_b, pair.both, pair.neither)),
        )
    console.print(table)
    console.print(
        "p: the systems' answers are swapped by perturbation, after ranking them within each gene. "
        "p Holm: adjusted for all pairs here. detectable: the smallest difference that so many "
        "perturbations show with 80% power, before that adjustment. only A: A got it, B missed it.",
        style="dim",
    )
    for pair in comparison.pairs:
        if pair.a.track != pair.b.track or pair.a.lines != pair.b.lines:
            console.print(
                f"{short(pair.a.name)} and {short(pair.b.name)} were allowed to read different "
                f"training rows: tracks {pair.a.track} and {pair.b.track}.",
                style="dim",
            )
        console.print(f"{short(pair.a.name)} and {short(pair.b.name)}: {verdict(pair, comparison)}")
    if len(comparison.pairs) == 1:
        _show_discordant(console, comparison.pairs[0])
    console.print()


def verdict(pair: "Pair", comparison: "Comparison") -> str:
    """Return in a sentence whether the difference is real."""
    difference = pair.difference.value
    if difference is None or not math.isfinite(pair.p_holm):
        return "they cannot be told apart on these data: nothing can be ranked."
    if pair.p_holm >= SIGNIFICANT:
        said = f"no difference is shown (p {p_value(pair.p_holm)})"
        if not math.isfinite(pair.detectable):
            return f"{said}; there are too few perturbations to say how large one could be."
        return (
            f"{said}; one of {number(pair.detectable)} is found in 80% of cases, before Holm's "
            "correction."
        )
    a_leads = (difference > 0) == (comparison.better == "higher")
    leader = short(pair.a.name if a_leads else pair.b.name)
    return f"{leader} is better by {number(abs(difference))} (p {p_value(pair.p_holm)})."


def _show_discordant(console: "Console", pair: "Pair") -> None:
    from rich import box
    from rich.table import Table

    if not pair.discordant:
        return
    asked = any(found.truth for found in pair.discordant)
    table = Table(
        title="Where they differ most" + (" (credit: 1 is right, 0 wrong)" if asked else ""),
        box=box.SIMPLE_HEAD,
        title_justify="left",
        title_style="",
    )
    heads = ("question", "truth", "A answered", "credit", "B answered", "credit")
    for name in heads if asked else ("perturbation", "A", "B"):
        table.add_column(name, no_wrap=True)
    for found in pair.discordant:
        a, b = number(found.a_credit), number(found.b_credit)
        cells = [found.truth, found.a_answer, a, found.b_answer, b] if asked else [a, b]
        table.add_row(short(found.unit), *cells)
    console.print(table)
    console.print("Read them: inspect view, then the sample with this name.", style="dim")
