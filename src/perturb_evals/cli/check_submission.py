"""`perturb-evals check-submission`: can the numbers of a run be trusted on a leaderboard?"""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from perturb_evals.cli.arguments import task_name
from perturb_evals.cli.tables.terminal import console
from perturb_evals.datasets.errors import ArgumentError
from perturb_evals.leaderboard.untrusted_text import plain

if TYPE_CHECKING:
    from rich.console import Console

    from perturb_evals.cli.arguments import Subparsers
    from perturb_evals.leaderboard.submission.check import Submission
    from perturb_evals.leaderboard.submission.checks import Checked

WIDTH = 100
OPTIONS = {
    "dataset": "--dataset",
    "cell_line": "--cell-line",
    "screen": "--screen",
    "perturbation_column": "--perturbation-column",
    "control": "--control",
    "values": "--values",
}
"""Arguments of a task that say which data a file of predictions is about, and of the solver that
replays it."""


def add_parser(subparsers: "Subparsers") -> None:
    """Add `check-submission`."""
    text = "check runs for a leaderboard: data, questions, metrics, answers, evidence"
    parser = subparsers.add_parser("check-submission", help=text, description=text)
    parser.add_argument(
        "paths",
        nargs="+",
        metavar="PATH",
        help="logs, folders of logs, and results (JSON); with --task, files of predictions",
    )
    parser.add_argument(
        "--task",
        metavar="TASK",
        type=task_name,
        help="the paths are files of predictions for this task; `perturb-evals list` shows them",
    )
    for name, option in OPTIONS.items():
        metavar = name.rpartition("_")[2].upper()
        parser.add_argument(option, metavar=metavar, help=f"with --task, its argument {name}")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print a table of checks for every run, or every file of predictions.

    Returns:
        0 when every check of every run has passed or does not apply; 1 when one failed, or could
        not be made, or there is nothing to check; 2 for options that do not go together.
    """
    said = {name: getattr(args, name) for name in OPTIONS}
    given = {name: value for name, value in said.items() if value is not None}
    if args.task is None and given:
        option = OPTIONS[next(iter(given))]
        raise ArgumentError(f"{option} is for files of predictions: name their --task too.")
    if args.task is not None:
        return _predictions(console(WIDTH), args.paths, args.task, given)
    return _runs(console(WIDTH), args.paths)


def _runs(screen: "Console", paths: list[str]) -> int:
    from perturb_evals.leaderboard.submission.check import check_runs

    def begun(number: int, total: int) -> None:
        status.update(f"reading all samples of run {number} of {total} …")

    with screen.status("looking for runs …") as status:  # nothing of it in a pipe
        submission = check_runs(paths, begun)
    for checked in submission.runs:
        _show(screen, checked)
    for aside in submission.set_aside:
        print(f"set aside: {plain(aside.log)}: {plain(aside.reason)}", file=sys.stderr)
    screen.print(_verdict(submission))
    return 0 if submission.passed else 1


def _verdict(submission: "Submission") -> str:
    runs, aside = submission.runs, submission.set_aside
    if not runs:
        return "There is no run of this package to check."
    failed = sum("fail" in checked.outcomes for checked in runs)
    not_all = sum("not checked" in checked.outcomes for checked in runs)
    parts = [f"{sum(checked.passed for checked in runs)} of {len(runs)} runs passed"]
    parts += [f"{failed} failed"] if failed else []
    parts += [f"{not_all} not fully checked"] if not_all else []
    parts += [f"{len(aside)} logs set aside"] if aside else []
    return ", ".join(parts) + "."


def _predictions(screen: "Console", paths: list[str], task: str, given: dict[str, str]) -> int:
    from perturb_evals.families import family_of
    from perturb_evals.leaderboard.submission.predictions_file import (
        check_predictions,
        replay_command,
    )

    family = family_of(task)
    for name in given:
        if name not in (*family.data_arguments, *family.replay_arguments):
            raise ArgumentError(f"{OPTIONS[name]} does not go with --task {task}.")
    passed = True
    for path in map(Path, paths):
        checked = check_predictions(path, task, given)
        _show(screen, checked)
        passed = passed and checked.passed
        if checked.passed:
            command = plain(replay_command(path, task, given))
            screen.print(f"This command makes a run of it:\n{command}", soft_wrap=True)
            if hint := family.replay_hint:
                screen.print(hint)
    return 0 if passed else 1


def _show(screen: "Console", checked: "Checked") -> None:
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, show_edge=False)
    table.add_column("check", no_wrap=True)
    table.add_column("outcome", no_wrap=True)
    table.add_column("what was found", overflow="fold")
    for check in checked.checks:
        table.add_row(check.name, check.outcome, plain(check.said))
    screen.print(plain(checked.title), style="bold")
    screen.print(plain(checked.place), soft_wrap=True)
    screen.print(table)
    screen.print()
