"""A comparison in words and tables."""

import math
import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING

from perturb_evals.cli.tables.fitted import FittedColumn, show_fitted
from perturb_evals.cli.tables.terminal import figure, number, short
from perturb_evals.leaderboard.figures import turned
from perturb_evals.leaderboard.text import few_perturbations, p_value
from perturb_evals.leaderboard.value_added import added_to
from perturb_evals.metrics.intervals import ROUNDING

if TYPE_CHECKING:
    from rich.console import Console

    from perturb_evals.leaderboard.boards import Board
    from perturb_evals.leaderboard.comparison import ComparedPair, Comparison
    from perturb_evals.leaderboard.entries import Entry

SIGNIFICANT = 0.05
PERTURBATIONS = "perturbations"
COUNTS = ("detectable", "only A", "only B", "both", "neither")
NAMED = 3
"""Systems that the sentence names among those from which no difference is shown."""

LISTED = 3
"""Pairs whose most discordant questions are listed: those of three systems."""

VIEWER = "http://127.0.0.1:7575/"
"""Where `inspect view` listens unless it is told otherwise."""


def show_comparison(console: "Console", comparison: "Comparison") -> None:
    """Print in a sentence who is better, and a table of the pairs; of many those with the best."""
    show_who_is_better(console, comparison)
    pairs = list(comparison.pairs)
    if len(pairs) > LISTED:
        _, pairs = _best_and_its_pairs(comparison)
    _show_pairs(console, comparison, pairs, ())
    if any(map(_tracks_differ, comparison.pairs)):
        console.print("Not all of them were allowed to read the same training rows.")
    n = len(comparison.pairs)
    said = f"{len(pairs)} of {n} pairs. " if len(pairs) < n else ""
    console.print(
        f"{said}p Holm: adjusted for all pairs. --verbose: more on each pair, and what systems add "
        "to their reference.\n",
        style="dim",
    )


def show_all(console: "Console", comparison: "Comparison", board: "Board") -> None:
    """Print the same with all columns, how to read them, each verdict, and what systems add.

    For few pairs also where they differ most.

    Args:
        console: Where.
        comparison: The pairs.
        board: Their board.
    """
    show_who_is_better(console, comparison)
    _show_pairs(console, comparison, comparison.pairs, COUNTS)
    console.print(
        "p: the systems' answers are swapped by perturbation, after ranking them within each gene. "
        "p Holm: adjusted for all pairs here. detectable: the smallest difference that so many "
        "perturbations show with 80% power, before that adjustment. only A: A got it, B missed it.",
        style="dim",
    )
    _show_added(console, comparison, board)
    for pair in comparison.pairs:
        if _tracks_differ(pair):
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


def show_who_is_better(console: "Console", comparison: "Comparison") -> None:
    """Print in a sentence which of all systems is better, and whether that is shown."""
    console.print(f"{short(comparison.title)}: {_who_is_better(comparison)}")


def _who_is_better(comparison: "Comparison") -> str:
    best, own = _best_and_its_pairs(comparison)
    if best is None:
        return f"nobody can be called better: {comparison.headline} is undefined."
    alike = [pair for pair in own if not is_shown(pair)]
    who = f"{short(best.name)} ({figure(best.figure)})"
    if len(own) == 1:
        (pair,) = own
        other = _other(pair, best)
        said = f"no difference is shown between {who} and" if alike else f"{who} is better than"
        # Turned for errors, and for a pair whose second is the best.
        lead = turned(pair.difference) if (pair.difference.value or 0.0) < 0 else pair.difference
        p = p_value(pair.p_holm)
        return f"{said} {short(other.name)} ({figure(other.figure)}): {figure(lead)}, p {p}."
    if not alike:
        p = p_value(max(pair.p_holm for pair in own))
        return f"{who} is better than each of the {len(own)} others (largest p Holm {p})."
    named = [short(_other(pair, best).name) for pair in alike[:NAMED]]
    named += [f"{len(alike) - NAMED} more"] if len(alike) > NAMED else []
    most = "highest" if comparison.better == "higher" else "lowest"
    said = f"{who} has the {most} {comparison.headline}"
    if shown := len(own) - len(alike):
        said += f" and is shown to be better than {shown} of the {len(own)} others"
    return f"{said}; no difference is shown from {', '.join(named)}."


def _best_and_its_pairs(
    comparison: "Comparison",
) -> "tuple[Entry | None, list[ComparedPair]]":
    """Return who has the best headline, and its pairs; None and no pairs where none has one.

    What reads the truth counts only where nothing else is compared.
    """
    pairs = [pair for pair in comparison.pairs if "truth" not in (pair.a.kind, pair.b.kind)]
    pairs = pairs or list(comparison.pairs)
    both = (entry for pair in pairs for entry in (pair.a, pair.b))
    values = [(entry.figure.value, entry) for entry in both if entry.figure.value is not None]
    if not values:
        return None, []
    _, best = (max if comparison.better == "higher" else min)(values, key=lambda found: found[0])
    return best, [pair for pair in pairs if best in (pair.a, pair.b)]


def _other(pair: "ComparedPair", entry: "Entry") -> "Entry":
    return pair.b if pair.a is entry else pair.a


def is_shown(pair: "ComparedPair") -> bool:
    """Whether a pair differs: by Holm's p, and by the paired interval, which leaves out zero."""
    lower, upper = pair.difference.lower, pair.difference.upper
    if lower is None or upper is None or not pair.p_holm < SIGNIFICANT:
        return False
    return lower > ROUNDING or upper < -ROUNDING


def _tracks_differ(pair: "ComparedPair") -> bool:
    return pair.a.track != pair.b.track or pair.a.lines != pair.b.lines


def _show_pairs(
    console: "Console",
    comparison: "Comparison",
    pairs: "Sequence[ComparedPair]",
    counts: Sequence[str],
) -> None:
    n = f"{comparison.n_perturbations:,} {PERTURBATIONS}"
    asked = f"{comparison.n_units:,} {comparison.unit} on {n}"
    console.print(
        f"{comparison.headline}, {comparison.better} is better; "
        f"{n if comparison.unit == PERTURBATIONS else asked}",
        style="bold",
    )
    if few := few_perturbations(comparison.n_perturbations):
        console.print(f"{few[0].upper()}{few[1:]}.")
    show_fitted(
        console,
        [
            FittedColumn("A\nB", left=True, folds=True),
            *(FittedColumn(name) for name in ("A - B", "p", "p Holm")),
            *(FittedColumn(name, spare=True) for name in counts),
        ],
        [_cells(pair) for pair in pairs],
        bright=[True for _ in pairs],
    )


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
    if not is_shown(pair):
        if pair.alike:
            return "they score alike everywhere."
        said = f"no difference is shown (p {p_value(pair.p_holm)})"
        if pair.p_holm < SIGNIFICANT:
            return f"{said}: the paired interval does not leave out zero."
        if not math.isfinite(pair.detectable):
            return f"{said}; these data cannot say how large one could be."
        return (
            f"{said}; one of {number(pair.detectable)} is found in 80% of cases, before Holm's "
            "correction."
        )
    a_leads = (difference > 0) == (comparison.better == "higher")
    leader = short(pair.a.name if a_leads else pair.b.name)
    by = figure(pair.difference if difference > 0 else turned(pair.difference))
    return f"{leader} is better by {by} (p {p_value(pair.p_holm)})."


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
