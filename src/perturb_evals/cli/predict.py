"""`perturb-evals predict`: what a trained model foretells for the rows of a table."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from perturb_evals.cli.tables.terminal import short
from perturb_evals.datasets.errors import ArgumentError
from perturb_evals.leaderboard.untrusted_text import plain

if TYPE_CHECKING:
    import pandas as pd

    from perturb_evals.cli.arguments import Subparsers
    from perturb_evals.methods.lpm.vocabulary import Vocabulary

PREDICTION = "prediction"
FORMATS = (".csv", ".parquet")
DIGITS = "%.7g"
"""Those of float32, in which networks compute."""


def add_parser(subparsers: "Subparsers") -> None:
    """Add `predict`."""
    text = "predict the rows of a table with a model of `perturb-evals train`"
    parser = subparsers.add_parser(
        "predict",
        help=text,
        description=f"{text[0].upper()}{text[1:]}; needs the extra lpm. A row of a name that was "
        "not trained on has an empty prediction.",
    )
    parser.add_argument("model", type=Path, metavar="MODEL", help="the folder of the model")
    parser.add_argument(
        "table", metavar="TABLE", help="context, perturbation and readout, as for `train`"
    )
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="FILE",
        help="a .csv or .parquet file (default: CSV to standard output)",
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Write the table's names and a column `prediction`.

    Returns:
        0.

    Raises:
        ArgumentError: A file of another kind.
        DataError: The model or the table cannot be had or used.
    """
    if args.output is not None and args.output.suffix.lower() not in FORMATS:
        raise ArgumentError(f"-o must end in {' or '.join(FORMATS)}; got {str(args.output)!r}.")
    from perturb_evals.datasets.long_tables import read_long_table
    from perturb_evals.methods.lpm.saved import load_lpm
    from perturb_evals.methods.triples import NAMES

    model = load_lpm(args.model.expanduser())
    rows = read_long_table(args.table, values=False)[list(NAMES)]
    rows[PREDICTION] = model.predict(rows)
    _write(rows, args.output)
    if not model.finished:
        print(f"{args.model}: its training was cut off.", file=sys.stderr)
    print(plain(_counted(rows, model.vocabulary)), file=sys.stderr)
    return 0


def _write(rows: "pd.DataFrame", output: Path | None) -> None:
    from perturb_evals.datasets.files.whole_file import whole_file

    if output is None:
        rows.to_csv(sys.stdout, index=False, float_format=DIGITS)
        return
    with whole_file(output.expanduser()) as part:
        if output.suffix.lower() == ".csv":
            rows.to_csv(part, index=False, float_format=DIGITS)
        else:
            rows.to_parquet(part, index=False)


def _counted(rows: "pd.DataFrame", known: "Vocabulary") -> str:
    """Say how many rows have a prediction, and why others have none."""
    empty = rows[rows[PREDICTION].isna()]
    said = f"{len(rows) - len(empty):,} of {len(rows):,} rows are predicted"
    if empty.empty:
        return f"{said}."
    words = {"contexts": "contexts", "parts": "parts of perturbations", "readouts": "readouts"}
    unknown = [
        f"{len(names):,} {words[kind]} ({short(names[0])}{' ...' if len(names) > 1 else ''})"
        for kind, names in known.unknown(empty).items()
        if names
    ]
    return (
        f"{said}; {len(empty):,} are empty, as the model was not trained on {', '.join(unknown)}."
    )
