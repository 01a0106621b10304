"""`perturb-evals leaderboard`: logs to ranked tables, and to a static site."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from perturb_evals.cli.tables.plain import plain

if TYPE_CHECKING:
    from rich.console import Console

    from perturb_evals.leaderboard.boards import Board
    from perturb_evals.leaderboard.entries import Entries
    from perturb_evals.leaderboard.summary import Summary

WIDTH = 120


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `leaderboard`."""
    text = "rank finished runs, each against those it can be compared with"
    parser = subparsers.add_parser("leaderboard", help=text, description=text)
    parser.add_argument("logs", nargs="+", metavar="LOGS", help="log files, or folders with them")
    parser.add_argument(
        "--prices", type=Path, metavar="FILE", help="JSON with dollars per million tokens by model"
    )
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
    from perturb_evals.cli.tables.terminal import console
    from perturb_evals.leaderboard.boards import make_boards
    from perturb_evals.leaderboard.entries import read_entries
    from perturb_evals.leaderboard.logs.headers import LogsError
    from perturb_evals.leaderboard.results.prices import PricesError, read_prices
    from perturb_evals.leaderboard.summary import summaries

    if args.transcripts and args.site is None:
        print("perturb-evals leaderboard: --transcripts goes with --site FOLDER.", file=sys.stderr)
        return 2
    try:
        prices = read_prices(args.prices) if args.prices else None
        entries = read_entries(args.logs, prices)
    except (LogsError, PricesError) as error:
        print(f"perturb-evals leaderboard: {plain(str(error))}", file=sys.stderr)
        return 1
    boards = make_boards(entries)
    summed = summaries(boards)
    shown = console(WIDTH)
    show(shown, boards, summed, entries)
    if args.site is not None and not boards:
        print("perturb-evals leaderboard: there is nothing to write a site of.", file=sys.stderr)
    if args.site is not None and boards:
        code = _write(args.site, boards, summed, entries, args.transcripts)
        if code == 0:
            shown.print(f"The site: {args.site / 'index.html'}", soft_wrap=True)
        return code
    return 0 if boards else 1


def show(
    console: "Console",
    boards: "tuple[Board, ...]",
    summed: "tuple[Summary, ...]",
    entries: "Entries",
) -> None:
    """Print all tables and what takes no part."""
    from perturb_evals.cli.tables.leaderboard import (
        show_board,
        show_how_to_read,
        show_set_aside,
        show_summary,
    )

    for board in boards:
        show_board(console, board)
    for summary in summed:
        show_summary(console, summary)
    if boards:
        show_how_to_read(console)
    show_set_aside(console, entries, boards)
    if not boards:
        console.print("There is no complete run, so there is nothing to rank.")


def _write(
    folder: Path,
    boards: "tuple[Board, ...]",
    summed: "tuple[Summary, ...]",
    entries: "Entries",
    transcripts: bool,
) -> int:
    from perturb_evals.leaderboard.logs.headers import LogsError
    from perturb_evals.leaderboard.publish import SiteError, publish

    try:
        publish(folder, boards, summed, entries, transcripts=transcripts)
    except (SiteError, LogsError, OSError) as error:
        print(f"perturb-evals leaderboard: {plain(str(error))}", file=sys.stderr)
        return 1
    return 0
