"""The page of a comparison: all pairs, and the questions on which they differ most."""

from collections.abc import Sequence
from typing import Any

from perturb_evals.leaderboard.comparison import Comparison, Discordant, Pair
from perturb_evals.leaderboard.entries import Entry
from perturb_evals.leaderboard.site import columns
from perturb_evals.leaderboard.site.interval_plot import Guide, Line, interval_plot
from perturb_evals.leaderboard.site.links import Transcripts, board_stem, short_hash, system_page
from perturb_evals.leaderboard.site.number_text import MINUS, count, decimal, p_value
from perturb_evals.leaderboard.site.page import Page, Plot
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
LISTED = 6
"""Pairs of a comparison whose most discordant questions are listed; it keeps the site small."""


def comparison_file(comparison: Comparison) -> str:
    """Return the name of its page."""
    systems = [entry.system for pair in comparison.pairs for entry in (pair.a, pair.b)]
    place = (board_of(comparison), comparison.track)
    return f"compare-{short_hash(*place, *systems)}.html"


def comparison_title(comparison: Comparison) -> str:
    """Return what is compared, on which board."""
    names = ", ".join(entry.name for entry in systems_of(comparison))
    track = f", track {comparison.track}" if comparison.track else ""
    return f"{comparison.title}{track}: {names}"


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
        "Every two systems",
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
        title=comparison.title,
        values={
            "comparison": comparison,
            "systems": [(entry.name, system_page(entry)) for entry in systems_of(comparison)],
            "board": board_of(comparison),
            "pairs": pairs,
            "plot": plot,
            "details": details,
            "left_out": len(comparison.pairs) - len(listed),
        },
        tables=(pairs, *(found["table"] for found in details if found["table"])),
        plots=(plot,),
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
    return TableRow(
        (
            Cell(name, (pair.a.name, pair.b.name), name.casefold(), href=href, log=True),
            figure(pair.difference),
            number(pair.p_bootstrap, p_value(pair.p_bootstrap)),
            number(pair.p_randomised, p_value(pair.p_randomised)),
            number(pair.p_holm, p_value(pair.p_holm)),
            number(pair.only_a, count(pair.only_a)),
            number(pair.only_b, count(pair.only_b)),
            number(pair.both, count(pair.both)),
            number(pair.neither, count(pair.neither)),
            number(pair.detectable, decimal(pair.detectable)),
        )
    )


def _plot(comparison: Comparison, stem: str) -> Plot:
    lines = [
        Line(f"{pair.a.name} {MINUS} {pair.b.name}", "system", pair.difference)
        for pair in comparison.pairs
    ]
    xlabel = f"difference in {comparison.headline}, {comparison.better} is better"
    return Plot(
        f"{stem}-differences",
        interval_plot(lines, xlabel, [Guide(0.0, "no difference")], comparison.title),
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
    return {"id": name, "a": pair.a.name, "b": pair.b.name, "table": table}


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
