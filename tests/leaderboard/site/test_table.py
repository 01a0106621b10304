import csv
import io
from math import nan
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perturb_evals.leaderboard.results.result import Figure
from perturb_evals.leaderboard.site.table import (
    Column,
    TableRow,
    figure,
    number,
    numbers,
    page_table,
    table_about,
    text,
)
from perturb_evals.leaderboard.text import MISSING
from perturb_evals.leaderboard.untrusted_text import visible

NAME = Column("Name", "A name.", ("name",))
VALUE = Column("Value", "A value.", ("value", "value_lower", "value_upper"), numeric=True)
# A CSV file is read back as written but for line ends within a cell.
WORDS = st.text(st.characters(exclude_categories=("Cs", "Cn"), exclude_characters="\r\n\0"))


def read(written: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(written)))


def test_a_csv_file_has_full_numbers_and_bounds_as_columns() -> None:
    value = figure(Figure(value=1 / 3, lower=-0.25, upper=None))
    table = page_table("t", "T", (NAME, VALUE), [TableRow((text("a"), value))])
    header, row = read(table.csv())
    assert header == ["name", "value", "value_lower", "value_upper"]
    assert row == ["a", repr(1 / 3), "-0.25", ""]
    assert table.file == "tables/t.csv"


@pytest.mark.parametrize("harm", ["=1+1", "+1", "-1", "@SUM(A1)", " =1", "\t=1", '=HYPERLINK("x")'])
def test_no_text_is_a_formula(harm: str) -> None:
    table = page_table("t", "T", (NAME,), [TableRow((text(harm),))])
    assert read(table.csv())[1] == [f"'{harm}".replace("\t", " ")]


def test_a_negative_number_is_no_formula() -> None:
    table = page_table("t", "T", (Column("V", ".", ("v",)),), [TableRow((number(-1.5, str),))])
    assert read(table.csv())[1] == ["-1.5"]


@given(WORDS)
def test_any_text_comes_back_and_is_no_formula(word: str) -> None:
    table = page_table("t", "T", (NAME,), [TableRow((text(word),))])
    rows = read(table.csv())
    got = rows[1][0] if rows[1] else ""
    shown = visible("".join(" " if letter in "\t\u2028\u2029" else letter for letter in word))
    assert got in (shown, f"'{shown}")
    assert not got.lstrip().startswith(("=", "+", "-", "@"))


@pytest.mark.parametrize(
    ("word", "shown"),
    [
        ("a\x1b[31mred\x07", "a[31mred"),
        ("\u202eevil\u200b", "evil"),
        ("a\tb\nc", "a b c"),
        ("\u200b=1+1", "'=1+1"),
        ("\x00\x1b@SUM", "'@SUM"),
        ("Zürich 🧬", "Zürich 🧬"),
    ],
)
def test_no_text_controls_what_shows_it(word: str, shown: str) -> None:
    table = page_table("t", "T", (NAME,), [TableRow((text(word),))])
    assert read(table.csv())[1] == [shown]


def test_an_undefined_figure_is_a_dash_with_its_reason() -> None:
    for nothing in (None, Figure(value=None)):
        cell = figure(nothing, why_missing="not run")
        assert (cell.text, cell.note, cell.sort) == (MISSING, "not run", None)
        assert cell.values == (None, None, None)


def test_columns_without_anything_are_not_shown_but_the_head_is() -> None:
    rows = [
        TableRow((figure(None), text(""), text("a"))),
        TableRow((figure(None), text(""), text(""))),
    ]
    columns = (VALUE, Column("System", ".", ("system",), heads=True), NAME)
    table = page_table("t", "T", columns, rows)
    assert table.head == 1
    assert table.filled == (1, 2)
    assert len(read(table.csv())[0]) == 5


def test_a_row_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="Table t"):
        page_table("t", "T", (NAME, VALUE), [TableRow((text("a"),))])
    with pytest.raises(ValueError, match="expected"):
        page_table("t", "T", (VALUE,), [TableRow((text("a"),))])


def test_columns_read_what_a_row_is_about() -> None:
    columns = (
        Column("Name", ".", ("name",), lambda found: text(found.name)),
        numbers("Age", ".", "age", str),
        numbers("Born", ".", "born", str, lambda found: 2026 - found.age),
        Column("None", ".", ("a", "b")),
    )
    people = [SimpleNamespace(name="old", age=80), SimpleNamespace(name="odd", age=nan)]
    table = table_about("t", "T", columns, people, muted=lambda found: found.name == "odd")
    assert read(table.csv())[1:] == [["old", "80", "1946", "", ""], ["odd", "", "", "", ""]]
    assert [[cell.text for cell in row.cells] for row in table.rows] == [
        ["old", "80", "1946", MISSING],
        ["odd", MISSING, MISSING, MISSING],
    ]
    assert [row.muted for row in table.rows] == [False, True]
    assert not table_about("t", "T", columns, [])


def test_a_linked_column_leads_somewhere_where_there_is_a_link() -> None:
    column = Column("Name", ".", ("name",), text).linked(lambda name: "a.html" * (name == "a"))
    table = table_about("t", "T", (column,), ["a", "b"])
    assert [row.cells[0].href for row in table.rows] == ["a.html", ""]
