"""`perturb-evals leaderboard`: logs to ranked tables, and to a static site."""

import argparse
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from perturb_evals.cli.arguments import add_forms, add_prices, complain
from perturb_evals.datasets.errors import ArgumentError

if TYPE_CHECKING:
    from perturb_evals.cli.arguments import Subparsers
    from perturb_evals.leaderboard.boards import Board
    from perturb_evals.leaderboard.entries import Entries
    from perturb_evals.leaderboard.summary import Summary

WIDTH = 120


def add_parser(subparsers: "Subparsers") -> None:
    """Add `leaderboard`."""
    text = "rank finished runs, each against those it can be compared with"
    parser = subparsers.add_parser("leaderboard", help=text, description=text)
    parser.add_argument("logs", nargs="+", metavar="LOGS", help="log files, or folders with them")
    add_forms(parser)
    parser.add_argument(
        "--board", metavar="TEXT", help="only boards with this in their title or key"
    )
    parser.add_argument(
        "--track", metavar="NAME", help="only this track: none, within, cross, or a screen's"
    )
    add_prices(parser)
    parser.add_argument("--site", type=Path, metavar="FOLDER", help="also write a static site")
    parser.add_argument(
        "--transcripts",
        action="store_true",
        help="bundle the log viewer beside the site and link every transcript",
    )
    parser.add_argument(
        "--known",
        type=Path,
        metavar="FILE",
        help="for the site's page of memory: how well known genes are, CSV with symbol and count "
        "(default: how much NCBI writes of them)",
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print who is best and a table a board, and write the site; all of the chosen boards alone.

    Returns:
        0; 1 when there is no complete run, or the site cannot be written; 2 for an argument that is
        not allowed.
    """
    from perturb_evals.cli.tables.terminal import console
    from perturb_evals.datasets.genes.known import read_counts
    from perturb_evals.leaderboard.boards import make_boards
    from perturb_evals.leaderboard.entries import read_entries
    from perturb_evals.leaderboard.publish import publish
    from perturb_evals.leaderboard.summary import summaries
    from perturb_evals.solvers.asking.prices import read_prices

    if args.transcripts and args.site is None:
        raise ArgumentError("--transcripts goes with --site FOLDER.")
    if args.known and args.site is None:
        raise ArgumentError("--known goes with --site FOLDER, whose page of memory reads it.")
    counts = read_counts(args.known) if args.known else None
    entries = read_entries(args.logs, read_prices(args.prices) if args.prices else None)
    if args.board is not None:
        entries = _on_boards(entries, args.board)
    tracks = sorted({entry.track for entry in (*entries.complete, *entries.controls)})
    if args.track is not None and tracks and args.track not in tracks:
        raise ArgumentError(f"--track expects {' or '.join(tracks)} here; got {args.track!r}.")
    boards = make_boards(entries)
    # Before tracks are chosen: what a mean skill is counted from may stand in another one.
    summed = summaries(boards)
    if args.track is not None:
        boards, summed = _in_track(boards, summed, args.track)
    _show(args.form, boards, summed, entries)
    if not boards:
        if args.site is not None:
            complain("leaderboard", "there is nothing to write a site of.")
        return 1
    if args.site is not None:
        publish(args.site, boards, summed, entries, transcripts=args.transcripts, counts=counts)
        to = sys.stderr if args.form in ("json", "csv") else None
        shown = console(WIDTH, to)
        shown.print(f"The site: {args.site / 'index.html'}", soft_wrap=True)
    return 0


def _on_boards(entries: "Entries", text: str) -> "Entries":
    """Keep the runs on boards whose title or key holds a text, in capitals or not."""
    wanted = text.casefold()
    ran = (*entries.complete, *entries.controls)
    places = {
        (f"{result.task} on {result.context}", result.board_key)
        for result in (*(entry.result for entry in ran), *entries.incomplete)
        if result is not None
    }
    kept = {key for title, key in places if wanted in f"{title}\n{key}".casefold()}
    if places and not kept:
        there = "; ".join(sorted(f"{title} ({key})" for title, key in places))
        raise ArgumentError(
            f"--board expects part of a board's title or key; got {text!r}. There are: {there}."
        )
    return replace(
        entries,
        complete=tuple(e for e in entries.complete if e.result and e.result.board_key in kept),
        controls=tuple(e for e in entries.controls if e.result and e.result.board_key in kept),
        incomplete=tuple(run for run in entries.incomplete if run.board_key in kept),
        older=tuple(run for run in entries.older if run.board_key in kept),
    )


def _in_track(
    boards: "tuple[Board, ...]", summed: "tuple[Summary, ...]", name: str
) -> "tuple[tuple[Board, ...], tuple[Summary, ...]]":
    """Keep a track of the boards and their summaries."""
    chosen = (
        replace(
            board,
            tracks=tuple(track for track in board.tracks if track.name == name),
            controls=tuple(row for row in board.controls if row.entry.track == name),
        )
        for board in boards
    )
    return (
        tuple(board for board in chosen if board.tracks or board.controls),
        tuple(summary for summary in summed if summary.track == name),
    )


def _show(
    form: str | None,
    boards: "tuple[Board, ...]",
    summed: "tuple[Summary, ...]",
    entries: "Entries",
) -> None:
    """Print the boards in one of the forms, and in each of them that runs take no part."""
    from perturb_evals.cli.tables.controls import sentence_of, show_controls
    from perturb_evals.cli.tables.glance import not_shown, show_glance, show_sentences
    from perturb_evals.cli.tables.leaderboard import show_leaderboard, show_set_aside
    from perturb_evals.cli.tables.terminal import console, print_frame
    from perturb_evals.leaderboard.frame import to_frame

    shown = console(WIDTH)
    if form in ("json", "csv"):
        print_frame(to_frame(boards), form)
    elif not boards:
        show_set_aside(shown, entries)
        shown.print("There is no complete run, so there is nothing to rank.")
    elif form == "brief":
        show_sentences(shown, boards, summed, every=True)
    elif form == "verbose":
        show_leaderboard(shown, boards, summed, entries)
    else:
        show_glance(shown, boards, summed, entries)
    controls = [row for board in boards for row in board.controls]
    if form == "brief":
        for row in controls:
            shown.print(sentence_of(row), soft_wrap=True)
    elif form is None or form == "verbose":
        show_controls(shown, controls)
    elif controls:
        n = f"{len(controls)} control {'run is' if len(controls) == 1 else 'runs are'}"
        complain("leaderboard", f"{n} in the tables without --{form} only.")
    if form in ("json", "csv", "brief") and (said := not_shown(boards, entries)):
        complain("leaderboard", said)
