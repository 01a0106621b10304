"""`perturb-evals leaderboard`: logs to ranked tables, and to a static site."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from perturb_evals.cli.arguments import add_prices, complain
from perturb_evals.datasets.errors import ArgumentError

if TYPE_CHECKING:
    from perturb_evals.cli.arguments import Subparsers

WIDTH = 120


def add_parser(subparsers: "Subparsers") -> None:
    """Add `leaderboard`."""
    text = "rank finished runs, each against those it can be compared with"
    parser = subparsers.add_parser("leaderboard", help=text, description=text)
    parser.add_argument("logs", nargs="+", metavar="LOGS", help="log files, or folders with them")
    add_prices(parser)
    parser.add_argument("--site", type=Path, metavar="FOLDER", help="also write a static site")
    parser.add_argument(
        "--transcripts",
        action="store_true",
        help="bundle the log viewer beside the site and link every transcript",
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print a table a board, and write the site.

    Returns:
        0; 1 when there is no complete run, or the site cannot be written; 2 for an argument that is
        not allowed.
    """
    from perturb_evals.cli.tables.leaderboard import show_leaderboard
    from perturb_evals.cli.tables.terminal import console
    from perturb_evals.leaderboard.boards import make_boards
    from perturb_evals.leaderboard.entries import read_entries
    from perturb_evals.leaderboard.publish import publish
    from perturb_evals.leaderboard.summary import summaries
    from perturb_evals.solvers.asking.prices import read_prices

    if args.transcripts and args.site is None:
        raise ArgumentError("--transcripts goes with --site FOLDER.")
    entries = read_entries(args.logs, read_prices(args.prices) if args.prices else None)
    boards = make_boards(entries)
    summed = summaries(boards)
    shown = console(WIDTH)
    show_leaderboard(shown, boards, summed, entries)
    if not boards:
        if args.site is not None:
            complain("leaderboard", "there is nothing to write a site of.")
        return 1
    if args.site is not None:
        publish(args.site, boards, summed, entries, transcripts=args.transcripts)
        shown.print(f"The site: {args.site / 'index.html'}", soft_wrap=True)
    return 0
