"""Text from logs on a terminal."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perturb_evals.cli.tables.terminal import console, figure, number, short
from perturb_evals.leaderboard.results.result import Figure
from perturb_evals.leaderboard.untrusted_text import plain


def test_numbers_have_no_leading_zero():
    assert [number(x) for x in (0.5964, -0.02, 1.379, -1.0, 0.0)] == [
        ".596",
        "-.020",
        "1.379",
        "-1.000",
        ".000",
    ]
    assert number(-0.0001) == ".000"
    assert number(None) == "-"
    assert number(0.25, 2) == ".25"


def test_figures():
    assert figure(Figure(value=0.5961, lower=0.551, upper=0.639)) == ".596 [.55, .64]"
    assert figure(Figure(value=0.5)) == ".500"
    assert figure(Figure(value=None)) == "-"
    assert figure(None) == ""


def test_text_of_logs_is_one_short_line():
    assert short("a\nb\x1b[31m\tc") == "a b[31m c"
    assert short("x" * 100, 10) == "xxxxxxxxx…"


def test_markup_stays_text(capsys):
    console(40).print("[bold]x[/bold] :smile:")
    assert capsys.readouterr().out == "[bold]x[/bold] :smile:\n"


@pytest.mark.each(
    ("text", "shown"),
    [
        ("", ""),
        ("GPT-4o mini, à la carte → β", "GPT-4o mini, à la carte → β"),
        ("a\n\tb\r\nc", "a b c"),
        ("\x1b[31mred\x1b[0m", "[31mred[0m"),
        ("\x1b]8;;http://x\x07link", "]8;;http://xlink"),
        ("safe\u202egpj.exe\u200b", "safegpj.exe"),
        ("half\ud800", "half"),
        ("[bold]not[/bold]", "[bold]not[/bold]"),
    ],
)
def test_controls_are_left_out(text, shown):
    assert plain(text) == shown


@given(text=st.text(st.characters()))
def test_any_text_is_one_line_that_can_be_printed(text):
    shown = plain(text)
    assert shown == plain(shown)
    assert len(shown.splitlines()) <= 1
    assert not {"Cc", "Cf", "Cs", "Co"} & set(map(unicodedata.category, shown))
    shown.encode("utf-8")
