"""Runs of one system on one screen with several training sizes; those that are there are kept."""

import sys
from collections.abc import Mapping, Sequence
from typing import Any

from inspect_ai import eval_set
from inspect_ai.solver import SolverSpec

from perturb_evals.cli.curve_points import CurveError
from perturb_evals.tasks.langpert import langpert


def run_sizes(
    screen: str,
    sizes: Sequence[int],
    *,
    repeats: int,
    solver: str | None,
    solver_args: Mapping[str, Any],
    task_args: Mapping[str, Any],
    model: str,
    log_dir: str,
) -> None:
    """Run langpert once a size as an eval set, so that a killed call goes on where it was.

    Args:
        screen: As for the task.
        sizes: Numbers of training perturbations.
        repeats: How many training subsets of each size are drawn for each fold.
        solver: Name of a solver; that of the task by default.
        solver_args: Its arguments.
        task_args: Other arguments of the task.
        model: Name of a model; `none/none` for solvers that need none.
        log_dir: Folder of the logs. It may hold other logs; finished runs in it are not repeated.

    Raises:
        ValueError: An argument that the task does not allow.
        CurveError: A run did not end with success.
    """
    shared = dict(task_args) | {"screen": screen} | ({"repeats": repeats} if repeats != 1 else {})
    success, logs = eval_set(
        [langpert(**shared, n_train=size) for size in sizes],
        solver=SolverSpec(solver, dict(solver_args), dict(solver_args)) if solver else None,
        model=model,
        log_dir=log_dir,
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
