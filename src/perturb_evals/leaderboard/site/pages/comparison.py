"""The page of a comparison: all pairs, and the questions on which they differ most."""

from collections.abc import Sequence
from typing import Any

from perturb_evals.leaderboard.comparison import ComparedPair, Comparison, Discordant
from perturb_evals.leaderboard.entries import Entry
from perturb_evals.leaderboard.site.columns import compared as columns
from perturb_evals.leaderboard.site.page import Page, Plot, board_stem, short_hash, system_stem
from perturb_evals.leaderboard.site.plots.of_board import both_widths
from perturb_evals.leaderboard.site.plots.rows import Group, Guide, Line
from perturb_evals.leaderboard.site.plots.svg import Words
from perturb_evals.leaderboard.site.table import Column, table_about
from perturb_evals.leaderboard.text import few_perturbations
from perturb_evals.leaderboard.viewer import Transcripts

PAIRS = (
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
    return f"compare-{short_hash(board_of(comparison), comparison.track, *systems)}.html"


def comparison_title(comparison: Comparison) -> str:
    """Return what is compared, on which board and in which track."""
    names = ", ".join(entry.name for entry in systems_of(comparison))
    return f"{_place(comparison)}: {names}"


def _place(comparison: Comparison) -> str:
    return comparison.title + (f", track {comparison.track}" if comparison.track else "")


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
    file, systems = comparison_file(comparison), systems_of(comparison)
    stem = file.removesuffix(".html")
    listed = _listed(comparison.pairs)
    names = [f"{stem}-{n}" for n in range(1, len(listed) + 1)]
    hrefs = {id(pair): f"#{name}" for pair, name in zip(listed, names, strict=True)}
    pairs = table_about(
        f"{stem}-pairs",
        f"All pairs of the {len(systems)} compared",
        (columns.PAIR.linked(lambda pair: hrefs.get(id(pair), "")), *PAIRS),
        comparison.pairs,
    )
    details = [
        _details(pair, comparison.unit, name, transcripts)
        for pair, name in zip(listed, names, strict=True)
    ]
    plot = _plot(comparison, stem)
    return Page(
        file=file,
        template="comparison.html",
        title=f"Comparison: {_place(comparison)}",
        values={
            "comparison": comparison,
            "few": few_perturbations(comparison.n_perturbations),
            "chosen": _chosen(comparison),
            "systems": [(e.name, f"{system_stem(e.kind, e.name)}.html") for e in systems],
            "board": board_of(comparison),
            "pairs": pairs,
            "plot": plot,
            "details": details,
            "unlisted": len(comparison.pairs) - len(listed),
        },
        tables=(pairs, *(found["table"] for found in details)),
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


def _listed(pairs: Sequence[ComparedPair]) -> list[ComparedPair]:
    """Return the pairs whose questions are listed: those with more systems, fewer baselines.

    Two baselines are listed only where nothing but baselines is compared.
    """
    systems = {id(pair): (pair.a.kind == "system") + (pair.b.kind == "system") for pair in pairs}
    wanted = [pair for pair in pairs if systems[id(pair)]] or pairs
    return sorted(wanted, key=lambda pair: -systems[id(pair)])[:LISTED]


def _plot(comparison: Comparison, stem: str) -> Plot:
    lines = [
        # A difference is no system, so it has no model's mark.
        Line(columns.pair_name(pair), "baseline", pair.difference)
        for pair in comparison.pairs
    ]
    about = (
        f"Differences of {len(lines)} pairs in {comparison.headline} with paired 95% intervals. "
        "The table holds all numbers."
    )
    return both_widths(
        f"{stem}-differences",
        [Group("", lines)],
        f"difference in {comparison.headline}, {comparison.better} is better",
        Guide(0.0, "no difference"),
        Words(_place(comparison), about),
        "Lines are paired 95% intervals over perturbations.",
    )


def _details(pair: ComparedPair, unit: str, name: str, transcripts: Transcripts) -> dict[str, Any]:
    """Return what the page shows of a pair; links stand on the answers, or else on the scores."""
    rows = pair.discordant
    with_answers = any(row.truth for row in rows)

    def to_a(row: Discordant) -> str:
        return transcripts.sample(pair.a.result, row.a_sample)

    def to_b(row: Discordant) -> str:
        return transcripts.sample(pair.b.result, row.b_sample)

    shown: tuple[Column, ...] = (
        columns.UNIT,
        columns.CREDIT_A.linked(to_a),
        columns.CREDIT_B.linked(to_b),
    )
    if with_answers:
        shown = (
            columns.UNIT,
            columns.TRUTH,
            columns.ANSWER_A.linked(to_a),
            columns.ANSWER_B.linked(to_b),
            columns.CREDIT_A,
            columns.CREDIT_B,
        )
    agree = "They agree everywhere." if pair.alike else "They cannot be told apart on these data."
    caption = f"The {len(rows)} on which they differ most"
    return {
        "id": name,
        "a": pair.a.name,
        "b": pair.b.name,
        "table": table_about(name, caption, shown, rows, plain=True),
        "said": _more(pair.n_more, unit, with_answers) if rows else agree,
    }


def _more(n: int, unit: str, with_answers: bool) -> str:
    """Return how many that are not listed differ as much as the last one, and why these are."""
    if not n:
        return ""
    differ = f"{unit.removesuffix('s')} differs" if n == 1 else f"{unit} differ"
    said = f"{n:,} more {differ} as much as the last one listed."
    if with_answers:
        said += " Of equal differences those of questions in more pairs of their gene come first."
    return said
