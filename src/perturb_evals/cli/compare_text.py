"""A comparison in words and tables."""

import math
import shlex
from typing import TYPE_CHECKING

from perturb_evals.cli.terminal import figure, number, short
from perturb_evals.leaderboard.site.number_text import p_value

if TYPE_CHECKING:
    from rich.console import Console

    from perturb_evals.leaderboard.comparison import Comparison, Pair

SIGNIFICANT = 0.05
LISTED = 3
"""Pairs whose most discordant questions are listed: those of three systems."""

VIEWER = "http://127.0.0.1:7575/"
"""Where `inspect view` listens unless it is told otherwise."""


def show_comparison(console: "Console", comparison: "Comparison") -> None:
    """Print all pairs in a table with their verdicts; for few pairs also where they differ most."""
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
    table.add_column("A\nB", overflow="fold", min_width=20)
    for name in ("A - B", "p", "p Holm", "detectable", "only A", "only B", "both", "neither"):
        table.add_column(name, justify="right", no_wrap=True)
    for pair in comparison.pairs:
        table.add_row(
            f"{short(pair.a.name)}\n{short(pair.b.name)}",
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
    if len(comparison.pairs) <= LISTED:
        for pair in comparison.pairs:
            _show_discordant(console, pair)
    else:
        console.print("Compare two or three runs to see where they differ most.", style="dim")
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
    from rich.text import Text

    from perturb_evals.leaderboard.site.links import Transcripts

    if not pair.discordant:
        return
    asked = any(found.truth for found in pair.discordant)
    console.print(
        f"Where {short(pair.a.name)} (A) and {short(pair.b.name)} (B) differ most"
        + (" (credit: 1 is right, 0 wrong):" if asked else ":")
    )
    table = Table(box=box.SIMPLE_HEAD)
    heads = ("question", "truth", "A answered", "credit", "B answered", "credit")
    for name in heads if asked else ("perturbation", "A", "B"):
        table.add_column(name, no_wrap=True)
    folder = _folder_of(pair)
    viewer = Transcripts(None if folder is None else VIEWER)
    links = []
    for found in pair.discordant:
        to_a = viewer.sample(pair.a.result, found.a_sample)
        to_b = viewer.sample(pair.b.result, found.b_sample)
        links += [link for link in (to_a, to_b) if link]
        a, b = number(found.a_credit), number(found.b_credit)
        got_a, got_b = (found.a_answer, found.b_answer) if asked else (a, b)
        shown_a = Text(got_a, style=f"link {to_a}" if to_a else "")
        shown_b = Text(got_b, style=f"link {to_b}" if to_b else "")
        cells = [found.truth, shown_a, a, shown_b, b] if asked else [shown_a, shown_b]
        table.add_row(short(found.unit), *cells)
    console.print(table)
    if links:
        console.print(
            f"Answers are links while `inspect view --log-dir {folder}` runs; the first is",
            style="dim",
        )
        console.print(f"  {links[0]}", style="dim", soft_wrap=True)


def _folder_of(pair: "Pair") -> str | None:
    """Return the folder that both runs stand in, as an argument of a shell; None for two."""
    runs = [entry.result for entry in (pair.a, pair.b) if entry.result is not None]
    folders = {run.log.removeprefix("file://").rpartition("/")[0] for run in runs}
    return shlex.quote(short(folders.pop() or ".", 200)) if len(folders) == 1 else None
