"""A comparison in words and tables."""

import math
import shlex
from typing import TYPE_CHECKING

from perturb_evals.cli.tables.fitted import FittedColumn, show_fitted
from perturb_evals.cli.tables.terminal import figure, number, short
from perturb_evals.leaderboard.text import p_value
from perturb_evals.leaderboard.value_added import added_to

if TYPE_CHECKING:
    from rich.console import Console

    from perturb_evals.leaderboard.boards import Board
    from perturb_evals.leaderboard.comparison import ComparedPair, Comparison

SIGNIFICANT = 0.05
COUNTS = ("detectable", "only A", "only B", "both", "neither")
LISTED = 3
"""Pairs whose most discordant questions are listed: those of three systems."""

VIEWER = "http://127.0.0.1:7575/"
"""Where `inspect view` listens unless it is told otherwise."""


def show_comparison(console: "Console", comparison: "Comparison", board: "Board") -> None:
    """Print all pairs in a table with their verdicts, and what each system adds to its reference.

    For few pairs also where they differ most.

    Args:
        console: Where.
        comparison: The pairs.
        board: Their board.
    """
    console.print(
        f"{short(comparison.title)}: {comparison.headline}, {comparison.better} is better; "
        f"{comparison.n_units:,} {comparison.unit}, {comparison.n_perturbations:,} perturbations",
        style="bold",
    )
    show_fitted(
        console,
        [
            FittedColumn("A\nB", left=True, folds=True),
            *(FittedColumn(name) for name in ("A - B", "p", "p Holm")),
            *(FittedColumn(name, spare=True) for name in COUNTS),
        ],
        [_cells(pair) for pair in comparison.pairs],
        bright=[True for _ in comparison.pairs],
    )
    console.print(
        "p: the systems' answers are swapped by perturbation, after ranking them within each gene. "
        "p Holm: adjusted for all pairs here. detectable: the smallest difference that so many "
        "perturbations show with 80% power, before that adjustment. only A: A got it, B missed it.",
        style="dim",
    )
    _show_added(console, comparison, board)
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


def _show_added(console: "Console", comparison: "Comparison", board: "Board") -> None:
    """Print what the systems add to the reference of the track that each belongs to."""
    compared = {id(entry) for pair in comparison.pairs for entry in (pair.a, pair.b)}
    for track in board.tracks:
        own = [
            row
            for row in track.rows
            if id(row.entry) in compared
            and (row.entry.track, row.entry.lines) == (track.name, track.lines)
        ]
        if said := added_to(track, own, lambda entry: short(entry.name), number, figure):
            console.print(said)
        elif own and track.floor is None and (control := board.family.floor.get(track.name)):
            console.print(
                f"What they add is not known: {control.method}, the reference of the track "
                f"{track.name}, is not here; `perturb-evals leaderboard` says why."
            )


def _cells(pair: "ComparedPair") -> dict[str, str]:
    detectable = number(pair.detectable if math.isfinite(pair.detectable) else None)
    found = (pair.only_a, pair.only_b, pair.both, pair.neither)
    return {
        "A\nB": f"{short(pair.a.name)}\n{short(pair.b.name)}",
        "A - B": figure(pair.difference),
        "p": p_value(pair.p_randomised),
        "p Holm": p_value(pair.p_holm),
        **dict(zip(COUNTS, [detectable, *(f"{n:,}" for n in found)], strict=True)),
    }


def verdict(pair: "ComparedPair", comparison: "Comparison") -> str:
    """Return in a sentence whether the difference is real."""
    difference = pair.difference.value
    if difference is None or not math.isfinite(pair.p_holm):
        return "they cannot be told apart on these data: nothing can be ranked."
    if pair.p_holm >= SIGNIFICANT:
        if pair.alike:
            return "they score alike everywhere."
        said = f"no difference is shown (p {p_value(pair.p_holm)})"
        if not math.isfinite(pair.detectable):
            return f"{said}; these data cannot say how large one could be."
        return (
            f"{said}; one of {number(pair.detectable)} is found in 80% of cases, before Holm's "
            "correction."
        )
    a_leads = (difference > 0) == (comparison.better == "higher")
    leader = short(pair.a.name if a_leads else pair.b.name)
    return f"{leader} is better by {number(abs(difference))} (p {p_value(pair.p_holm)})."


def _show_discordant(console: "Console", pair: "ComparedPair") -> None:
    from rich.text import Text

    from perturb_evals.leaderboard.viewer import Transcripts

    if not pair.discordant:
        return
    asked = any(found.truth for found in pair.discordant)
    folder = _folder_of(pair)
    viewer = Transcripts(None if folder is None else VIEWER)
    links: list[str] = []
    rows: list[dict[str, str | Text]] = []
    for found in pair.discordant:
        to_a = viewer.sample(pair.a.result, found.a_sample)
        to_b = viewer.sample(pair.b.result, found.b_sample)
        links += [link for link in (to_a, to_b) if link]
        a, b = number(found.a_credit), number(found.b_credit)
        answers = (found.a_answer, found.b_answer) if asked else (a, b)
        rows.append(
            {
                "asked": short(found.unit),
                "truth": found.truth,
                "A": Text(answers[0], style=f"link {to_a}" if to_a else ""),
                "B": Text(answers[1], style=f"link {to_b}" if to_b else ""),
                **({"credit A": a, "credit B": b} if asked else {}),
            }
        )
    show_fitted(
        console,
        [
            FittedColumn("asked", left=True, folds=True),
            *(FittedColumn(name) for name in ("truth", "A", "credit A", "B", "credit B")),
        ],
        rows,
        bright=[True for _ in rows],
        title=f"Where {short(pair.a.name)} (A) and {short(pair.b.name)} (B) differ most"
        + (" (credit: 1 is right, 0 wrong)" if asked else ""),
    )
    if pair.n_more:
        said = f"{pair.n_more:,} more differ as much as the last one"
        first = "; those in more pairs of their gene come first" if asked else ""
        console.print(f"{said}{first}.", style="dim")
    if links:
        console.print(
            f"Answers are links while `inspect view --log-dir {folder}` runs; the first is",
            style="dim",
        )
        console.print(f"  {links[0]}", style="dim", soft_wrap=True)


def _folder_of(pair: "ComparedPair") -> str | None:
    """Return the folder that both runs stand in, as an argument of a shell; None for two."""
    runs = [entry.result for entry in (pair.a, pair.b) if entry.result is not None]
    folders = {run.log.removeprefix("file://").rpartition("/")[0] for run in runs}
    return shlex.quote(short(folders.pop() or ".", 200)) if len(folders) == 1 else None
