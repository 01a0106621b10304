"""Tables as pages show them and as CSV files."""

import csv
import io
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from perturb_evals.leaderboard.results.result import Figure
from perturb_evals.leaderboard.site.number_text import MISSING, decimal, interval

Value = str | float | int | bool | None

FORMULA = ("=", "+", "-", "@")
"""What makes a spreadsheet take a text for a formula, after white space too."""


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes:
        label: Its heading.
        about: What it says, in a sentence: shown as a tooltip and on the page of methods.
        fields: Names of its columns in the CSV file, one for each of a cell's values.
        numeric: Whether it holds numbers, which are aligned to the right.
        heads: Whether it heads the rows; where no column does, the first one.
        wide: Whether it holds sentences.
    """

    label: str
    about: str
    fields: tuple[str, ...]
    numeric: bool = False
    heads: bool = False
    wide: bool = False


@dataclass(frozen=True)
class Cell:
    """A cell of a table.

    Attributes:
        text: What is shown.
        values: What stands in the CSV file.
        sort: What rows are sorted by; None goes last.
        note: A second, smaller text.
        href: Where the text leads to; a relative URL.
        mark: A short text that only a screen reader speaks; the page shows a dot.
        log: Whether the text comes from a log.
    """

    text: str
    values: tuple[Value, ...]
    sort: str | float | None = None
    note: str = ""
    href: str = ""
    mark: str = ""
    log: bool = False


@dataclass(frozen=True)
class TableRow:
    """A row of a table.

    Attributes:
        cells: One for each column.
        muted: Whether the row is shown as less than the others, e.g. for what has no rank.
    """

    cells: tuple[Cell, ...]
    muted: bool = False


@dataclass(frozen=True)
class Table:
    """A table with a name.

    Attributes:
        name: Of its CSV file, without suffix; also the id of its element, so of letters, digits and
            hyphens and one of its kind on a page.
        caption: What it holds.
        columns: At least one.
        rows: At least one; a page says in words that there are none.
        plain: Whether it stays as it is, without sorting and filtering.
    """

    name: str
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[TableRow, ...]
    plain: bool = False

    @property
    def head(self) -> int:
        """Number of the column that heads the rows."""
        heads = [number for number, column in enumerate(self.columns) if column.heads]
        return heads[0] if heads else 0

    @property
    def filled(self) -> tuple[int, ...]:
        """Numbers of the columns that a page shows: the head, and those with something in them."""
        return tuple(
            number
            for number in range(len(self.columns))
            if number == self.head or any(self._says(row.cells[number]) for row in self.rows)
        )

    @staticmethod
    def _says(cell: Cell) -> bool:
        return cell.text != MISSING or bool(cell.note)

    def kind(self, number: int) -> str:
        """Return the CSS class of a column: n for numbers, w for sentences, or none."""
        column = self.columns[number]
        return "n" if column.numeric else "w" if column.wide else ""

    @property
    def file(self) -> str:
        """Relative URL of its CSV file."""
        return f"tables/{self.name}.csv"

    def csv(self) -> str:
        """Return the table as CSV with full numbers; texts cannot be formulas of a spreadsheet."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow([field for column in self.columns for field in column.fields])
        for row in self.rows:
            writer.writerow([_harmless(value) for cell in row.cells for value in cell.values])
        return out.getvalue()


def text(value: str, *, note: str = "", href: str = "", log: bool = False) -> Cell:
    """Return a cell of text; a dash for none."""
    return Cell(value or MISSING, (value,), value.casefold() or None, note, href, log=log)


def number(value: float | None, shown: str) -> Cell:
    """Return a cell of a number."""
    return Cell(shown, (value,), value)


def figure(value: Figure | None, *, why_missing: str = "") -> Cell:
    """Return a cell of a value with its interval."""
    if value is None or value.value is None:
        return Cell(MISSING, (None, None, None), None, why_missing)
    bounds = (value.value, value.lower, value.upper)
    return Cell(decimal(value.value), bounds, value.value, interval(value))


def table_of(
    name: str,
    caption: str,
    columns: Sequence[Column],
    rows: Sequence[TableRow],
    *,
    plain: bool = False,
) -> Table:
    """Return a table.

    Raises:
        ValueError: A row has another number of cells than there are columns, or a cell another
            number of values than its column has fields.
    """
    for row in rows:
        got = [len(cell.values) for cell in row.cells]
        expected = [len(column.fields) for column in columns]
        if got != expected:
            raise ValueError(f"Table {name}: a row has {got} values a cell, expected {expected}.")
    return Table(name, caption, tuple(columns), tuple(rows), plain)


def _harmless(value: Value) -> Value:
    """Return a text with an apostrophe before what a spreadsheet would take for a formula.

    Characters that control or format a text, which a spreadsheet or a terminal may obey, are left
    out; line ends and tabs become spaces.
    """
    if not isinstance(value, str):
        return value
    spaced = (" " if letter in "\t\n\r" else letter for letter in value)
    shown = "".join(letter for letter in spaced if unicodedata.category(letter)[0] != "C")
    return f"'{shown}" if shown.lstrip().startswith(FORMULA) else shown
