"""Tables that fit: nothing is cut off, whatever the width of the terminal."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from perturb_evals.cli.tables.fitted import FittedColumn, show_fitted

COLUMNS = [
    FittedColumn("rank"),
    FittedColumn("system", left=True, folds=True),
    FittedColumn("headline", left=True),
    FittedColumn("skill", spare=True),
    FittedColumn("tokens", spare=True),
    FittedColumn("time", spare=True),
]
ROWS = [
    {
        "rank": "1=",
        "system": "openai/gpt-4o, temperature=0.6",
        "headline": ".563 [.39, .71]",
        "skill": ".126",
        "tokens": "1,204k",
        "time": "1,041 s",
    },
    {"rank": "12", "system": "random_scores (baseline)", "headline": ".499 [.44, .55]"},
]


def shown(width: int, rows: list[dict[str, str]] = ROWS) -> str:
    out = io.StringIO()
    console = Console(file=out, width=width, highlight=False, markup=False, emoji=False)
    show_fitted(console, COLUMNS, rows, bright=[True] * len(rows), title="A title")
    return out.getvalue()


def test_with_room_all_columns_stand_in_the_table():
    said = shown(120)
    (head,) = [line for line in said.splitlines() if "rank" in line]
    assert head.split() == ["rank", "system", "headline", "skill", "tokens", "time"]
    assert said.count("tokens") == 1
    assert "openai/gpt-4o, temperature=0.6" in said


def test_the_last_columns_go_below_first():
    said = shown(64)
    (head,) = [line for line in said.splitlines() if "rank" in line]
    assert head.split() == ["rank", "system", "headline", "skill"]
    below = "openai/gpt-4o, temperature=0.6: tokens 1,204k, time 1,041 s"
    assert below in " ".join(said.split())
    assert "random_scores (baseline): " not in said  # it has no usage


@pytest.mark.each("width", range(56, 130, 2))
def test_no_number_is_cut_or_broken(width: int):
    said = shown(width)
    for row in ROWS:
        for name, text in row.items():
            assert name == "system" or text in " ".join(said.split()) or text in said
    assert "…" not in said
    assert max(map(len, said.splitlines())) <= width


def test_a_column_that_is_empty_in_all_rows_is_left_out():
    assert "skill" not in shown(120, [{"rank": "1", "system": "A", "headline": ".5"}])


names = st.text("abcdefghij/ -", min_size=1, max_size=60).filter(str.strip)


@given(names, st.integers(1, 200))
def test_every_letter_of_a_name_is_shown_at_any_width(name: str, width: int):
    said = shown(width, [{"rank": "1", "system": name, "headline": ".5"}])
    assert "…" not in said
    for letter in set(name) - {" "}:
        # Heads and title have letters too, so there are at least as many. Three columns of one
        # letter need 13 characters.
        assert said.count(letter) >= name.count(letter) or width < 13
