"""A user's own tables: files of a folder, or of a data set on Hugging Face, read by `datasets`.

A table is a file `<line>-de.csv`, or `<line>-dir.csv` (also `<line>-direction.csv`), or one of
these names ending in `.parquet`, with the columns pert, gene, label and split. The same rows in the
same order are the same data, whatever they are kept in: see `content_sha256`.
"""

import csv
import glob
import hashlib
import io
import re
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import Any

import fsspec
import pandas as pd

from perturb_evals.datasets.demo.world import SIMULATED
from perturb_evals.datasets.errors import DataError
from perturb_evals.datasets.pairs.names import check_names, cleaned_names
from perturb_evals.datasets.pairs.questions import Kind
from perturb_evals.datasets.pairs.table import COLUMNS, Table, TableError, check_rows, table_of

NAMES = "<line>-de.csv, <line>-dir.csv, or the same ending in .parquet"
HUB_NAME = re.compile(r"\w[\w.-]*/\w[\w.-]*")
HUB = "hf://datasets/"
FILE = re.compile(r"(?P<line>.+)-(?P<kind>de|dir|direction)\.(?P<form>csv|parquet)")
LINE = re.compile(r"\w[\w.+-]*")
"""Names of cell lines: they stand in board keys, sample ids and lists."""

CSV_OPTIONS: dict[str, Any] = {
    "usecols": list(COLUMNS),
    # Everything as text, nothing as missing: NA and NaN could be gene symbols.
    "converters": dict.fromkeys(COLUMNS, str),
    "keep_default_na": False,
    "na_filter": False,
    "index_col": False,
}
PARQUET_OPTIONS: dict[str, Any] = {"columns": list(COLUMNS)}


def located(dataset: object) -> str | None:
    """Return where a user's tables are, the same from any folder; None where there are none.

    Args:
        dataset: What the user typed.

    Returns:
        The absolute path of a folder; the name `org/name` of a data set on Hugging Face as it is.
    """
    if not isinstance(dataset, str) or not dataset:
        return None
    if (folder := Path(dataset).expanduser()).is_dir():
        return str(folder.resolve())
    return dataset if HUB_NAME.fullmatch(dataset) else None


def is_folder(dataset: str) -> bool:
    """Whether what `located` returned is on this machine."""
    return Path(dataset).is_absolute()


def is_own(name: object) -> bool:
    """Whether a dataset of `named_dataset` or of a log header is a user's own: it has a slash."""
    return isinstance(name, str) and "/" in name


def shown_name(dataset: str) -> str:
    """Return the name for log headers: `mine/` of a folder, any other dataset as it is.

    The path takes no part: whether two folders hold the same data, their hash says.
    """
    return f"{Path(dataset).name}/" if is_folder(dataset) else dataset


def own_files(dataset: str) -> dict[tuple[str, Kind], str]:
    """Return the addresses of the tables, by cell line and kind, sorted.

    Args:
        dataset: What `located` returned.

    Raises:
        DataError: There is no such folder or data set, or it cannot be had.
        TableError: It holds no table, or two files for one, or a line's name has other characters.
    """
    found: dict[tuple[str, Kind], str] = {}
    for address in _addresses(dataset):
        name = address.rpartition("/")[2]
        match = FILE.fullmatch(name)
        if match is None:
            continue
        if not LINE.fullmatch(line := match["line"]):
            raise TableError(
                f"{address}: a cell line's name may have letters, digits and _ . + - only, "
                f"got {line!r}. Rename the file."
            )
        if line in SIMULATED:
            raise TableError(
                f"{address}: {line} is a cell line of the simulated demo, and a board would say "
                "that these data are simulated too. Rename the file."
            )
        kind: Kind = "de" if match["kind"] == "de" else "direction"
        if (line, kind) in found:
            other = found[line, kind].rpartition("/")[2]
            raise TableError(
                f"{address}: expected one file for the {kind} questions of {line}, got {other} "
                f"and {name}. Keep one of them."
            )
        found[line, kind] = address
    if not found:
        raise TableError(f"{dataset}: expected tables named {NAMES}; there are none.")
    return dict(sorted(found.items()))


def read_own(dataset: str, cell_line: str, kind: Kind) -> Table:
    """Return one table, checked; a file that was changed is read anew.

    Raises:
        DataError: It cannot be had.
        TableError: There is no such table, or it is not of the form; the message says where.
    """
    files = own_files(dataset)
    if (cell_line, kind) not in files:
        names = ", ".join(address.rpartition("/")[2] for address in files.values())
        raise TableError(
            f"{dataset}: expected a table of {kind} questions for {cell_line}, got {names}. "
            f"Tables are named {NAMES}."
        )
    address = files[cell_line, kind]
    if not is_folder(dataset):
        return _read(address, None)
    about = Path(address).stat()
    return _read(address, (about.st_mtime_ns, about.st_size))


def content_sha256(frame: pd.DataFrame) -> str:
    r"""Return the SHA-256 of rows as CSV: pert,gene,label,split, in their order, with \n.

    PerturbQA's files are written so; a copy of one in a folder is the same data.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(frame[list(COLUMNS)].itertuples(index=False))
    return hashlib.sha256(text.getvalue().encode()).hexdigest()


def _addresses(dataset: str) -> list[str]:
    if is_folder(dataset):
        if not (folder := Path(dataset)).is_dir():
            raise DataError(f"There is no folder {dataset}: its tables cannot be had.")
        return sorted(str(path) for path in folder.iterdir() if path.is_file())
    return _on_hub(dataset)


@lru_cache(maxsize=8)
def _on_hub(dataset: str) -> list[str]:
    try:
        files, path = fsspec.core.url_to_fs(HUB + dataset)
        return sorted(files.unstrip_protocol(name) for name in files.ls(path, detail=False))
    except Exception as error:  # of the network, of Hugging Face, or no such data set
        raise DataError(
            f"There is no folder {dataset} here, and the data set {dataset} of Hugging Face cannot "
            f"be had: {type(error).__name__}: {error}"
        ) from error


@lru_cache(maxsize=16)
def _read(address: str, version: tuple[int, int] | None) -> Table:
    form, options = ("csv", CSV_OPTIONS)
    if address.endswith(".parquet"):
        form, options = ("parquet", PARQUET_OPTIONS)
    from datasets import (
        are_progress_bars_disabled,
        disable_progress_bars,
        enable_progress_bars,
        load_dataset,
    )

    quiet = are_progress_bars_disabled()
    disable_progress_bars()
    try:
        # What `datasets` keeps has no checksum, so it keeps nothing.
        with tempfile.TemporaryDirectory() as folder:
            read = load_dataset(
                form,
                data_files=glob.escape(address),
                split="train",  # what `datasets` calls all rows of a file; ours stand in a column
                cache_dir=folder,
                keep_in_memory=True,
                **options,
            )
            frame = cleaned_names(_as_text(read.to_pandas()))
    except Exception as error:  # of pandas, Arrow, or the network, wrapped or not
        cause: BaseException = error
        while cause.__cause__ is not None:
            cause = cause.__cause__
        said = str(cause).partition("\n")[0]
        raise TableError(
            f"{address}: expected rows in the columns {', '.join(COLUMNS)}; it cannot be read so: "
            f"{said}"
        ) from error
    finally:
        if not quiet:
            enable_progress_bars()
    check_rows(frame, address, header=form == "csv")
    match = FILE.fullmatch(address.rpartition("/")[2])
    line = match["line"] if match else ""
    check_names(frame, address, line, header=form == "csv")
    sha256 = content_sha256(frame)
    frame["label"] = frame["label"].astype("int8")
    return Table(
        rows=table_of(frame),
        sha256=sha256,
        licence="not stated",
        citation="A user's own tables.",
    )


def _as_text(frame: pd.DataFrame) -> pd.DataFrame:
    """Return every value as it would stand in a CSV file; what is missing is empty.

    Labels may be numbers or truth values, 1 for true.
    """
    if pd.api.types.is_numeric_dtype(frame["label"]):  # truth values too
        frame = frame.assign(label=frame["label"].astype("Int64"))
    filled = frame[list(COLUMNS)].astype(object)
    return filled.where(filled.notna(), "").astype(str)
