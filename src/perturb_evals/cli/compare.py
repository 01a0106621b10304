"""`perturb-evals compare`: is the difference of systems real?"""

import argparse
from dataclasses import replace
from typing import TYPE_CHECKING

from perturb_evals.cli.arguments import complain

if TYPE_CHECKING:
    from perturb_evals.cli.arguments import Subparsers
    from perturb_evals.leaderboard.entries import Entry

WIDTH = 120


def add_parser(subparsers: "Subparsers") -> None:
    """Add `compare`."""
    text = "compare finished runs on the same questions, pair by pair"
    parser = subparsers.add_parser("compare", help=text, description=text)
    parser.add_argument("logs", nargs="+", metavar="LOG", help="log files, or folders with them")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the comparison of all runs on each board that has two of them.

    Returns:
        0; 1 when no two runs can be compared.
    """
    from perturb_evals.cli.tables.compare import show_comparison
    from perturb_evals.cli.tables.leaderboard import show_set_aside
    from perturb_evals.cli.tables.terminal import console, short
    from perturb_evals.leaderboard.boards import make_boards
    from perturb_evals.leaderboard.comparison import ComparisonError, compare
    from perturb_evals.leaderboard.entries import board_of, read_entries

    entries = read_entries(args.logs)
    shown = console(WIDTH)
    boards: dict[tuple[str, ...], list[Entry]] = {}
    for entry in entries.complete:
        if entry.result is not None:
            boards.setdefault(board_of(entry.result), []).append(entry)
    several = [found for found in boards.values() if len(found) > 1]
    compared = 0
    # Where nothing can be compared, the message says which part differs.
    for found in several or [list(entries.complete)]:
        try:
            comparison = compare(found, older=entries.older, logs=args.logs)
            # What the systems add to a reference needs the rows that are computed for a board.
            (board,) = make_boards(replace(entries, complete=tuple(found)))
            show_comparison(shown, comparison, board)
            compared += 1
        except ComparisonError as error:
            complain("compare", error)
    for found in boards.values():
        if len(found) == 1 and several:
            shown.print(f"{short(found[0].name)} is alone on its board: nothing to compare with.")
    show_set_aside(shown, entries)
    return 0 if compared else 1
