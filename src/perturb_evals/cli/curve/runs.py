"""Runs of one system on one screen with several training sizes; those that are there are kept."""

import argparse
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from inspect_ai import eval_set
from inspect_ai.solver import SolverSpec

from perturb_evals.cli.arguments import named_values
from perturb_evals.cli.curve.points import TASK, CurveError
from perturb_evals.datasets.published import SIZES
from perturb_evals.families.expression.family import Expression
from perturb_evals.leaderboard.systems import NO_MODEL

OPTIONS = {"n_train": "--sizes", "repeats": "--repeats", "screen": "--screen"}
"""Arguments of the task that have an option of their own."""


TASKS_OWN = Expression.solvers[0].__name__
"""The solver of the task where none is named."""


def run_missing(args: argparse.Namespace) -> dict[str, Any]:
    """Run the sizes that are missing, as the command line asks, and return their board.

    Raises:
        ValueError, TypeError: An argument that is not allowed.
        CurveError: A run did not end with success.
    """
    model = args.model or NO_MODEL
    if not args.solver and model == NO_MODEL:
        raise ValueError("name a --solver, or the --model that the task's own solver asks.")
    sizes = _sizes(args.sizes, args.screen)
    task_args, solver_args = (
        named_values("-T", args.task_args),
        named_values("-S", args.solver_args),
    )
    for name, option in OPTIONS.items():
        if name in task_args:
            raise ValueError(f"-T {name} is not for curves: use {option}.")
    return run_sizes(
        {**task_args, "screen": args.screen}
        | ({"repeats": args.repeats} if args.repeats != 1 else {}),
        sizes,
        solver=_solver(args.solver, solver_args),
        model=model,
        log_dir=args.log_dir,
    )


def run_sizes(
    task_args: Mapping[str, Any],
    sizes: Sequence[int],
    *,
    solver: SolverSpec | None,
    model: str,
    log_dir: str,
) -> dict[str, Any]:
    """Run the task once a size as an eval set, so that a killed call goes on where it was.

    The logs are written to a folder in `log_dir` that is called after the data, the split and the
    version of the metrics. Inspect knows a finished run by the arguments of its task, and these
    stay the same when the content of a file changes; then the folder is another one.

    Args:
        task_args: Arguments of the task but for the size.
        sizes: Numbers of training perturbations.
        solver: The solver; that of the task by default.
        model: Name of a model; `none/none` for solvers that need none.
        log_dir: Folder of the logs. It may hold other logs; what an earlier call finished there on
            the same data is not repeated.

    Returns:
        The board of the runs; `train`, which differs by size, is that of the first.

    Raises:
        ValueError: An argument that the task does not allow.
        CurveError: A run did not end with success.
    """
    tasks = [TASK(**task_args, n_train=size) for size in sizes]
    metadata = tasks[0].metadata
    assert metadata is not None
    board: dict[str, Any] = metadata["board"]
    data = f"{board['data']}-{board['split']}-v{board['metric_version']}"
    success, logs = eval_set(
        tasks,
        solver=solver,
        model=model,
        tags=[(solver.solver if solver else TASKS_OWN).rpartition("/")[2]],
        log_dir=f"{log_dir.rstrip('/')}/{TASK.__name__}-{data}",
        log_dir_allow_dirty=True,
        display="rich" if sys.stdout.isatty() else "none",
        # What failed for good fails again: it is told, and taken up by the next call.
        retry_attempts=0,
        retry_immediate=False,
    )
    if not success:
        failed = next((log for log in logs if log.status != "success"), None)
        reason = failed.error.message if failed and failed.error else "it was stopped"
        raise CurveError(f"A run did not end with success: {reason}. Call again to go on.")
    return board


def _sizes(given: str | None, screen: str) -> list[int]:
    if given is None:
        if screen not in SIZES:
            raise ValueError(f"give --sizes: there is no default for {screen}.")
        return list(SIZES[screen])
    words = given.split(",")
    if not all(word.strip().isdecimal() for word in words):
        raise ValueError(f"--sizes expects whole numbers with commas, got {given!r}.")
    return sorted({int(word) for word in words})


def _solver(name: str | None, args: dict[str, Any]) -> SolverSpec | None:
    if not name and not args:
        return None
    name = name or TASKS_OWN
    return SolverSpec(name if "/" in name else f"perturb_evals/{name}", args, args)
