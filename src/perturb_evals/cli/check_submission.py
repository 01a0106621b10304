"""`perturb-evals check-submission`: can the numbers of a run be trusted on a leaderboard?"""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from perturb_evals.cli.tables.plain import plain
from perturb_evals.cli.tables.terminal import console

if TYPE_CHECKING:
    from rich.console import Console

    from perturb_evals.leaderboard.submission.check import Submission
    from perturb_evals.leaderboard.submission.checks import Checked

    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]

WIDTH = 100
TASKS = ("perturbqa_de", "perturbqa_direction", "langpert")


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
        choices=TASKS,
        metavar="TASK",
        type=lambda name: name.removeprefix("perturb_evals/"),
        help=f"the paths are files of predictions for this task: {', '.join(TASKS)}",
    )
    parser.add_argument(
        "--dataset", help="for questions: perturbqa (default), demo, or a folder of tables"
    )
    parser.add_argument("--cell-line", metavar="LINE", help="for questions: the cell line")
    parser.add_argument("--screen", help="for langpert: the screen (default: replogle_k562)")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print a table of checks for every run, or every file of predictions.

    Returns:
        0 when every check of every run has passed or does not apply; 1 when one failed, or could
        not be made, or there is nothing to check; 2 for options that do not go together.
    """
    questions = {"dataset": args.dataset, "cell_line": args.cell_line}
    given = {name: value for name, value in questions.items() if value is not None}
    if args.screen is not None:
        given["screen"] = args.screen
    if wrong := _misplaced(args.task, given):
        print(f"perturb-evals check-submission: {plain(wrong)}", file=sys.stderr)
        return 2
    if args.task:
        return _predictions(console(WIDTH), args.paths, args.task, given)
    return _runs(console(WIDTH), args.paths)


def _misplaced(task: str | None, given: dict[str, str]) -> str:
    """Return what is wrong with the options, empty for nothing."""
    options = {"dataset": "--dataset", "cell_line": "--cell-line", "screen": "--screen"}
    allowed = {None: (), "langpert": ("screen",)}.get(task, ("dataset", "cell_line"))
    for name in given:
        if name not in allowed:
            if task is None:
                return f"{options[name]} is for files of predictions: name their --task too."
            return f"{options[name]} does not go with --task {task}."
    return ""


def _runs(screen: "Console", paths: list[str]) -> int:
    from perturb_evals.leaderboard.headers import LogsError
    from perturb_evals.leaderboard.submission.check import check_runs

    def begun(number: int, total: int) -> None:
        status.update(f"reading all samples of run {number} of {total} …")

    try:
        with screen.status("looking for runs …") as status:  # nothing of it in a pipe
            submission = check_runs(paths, begun)
    except LogsError as error:
        print(f"perturb-evals check-submission: {plain(str(error))}", file=sys.stderr)
        return 1
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
    from perturb_evals.leaderboard.submission.predictions import check_predictions, replay_command

    passed = True
    for path in map(Path, paths):
        checked = check_predictions(path, task, given)
        _show(screen, checked)
        passed = passed and checked.passed
        if checked.passed:
            command = plain(replay_command(path, task, given))
            screen.print(f"This command makes a run of it:\n{command}", soft_wrap=True)
            if task != "langpert":
                screen.print("Add -T evidence=within or cross if the method read training rows.")
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
