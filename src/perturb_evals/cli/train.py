"""`perturb-evals train`: a model of transfer between contexts, trained on a user's own table."""

import argparse
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from perturb_evals.datasets.errors import ArgumentError, DataError, why
from perturb_evals.leaderboard.untrusted_text import plain

if TYPE_CHECKING:
    from collections.abc import Callable

    from perturb_evals.cli.arguments import Subparsers
    from perturb_evals.methods.lpm.ensemble import Progress, Training
    from perturb_evals.methods.lpm.model import LPM
    from perturb_evals.methods.lpm.settings import Settings
    from perturb_evals.methods.triples import Triples

INTERRUPTED = 130
"""What shells give for Ctrl-C."""

PROBE = 1 << 16
"""Bytes that are written to see whether the disk has space."""

SECONDS_BETWEEN_LINES, SECONDS_MEASURED = 30.0, 5.0


def add_parser(subparsers: "Subparsers") -> None:
    """Add `train`."""
    text = "train a large perturbation model (LPM) on a table of contexts"
    parser = subparsers.add_parser(
        "train",
        help=text,
        description=f"{text[0].upper()}{text[1:]}; needs the extra lpm. Ctrl-C keeps the best so "
        "far.",
    )
    parser.add_argument("method", choices=["lpm"], help="the method")
    parser.add_argument(
        "table",
        metavar="TABLE",
        help="context, perturbation (parts joined by +), readout, value and maybe split: CSV, "
        "Parquet, or what load_dataset reads. Of a split only train is trained on, and val is "
        "validated on",
    )
    parser.add_argument(
        "-o", "--output", type=Path, required=True, metavar="FOLDER", help="where the model goes"
    )
    parser.add_argument(
        "--preset",
        default="replogle_k562",
        metavar="NAME",
        help="published settings: replogle_k562 (default), replogle_rpe1 or lincs",
    )
    parser.add_argument(
        "--seeds", metavar="N", help="how many networks, or their seeds: 3, or 13,14 (default: 5)"
    )
    parser.add_argument(
        "--epochs", type=int, metavar="N", help="passes over the rows at most (default: 50)"
    )
    parser.add_argument(
        "--validate",
        nargs="+",
        default=[],
        metavar="CONTEXT",
        help="stop early by 15%% of the perturbations of these contexts, kept from training there",
    )
    parser.add_argument(
        "--resume", action="store_true", help="go on where a training to the same folder ended"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Train a model and write it.

    Returns:
        0; 130 after Ctrl-C, with the best so far written.

    Raises:
        ArgumentError: An option that is not allowed.
        DataError: The table or the folder cannot be used.
    """
    from perturb_evals.methods.lpm.fit import check_installed

    settings = _settings(args)
    check_installed()
    from perturb_evals.methods.lpm.checkpoints import remove_checkpoints
    from perturb_evals.methods.lpm.ensemble import Training
    from perturb_evals.methods.lpm.saved import save_lpm

    output = args.output.expanduser().absolute()
    checkpoints = output.with_name(f"{output.name}.training")
    _check_free(output, checkpoints, args.resume)
    rows, validation, aside = _rows(args.table, args.validate)
    training = Training(rows, settings, validation, checkpoints)
    _say(_about(args.table, rows, validation, aside))
    if not _trained(training):
        return _keep_best(training, output)
    model = training.so_far()
    assert model is not None
    save_lpm(model, output)
    remove_checkpoints(checkpoints)
    _say(f"{args.output}: {_networks(model)}.")
    return 0


def _settings(args: argparse.Namespace) -> "Settings":
    from perturb_evals.methods.lpm.settings import chosen_seeds, published

    changed = {} if args.epochs is None else {"epochs": args.epochs}
    if args.seeds is not None:
        changed["seeds"] = chosen_seeds(_number_or_list(args.seeds))
    return replace(published(args.preset), **changed)


def _number_or_list(typed: str) -> int | list[int]:
    try:
        numbers = [int(part) for part in typed.split(",")]
    except ValueError:
        raise ArgumentError(
            f"--seeds must be a number of networks, or seeds with commas; got {typed!r}."
        ) from None
    return numbers if "," in typed else numbers[0]


def _check_free(output: Path, checkpoints: Path, resume: bool) -> None:
    from perturb_evals.methods.lpm.saved import DESCRIPTION, holds_something_else, read_description

    if holds_something_else(output):
        raise DataError(f"{output} holds something else than a model; name another folder.")
    if (output / DESCRIPTION).is_file() and read_description(output).finished:
        raise DataError(f"{output} holds a trained model already; name another folder.")
    if (checkpoints.exists() or (output / DESCRIPTION).exists()) and not resume:
        raise DataError(
            f"{checkpoints} is of a training that was cut off; go on with --resume, or delete it "
            f"and {output} to begin anew."
        )
    if resume and (output / DESCRIPTION).exists() and not checkpoints.exists():
        raise DataError(
            f"{output} holds the best of a training that was cut off, but its checkpoints in "
            f"{checkpoints} are gone, so nothing can go on; name another folder to begin anew."
        )
    # Here, and not when the first epoch is to be written, an hour later.
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=output.parent) as probe:
            probe.write(b" " * PROBE)
    except OSError as error:
        raise DataError(
            f"{output} cannot be written ({why(error)}); name another folder with -o."
        ) from error


def _rows(table: str, validate: list[str]) -> "tuple[Triples, Triples | None, dict[str, int]]":
    """Return what to train on, what to validate on, and how many rows of a split are left aside."""
    import pandas as pd

    from perturb_evals.datasets.long_tables import SPLIT, check_transferable, read_long_table
    from perturb_evals.methods.lpm.validation import held_out
    from perturb_evals.methods.triples import Triples

    frame = read_long_table(table)
    split = frame[SPLIT] if SPLIT in frame else pd.Series("train", index=frame.index)
    parts = {str(name): part for name, part in frame.groupby(split)}
    if "train" not in parts:
        raise DataError(f"{table}: no row is of the split train; there are {', '.join(parts)}.")
    check_transferable(parts["train"], table, validate)
    rows = Triples.of(parts.pop("train"))
    if validate and "val" in parts:
        raise ArgumentError(
            "--validate draws perturbations from the training rows, but the table has its own in "
            "the split val; leave --validate out."
        )
    validation = Triples.of(parts.pop("val")) if "val" in parts else None
    if validate:
        rows, validation = held_out(rows, tuple(validate))
    return rows, validation, {name: len(part) for name, part in parts.items()}


def _about(table: str, rows: "Triples", validation: "Triples | None", aside: dict[str, int]) -> str:
    from perturb_evals.methods.lpm.vocabulary import Vocabulary

    names = Vocabulary.of(rows)
    kept = f", {len(validation):,} to validate on" if validation is not None else ""
    left = "".join(f", {count:,} of the split {name} left aside" for name, count in aside.items())
    return (
        f"{table}: {len(rows):,} rows to train on{kept}{left}; {len(names.contexts):,} contexts, "
        f"{len(names.parts):,} perturbations (parts), {len(names.readouts):,} readouts."
    )


def _trained(training: "Training") -> bool:
    """Whether training came to its end, and not to a Ctrl-C."""
    with _display() as show:
        try:
            training.run(show)
        except KeyboardInterrupt:
            return False
    return True


def _keep_best(training: "Training", output: Path) -> int:
    from perturb_evals.methods.lpm.saved import save_lpm

    # Who presses Ctrl-C twice means it as once.
    usual = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        model = training.so_far()
        if model is None:
            _say("Stopped before the first epoch; nothing is kept.")
            return INTERRUPTED
        save_lpm(model, output)
        _say(
            f"Stopped. The best so far is in {output}: {_networks(model)}. The same command with "
            "--resume goes on."
        )
        return INTERRUPTED
    finally:
        signal.signal(signal.SIGINT, usual)


def _networks(model: "LPM") -> str:
    found = ", ".join(f"{seed} ({epochs})" for seed, epochs in model.epochs.items())
    return f"networks by seed (epochs): {found}"


@contextmanager
def _display() -> "Iterator[Callable[[Progress], None]]":
    """Give a function that shows progress: a bar on a terminal, else a line now and then."""
    started, told = time.monotonic(), [-SECONDS_BETWEEN_LINES]

    def lines(progress: "Progress") -> None:
        passed = time.monotonic() - started
        is_measured = progress.seconds_left > 0 and passed > SECONDS_MEASURED
        if is_measured and passed - told[0] >= SECONDS_BETWEEN_LINES:
            told[0] = passed
            share = progress.done / progress.total
            _say(f"{share:.0%}, {_time_left(progress)}. {progress.said}")

    if not sys.stderr.isatty():
        yield lines
        return
    from rich.console import Console
    from rich.progress import BarColumn, TaskProgressColumn, TextColumn
    from rich.progress import Progress as Bars

    columns = (TaskProgressColumn(), BarColumn(), TextColumn("{task.description}", markup=False))
    with Bars(*columns, console=Console(stderr=True)) as bars:
        bar = bars.add_task("")

        def draw(progress: "Progress") -> None:
            said = f"{_time_left(progress)}. {progress.said}"
            bars.update(bar, completed=progress.done, total=progress.total, description=said)

        yield draw


def _time_left(progress: "Progress") -> str:
    left = progress.seconds_left
    if left != left:  # NaN
        return "measuring the time"
    words = f"{left:.0f} s" if left < 90 else f"{left / 60:.0f} min"
    return f"about {words} left at most"


def _say(text: str) -> None:
    print(plain(text), file=sys.stderr, flush=True)
