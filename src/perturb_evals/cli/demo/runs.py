"""How a part of the demo runs its systems, and how their numbers are read and written."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from inspect_ai import Task
    from inspect_ai.log import EvalLog
    from inspect_ai.solver import Solver

SCRIPTED = "perturb_scripted/biologist"
BUFFERED = 1000


class DemoError(Exception):
    """A run of the demo that did not succeed. The message says which one and why."""


def evaluate(
    tasks: "Sequence[Task]", solver: "Solver | None", model: str, log_dir: Path
) -> "list[EvalLog]":
    """Run one system on some tasks, quietly, and return their logs.

    Args:
        tasks: The tasks.
        solver: The system; None for the tasks' own.
        model: The model that is asked.
        log_dir: Folder of the logs.

    Raises:
        DemoError: A run did not succeed.
    """
    from inspect_ai import eval as inspect_eval

    logs = inspect_eval(
        list(tasks),
        model=model,
        solver=solver,
        log_dir=str(log_dir),
        display="none",
        # Nobody watches these runs, and logs of some hundred samples are written at once: this
        # takes a fifth of the time off.
        log_realtime=False,
        score_display=False,
        log_buffer=BUFFERED,
        max_tasks=len(tasks),
    )
    failed = [log for log in logs if log.status != "success"]
    if failed:
        reasons = [
            f"{log.eval.task} ended as {log.status}: {log.error.message if log.error else ''}"
            for log in failed
        ]
        raise DemoError("\n".join(reasons))
    return list(logs)


def metrics(log: "EvalLog") -> dict[str, float]:
    """Return the results of a run by name."""
    assert log.results is not None
    return {name: metric.value for name, metric in log.results.scores[0].metrics.items()}


def short(value: float, digits: int) -> str:
    """Return a number without its leading zero, as tables of scores are read: .596, -.02."""
    return re.sub(r"^(-?)0", r"\1", f"{value:.{digits}f}")


def with_interval(value: float, lower: float, upper: float) -> str:
    """Return a number and its interval: `.596 [.55, .64]`."""
    return f"{short(value, 3)} [{short(lower, 2)}, {short(upper, 2)}]"
