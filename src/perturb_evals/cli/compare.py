"""`perturb-evals compare`: is the difference of systems real?"""

import argparse
from dataclasses import replace
from typing import TYPE_CHECKING

from perturb_evals.cli.arguments import add_forms, complain

if TYPE_CHECKING:
    from perturb_evals.cli.arguments import Subparsers
    from perturb_evals.leaderboard.entries import Entry

WIDTH = 120


def add_parser(subparsers: "Subparsers") -> None:
    """Add `compare`."""
    text = "compare finished runs on the same questions, pair by pair"
    parser = subparsers.add_parser("compare", help=text, description=text)
    parser.add_argument("logs", nargs="+", metavar="LOG", help="log files, or folders with them")
    add_forms(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the comparison of all systems on each board that has two of them.

    A control run is held against its original alone, and counts among no pairs of systems.

    Returns:
        0; 1 when no two runs can be compared.
    """
    from perturb_evals.cli.tables.compare import show_all, show_comparison, show_who_is_better
    from perturb_evals.cli.tables.controls import sentence_of, show_controls
    from perturb_evals.cli.tables.glance import not_shown
    from perturb_evals.cli.tables.leaderboard import show_set_aside
    from perturb_evals.cli.tables.terminal import console, print_frame, short
    from perturb_evals.leaderboard.boards import make_boards
    from perturb_evals.leaderboard.comparison import ComparisonError, compare
    from perturb_evals.leaderboard.control_runs import control_rows
    from perturb_evals.leaderboard.entries import board_of, read_entries
    from perturb_evals.leaderboard.frame import comparisons_to_frame

    entries = read_entries(args.logs)
    shown = console(WIDTH)
    boards: dict[tuple[str, ...], list[Entry]] = {}
    for entry in entries.complete:
        if entry.result is not None:
            boards.setdefault(board_of(entry.result), []).append(entry)
    under: dict[tuple[str, ...], list[Entry]] = {}
    for entry in entries.controls:
        if entry.result is not None:
            under.setdefault(board_of(entry.result), []).append(entry)
    controls = [
        row for at, found in under.items() for row in control_rows(boards.get(at, []), found)
    ]
    several = [found for found in boards.values() if len(found) > 1]
    comparisons = []
    # Where nothing can be compared, the message says which part differs.
    no_pair = [] if controls and len(entries.complete) < 2 else [list(entries.complete)]
    for found in several or no_pair:
        try:
            comparison = compare(found, older=entries.older, logs=args.logs)
        except ComparisonError as error:
            complain("compare", error)
            continue
        comparisons.append(comparison)
        if args.form == "brief":
            show_who_is_better(shown, comparison)
        elif args.form == "verbose":
            # What the systems add to a reference needs the rows that are computed for a board.
            (board,) = make_boards(replace(entries, complete=tuple(found), controls=()))
            show_all(shown, comparison, board)
        elif args.form is None:
            show_comparison(shown, comparison)
    if args.form in ("json", "csv"):
        pairs = [pair for row in controls if (pair := row.as_pair())]
        print_frame(comparisons_to_frame([*comparisons, *map(compare, pairs)]), args.form)
    elif args.form == "brief":
        for row in controls:
            shown.print(sentence_of(row), soft_wrap=True)
    else:
        show_controls(shown, controls)
    alone = [
        f"{short(found[0].name)} is alone on its board: nothing to compare with."
        for found in boards.values()
        if len(found) == 1 and several
    ]
    if args.form == "verbose":
        for said in alone:
            shown.print(said)
        show_set_aside(shown, entries)
    else:
        for said in filter(None, (*alone, not_shown((), entries))):
            if args.form is None:
                shown.print(said)
            else:
                complain("compare", said)
    return 0 if comparisons or any(row.original for row in controls) else 1
