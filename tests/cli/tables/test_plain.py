"""Text from logs on a terminal."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perturb_evals.cli.tables.plain import plain


@pytest.mark.parametrize(
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
    assert not any(unicodedata.category(letter).startswith("C") for letter in shown)
    shown.encode("utf-8")
