"""`perturb-evals curve`: how a score grows with the number of training perturbations."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from perturb_evals.cli.arguments import ABOUT_SCREEN, add_named, usage
from perturb_evals.cli.tables.terminal import console
from perturb_evals.datasets.errors import ArgumentError
from perturb_evals.leaderboard.untrusted_text import plain

if TYPE_CHECKING:
    from rich.table import Table

    from perturb_evals.cli.arguments import Subparsers
    from perturb_evals.cli.curve.points import Curve
    from perturb_evals.datasets.published import Published

WIDTH = 100
FOR_RUNS = {"solver": "--solver", "sizes": "--sizes", "task_args": "-T", "solver_args": "-S"}
"""Options that say nothing of logs."""


def add_parser(subparsers: "Subparsers") -> None:
    """Add `curve`."""
    text = "print and plot the learning curve of runs with several training sizes"
    parser = subparsers.add_parser(
        "curve",
        help=text,
        description=f"{text}; with --screen, run the sizes that are missing first",
    )
    parser.add_argument(
        "logs", nargs="*", metavar="LOG", help="logs of langpert runs, or folders with them"
    )
    parser.add_argument(
        "-o",
        dest="stem",
        type=Path,
        default=Path("curve"),
        metavar="PATH",
        help="write PATH.svg and PATH.png (default: curve)",
    )
    runs = parser.add_argument_group("runs")
    runs.add_argument("--screen", help=f"run on this screen: {ABOUT_SCREEN}")
    runs.add_argument("--solver", help="e.g. graph_neighbors (default: the task's own)")
    runs.add_argument("--model", help="default: none/none, for no model")
    runs.add_argument(
        "--sizes",
        metavar="N,N,...",
        help="numbers of training perturbations (default for the screens of the paper: its own)",
    )
    runs.add_argument(
        "--repeats", type=int, default=1, help="training subsets for each fold (default: 1)"
    )
    runs.add_argument(
        "--log-dir", default="logs", help="folder of the logs; finished runs are not repeated"
    )
    add_named(runs, "-T", "task_args", "an argument of the task, as for `inspect eval`")
    add_named(runs, "-S", "solver_args", "an argument of the solver, as for `inspect eval`")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run what is missing, print the table and write the plots.

    Returns:
        0; 1 when a run fails, the logs make no curve or a file cannot be written; 2 for an argument
        that is not allowed.
    """
    if not args.screen:
        if named := [option for name, option in FOR_RUNS.items() if getattr(args, name)]:
            raise ArgumentError(f"{named[0]} is for runs: name a --screen too.")
        if not args.logs:
            raise ArgumentError("give logs to read, or a --screen to run on.")

    from perturb_evals.cli.curve.plot import save_plot
    from perturb_evals.cli.curve.points import read_curve
    from perturb_evals.cli.curve.runs import run_missing
    from perturb_evals.datasets.published import CURVES

    board, logs = None, args.logs
    if args.screen:
        with usage():
            board = run_missing(args)
        logs = [*logs, args.log_dir]
    curve = read_curve(logs, board)
    published = [row for row in CURVES if row.screen == curve.screen]
    files = save_plot(curve, published, args.stem)
    console(WIDTH).print(_table(curve, published))
    for reason, count in curve.passed_by.items():
        print(f"passed by: {count} logs, {plain(reason)}", file=sys.stderr)
    for file in files:
        print(file)
    return 0


def _table(curve: "Curve", published: "list[Published]") -> "Table":
    from rich import box
    from rich.table import Table

    from perturb_evals.cli.curve.points import METRIC

    table = Table(
        title=f"{METRIC} on {curve.context} by number of training perturbations",
        title_justify="left",
        box=box.SIMPLE_HEAD,
        show_edge=False,
    )
    table.add_column("system", overflow="fold")
    table.add_column("n", justify="right", no_wrap=True)
    table.add_column(METRIC, justify="right", no_wrap=True)
    table.add_column("95% interval", no_wrap=True)
    table.add_column("paper_se", justify="right", no_wrap=True)
    table.add_column("training sets", no_wrap=True)
    for system, points in curve.lines.items():
        for point in points:
            stderr = "-" if point.paper_se is None else f"{point.paper_se:.3f}"
            value, lower, upper = point.figures
            interval = f"[{lower:.3f}, {upper:.3f}]"
            row = (f"{point.size:,}", f"{value:.3f}", interval, stderr, point.train)
            table.add_row(system if point is points[0] else "", *row)
    if published:
        table.add_section()
    for found in published:
        value, published_se = found.scores[METRIC]
        row = (f"{found.n_train:,}", f"{value:.3f}", "", f"{published_se:.3f}", "other protocol")
        table.add_row(f"{found.system} (published)", *row)
    return table
