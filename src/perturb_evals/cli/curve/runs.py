"""Runs of one system on one screen with several training sizes; those that are there are kept."""

import sys
from collections.abc import Mapping, Sequence
from typing import Any

from inspect_ai import eval_set
from inspect_ai.solver import SolverSpec

from perturb_evals.cli.curve.points import DEFAULT_SOLVER, CurveError
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
) -> dict[str, Any]:
    """Run langpert once a size as an eval set, so that a killed call goes on where it was.

    The logs are written to a folder in `log_dir` that is called after the data, the split and the
    version of the metrics. Inspect knows a finished run by the arguments of its task, and these
    stay the same when the content of a file changes; then the folder is another one.

    Args:
        screen: As for the task.
        sizes: Numbers of training perturbations.
        repeats: How many training subsets of each size are drawn for each fold.
        solver: Name of a solver, with or without `perturb_evals/`; that of the task by default.
        solver_args: Its arguments, or those of the task's own solver.
        task_args: Other arguments of the task.
        model: Name of a model; `none/none` for solvers that need none.
        log_dir: Folder of the logs. It may hold other logs; what an earlier call finished there on
            the same data is not repeated.

    Returns:
        The board of the runs; `train`, which differs by size, is that of the first.

    Raises:
        ValueError: An argument that the task does not allow.
        CurveError: A run did not end with success.
    """
    shared = dict(task_args) | {"screen": screen} | ({"repeats": repeats} if repeats != 1 else {})
    tasks = [langpert(**shared, n_train=size) for size in sizes]
    metadata = tasks[0].metadata
    assert metadata is not None
    board: dict[str, Any] = metadata["board"]
    data = f"{board['data']}-{board['split']}-v{board['metric_version']}"
    success, logs = eval_set(
        tasks,
        solver=_solver(solver, dict(solver_args)),
        model=model,
        log_dir=f"{log_dir.rstrip('/')}/langpert-{data}",
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


def _solver(name: str | None, args: dict[str, Any]) -> SolverSpec | None:
    if not name and not args:
        return None
    name = name or DEFAULT_SOLVER
    return SolverSpec(name if "/" in name else f"perturb_evals/{name}", args, args)
