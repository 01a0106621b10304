"""`perturb-evals` alone: where the logs are, how many are complete, and what to do next."""

import argparse
import os
import shlex
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from perturb_evals.cli.tables.terminal import short

if TYPE_CHECKING:
    from inspect_ai.log import EvalLog

VARIABLE = "INSPECT_LOG_DIR"
READ = 50
"""Logs whose headers are read, the newest ones: more take seconds."""

FIRST = (
    ("perturb-evals demo", "a scripted model beside the baselines: no key, no network, 2 minutes"),
    (
        "inspect eval perturb_evals/perturbqa_direction -T genes=20 --model MODEL",
        "a first small run",
    ),
    ("perturb-evals list", "all tasks and solvers with their arguments"),
)


@dataclass(frozen=True)
class Logs:
    """What stands in a folder of logs.

    Attributes:
        files: The logs that were found, the newest first.
        complete: Headers of complete runs of this package.
        incomplete: Headers of its other runs.
    """

    files: list[Path]
    complete: "list[EvalLog]"
    incomplete: "list[EvalLog]"


def run(args: argparse.Namespace) -> int:
    """Print where the logs are, what they hold, and the three likely commands.

    Logs at a remote address are not read.

    Returns:
        0.
    """
    folder = os.environ.get(VARIABLE) or "logs"
    where = f"{short(folder, 200)} ({VARIABLE})" if os.environ.get(VARIABLE) else "./logs"
    if "://" in folder:
        print(f"Logs: {where}, which is not read here.")
        commands = _with_runs(folder, several=True)
    else:
        logs = _logs(Path(folder))
        print(f"Logs: {where}, {_held(logs)}.")
        commands = _commands(folder, logs)
    print("\nWhat to do next:")
    for command, what in commands:
        print(f"  {command}\n      {what}")
    print("\nAll commands: perturb-evals --help")
    return 0


def _logs(folder: Path) -> Logs:
    found = [path for suffix in ("*.eval", "*_*_*.json") for path in folder.rglob(suffix)]
    # The names begin with the time; folders between do not matter.
    files = sorted(found, key=lambda path: path.name, reverse=True)
    if not files:
        return Logs([], [], [])
    from perturb_evals.leaderboard.results.from_log import status_of
    from perturb_evals.logs.headers import read_headers

    runs = read_headers(files[:READ]).runs
    complete = [log for log in runs if status_of(log)[0] == "complete"]
    return Logs(files, complete, [log for log in runs if log not in complete])


def _held(logs: Logs) -> str:
    """Return how many logs are complete, in words."""
    if not logs.files:
        return "no logs yet"
    n, read = len(logs.files), min(len(logs.files), READ)
    of = f"{n} {'log' if n == 1 else 'logs'}"
    said = f"{of}: " if n == read else f"{of}, of the newest {read}: "
    said += f"{len(logs.complete)} complete {'run' if len(logs.complete) == 1 else 'runs'}"
    said += f", {len(logs.incomplete)} not complete" if logs.incomplete else ""
    others = read - len(logs.complete) - len(logs.incomplete)
    return f"{said}, {others} set aside" if others else said


def _commands(folder: str, logs: Logs) -> list[tuple[str, str]]:
    boards = Counter((log.eval.metadata or {})["board_key"] for log in logs.complete)
    if logs.complete:
        return _with_runs(folder, several=max(boards.values()) > 1)
    if not logs.incomplete:
        return list(FIRST)
    ended = [log for log in logs.incomplete if log.status in ("error", "cancelled")]
    again = (
        (f"inspect eval-retry {_quoted(ended[-1].location)}", "go on with the newest of them")
        if ended
        else FIRST[1]
    )
    return [again, _view(folder), FIRST[2]]


def _with_runs(folder: str, *, several: bool) -> list[tuple[str, str]]:
    """Return what to do with complete runs, several on one board or not."""
    third = (
        (f"perturb-evals compare {_quoted(folder)}", "is the difference of two systems real?")
        if several
        else ("perturb-evals estimate TASK", "what a larger run takes")
    )
    best = (f"perturb-evals leaderboard {_quoted(folder)}", "who is best, and is that real?")
    return [best, _view(folder), third]


def _view(folder: str) -> tuple[str, str]:
    return f"inspect view --log-dir {_quoted(folder)}", "read every transcript"


def _quoted(path: str) -> str:
    return shlex.quote(short(path.removeprefix("file://"), 200))
