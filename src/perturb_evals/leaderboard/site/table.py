"""Tables as pages show them and as CSV files."""

import csv
import io
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from operator import attrgetter
from typing import Any

from perturb_evals.leaderboard.results.result import Figure
from perturb_evals.leaderboard.text import MISSING, decimal, interval
from perturb_evals.leaderboard.untrusted_text import harmless

Value = str | float | int | bool | None


@dataclass(frozen=True)
class Cell:
    """A cell of a table.

    Attributes:
        text: What is shown.
        values: What stands in the CSV file.
        sort: What rows are sorted by; None goes last.
        note: A second, smaller text.
        below: A third, as small, in a line of its own.
        href: Where the text leads to; a relative URL.
        mark: A short text that only a screen reader speaks; the page shows an equals sign.
        log: Whether the text comes from a log.
        kind: Of a system, which the page shows as the mark that it has in the plots.
    """

    text: str
    values: tuple[Value, ...]
    sort: str | float | None = None
    note: str = ""
    href: str = ""
    mark: str = ""
    log: bool = False
    kind: str = ""
    below: str = ""


@dataclass(frozen=True)
class Column:
    """A column: all that a table and its CSV file say of one thing.

    Attributes:
        label: Its heading.
        about: What it says, in a sentence: shown as a tooltip, and with `legend` in the methods.
        fields: Names of its columns in the CSV file, one for each of a cell's values.
        cell: Its cell of what a row is about; None is a dash without values.
        numeric: Whether it holds numbers, which are aligned to the right.
        heads: Whether it heads the rows; where no column does, the first one.
        wide: Whether it holds sentences.
        legend: Whether the page of methods explains it; others say in their heading what they hold.
        extra: Whether a phone shows it only when asked to.
    """

    label: str
    about: str
    fields: tuple[str, ...]
    cell: Callable[[Any], Cell | None] = lambda _: None
    numeric: bool = False
    heads: bool = False
    wide: bool = False
    legend: bool = False
    extra: bool = False

    @property
    def style(self) -> str:
        """Its CSS classes: n for numbers, w for sentences, x for what a phone leaves out."""
        found = {"n": self.numeric, "w": self.wide and not self.numeric, "x": self.extra}
        return " ".join(name for name, there in found.items() if there)

    def linked(self, href: Callable[[Any], str]) -> "Column":
        """Return the column with texts that lead to the URL of their row; an empty one is none."""

        def cell(thing: Any) -> Cell | None:
            found = self.cell(thing)
            return found and replace(found, href=href(thing))

        return replace(self, cell=cell)

    def unmarked(self) -> "Column":
        """Return the column without marks, for a table in which the best is best alone."""

        def cell(thing: Any) -> Cell | None:
            found = self.cell(thing)
            return found and replace(found, mark="")

        return replace(self, cell=cell)


def figures(
    label: str,
    about: str,
    name: str,
    cell: Callable[[Any], Cell | None],
    *,
    legend: bool = True,
    extra: bool = False,
) -> Column:
    """Return a column of values with their bounds, which are fields of the CSV file too."""
    fields = (name, f"{name}_lower", f"{name}_upper")
    return Column(label, about, fields, cell, numeric=True, legend=legend, extra=extra)


def numbers(
    label: str,
    about: str,
    field: str,
    shown: Callable[[float], str],
    value: Callable[[Any], float | None] | None = None,
) -> Column:
    """Return a column of numbers with a legend; they are the attribute `field`, or else `value`.

    A phone shows it only when asked to.
    """
    read = value or attrgetter(field)

    def cell(thing: Any) -> Cell:
        return number(read(thing), shown)

    return Column(label, about, (field,), cell, numeric=True, legend=True, extra=True)


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
class PageTable:
    """A table with a name; its length is the number of its rows.

    Attributes:
        name: Of its CSV file, without suffix; also the id of its element, so of letters, digits and
            hyphens and one of its kind on a page.
        caption: What it holds.
        columns: At least one.
        rows: A page says in words that there are none.
        plain: Whether it stays as it is, without sorting and filtering.
        grouped: Whether the first column stands above the rows that have the same there, one after
            the other. They are sorted within their group only.
    """

    name: str
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[TableRow, ...]
    plain: bool = False
    grouped: bool = False

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.rows)

    @property
    def head(self) -> int:
        """Number of the column that heads the rows."""
        found = (n for n, column in enumerate(self.columns) if column.heads)
        return next(found, int(self.grouped))

    @property
    def filled(self) -> tuple[int, ...]:
        """Numbers of the columns that a page shows: the head, and those with something in them."""
        return tuple(
            n
            for n in range(int(self.grouped), len(self.columns))
            if n == self.head
            or any(row.cells[n].text != MISSING or row.cells[n].note for row in self.rows)
        )

    @property
    def folded(self) -> int:
        """Number of the columns that a phone shows only when asked to."""
        return sum(self.columns[n].extra for n in self.filled)

    @property
    def groups(self) -> list[tuple[Cell | None, list[TableRow]]]:
        """The rows by what stands above them; None where nothing does."""
        if not self.grouped:
            return [(None, list(self.rows))]
        by_head = groupby(self.rows, key=lambda row: row.cells[0])
        return [(head, list(rows)) for head, rows in by_head]

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
            values = [value for cell in row.cells for value in cell.values]
            writer.writerow([harmless(v) if isinstance(v, str) else v for v in values])
        return out.getvalue()


def table_about(
    name: str,
    caption: str,
    columns: Sequence[Column],
    things: Iterable[Any],
    *,
    muted: Callable[[Any], bool] = lambda _: False,
    plain: bool = False,
    grouped: bool = False,
) -> PageTable:
    """Return a table with a row for each of some things, which all its columns read.

    Args:
        name: See `PageTable`, as `caption` and `plain`.
        caption: What it holds.
        columns: The columns.
        things: What the rows are about.
        muted: Whether the row of a thing is shown as less than the others.
        plain: Whether it stays as it is.
        grouped: Whether the first column stands above its rows.

    Raises:
        ValueError: As `page_table`.
    """

    def cell(column: Column, thing: Any) -> Cell:
        found = column.cell(thing)
        return Cell(MISSING, (None,) * len(column.fields)) if found is None else found

    rows = [
        TableRow(tuple(cell(column, thing) for column in columns), muted(thing)) for thing in things
    ]
    return page_table(name, caption, columns, rows, plain=plain, grouped=grouped)


def page_table(
    name: str,
    caption: str,
    columns: Sequence[Column],
    rows: Sequence[TableRow],
    *,
    plain: bool = False,
    grouped: bool = False,
) -> PageTable:
    """Return a table of finished cells.

    Raises:
        ValueError: A row has another number of cells than there are columns, or a cell another
            number of values than its column has fields.
    """
    for row in rows:
        got = [len(cell.values) for cell in row.cells]
        expected = [len(column.fields) for column in columns]
        if got != expected:
            raise ValueError(f"Table {name}: a row has {got} values a cell, expected {expected}.")
    return PageTable(name, caption, tuple(columns), tuple(rows), plain, grouped)


def text(value: str, *, note: str = "", href: str = "", log: bool = False) -> Cell:
    """Return a cell of text; a dash for none."""
    return Cell(value or MISSING, (value,), value.casefold() or None, note, href, log=log)


def number(value: float | None, shown: Callable[[float], str]) -> Cell:
    """Return a cell of a number; a dash for none and for an undefined one."""
    if value is None or not math.isfinite(value):
        return Cell(MISSING, (None,))
    return Cell(shown(value), (value,), value)


def figure(
    value: Figure | None, *, why_missing: str = "", mark: str = "", beside: float | None = None
) -> Cell:
    """Return a cell of a value with its interval; a dash for none. For `beside` see `decimal`."""
    if value is None or value.value is None:
        return Cell(MISSING, (None, None, None), None, why_missing, mark=mark)
    bounds = (value.value, value.lower, value.upper)
    shown, note = decimal(value.value, beside), interval(value, beside)
    return Cell(shown, bounds, value.value, note, mark=mark)


def told(value: Figure | None, *, why_missing: str = "", beside: float | None = None) -> Cell:
    """Return a cell of a difference that words beside it tell from 0; without an interval a dash.

    Bare it would tell more than the words, which say that nothing can be told. The CSV file has it.
    """
    found = figure(value, why_missing=why_missing, beside=beside)
    if value is None or interval(value):
        return found
    return Cell(MISSING, found.values)
