"""Long tables: a value of each (context, perturbation, readout), read and checked.

What is transferred between contexts comes so: a context is a cell line or a screen, a readout a
gene or a score, a value whatever was measured.
"""

import errno
import re
import tempfile
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import fsspec
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pyarrow import csv, parquet

from datasets import load_dataset, load_dataset_builder
from perturb_evals.datasets.errors import ArgumentError, DataError, why
from perturb_evals.datasets.genes.words import clean

TEXTS = ("context", "perturbation", "readout")
VALUE, SPLIT = "value", "split"
SPLITS = ("train", "val", "test")
DELIMITERS = {".csv": ",", ".csv.gz": ",", ".tsv": "\t", ".tsv.gz": "\t"}
FORMATS = (*DELIMITERS, ".parquet")
HUB_NAME = re.compile(r"\w[\w.-]*(/\w[\w.-]*)?")
OF_HUGGING_FACE = {"validation": "val"}
"""How a split is called there that is called otherwise here."""


def read_long_table(where: str | Path, *, values: bool = True) -> pd.DataFrame:
    """Read a long table, checked; nothing is kept between calls.

    Args:
        where: A .csv, .tsv (or either with .gz) or .parquet file; or a folder, or a data set on
            Hugging Face, that `load_dataset` reads.
        values: Whether the values are wanted; without them a table may lack them, as one that is to
            be predicted does.

    Returns:
        Columns context, perturbation, readout (text: NA, 0012 and their like as they stand there,
        without blanks around), value (float64, finite; where wanted), and split (train, val or
        test) where the table has such a column, or the data set several splits. One row a triple,
        in the table's order. Columns are found by name in any case; others are left aside.

    Raises:
        DataError: Not to be had or not readable; a column missing, given twice or not of its kind;
            no row; a name that is empty, a value that is no finite number, another split, or a
            triple that stands there twice. The message says where.
    """
    parts = [_chosen(table, place, split, values) for place, split, table in _tables(where)]
    kinds = {tuple(part.columns) for part in parts}
    if len(kinds) > 1:
        raise DataError(
            f"{where}: expected files with the same columns; some have {SPLIT} and others do not."
        )
    frame = pd.concat(parts, ignore_index=True)
    _check(frame, where)
    return frame


def check_transferable(
    rows: pd.DataFrame,
    where: str | Path = "the table",
    validated: Collection[str] | None = None,
) -> None:
    """Check that a long table has what one context can learn from another.

    Args:
        rows: Columns context, perturbation, readout, those to be learned from.
        where: Name of the table, for the message.
        validated: The contexts of which some perturbations are set aside for validation; None for
            all.

    Raises:
        DataError: A single context, no readout or no perturbation that two contexts share, or a
            context to be validated in that has a single perturbation.
        ArgumentError: A context to be validated in that is not there.
    """
    perturbations = rows.groupby("context", observed=True)["perturbation"].nunique()
    if len(perturbations) < 2:
        raise DataError(
            f"{where}: expected two contexts or more, as each learns from the others; got "
            f"{', '.join(map(repr, perturbations.index)) or 'none'}."
        )
    for name in ("readout", "perturbation"):
        if rows.groupby(name, observed=True)["context"].nunique().max() < 2:
            raise DataError(
                f"{where}: expected {name}s that two contexts share; none of "
                f"{rows[name].nunique():,} is in more than one. Are they named alike in all?"
            )
    wanted = sorted(perturbations.index if validated is None else set(validated))
    if unknown := [name for name in wanted if name not in perturbations.index]:
        raise ArgumentError(
            f"{where}: there is no context {unknown[0]!r} to validate in; expected one of "
            f"{', '.join(map(repr, perturbations.index))}."
        )
    if single := [name for name in wanted if perturbations[name] < 2]:
        raise DataError(
            f"{where}: expected two perturbations or more in each context that is validated in, "
            f"one to learn from and one to foretell; {single[0]!r} has one ({len(single)} such "
            "contexts). Leave it out, or validate in others only."
        )


def _tables(where: str | Path) -> Iterator[tuple[str, str | None, pa.Table]]:
    """Yield the name of each file, its split where there are several, and its columns."""
    path, name = Path(where).expanduser(), str(where)
    try:
        if path.is_file() or name.lower().endswith(FORMATS):
            yield str(path), None, _read(str(path))
        elif path.is_dir() or HUB_NAME.fullmatch(name):
            yield from _of_hugging_face(str(path) if path.is_dir() else name)
        else:
            raise FileNotFoundError(errno.ENOENT, "")
    except DataError:
        raise
    except Exception as error:  # Arrow, the system, the network and `datasets` raise many kinds
        said = why(error).partition("\n")[0]
        if not path.exists() and not isinstance(error, FileNotFoundError):
            said = f"there is no such file or folder here, and Hugging Face: {said}"
        raise DataError(
            f"{where}: expected a table with the columns {', '.join(TEXTS)} and {VALUE} (a file "
            f"ending in {', '.join(FORMATS)}, or what load_dataset reads); it cannot be read: "
            f"{said}"
        ) from error


def _of_hugging_face(name: str) -> Iterator[tuple[str, str | None, pa.Table]]:
    # What `datasets` keeps has no checksum, so it keeps nothing.
    with tempfile.TemporaryDirectory() as folder:
        yield from _prepared(name, folder)


def _prepared(name: str, cache: str) -> Iterator[tuple[str, str | None, pa.Table]]:
    builder = load_dataset_builder(name, cache_dir=cache)
    files = builder.config.data_files or {}
    every = [(split, file) for split, of_split in files.items() for file in of_split]
    if every and all(file.lower().endswith(tuple(DELIMITERS)) for _, file in every):
        # It would take NA for a missing symbol and 0012 for 12.
        for split, file in every:
            yield file, str(split) if len(files) > 1 else None, _read(file)
        return
    found = load_dataset(name, cache_dir=cache, keep_in_memory=True)
    for split, rows in found.items():
        used = [column for column in rows.column_names if _folded(column) in _USED]
        table = rows.select_columns(used).with_format("arrow")[:]
        yield name, str(split) if len(found) > 1 else None, table


_USED = (*TEXTS, VALUE, SPLIT)


def _folded(column: str) -> str:
    return clean(column).casefold()


def _read(address: str) -> pa.Table:
    delimiter = next(
        (mark for end, mark in DELIMITERS.items() if address.lower().endswith(end)), None
    )
    if delimiter is None:
        if not address.lower().endswith(".parquet"):
            raise DataError(f"{address}: expected a file ending in {', '.join(FORMATS)}.")
        names = parquet.read_schema(address).names
        return parquet.read_table(address, columns=[n for n in names if _folded(n) in _USED])
    parse = csv.ParseOptions(delimiter=delimiter)
    with _opened(address) as file, csv.open_csv(file, parse_options=parse) as opened:
        names = opened.schema.names
    used = [name for name in names if _folded(name) in _USED]
    if {*map(_folded, used)} < {*TEXTS} or len({*map(_folded, used)}) != len(used):
        return pa.table([pa.array([], pa.string())] * len(names), names=names)  # to be refused
    # As text, and nothing missing: NA could be a gene symbol, and a bad value must be reported as
    # it stands there.
    convert = csv.ConvertOptions(
        include_columns=used,
        column_types={
            name: pa.string() if _folded(name) == VALUE else pa.dictionary(pa.int32(), pa.string())
            for name in used
        },
        strings_can_be_null=False,
    )
    with _opened(address) as file:
        return csv.read_csv(file, parse_options=parse, convert_options=convert)


def _opened(address: str) -> Any:
    if "://" in address:
        return fsspec.open(address, "rb", compression="infer")
    return pa.input_stream(address)  # unpacks .gz by its name


def _chosen(table: pa.Table, where: str, split: str | None, values: bool) -> pd.DataFrame:
    """Return the columns that count, as text but for values that are numbers already."""
    columns = [_folded(name) for name in table.column_names]
    needed = (*TEXTS, VALUE) if values else TEXTS
    wanted = [*needed, SPLIT] if SPLIT in columns else needed
    if any(columns.count(name) != 1 for name in wanted):
        odd = [name for name in columns if any(mark in name for mark in "\t;")]
        raise DataError(
            f"{where}: expected the columns {', '.join(needed)}, and perhaps {SPLIT}, once each; "
            f"got {', '.join(map(repr, table.column_names)) or 'none'}."
            + (" Part the fields by commas in .csv and by tabs in .tsv." if odd else "")
        )
    taken = {name: table.column(columns.index(name)) for name in wanted}
    found: dict[str, Any] = {
        name: _values(column, where) if name == VALUE else _names(column, name, where)
        for name, column in taken.items()
    }
    if split is not None and SPLIT not in found:
        found[SPLIT] = OF_HUGGING_FACE.get(split, split)
    return pd.DataFrame(found, index=pd.RangeIndex(len(table)))


def _names(column: pa.ChunkedArray, name: str, where: str) -> NDArray[np.object_]:
    """Return clean text; what is missing is empty."""
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    if pa.types.is_integer(kind):
        column = column.cast(pa.string())
    elif not (_is_text(kind) or pa.types.is_null(kind)):
        raise DataError(f"{where}: expected text in the column {name}, got values of type {kind}.")
    if not pa.types.is_dictionary(column.type):
        column = column.cast(pa.string()).dictionary_encode()
    coded = column.unify_dictionaries().combine_chunks()
    coded = coded.chunk(0) if isinstance(coded, pa.ChunkedArray) else coded
    names = ["" if text is None else clean(text) for text in coded.dictionary.to_pylist()]
    places = pc.fill_null(coded.indices, len(names)).to_numpy(zero_copy_only=False)
    every: NDArray[np.object_] = np.array([*names, ""], dtype=object)
    return np.asarray(every[places])


def _values(column: pa.ChunkedArray, where: str) -> NDArray[Any]:
    """Return numbers, or the text as it stands there if some of it is no number."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        column, kind = column.cast(kind.value_type), kind.value_type
    if _is_text(kind):
        text = pc.utf8_trim_whitespace(column)
        try:
            return np.asarray(text.cast(pa.float64()).to_numpy())
        except pa.ArrowInvalid:
            return np.asarray(text.to_pandas().to_numpy(dtype=object))
    if not (
        pa.types.is_integer(kind)
        or pa.types.is_floating(kind)
        or pa.types.is_decimal(kind)
        or pa.types.is_null(kind)
    ):
        raise DataError(
            f"{where}: expected numbers in the column {VALUE}, got values of type {kind}."
        )
    return np.asarray(column.cast(pa.float64(), safe=False).to_numpy())


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _quoted(value: object) -> str:
    return repr(value) if isinstance(value, str) else str(value)


def _check(frame: pd.DataFrame, where: str | Path) -> None:
    """Check all rows, and turn values that are text into numbers."""
    if frame.empty:
        raise DataError(f"{where}: there are no rows; is the table cut off?")

    def refuse(bad: NDArray[np.bool_], expected: str, *shown: str) -> None:
        if bad.any():
            row = frame.iloc[int(bad.argmax())]
            told = ", ".join(f"{name} {_quoted(row[name])}" for name in shown)
            raise DataError(
                f"{where}, data row {int(bad.argmax()) + 1}: {expected}; got {told} "
                f"({int(bad.sum()):,} such rows)."
            )

    empty = np.logical_or.reduce([frame[name].eq("").to_numpy() for name in TEXTS])
    refuse(empty, "expected names of context, perturbation and readout", *TEXTS)
    if VALUE in frame:
        numbers = pd.to_numeric(frame[VALUE], errors="coerce").to_numpy(dtype=float)
        refuse(~np.isfinite(numbers), "expected a finite number as value", VALUE, *TEXTS)
        frame[VALUE] = numbers
    if SPLIT in frame:
        unknown = ~frame[SPLIT].isin(SPLITS).to_numpy()
        refuse(unknown, f"expected {', '.join(SPLITS)} as split", SPLIT, *TEXTS)
    twice = frame.duplicated([*TEXTS]).to_numpy()
    refuse(twice, "expected each triple once, as the mean of repeats", *TEXTS)
