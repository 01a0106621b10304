"""`perturb-evals run`: models on a set of boards, with the price said first and a budget kept.

Inspect runs it: this prints the `inspect eval-set` lines, what they will take, and starts them.
"""

import argparse
import shlex
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from perturb_evals.cli.arguments import add_named, add_prices, named_values, usage
from perturb_evals.cli.run.lines import (
    INTERRUPTED,
    Line,
    lines_of,
    refuse_own_options,
    start,
    typed,
)
from perturb_evals.datasets.errors import ArgumentError, DataError
from perturb_evals.leaderboard.untrusted_text import plain

if TYPE_CHECKING:
    from inspect_ai.model import ModelCost
    from rich.console import Console

    from perturb_evals.cli.arguments import Subparsers

WIDTH = 100
Counts = dict[str, int]
LEDGER_FILE = "spent.jsonl"
SETS = ("standard", "demo")
LEAST = 1e-6
"""Dollars that are too few to go on with."""


def add_parser(subparsers: "Subparsers") -> None:
    """Add `run`."""
    text = "run models on a set of boards, with the price said first and a budget kept"
    parser = subparsers.add_parser(
        "run",
        help=text,
        description=f"{text}. The same command goes on where a run ended.",
    )
    parser.add_argument(
        "--models", required=True, metavar="A,B,C", help="models as for `inspect eval --model`"
    )
    parser.add_argument(
        "--boards",
        default="standard",
        choices=SETS,
        help="standard: every task of PerturbQA on four cell lines, 100 random genes each; demo: "
        "simulated lines, which need no data (default: standard)",
    )
    parser.add_argument(
        "--budget", metavar="DOLLARS", help="spend no more than so much on all of it together"
    )
    add_prices(parser)
    add_named(parser, "-T", "task_args", "an argument of the tasks, e.g. answer=logprobs")
    parser.add_argument("--epochs", type=int, default=1, help="answers per question (default: 1)")
    parser.add_argument("--output-tokens", type=int, help="tokens of one answer, if you know them")
    parser.add_argument(
        "--log-dir", type=Path, metavar="FOLDER", help="folder of the logs (default: logs/BOARDS)"
    )
    parser.add_argument(
        "inspect_options",
        nargs="*",
        metavar="-- OPTION",
        help="other options of `inspect eval-set`, e.g. -- --max-connections 1",
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Say what it takes, run what is missing, and say what was spent.

    Returns:
        0; 1 when a run is not complete; 2 for an argument that is not allowed.
    """
    from perturb_evals.cli.run import account
    from perturb_evals.cli.tables.terminal import console
    from perturb_evals.solvers.asking.budget import dollars_of
    from perturb_evals.solvers.asking.prices import price_of, read_prices

    models = list(dict.fromkeys(filter(None, map(str.strip, args.models.split(",")))))
    if not models:
        raise ArgumentError("--models expects names of models; got none.")
    refuse_own_options(args.inspect_options)
    prices = read_prices(args.prices) if args.prices else {}
    budget = dollars_of("--budget", args.budget) if args.budget is not None else None
    unpriced = [model for model in models if price_of(model, prices) is None]
    if budget is not None and unpriced:
        raise ArgumentError(
            f"--budget needs the price of every model, and {', '.join(unpriced)} has none: "
            "name a file with it, --model-cost-config FILE."
        )
    with usage():
        given = named_values("-T", args.task_args)
    log_dir = args.log_dir or Path("logs") / args.boards
    lines, ledger = list(lines_of(args.boards, given, log_dir)), log_dir / LEDGER_FILE
    shown = console(WIDTH)
    with usage():
        counted = _counted(shown, lines, args)
    _show_price(shown, counted, {model: price_of(model, prices) for model in models})
    if spent := account.spent(lines, prices, ledger):
        shown.print(f"Spent so far: {_dollars(spent)}.")
    if budget is not None:
        shown.print(
            f"The budget for all of it is {_dollars(budget)}: when it is spent the run ends, and "
            "goes on with a larger one. LEFT is what is left of it."
        )
    for line in counted:
        shown.print(f"\n{typed(line, models, args)}", style="bold", soft_wrap=True)
    if not _wanted(shown):
        shown.print("Nothing was asked.")
        return 1
    for line in counted:
        left = None if budget is None else budget - account.spent(lines, prices, ledger)
        if left is not None and left < LEAST:
            break
        code = start(line, models, args, left, ledger)
        if left is not None and (why := account.why_not_asked(line)):
            shown.print(plain(why))
            break
        if code == INTERRUPTED:
            break
        if code:
            shown.print(f"`inspect eval-set` ended with {code}; its words stand above.")
    complete = sum(account.complete(line, models) for line in lines)
    wanted = sum(len(line.tasks) for line in lines) * len(models)
    spent = account.spent(lines, prices, ledger)
    money = f", {_dollars(spent)} spent" if spent else ""
    of = f" of {_dollars(budget)}" if spent and budget is not None else ""
    shown.print(f"\n{complete} of {wanted} runs are complete{money}{of}.")
    if complete < wanted:
        more = ", with a larger --budget if it is spent," if budget is not None else ""
        shown.print(
            f"The same command{more} goes on where it ended; what was in flight is asked again."
        )
    shown.print(f"perturb-evals leaderboard {shlex.quote(str(log_dir))}", style="bold")
    return int(complete < wanted)


def _counted(
    shown: "Console", lines: Sequence[Line], args: argparse.Namespace
) -> "dict[Line, list[Counts]]":
    """Return what each task of a line takes; a line whose data cannot be had is left out aloud."""
    from perturb_evals.cli.estimate import estimate

    counted = {}
    for line in lines:
        given = (dict(line.arguments), args.epochs, args.output_tokens)
        try:
            counted[line] = [estimate(task, *given) for task in line.tasks]
        except DataError as error:
            shown.print(f"Left out: {line.folder.name}: {plain(str(error))}")
    if not counted:
        raise DataError("the data of none of the boards can be had.")
    return counted


def _show_price(
    shown: "Console",
    counted: "Mapping[Line, Sequence[Counts]]",
    prices: "Mapping[str, ModelCost | None]",
) -> None:
    """Print questions and tokens of every board, and dollars of every model."""
    from rich import box
    from rich.table import Table

    from perturb_evals.cli.estimate import dollars

    every = [counts for found in counted.values() for counts in found]
    total = {name: sum(counts[name] for counts in every) for name in every[0]}
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    table.add_column("for each model")
    for name in total:
        table.add_column(name, justify="right")
    for line, found in counted.items():
        for task, counts in zip(line.tasks, found, strict=True):
            cells = (f"{count:,}" for count in counts.values())
            table.add_row(f"{task} on {line.folder.name}", *cells)
    table.add_section()
    table.add_row("all", *(f"{count:,}" for count in total.values()))
    shown.print(table)
    known = {model: dollars(total, price) for model, price in prices.items() if price}
    for model, cost in known.items():
        shown.print(f"{plain(model)}: about {_dollars(cost)}.")
    if len(known) > 1:
        shown.print(f"Together: about {_dollars(sum(known.values()))}.")
    if lacking := [model for model, price in prices.items() if price is None]:
        shown.print(
            f"What {', '.join(map(plain, lacking))} costs is not known here. Name prices with "
            "--model-cost-config FILE, in dollars per million tokens: {MODEL: {input: 0.15, "
            "output: 0.6, input_cache_write: 0, input_cache_read: 0.08}}"
        )
    shown.print(
        "A guess for models without hidden reasoning, which can multiply the output.", style="dim"
    )


def _dollars(amount: float) -> str:
    return f"${amount:,.2f}" if amount >= 1 else f"${amount:.4f}"


def _wanted(shown: "Console") -> bool:
    """Ask a person at a terminal whether to go on; nobody else is asked."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return True
    return _answer(shown).strip().lower() in ("y", "yes")


def _answer(shown: "Console") -> str:
    try:
        return shown.input("\nRun this? [y/N] ", markup=False)
    except EOFError:
        return ""
