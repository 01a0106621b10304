"""The leaderboard at a glance: who is best in a sentence, then the rows that readers need first."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from perturb_evals.cli.tables.terminal import figure, number, short
from perturb_evals.leaderboard.conclusion import conclusion, overall, place_of
from perturb_evals.leaderboard.untrusted_text import plain

if TYPE_CHECKING:
    from rich.console import Console

    from perturb_evals.leaderboard.boards import Board, BoardTrack
    from perturb_evals.leaderboard.entries import Entries, Entry
    from perturb_evals.leaderboard.ranks import Row
    from perturb_evals.leaderboard.summary import Summary, SummaryRow

    Cells = tuple[str, str, str, str]
    Group = tuple[str, list[tuple[Cells, bool]]]

TIED = "="
HEADS = ("rank", "system", "value [95% interval]", "added to reference")
GAP, INDENT = 2, 2
NARROWEST = 16
MOST = 20
"""Rows of all boards together that are all shown; of more, those that readers need first."""


def system_name(entry: "Entry") -> str:
    """Return a system's name as tables show it."""
    return short(entry.name, 80)


def headline_of(board: "Board") -> str:
    """Return the name of the headline, and of what `figure_beside` has in brackets."""
    beside = board.family.companion
    return f"{board.headline} (in brackets {beside})" if beside else board.headline


def figure_beside(entry: "Entry") -> str:
    """Return the headline with its interval, and in brackets what stands beside it."""
    beside = f" ({number(entry.companion.value)})" if entry.companion else ""
    return figure(entry.figure) + beside


def sentence_of(board: "Board", track: "BoardTrack") -> str:
    """Return the sentence about a track of a board."""
    return plain(conclusion(board, track, system_name, number, figure))


def show_sentences(
    console: "Console",
    boards: "Sequence[Board]",
    summed: "Sequence[Summary]",
    *,
    every: bool = False,
) -> None:
    """Print the sentence about everything, a line for each family of questions.

    Args:
        console: Where.
        boards: The boards.
        summed: Their summaries.
        every: Whether the sentences about each track of each board follow.
    """
    lines = overall(boards, summed, system_name, number, figure).splitlines()
    said = [plain(line) for line in lines]
    if every:
        tracks = ((board, track) for board in boards for track in board.tracks)
        said += [f"{plain(place_of(*one))}: {sentence_of(*one)}" for one in tracks]
    for sentence in dict.fromkeys(said):
        console.print(sentence)
    if boards and not every:
        console.print()


def show_glance(
    console: "Console", boards: "Sequence[Board]", summed: "Sequence[Summary]", entries: "Entries"
) -> None:
    """Print the sentences and the ranked rows of each track.

    Of many rows those of the systems, the best baseline and the reference. Mean skills come first,
    of the tracks where a system has one. A line says what is not shown.
    """
    show_sentences(console, boards, summed)
    groups = _mean_groups(summed)
    titles = [board.title for board in boards]
    few = sum(len(_held(track)) for board in boards for track in board.tracks) <= MOST
    for board in boards:
        # Boards of one title are told apart by their keys.
        key = f" ({board.key})" if titles.count(board.title) > 1 else ""
        older = board.family.older_metrics(board.parts)
        apart = f"; {older.said}" if older else ""
        about = f"{headline_of(board)}, {board.better} is better{apart}"
        for track in board.tracks:
            rows = [
                (_cells(board, track, row), row.entry.kind == "system")
                for row in (_held(track) if few else _needed(track))
            ]
            groups.append((f"{place_of(board, track)}{key}: {about}", rows))
    _show_groups(console, groups)
    shown = sum(len(rows) for _, rows in groups)
    total = sum(len(track.rows) for board in boards for track in board.tracks)
    total += sum(len(summary.rows) for summary in summed)
    console.print(
        f"{shown} of {total} rows; {TIED}: not told from the best. --verbose: all rows, skill, "
        "cost, published numbers, how to read them.",
        style="dim",
    )
    if said := not_shown(boards, entries):
        console.print(said)


def not_shown(boards: "Sequence[Board]", entries: "Entries") -> str:
    """Return in a sentence what is not ranked and which boards have notes; empty for nothing."""
    notes = sum(len(board.notes) + len(board.apart) for board in boards)
    counts = (
        (len(entries.incomplete), "run that is not complete", "runs that are not complete"),
        (len(entries.older), "older run of a system", "older runs of systems"),
        (len(entries.set_aside), "log set aside", "logs set aside"),
    )
    said = [f"{n} {one if n == 1 else several}" for n, one, several in counts if n]
    parts = [f"not ranked: {', '.join(said)}"] if said else []
    parts += [f"{notes} {'note' if notes == 1 else 'notes'} on these boards"] if notes else []
    sentence = "; ".join(parts)
    return f"{sentence[0].upper()}{sentence[1:]}: see --verbose." if sentence else ""


def _mean_groups(summed: "Sequence[Summary]") -> "list[Group]":
    """Return the mean skills of systems and of the best baseline, where a system has one."""
    groups = []
    tracks = [summary.track_title for summary in summed]
    for summary in summed:
        systems = [row for row in summary.rows if row.kind == "system"]
        if any(row.mean for row in systems):
            best = next((row for row in summary.rows if row.kind == "baseline" and row.mean), None)
            rows = [
                (_mean_cells(row), row is not best)
                for row in summary.rows
                if row is best or row in systems
            ]
            title = f"Mean skill over {len(summary.parts)} boards, track {summary.track_title}"
            # Those of one track are told apart by their rules.
            more = f": {summary.title}" if tracks.count(summary.track_title) > 1 else ""
            groups.append((title + more, rows))
    return groups


def _mean_cells(row: "SummaryRow") -> "Cells":
    kind = " (baseline)" if row.kind == "baseline" else ""
    mean = figure(row.mean) if row.mean else "lacks a part"
    return TIED if row.with_best else "", f"{short(row.name, 80)}{kind}", mean, ""


def _held(track: "BoardTrack") -> "list[Row]":
    """Return the systems of a track and what they are held against: its ranked baselines.

    Where nothing is ranked, all its baselines.
    """
    ranks = any(row.rank is not None for row in track.rows)
    return [
        row
        for row in track.rows
        if row.entry.kind == "system"
        or (row.entry.kind == "baseline" and (row.rank is not None or not ranks))
    ]


def _needed(track: "BoardTrack") -> "list[Row]":
    """Return of these the systems, the reference and the best baseline, or two without systems."""
    held = _held(track)
    baselines = [row for row in held if row.entry.kind == "baseline"]
    first = baselines[: 1 if len(baselines) < len(held) else 2]
    return [
        row for row in held if row.entry.kind == "system" or row in first or track.is_floor(row)
    ]


def _cells(board: "Board", track: "BoardTrack", row: "Row") -> "Cells":
    entry, run = row.entry, row.entry.result
    said = ["baseline"] if entry.kind == "baseline" else []
    said += [row.why_unranked] if row.why_unranked else []
    said += board.family.oddities(run.counts) if run else []
    return (
        "" if row.rank is None else f"{row.rank}{TIED if track.is_tied(row) else ''}",
        system_name(entry) + (f" ({'; '.join(said)})" if said else ""),
        figure_beside(entry),
        "reference" if track.is_floor(row) else figure(row.added),
    )


def _show_groups(console: "Console", groups: "Sequence[Group]") -> None:
    """Print rows below the titles of their groups, in columns that all groups share.

    Args:
        console: Where.
        groups: Titles with rows, and for each row whether it stands out.
    """
    from rich.cells import cell_len
    from rich.padding import Padding
    from rich.table import Table

    if not groups:
        return
    every = [HEADS, *(cells for _, rows in groups for cells, _ in rows)]
    rank, name, *numbers = (max(map(cell_len, column)) for column in zip(*every, strict=True))
    room = console.width - INDENT - rank - sum(numbers) - GAP * len(numbers) - GAP
    widths = (rank, max(min(name, room), NARROWEST), *numbers)

    def show(rows: "Iterable[tuple[Cells, bool]]") -> None:
        table = Table(box=None, show_header=False, padding=(0, GAP, 0, 0), pad_edge=False)
        for width in widths:
            table.add_column(width=width, overflow="fold")
        for cells, stands_out in rows:
            table.add_row(*cells, style=None if stands_out else "dim")
        console.print(Padding(table, (0, 0, 0, INDENT)))

    show([(HEADS, False)])
    for title, rows in groups:
        console.print(plain(title), style="bold")
        show(rows)
