"""One table of PerturbQA's form: read from CSV into Arrow, and checked row by row."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.csv

from perturb_evals.datasets.errors import DataError, why

COLUMNS = {"pert": pa.string(), "gene": pa.string(), "label": pa.int8(), "split": pa.string()}
SPLITS = ("train", "test")


class TableError(DataError):
    """A table that is not of PerturbQA's form. The message names the file, the line and the row."""


@dataclass(frozen=True)
class Table:
    """A checked table and what is needed to cite it.

    Attributes:
        rows: Arrow columns pert, gene (str), label (0/1), split (`train` or `test`).
        sha256: Hash of the bytes the rows came from.
        licence: Licence of the data.
        citation: How to cite the data.
    """

    rows: pa.Table
    sha256: str
    licence: str
    citation: str

    def split(self, name: str) -> pd.DataFrame:
        """Return the rows of one split as columns pert, gene, label, in file order."""
        return self._frames[name].copy()

    @cached_property
    def _frames(self) -> dict[str, pd.DataFrame]:
        # Every solver and every check asks for them, and each time Arrow would make all texts anew.
        frame: pd.DataFrame = self.rows.to_pandas()
        rows = frame[["pert", "gene", "label"]]
        return {name: rows[frame["split"] == name].reset_index(drop=True) for name in SPLITS}


def read_csv(path: Path) -> pa.Table:
    """Read a table of PerturbQA's form.

    Args:
        path: CSV file with the header pert,gene,label,split.

    Returns:
        An Arrow table, checked by `check_rows`.

    Raises:
        TableError: The file is not such a table; the message says where and how.
    """
    try:
        read = pa.csv.read_csv(
            path,
            # One thread and no line passed over, so that errors can name the line.
            read_options=pa.csv.ReadOptions(use_threads=False),
            parse_options=pa.csv.ParseOptions(ignore_empty_lines=False),
            # Everything as text, nothing as missing: NA and NaN could be gene symbols, and a
            # label such as "2" or "yes" must be reported as it stands in the file.
            convert_options=pa.csv.ConvertOptions(
                column_types=dict.fromkeys(COLUMNS, pa.string()), strings_can_be_null=False
            ),
        )
        columns = read.column_names
    except (pa.ArrowInvalid, UnicodeDecodeError) as error:
        raise TableError(f"{path}: not readable as CSV: {why(error)}") from error
    if columns != list(COLUMNS):
        raise TableError(
            f"{path}: expected the columns {','.join(COLUMNS)}, got {','.join(columns)}."
        )
    frame = read.to_pandas()
    check_rows(frame, str(path))
    frame["label"] = frame["label"].astype("int8")
    return table_of(frame)


def table_of(frame: pd.DataFrame) -> pa.Table:
    """Return a frame with columns pert, gene, label, split as an Arrow table."""
    return pa.Table.from_pandas(frame, schema=pa.schema(COLUMNS), preserve_index=False)


def check_rows(frame: pd.DataFrame, where: str, *, header: bool = True) -> None:
    """Check the rows of a table.

    Args:
        frame: Columns pert, gene, label, split; every value a string as it stands in the file.
        where: Name of the file, for the message.
        header: Whether the file has a header, as line 1; without one its rows are counted, from 1.

    Raises:
        TableError: An empty table, a name that is empty or has a line break, a label other than 0
            and 1, a split other than train and test, a pair given twice, or a perturbation in both
            splits.
    """
    if frame.empty:
        raise TableError(f"{where}: no rows below the header; is the file cut off?")

    def first(bad: "pd.Series[bool]", message: Callable[["pd.Series[str]"], str]) -> None:
        if bad.any():
            at = int(bad.to_numpy().argmax())
            row = frame.iloc[at]
            place = f"line {at + 2}" if header else f"row {at + 1}"
            raise TableError(
                f"{where}, {place}: {message(row)} (row: {','.join(map(str, row))}; "
                f"{int(bad.sum())} such rows)"
            )

    # A line break within a name would shift the count of lines, so such a row has to be first.
    names = pd.unique(frame[["pert", "gene"]].to_numpy().ravel())
    bad = [name for name in names if not name.strip() or "\n" in name]
    first(
        frame["pert"].isin(bad) | frame["gene"].isin(bad),
        lambda row: "expected a perturbation and a gene, got an empty name or a line break",
    )
    first(
        ~frame["label"].isin(["0", "1"]),
        lambda row: f"expected the label 0 or 1, got {row['label']!r}",
    )
    first(
        ~frame["split"].isin(SPLITS),
        lambda row: f"expected the split train or test, got {row['split']!r}",
    )
    first(
        frame.duplicated(["pert", "gene"]),
        lambda row: f"the pair {row['pert']} and {row['gene']} stands here a second time",
    )
    splits = frame.groupby("pert", observed=True)["split"].transform("nunique")
    first(
        (splits == 2) & frame["split"].eq("test"),
        lambda row: f"the perturbation {row['pert']} is in both splits, train and test",
    )
