"""The one sentence of a comparison: no more than p and the paired interval say."""

import io
import math
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from perturb_evals.cli.tables.compare import is_shown, show_comparison, show_who_is_better
from perturb_evals.families.outcome import MeanOutcome
from perturb_evals.leaderboard.comparison import ComparedPair, Comparison
from perturb_evals.leaderboard.entries import Entry
from perturb_evals.leaderboard.results.result import Figure

OUTCOME = MeanOutcome(("P",), np.zeros(1), ("id/P",))


def entry(name: str, value: float | None, kind: Any = "system", track: str = "none") -> Entry:
    bounds = {} if value is None else {"lower": value - 0.1, "upper": value + 0.1}
    figure = Figure(value=value, **bounds)
    return Entry(name, name, kind, "ask", track, (), figure, OUTCOME, None)


def pair(a: Entry, b: Entry, p_holm: float = 0.001, width: float = 0.01) -> ComparedPair:
    difference = Figure(value=None)
    if a.figure.value is not None and b.figure.value is not None:
        value = a.figure.value - b.figure.value
        difference = Figure(value=value, lower=value - width, upper=value + width)
    return ComparedPair(a, b, difference, p_holm, p_holm, p_holm, 1, 1, 1, 1, 0.1, (), 0)


def comparison(*pairs: ComparedPair, better: Any = "higher") -> Comparison:
    about = ("key", "", (), "t on c", "score", better, "questions", 40, 20)
    return Comparison(*about, tuple(pairs))


def said(found: Comparison, show: Any = show_who_is_better) -> str:
    out = io.StringIO()
    show(Console(file=out, width=200, markup=False, highlight=False), found)
    return out.getvalue().rstrip("\n")


A, B, C, D = (entry(name, 0.9 - 0.1 * at) for at, name in enumerate("abcd"))


@pytest.mark.parametrize("better", ["higher", "lower"])
def test_of_two_the_better_one_leads_whatever_their_order(better: Any) -> None:
    first, second = ("a", "b") if better == "higher" else ("b", "a")
    values = {"a": ".900 [.80, 1.00]", "b": ".800 [.70, .90]"}
    for found in (pair(A, B), pair(B, A)):
        assert said(comparison(found, better=better)) == (
            f"t on c: {first} ({values[first]}) is better than {second} ({values[second]}): "
            ".100 [.09, .11], p 0.001."
        )


def test_p_or_the_interval_alone_show_no_difference() -> None:
    for unclear in (pair(A, B, p_holm=0.05), pair(A, B, width=0.1), pair(A, B, p_holm=math.nan)):
        assert not is_shown(unclear)
        assert "t on c: no difference is shown between a (" in said(comparison(unclear))
    assert is_shown(pair(A, B))


def test_of_several_the_best_is_held_against_all_others() -> None:
    clear = [pair(A, B), pair(C, A, p_holm=0.01), pair(B, C, p_holm=0.9)]
    assert said(comparison(*clear)) == (
        "t on c: a (.900 [.80, 1.00]) is better than each of the 2 others (largest p Holm 0.010)."
    )
    some = [pair(A, B, p_holm=0.4), pair(A, C), pair(B, C)]
    assert said(comparison(*some)).endswith(
        ") has the highest score and is shown to be better than 1 of the 2 others; no difference "
        "is shown from b."
    )
    none = [pair(A, B, p_holm=0.4), pair(A, C, p_holm=0.4), pair(B, C)]
    assert said(comparison(*none, better="higher")).endswith(
        ") has the highest score; no difference is shown from b, c."
    )


def test_what_reads_the_truth_is_not_called_better_while_others_can_be() -> None:
    oracle = entry("oracle", 1.0, kind="truth")
    assert said(comparison(pair(A, B), pair(oracle, A), pair(oracle, B))).startswith("t on c: a (")
    assert said(comparison(pair(A, oracle))).startswith("t on c: oracle (")


def test_where_no_headline_is_defined_nobody_is_better() -> None:
    nothing = pair(entry("a", None), entry("b", None), p_holm=math.nan)
    assert said(comparison(nothing)) == "t on c: nobody can be called better: score is undefined."


def test_of_many_pairs_those_with_the_best_are_listed_and_the_others_counted() -> None:
    pairs = [pair(A, B), pair(A, C), pair(A, D), pair(B, C), pair(B, D), pair(C, D)]
    shown = said(comparison(*pairs), show_comparison)
    assert "3 of 6 pairs. " in shown
    assert "same training rows" not in shown
    apart = said(comparison(pair(A, entry("wide", 0.8, track="cross"))), show_comparison)
    assert "Not all of them were allowed to read the same training rows." in apart
    assert "pairs. " not in apart.replace("for all pairs. ", "")
