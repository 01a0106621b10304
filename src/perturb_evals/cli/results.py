"""`perturb-evals results`: every run as a small JSON file that says how its number came about."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from perturb_evals.cli.arguments import add_prices, complain
from perturb_evals.leaderboard.untrusted_text import plain

if TYPE_CHECKING:
    from perturb_evals.cli.arguments import Subparsers
    from perturb_evals.leaderboard.results.result import Result


def add_parser(subparsers: "Subparsers") -> None:
    """Add `results`."""
    text = "write every run as a small JSON file: board, protocol, metrics, counts, cost"
    parser = subparsers.add_parser("results", help=text, description=text)
    parser.add_argument(
        "logs", nargs="+", metavar="LOG", help="log files and folders, local or any fsspec URL"
    )
    parser.add_argument(
        "-o", "--output", type=Path, required=True, metavar="FOLDER", help="where the files go"
    )
    add_prices(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Write the files and say which.

    Returns:
        0; 1 when a path is not there, the prices cannot be used, a file cannot be written, or there
        is no run at all.
    """
    from perturb_evals.families import family_of
    from perturb_evals.leaderboard.results.files import file_name, read_runs
    from perturb_evals.leaderboard.results.result import write_result
    from perturb_evals.solvers.asking.prices import read_prices

    runs = read_runs(args.logs, read_prices(args.prices) if args.prices else None)
    for result in runs.results:
        path = args.output / file_name(result)
        write_result(result, path)
        names = filter(None, (result.headline, family_of(result.task).companion))
        print(f"{path}  {result.status}  {', '.join(_said(result, name) for name in names)}")
    for aside in runs.set_aside:
        print(f"set aside: {plain(aside.log)}: {plain(aside.reason)}", file=sys.stderr)
    if not runs.results:
        return complain("results", "there is no run of this package.")
    incomplete = sum(result.status != "complete" for result in runs.results)
    more = f", {incomplete} of them of runs that are not complete" if incomplete else ""
    print(f"{len(runs.results)} results in {args.output}{more}")
    return 0


def _said(result: "Result", name: str) -> str:
    found = result.metrics.get(name)
    return f"{name} {'-' if found is None or found.value is None else f'{found.value:.3f}'}"
