"""`perturb-evals curve`: how a score grows with the number of training perturbations."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from perturb_evals.cli.arguments import ABOUT_SCREEN, NO_MODEL, named_values

if TYPE_CHECKING:
    from rich.table import Table

    from perturb_evals.cli.curve.points import Curve
    from perturb_evals.datasets.published import Published

    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]


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
    runs.add_argument("--model", default=NO_MODEL, help=f"default: {NO_MODEL}, for no model")
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
    for flag, what in (("-T", "task"), ("-S", "solver")):
        runs.add_argument(
            flag,
            action="append",
            default=[],
            dest=f"{what}_args",
            metavar="NAME=VALUE",
            help=f"an argument of the {what}, as for `inspect eval`",
        )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run what is missing, print the table and write the plots.

    Returns:
        0; 1 when a run fails, the logs make no curve or a file cannot be written; 2 for an argument
        that is not allowed.
    """
    from rich.console import Console

    from perturb_evals.cli.curve.plot import save_plot
    from perturb_evals.cli.curve.points import CurveError, read_curve
    from perturb_evals.datasets.errors import DataError
    from perturb_evals.datasets.published import CURVES
    from perturb_evals.datasets.screens.screen import ScreenError
    from perturb_evals.datasets.screens.splits import SplitError

    try:
        board = _run_missing(args)
    except (TypeError, ValueError) as error:
        print(f"perturb-evals curve: {error}", file=sys.stderr)
        return 2
    except (CurveError, DataError, ScreenError, SplitError, OSError) as error:
        print(f"perturb-evals curve: {error}", file=sys.stderr)
        return 1
    try:
        curve = read_curve([*args.logs, *([args.log_dir] if args.screen else [])], board)
        published = [row for row in CURVES if row.screen == curve.screen]
        files = save_plot(curve, published, args.stem)
    except (CurveError, OSError) as error:
        print(f"perturb-evals curve: {error}", file=sys.stderr)
        return 1
    # A pipe has no width; names of systems may be long.
    width = None if sys.stdout.isatty() else 100
    console = Console(highlight=False, markup=False, emoji=False, width=width)
    console.print(_table(curve, published))
    for reason, count in curve.passed_by.items():
        print(f"passed by: {count} logs, {reason}", file=sys.stderr)
    for file in files:
        print(file)
    return 0


def _run_missing(args: argparse.Namespace) -> "dict[str, Any] | None":
    """Run the sizes that are missing and return their board; None where there is nothing to run."""
    if not args.screen:
        named = [f"--{name}" for name in ("solver", "sizes") if getattr(args, name)]
        named += [flag for flag in ("-T", "-S") if getattr(args, _DESTINATION[flag])]
        if named:
            raise ValueError(f"{named[0]} is for runs: name a --screen too.")
        if not args.logs:
            raise ValueError("give logs to read, or a --screen to run on.")
        return None
    if not args.solver and args.model == NO_MODEL:
        raise ValueError("name a --solver, or the --model that the task's own solver asks.")
    sizes = _sizes(args)
    task_args, solver_args = (
        named_values(flag, getattr(args, name)) for flag, name in _DESTINATION.items()
    )
    for name, option in _OPTIONS.items():
        if name in task_args:
            raise ValueError(f"-T {name} is not for curves: use {option}.")

    from perturb_evals.cli.curve.runs import run_sizes

    return run_sizes(
        args.screen,
        sizes,
        repeats=args.repeats,
        solver=args.solver,
        solver_args=solver_args,
        task_args=task_args,
        model=args.model,
        log_dir=args.log_dir,
    )


_DESTINATION = {"-T": "task_args", "-S": "solver_args"}
_OPTIONS = {"n_train": "--sizes", "repeats": "--repeats", "screen": "--screen"}


def _sizes(args: argparse.Namespace) -> list[int]:
    from perturb_evals.datasets.published import SIZES

    if args.sizes is None:
        if args.screen not in SIZES:
            raise ValueError(f"give --sizes: there is no default for {args.screen}.")
        return list(SIZES[args.screen])
    words = args.sizes.split(",")
    if not all(word.strip().isdecimal() for word in words):
        raise ValueError(f"--sizes expects whole numbers with commas, got {args.sizes!r}.")
    return sorted({int(word) for word in words})


def _table(curve: "Curve", published: "list[Published]") -> "Table":
    from rich import box
    from rich.table import Table

    table = Table(
        title=f"mae_top20 on {curve.context} by number of training perturbations",
        title_justify="left",
        box=box.SIMPLE_HEAD,
        show_edge=False,
    )
    table.add_column("system", overflow="fold")
    table.add_column("n", justify="right", no_wrap=True)
    table.add_column("mae_top20", justify="right", no_wrap=True)
    table.add_column("95% interval", no_wrap=True)
    table.add_column("paper_se", justify="right", no_wrap=True)
    table.add_column("training sets", no_wrap=True)
    for system, points in curve.by_system().items():
        for point in points:
            stderr = "-" if point.paper_se is None else f"{point.paper_se:.3f}"
            interval = f"[{point.lower:.3f}, {point.upper:.3f}]"
            row = (f"{point.size:,}", f"{point.value:.3f}", interval, stderr, point.train)
            table.add_row(system if point is points[0] else "", *row)
    if published:
        table.add_section()
    for found in published:
        value, published_se = found.scores["mae_top20"]
        table.add_row(
            f"{found.system} (published)",
            f"{found.n_train:,}",
            f"{value:.3f}",
            "",
            f"{published_se:.3f}",
            "other protocol",
        )
    return table
