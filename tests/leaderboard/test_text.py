import math
import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perturb_evals.leaderboard.results.result import Figure
from perturb_evals.leaderboard.text import (
    MINUS,
    MISSING,
    count,
    decimal,
    dollars,
    duration,
    interval,
    p_value,
    percent,
    with_interval,
)
from perturb_evals.leaderboard.untrusted_text import cut, harmless, visible


@pytest.mark.each(
    ("value", "shown"),
    [
        (0.8344, "0.834"),
        (-0.0561, f"{MINUS}0.056"),
        (0.0, "0.000"),
        (-0.0, "0.000"),
        (-1e-17, "0.000"),
        (0.00012, "1.2e-04"),
        (-0.00049, f"{MINUS}4.9e-04"),
        (1.3791, "1.379"),
        (12.345, "12.3"),
        (12345.6, "12,346"),
        (None, MISSING),
        (math.nan, MISSING),
        (math.inf, MISSING),
    ],
)
def test_decimal(value: float | None, shown: str) -> None:
    assert decimal(value) == shown


def test_a_difference_has_the_digits_of_what_it_is_between() -> None:
    assert decimal(-0.00043, 0.78) == "0.000"
    assert decimal(-0.00043, 0.00012) == f"{MINUS}4.3e-04"
    assert decimal(0.0123, 0.78) == "0.012"
    small = Figure(value=-0.00043, lower=-0.1, upper=0.0002)
    assert with_interval(small, 0.5) == f"0.000 [{MINUS}0.100, 0.000]"


def test_figures_are_shown_with_their_bounds() -> None:
    assert with_interval(Figure(value=0.5, lower=-0.1, upper=1)) == f"0.500 [{MINUS}0.100, 1.000]"
    assert with_interval(Figure(value=0.5)) == "0.500"
    assert with_interval(Figure(value=None)) == with_interval(None) == MISSING
    assert interval(Figure(value=0.5, lower=0.1)) == ""


@pytest.mark.each(
    ("share", "shown"),
    [(0, "0%"), (1, "100%"), (0.5, "50%"), (0.9999, "99.9%"), (0.0001, "0.1%"), (0.023, "2.3%")],
)
def test_a_share_near_an_end_is_not_rounded_to_it(share: float, shown: str) -> None:
    assert percent(share) == shown


@given(st.floats(0, 1, exclude_min=True, exclude_max=True))
def test_only_nothing_and_all_are_shown_as_such(share: float) -> None:
    assert percent(share) not in ("0%", "100%", "0.0%", "100.0%")


@pytest.mark.parametrize(
    ("number", "shown"),
    [(0, "0"), (9999, "9,999"), (12345, "12.3k"), (1_250_000, "1.25M"), (2e9, "2G")],
)
def test_count(number: float, shown: str) -> None:
    assert count(number) == shown


def test_units() -> None:
    assert [dollars(cost) for cost in (0, 0.004, 1.5, 1234)] == [
        "$0.00",
        "< $0.01",
        "$1.50",
        "$1,234.00",
    ]
    assert [duration(seconds) for seconds in (0.5, 90, 600, 36_000)] == [
        "0.5 s",
        "90 s",
        "10 min",
        "10 h",
    ]
    assert [p_value(p) for p in (1e-5, 0.0499, 1)] == ["< 0.001", "0.050", "1.000"]


@pytest.mark.each("shown", [decimal, percent, count, dollars, duration, p_value])
def test_what_is_not_known_is_a_dash(shown: object) -> None:
    assert callable(shown)
    assert shown(None) == shown(math.nan) == MISSING


FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\uff1d1+1", "\uff0b1", "\uff0d1", "\uff20A1"]
FORMULAS += ["\ufe661", "\ufe62"]
BEFORE = ["", " ", "\t", "\r", "\n", "\u00a0", "\u3000", "\u200b", "\ufeff", "\x00", "\u2028"]
BEFORE += ["\u202e", "\x1b[31m"]


@pytest.mark.each("formula", FORMULAS)
@pytest.mark.each("before", BEFORE)
def test_no_text_is_a_formula(before: str, formula: str) -> None:
    """Full-width and small signs count too, behind whatever white space or nothing at all."""
    shown = harmless(before + formula)
    assert shown[0] == "'" or (before.startswith("\x1b") and shown[0] == "[")


STEERING = "\x1b[31m\x9b31m\x1b]0;title\x07\x00\x08\x7f"
STEERING += "\u202e\u2066\u2069\u200b\u200e\u2060\u2028\ufeff\ud800\U000e0041"
UNSEEN = ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")


def test_what_steers_is_left_out() -> None:
    assert visible(f"a{STEERING}b") == "a[31m31m]0;titleb"
    assert visible("a\tb\nc d\u00e9\u2014\U0001f600") == "a\tb\nc d\u00e9\u2014\U0001f600"
    for letter in map(chr, [*range(0x20000), *range(0xE0000, 0xE0200), sys.maxunicode]):
        category = unicodedata.category(letter)
        if category in UNSEEN:
            assert visible(letter) == (letter if letter in "\t\n\r" else ""), hex(ord(letter))
        elif category != "Cn" and letter < "\U000e0000":
            assert visible(letter) == letter, hex(ord(letter))


def test_long_texts_are_cut() -> None:
    assert cut("a" * 20, 20) == "a" * 20
    assert cut("a" * 2000, 10) == "a" * 10 + "\u2026 (1,990 characters more)"
