"""What the systems of a track add to its reference, in one line for a page or a terminal."""

from collections.abc import Callable, Sequence

from perturb_evals.leaderboard.boards import Board, BoardTrack
from perturb_evals.leaderboard.entries import Entry
from perturb_evals.leaderboard.figures import turned
from perturb_evals.leaderboard.ranks import Row
from perturb_evals.leaderboard.results.result import Figure
from perturb_evals.metrics.intervals import ROUNDING

BEST = 3
"""Systems of a track that the line names; of the others it says how many there are."""

MORE, LESS = "more than the reference", "less than nothing"
CHANCE, NO_INTERVAL = "no more than chance can explain", "too few perturbations to tell"

Name = Callable[[Entry], str]
HeadlineText = Callable[[float | None], str]
Shown = Callable[[Figure], str]


def models_add(
    board: Board,
    track: BoardTrack,
    name: Name,
    headline_text: HeadlineText,
    shown: Shown,
) -> str:
    """Return what the best systems of a track that are no baselines add; empty without any.

    Where the reference is a number, a method that reads more follows, with how far it is ahead.

    Args:
        board: The board.
        track: The track.
        name: Writes the name of a system.
        headline_text: Writes a headline.
        shown: Writes a figure with its interval.
    """
    models = [row for row in track.rows if row.entry.kind == "system"]
    said = [added_to(track, models, name, headline_text, shown, BEST)]
    if models:
        said.append(_above(board, track, models, name, headline_text, shown))
    return " ".join(filter(None, said))


def added_to(
    track: BoardTrack,
    rows: Sequence[Row],
    name: Name,
    headline_text: HeadlineText,
    shown: Shown,
    most: int | None = None,
) -> str:
    """Return what some rows of a track add to its reference; empty where none has value added.

    Args:
        track: The track.
        rows: The rows, the best first.
        name: Writes the name of a system.
        headline_text: Writes a headline.
        shown: Writes a figure with its interval.
        most: The most rows that are named; None for all.
    """
    found = [(row.entry, row.added) for row in rows if row.added is not None]
    if track.floor is None or not found:
        return ""
    floor = track.floor.name if track.floor.entry is None else name(track.floor.entry)
    named = [f"{name(entry)} {shown(added)}: {verdict(added)}" for entry, added in found[:most]]
    if more := len(found) - len(named):
        named.append(f"{more} more in the table")
    return f"Added to {floor} ({headline_text(track.floor.value)}): {'; '.join(named)}."


def verdict(added: Figure) -> str:
    """Return in a few words what an interval of value added says."""
    if added.lower is None or added.upper is None:
        return NO_INTERVAL
    return MORE if added.lower > ROUNDING else LESS if added.upper < -ROUNDING else CHANCE


def _above(
    board: Board,
    track: BoardTrack,
    models: Sequence[Row],
    name: Name,
    headline_text: HeadlineText,
    shown: Shown,
) -> str:
    """Return how the reference that reads more stands to the best of the systems."""
    above, best = track.above, models[0].entry
    if above is None or above.entry is None:
        return ""
    added = above.added(best, board.better)
    if added is None:
        return ""
    opens = board.family.tracks[above.entry.track].opens
    reads = opens.format(lines=", ".join(above.entry.lines))
    value = headline_text(above.value)
    who = f"{name(above.entry)} ({value}), which reads {reads} and asks no model,"
    whom = "the best of them" if len(models) > 1 else name(best)
    said = verdict(added)
    if said == LESS:
        lead = shown(turned(added))
        return f"{who} is ahead of {whom} by {lead}: less than nothing is added to that."
    if said == MORE:
        return f"{who} is behind {whom} by {shown(added)}."
    return f"{who} cannot be told from {whom}: {shown(turned(added))}."
