"""The `inspect eval-set` lines of `perturb-evals run`: how they are typed, and started."""

import argparse
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from perturb_evals.datasets.errors import ArgumentError

INTERRUPTED = 130
OWN_OPTIONS = (
    "-T",
    "--model",
    "--log-dir",
    "--tags",
    "--epochs",
    "--continue-on-fail",
    "--no-continue-on-fail",
    "--retry-attempts",
    "--log-buffer",
)
"""Options that a line has already; another value would ask or count something else."""


@dataclass(frozen=True, eq=False)
class Line:
    """All tasks of a family in one context.

    Attributes:
        tasks: Their names.
        solver: The solver that they ask with.
        arguments: Of all of them.
        folder: Where their logs go.
    """

    tasks: tuple[str, ...]
    solver: str
    arguments: Mapping[str, Any]
    folder: Path


def lines_of(boards: str, given: Mapping[str, Any], log_dir: Path) -> Iterator[Line]:
    """Yield the lines of a set of boards.

    Args:
        boards: Name of the set.
        given: Arguments of the tasks, before those of the set.
        log_dir: The folder of all logs; each line has one in it.
    """
    from perturb_evals.families import FAMILIES

    for family in FAMILIES:
        for context, arguments in family.board_sets.get(boards, {}).items():
            own = family.solvers[0].__name__
            yield Line(family.task_names, own, {**arguments, **given}, log_dir / context)


def refuse_own_options(options: Sequence[str]) -> None:
    """Refuse options for Inspect that this command sets itself.

    Raises:
        ArgumentError: There is one.
    """
    for option in options:
        if option.partition("=")[0] in OWN_OPTIONS or option.startswith("-T"):
            raise ArgumentError(
                f"{option} behind -- is set by this command already: give it before --, where this "
                "command has such an option."
            )


def command(line: Line, models: Sequence[str], args: argparse.Namespace) -> list[str]:
    """Return the arguments of `inspect` that run a line."""
    words = ["eval-set", *(f"perturb_evals/{task}" for task in line.tasks)]
    for name, value in line.arguments.items():
        words += ["-T", f"{name}={','.join(value) if isinstance(value, list) else value}"]
    words += ["--model", ",".join(models), "--log-dir", str(line.folder), "--tags", line.solver]
    if args.epochs != 1:
        words += ["--epochs", str(args.epochs)]
    if args.budget is not None:
        # What is in flight when the money is spent is still answered and kept, nothing is tried
        # again at once, and every answer is in the log as soon as it is paid for.
        words += ["--continue-on-fail", "--log-buffer", "1"]
        words += ["--retry-attempts", "0", "--no-retry-immediate"]
    return [*words, *args.inspect_options]


def typed(line: Line, models: Sequence[str], args: argparse.Namespace) -> str:
    """Return a line as it can be typed; LEFT stands for what is left of the budget."""
    from perturb_evals.solvers.asking.budget import BUDGET, PRICES

    before = [f"{PRICES}={shlex.quote(str(args.prices))}"] if args.prices else []
    before += [f"{BUDGET}=LEFT"] if args.budget is not None else []
    return " ".join([*before, "inspect", shlex.join(command(line, models, args))])


def start(
    line: Line, models: Sequence[str], args: argparse.Namespace, left: float | None, ledger: Path
) -> int:
    """Run a line to its end.

    Args:
        line: The line.
        models: Names of the models.
        args: What was typed.
        left: Dollars that it may spend; None for any.
        ledger: File that its spending is written to, with a budget.

    Returns:
        Its exit code; `INTERRUPTED` after Ctrl-C.
    """
    from perturb_evals.solvers.asking.budget import BUDGET, LEDGER, PRICES

    given = {PRICES: str(args.prices)} if args.prices else {}
    if left is not None:
        given |= {BUDGET: f"{left:.6f}", LEDGER: str(ledger)}
    process = subprocess.Popen(
        [sys.executable, "-m", "inspect_ai", *command(line, models, args)],
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
