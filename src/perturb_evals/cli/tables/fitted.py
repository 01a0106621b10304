"""A table as wide as the terminal: columns without room are said in lines below it, never cut."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

    Rows = Sequence[Mapping[str, str | Text]]

GAP = 3
"""Characters between two columns, and before the first and after the last together."""

NARROWEST = 20
"""Width of a column of names below which other columns give way."""


@dataclass(frozen=True)
class FittedColumn:
    """A column.

    Attributes:
        name: Its heading.
        left: Whether it is aligned to the left.
        folds: Whether its texts may be broken, as names may and numbers may not.
        spare: Whether it may be left out of the table; of several the last one goes first.
    """

    name: str
    left: bool = False
    folds: bool = False
    spare: bool = False


def show_fitted(
    console: "Console",
    columns: Sequence[FittedColumn],
    rows: "Rows",
    *,
    bright: Sequence[bool],
    title: str = "",
) -> None:
    """Print a table.

    Args:
        console: Where.
        columns: The columns; the first that folds names the rows. One that is empty in all rows is
            left out.
        rows: Texts by name of the column; empty where there is none.
        bright: For each row whether it stands out.
        title: A line above, which is broken only at the end of the screen.
    """
    from rich import box
    from rich.table import Table

    used = [column for column in columns if any(row.get(column.name) for row in rows)]
    shown = _fitting(console.width, used, rows)
    if title:
        console.print(title)
    table = Table(box=box.SIMPLE_HEAD)
    fits = _width(shown, rows) <= console.width
    for column in shown:
        table.add_column(
            column.name,
            justify="left" if column.left else "right",
            no_wrap=fits and not column.folds,
            overflow="fold",
            min_width=min(NARROWEST, _widest(column, rows)) if fits and column.folds else None,
        )
    for row, stands_out in zip(rows, bright, strict=True):
        cells = (row.get(column.name, "") for column in shown)
        table.add_row(*cells, style=None if stands_out else "dim")
    console.print(table)
    _show_rest(console, used, shown, rows)


def _fitting(width: int, columns: Sequence[FittedColumn], rows: "Rows") -> list[FittedColumn]:
    shown = list(columns)
    while _width(shown, rows) > width and any(column.spare for column in shown):
        last = max(at for at, column in enumerate(shown) if column.spare)
        del shown[last]
    return shown


def _width(columns: Sequence[FittedColumn], rows: "Rows") -> int:
    """Return the least width at which no number is broken and names have some room."""
    widths = (
        min(NARROWEST, _widest(column, rows)) if column.folds else _widest(column, rows)
        for column in columns
    )
    return sum(widths) + GAP * len(columns) + 1


def _widest(column: FittedColumn, rows: "Rows") -> int:
    from rich.cells import cell_len

    texts = [column.name, *(str(row.get(column.name, "")) for row in rows)]
    return max(cell_len(line) for text in texts for line in text.split("\n"))


def _show_rest(
    console: "Console",
    used: Sequence[FittedColumn],
    shown: Sequence[FittedColumn],
    rows: "Rows",
) -> None:
    """Print what the table has no room for, a row a line."""
    hidden = [column.name for column in used if column not in shown]
    heads = next(column.name for column in used if column.folds)
    for row in rows:
        said = ", ".join(f"{_line(name)} {row[name]}" for name in hidden if row.get(name))
        if said:
            console.print(f"  {_line(str(row[heads]))}: {said}", style="dim")
    if hidden:
        console.print()


def _line(text: str) -> str:
    return ", ".join(text.splitlines())
