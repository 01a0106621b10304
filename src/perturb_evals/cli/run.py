"""`perturb-evals run`: models on a set of boards, with the price said first and a budget kept.

Inspect runs it: this prints the `inspect eval-set` lines, what they will take, and starts them.
"""

import argparse
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from perturb_evals.cli.arguments import add_named, add_prices, named_values, usage
from perturb_evals.cli.tables.terminal import plain
from perturb_evals.datasets.errors import ArgumentError, DataError

if TYPE_CHECKING:
    from inspect_ai.model import ModelCost
    from rich.console import Console

    from perturb_evals.cli.arguments import Subparsers
    from perturb_evals.solvers.asking.prices import Prices

WIDTH = 100
Counts = dict[str, int]
INTERRUPTED = 130
SETS = ("standard", "demo")
BUDGET, PRICES = "PERTURB_EVALS_BUDGET", "PERTURB_EVALS_PRICES"
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


@dataclass(frozen=True, eq=False)
class Line:
    """One `inspect eval-set` line: all tasks of a family in one context."""

    tasks: tuple[str, ...]
    solver: str
    arguments: Mapping[str, Any]
    folder: Path


def run(args: argparse.Namespace) -> int:
    """Say what it takes, run what is missing, and say what was spent.

    Returns:
        0; 1 when a run is not complete; 2 for an argument that is not allowed.
    """
    from perturb_evals.cli.tables.terminal import console
    from perturb_evals.solvers.asking.budget import dollars_of
    from perturb_evals.solvers.asking.prices import price_of, read_prices

    models = [model.strip() for model in args.models.split(",") if model.strip()]
    if not models:
        raise ArgumentError("--models expects names of models; got none.")
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
    lines = list(_lines(args.boards, given, log_dir))
    shown = console(WIDTH)
    with usage():
        counted = _counted(shown, lines, args)
    _show_price(shown, counted, {model: price_of(model, prices) for model in models})
    spent = _spent(log_dir, prices)
    if spent:
        shown.print(f"Spent so far, by the logs in {log_dir}: {_dollars(spent)}.")
    if budget is not None:
        shown.print(
            f"The budget for all of it is {_dollars(budget)}: when it is spent the run ends, and "
            f"goes on with a larger one. LEFT is what is left of it."
        )
    for line in counted:
        shown.print(f"\n{_told(line, models, args)}", style="bold", soft_wrap=True)
    if not _wanted(shown):
        return 1
    for line in counted:
        left = None if budget is None else budget - _spent(log_dir, prices)
        if left is not None and left < LEAST:
            break
        if code := _start(line, models, args, left):
            if left is None or not _budget_ended(line.folder):
                shown.print(f"`inspect eval-set` ended with {code}; its words stand above.")
            break
    return _summed_up(shown, lines, models, log_dir, prices, budget)


def _lines(boards: str, given: Mapping[str, Any], log_dir: Path) -> Iterator[Line]:
    from perturb_evals.families import FAMILIES

    for family in FAMILIES:
        for context, arguments in family.board_sets.get(boards, {}).items():
            own = family.solvers[0].__name__
            yield Line(family.task_names, own, {**arguments, **given}, log_dir / context)


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


def _command(line: Line, models: Sequence[str], args: argparse.Namespace) -> list[str]:
    """Return the arguments of `inspect` that run a line."""
    command = ["eval-set", *(f"perturb_evals/{task}" for task in line.tasks)]
    for name, value in line.arguments.items():
        command += ["-T", f"{name}={','.join(value) if isinstance(value, list) else value}"]
    command += ["--model", ",".join(models), "--log-dir", str(line.folder)]
    command += ["--tags", line.solver]
    if args.epochs != 1:
        command += ["--epochs", str(args.epochs)]
    if args.budget is not None:
        # What is in flight when the money is spent is still answered and kept, and nothing is
        # tried again at once.
        command += [
            "--continue-on-fail",
            "--retry-attempts",
            "0",
            "--no-retry-immediate",
            "--log-buffer",
            "1",
        ]
    return [*command, *args.inspect_options]


def _told(line: Line, models: Sequence[str], args: argparse.Namespace) -> str:
    """Return the line as it can be typed."""
    words = []
    if args.prices:
        words.append(f"{PRICES}={shlex.quote(str(args.prices))}")
    if args.budget is not None:
        words.append(f"{BUDGET}=LEFT")
    return " ".join([*words, "inspect", shlex.join(_command(line, models, args))])


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


def _start(line: Line, models: Sequence[str], args: argparse.Namespace, left: float | None) -> int:
    """Run a line to its end, and return its exit code."""
    given = {PRICES: str(args.prices)} if args.prices else {}
    if left is not None:
        given[BUDGET] = f"{left:.6f}"
    process = subprocess.Popen(
        [sys.executable, "-m", "inspect_ai", *_command(line, models, args)],
        env={**os.environ, **given},
    )
    interrupted = False
    while True:
        try:
            code = process.wait()
        except KeyboardInterrupt:  # Inspect got it too, and writes its logs before it ends
            interrupted = True
        else:
            # Inspect ends with 0 when it was interrupted, and the next line must not start.
            return INTERRUPTED if interrupted else code


def _spent(log_dir: Path, prices: "Prices") -> float:
    """Return the dollars that the logs of a folder say, finished or not."""
    from inspect_ai.log import read_eval_log_sample_summaries

    from perturb_evals.logs.headers import read_headers
    from perturb_evals.solvers.asking.prices import cost_of

    if not log_dir.is_dir():
        return 0.0
    spent = 0.0
    for header in read_headers([log_dir]).runs:
        used = [header.stats.model_usage]
        if header.status == "started":  # killed: only its samples say what they took
            used = [
                summary.model_usage for summary in read_eval_log_sample_summaries(header.location)
            ]
        spent += sum(
            cost_of(model, usage, prices) or 0.0
            for usages in used
            for model, usage in usages.items()
        )
    return spent


def _budget_ended(folder: Path) -> bool:
    """Whether a question of a folder's logs was not asked for want of money."""
    from inspect_ai.log import read_eval_log_sample_summaries

    from perturb_evals.logs.headers import read_headers
    from perturb_evals.solvers.asking.budget import SPENT

    return any(
        sample.error is not None and sample.error.startswith(SPENT)
        for header in read_headers([folder]).runs
        if header.status == "error"
        for sample in read_eval_log_sample_summaries(header.location)
    )


def _complete(line: Line, models: Sequence[str]) -> int:
    """Return how many runs of a line are complete; other logs in its folder are none of them."""
    from perturb_evals.logs.headers import PREFIX, read_headers

    runs = read_headers([line.folder]).runs if line.folder.is_dir() else ()
    done = {
        (header.eval.task.removeprefix(PREFIX), header.eval.model)
        for header in runs
        if header.status == "success"
    }
    return sum((task, model) in done for task in line.tasks for model in models)


def _summed_up(
    shown: "Console",
    lines: Sequence[Line],
    models: Sequence[str],
    log_dir: Path,
    prices: "Prices",
    budget: float | None,
) -> int:
    """Say how far it came, what it took, and how to go on."""
    complete = sum(_complete(line, models) for line in lines)
    wanted = sum(len(line.tasks) for line in lines) * len(models)
    spent = _spent(log_dir, prices)
    money = f", {_dollars(spent)} spent" if spent else ""
    of = f" of {_dollars(budget)}" if spent and budget is not None else ""
    shown.print(f"\n{complete} of {wanted} runs are complete{money}{of}.")
    if complete < wanted:
        more = ", with a larger --budget," if budget is not None else ""
        shown.print(
            f"The same command{more} goes on where it ended; what was in flight is asked again."
        )
    shown.print(f"perturb-evals leaderboard {shlex.quote(str(log_dir))}", style="bold")
    return int(complete < wanted)
