"""Anybody's predictions from a file: pert, gene, score, and cell_line where there are several."""

import csv
import json
import logging
import math
from pathlib import Path
from typing import Any, TextIO

import pandas as pd

from perturb_evals.datasets.errors import DataError, why
from perturb_evals.datasets.genes.words import clean

FORMATS = (".csv", ".tsv", ".parquet", ".jsonl")

NO_SCORE = (
    " A verdict in words is a number too: 1 for Yes or Increase, 0 for No or Decrease. Where a "
    "system abstains, give what it is worth: the lowest score ranks it last, .5 between the two."
)
SAMPLED = " Of several samples a pair, give the mean."


USED = ("pert", "gene", "score", "cell_line")

_log = logging.getLogger(__name__)


class PredictionsError(DataError):
    """A predictions file that cannot be used as it is. The message names the file and the row."""


def read_predictions(path: Path, cell_line: str, lines: tuple[str, ...]) -> pd.DataFrame:
    """Read the predictions for one cell line.

    Args:
        path: A .csv, .tsv, .parquet or .jsonl file with the columns pert, gene and score, a finite
            number, higher for a likelier positive; with a column cell_line, other lines' rows are
            left aside. Other columns are ignored, those of numbers with a warning.
        cell_line: The line wanted.
        lines: All lines of the dataset; any other name in cell_line is an error.

    Returns:
        Columns pert, gene (str), score (float64), one row a pair, in file order.

    Raises:
        PredictionsError: Not readable, a row with more or fewer fields than the header, a column
            missing or given twice, an unknown cell line, no row for the line wanted, a name that is
            empty or no text, a score that is not a finite number, or a pair given twice.
    """
    frame = _read(path)
    columns = list(frame.columns)
    if any(columns.count(name) != 1 for name in ("pert", "gene", "score")) or (
        columns.count("cell_line") > 1
    ):
        raise PredictionsError(
            f"{path}: expected the columns pert, gene and score, "
            f"got {', '.join(columns) or 'none'}."
        )
    unused = [n for n in dict.fromkeys(columns) if n not in USED and _numeric(frame.get(n))]
    if unused:
        _log.warning("%s: the columns %s are not used.", path, ", ".join(map(repr, unused)))
    if "cell_line" in frame.columns:
        unknown = sorted(set(frame["cell_line"].astype(str)) - set(lines))
        if unknown:
            raise PredictionsError(
                f"{path}: unknown cell lines {unknown}; allowed are {', '.join(lines)}."
            )
        frame = frame[frame["cell_line"] == cell_line]
    if frame.empty:
        raise PredictionsError(f"{path}: no predictions for {cell_line}.")
    scores = pd.Series([_number(score) for score in frame["score"]], index=frame.index, dtype=float)
    named = [
        _is_name(pert) and _is_name(gene)
        for pert, gene in zip(frame["pert"], frame["gene"], strict=True)
    ]
    _refuse(frame, ~pd.Series(named, index=frame.index), path, "a name that is empty or no text")
    _refuse(
        frame, ~scores.map(math.isfinite), path, "a score that is not a finite number", NO_SCORE
    )
    frame = frame.assign(pert=frame["pert"].map(clean), gene=frame["gene"].map(clean))
    _refuse(
        frame, frame.duplicated(["pert", "gene"]), path, "a pair that stands here twice", SAMPLED
    )
    return pd.DataFrame(
        {"pert": frame["pert"].astype(str), "gene": frame["gene"].astype(str), "score": scores}
    ).reset_index(drop=True)


def _read(path: Path) -> pd.DataFrame:
    suffix = path.suffix.lower()
    if suffix not in FORMATS:
        raise PredictionsError(f"{path}: expected a file ending in {', '.join(FORMATS)}.")
    try:
        if suffix == ".parquet":
            with path.open("rb") as file:
                return pd.read_parquet(file).reset_index(drop=True)
        with path.open(encoding="utf-8-sig", newline="") as file:
            if suffix == ".jsonl":
                return _json_lines(file)
            return _delimited(file, "," if suffix == ".csv" else "\t")
    except Exception as error:
        raise PredictionsError(f"{path}: not readable as {suffix[1:]}: {why(error)}") from error


# Text is read by Python's own modules: nothing is missing (NA may be a gene symbol), a bad score
# can be quoted, a ragged row is no shifted row, and numbers are right to the last bit.
def _delimited(file: TextIO, separator: str) -> pd.DataFrame:
    reader = csv.reader(file, delimiter=separator, strict=True)
    header = next(reader, [])
    rows = []
    for row in filter(None, reader):
        if len(row) != len(header):
            raise ValueError(
                f"line {reader.line_num} has {len(row)} fields, the header has {len(header)}."
            )
        rows.append(row)
    return pd.DataFrame(rows, columns=header, dtype=object)


def _json_lines(file: TextIO) -> pd.DataFrame:
    rows = []
    for number, line in enumerate(file, start=1):
        if line.strip():
            try:
                rows.append(dict(json.loads(line)))
            except (TypeError, ValueError, RecursionError) as error:
                raise ValueError(f"line {number} is no JSON object: {why(error)}") from error
    return pd.DataFrame(rows, dtype=object)


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and value.strip() != ""


def _number(value: Any) -> float:
    """Return the number, or nan for a value that is none."""
    try:
        return math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        return math.nan


def _numeric(column: "pd.Series[Any] | pd.DataFrame | None") -> bool:
    return isinstance(column, pd.Series) and bool(column.map(_number).notna().all())


def _refuse(
    frame: pd.DataFrame, bad: "pd.Series[bool]", path: Path, what: str, way_out: str = ""
) -> None:
    if bad.any():
        row = frame[bad].iloc[0]
        raise PredictionsError(
            f"{path}, data row {frame.index[bad][0] + 1}: {what} "
            f"(pert={row['pert']}, gene={row['gene']}, score={row['score']}; "
            f"{int(bad.sum())} such rows).{way_out}"
        )
