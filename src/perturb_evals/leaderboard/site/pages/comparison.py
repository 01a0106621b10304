"""The page of a comparison: all pairs, and the questions on which they differ most."""

import math
from collections.abc import Sequence
from typing import Any

from perturb_evals.leaderboard.comparison import Comparison, Discordant, Pair
from perturb_evals.leaderboard.entries import Entry
from perturb_evals.leaderboard.site import columns
from perturb_evals.leaderboard.site.links import Transcripts, board_stem, short_hash, system_page
from perturb_evals.leaderboard.site.number_text import MINUS, count, decimal, p_value
from perturb_evals.leaderboard.site.page import Page, Plot
from perturb_evals.leaderboard.site.plots.interval import Guide, Line, interval_plot
from perturb_evals.leaderboard.site.table import (
    Cell,
    Column,
    Table,
    TableRow,
    figure,
    number,
    table_of,
    text,
)

PAIRS = (
    columns.PAIR,
    columns.PAIR_DIFFERENCE,
    columns.P_BOOTSTRAP,
    columns.P_RANDOMISED,
    columns.P_HOLM,
    columns.ONLY_A,
    columns.ONLY_B,
    columns.BOTH,
    columns.NEITHER,
    columns.DETECTABLE,
)
MOST_COMPARED = 6
"""Systems and baselines of a track that are compared, in 15 pairs; more would fill the site."""

LISTED = 6
"""Pairs of a comparison whose most discordant questions are listed; it keeps the site small."""


def comparison_file(comparison: Comparison) -> str:
    """Return the name of its page."""
    systems = [entry.system for pair in comparison.pairs for entry in (pair.a, pair.b)]
    place = (board_of(comparison), comparison.track)
    return f"compare-{short_hash(*place, *systems)}.html"


def comparison_title(comparison: Comparison) -> str:
    """Return what is compared, on which board and in which track."""
    names = ", ".join(entry.name for entry in systems_of(comparison))
    return f"{_place(comparison)}: {names}"


def _place(comparison: Comparison) -> str:
    track = f", track {comparison.track}" if comparison.track else ""
    return f"{comparison.title}{track}"


def systems_of(comparison: Comparison) -> list[Entry]:
    """Return its systems, once each, in their order."""
    found = {id(e): e for pair in comparison.pairs for e in (pair.a, pair.b)}
    return list(found.values())


def board_of(comparison: Comparison) -> str:
    """Return the URL of its board."""
    run = next(entry.result for entry in systems_of(comparison) if entry.result is not None)
    return f"{board_stem(run.board_key, run.data_sha256)}.html"


def comparison_page_of(comparison: Comparison, transcripts: Transcripts) -> Page:
    """Return the page of a comparison.

    Args:
        comparison: At least one pair.
        transcripts: Links into the log viewer.
    """
    file = comparison_file(comparison)
    stem = file.removesuffix(".html")
    listed = _listed(comparison.pairs)
    pairs = table_of(
        f"{stem}-pairs",
        f"All pairs of the {len(systems_of(comparison))} compared",
        PAIRS,
        [
            _pair(pair, f"#{stem}-{listed.index(pair) + 1}" if pair in listed else "")
            for pair in comparison.pairs
        ],
    )
    details = [
        _details(pair, comparison, f"{stem}-{n}", transcripts) for n, pair in enumerate(listed, 1)
    ]
    plot = _plot(comparison, stem)
    return Page(
        file=file,
        template="comparison.html",
        title=f"Comparison: {_place(comparison)}",
        values={
            "comparison": comparison,
            "chosen": _chosen(comparison),
            "systems": [(entry.name, system_page(entry)) for entry in systems_of(comparison)],
            "board": board_of(comparison),
            "pairs": pairs,
            "plot": plot,
            "details": details,
            "unlisted": len(comparison.pairs) - len(listed),
        },
        tables=(pairs, *(found["table"] for found in details if found["table"])),
        plots=(plot,),
    )


def _chosen(comparison: Comparison) -> str:
    """Return how many of a track's ranked systems are compared; empty for those chosen by hand."""
    if not comparison.track:
        return ""
    compared, left_out = systems_of(comparison), comparison.left_out
    numbers = []
    for kind in ("system", "baseline"):
        n, more = (sum(e.kind == kind for e in found) for found in (compared, left_out))
        if n + more:
            of = f"the best {n} of {n + more}" if more else str(n)
            numbers.append(f"{of} {kind if n + more == 1 else kind + 's'}")
    said = " and ".join(numbers)
    if not left_out:
        return f"Compared are all that are ranked in this track: {said}."
    total = len(compared) + len(left_out)
    return (
        f"Of the {total} ranked in this track {len(compared)} are compared: {said}, by the "
        "headline. The best baseline always has a place; other baselines take what systems leave."
    )


def _listed(pairs: Sequence[Pair]) -> list[Pair]:
    """Return the pairs whose questions are listed: those with more systems, fewer baselines.

    Two baselines are listed only where nothing but baselines is compared.
    """
    systems = {id(pair): (pair.a.kind == "system") + (pair.b.kind == "system") for pair in pairs}
    wanted = [pair for pair in pairs if systems[id(pair)]] or pairs
    return sorted(wanted, key=lambda pair: -systems[id(pair)])[:LISTED]


def _pair(pair: Pair, href: str) -> TableRow:
    name = f"{pair.a.name} {MINUS} {pair.b.name}"
    note = "their answers rank alike" if pair.alike else ""
    return TableRow(
        (
            Cell(name, (pair.a.name, pair.b.name), name.casefold(), note, href, log=True),
            figure(pair.difference),
            _number(pair.p_bootstrap, p_value(pair.p_bootstrap)),
            _number(pair.p_randomised, p_value(pair.p_randomised)),
            _number(pair.p_holm, p_value(pair.p_holm)),
            number(pair.only_a, count(pair.only_a)),
            number(pair.only_b, count(pair.only_b)),
            number(pair.both, count(pair.both)),
            number(pair.neither, count(pair.neither)),
            _number(pair.detectable, decimal(pair.detectable)),
        )
    )


def _number(value: float, shown: str) -> Cell:
    return number(value if math.isfinite(value) else None, shown)


def _plot(comparison: Comparison, stem: str) -> Plot:
    lines = [
        Line(f"{pair.a.name} {MINUS} {pair.b.name}", "system", pair.difference)
        for pair in comparison.pairs
    ]
    xlabel = f"difference in {comparison.headline}, {comparison.better} is better"
    return Plot(
        f"{stem}-differences",
        interval_plot(lines, xlabel, [Guide(0.0, "no difference")], _place(comparison)),
        f"Differences of {len(lines)} pairs in {comparison.headline} with paired 95% intervals. "
        "The table holds all numbers.",
        "Lines are paired 95% intervals over perturbations.",
    )


def _details(
    pair: Pair, comparison: Comparison, name: str, transcripts: Transcripts
) -> dict[str, Any]:
    questions = any(row.truth for row in pair.discordant)
    rows = [_discordant(row, pair, transcripts, questions) for row in pair.discordant]
    shown: tuple[Column, ...] = (columns.UNIT, columns.CREDIT_A, columns.CREDIT_B)
    if questions:
        shown = (
            columns.UNIT,
            columns.TRUTH,
            columns.ANSWER_A,
            columns.ANSWER_B,
            columns.CREDIT_A,
            columns.CREDIT_B,
        )
    table: Table | None = None
    if rows:
        table = table_of(
            name, f"The {len(rows)} on which they differ most", shown, rows, plain=True
        )
    agree = "They agree everywhere." if pair.alike else "They cannot be told apart on these data."
    return {
        "id": name,
        "a": pair.a.name,
        "b": pair.b.name,
        "table": table,
        "said": _more(pair.n_more, questions) if rows else agree,
    }


def _more(n: int, questions: bool) -> str:
    """Return how many that are not listed differ as much as the last one, and why these are."""
    if not n:
        return ""
    what = "question" if questions else "perturbation"
    differ = f"{what} differs" if n == 1 else f"{what}s differ"
    said = f"{n:,} more {differ} as much as the last one listed."
    if questions:
        said += " Of equal differences those of questions in more pairs of their gene come first."
    return said


def _discordant(row: Discordant, pair: Pair, transcripts: Transcripts, questions: bool) -> TableRow:
    unit = text(row.unit)
    links = (
        transcripts.sample(pair.a.result, row.a_sample),
        transcripts.sample(pair.b.result, row.b_sample),
    )
    got = (
        Cell(decimal(row.a_credit), (row.a_credit,), row.a_credit),
        Cell(decimal(row.b_credit), (row.b_credit,), row.b_credit),
    )
    if not questions:
        linked = tuple(
            Cell(cell.text, cell.values, cell.sort, href=href)
            for cell, href in zip(got, links, strict=True)
        )
        return TableRow((unit, *linked))
    answers = (
        text(row.a_answer, href=links[0]),
        text(row.b_answer, href=links[1]),
    )
    return TableRow((unit, text(row.truth), *answers, *got))
