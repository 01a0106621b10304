"""The rows of a track with published numbers among them, in the order of their values."""

import math
from collections.abc import Sequence

from perturb_evals.families.outcome import Better
from perturb_evals.families.published import PublishedLine
from perturb_evals.leaderboard.boards import BoardTrack
from perturb_evals.leaderboard.ranks import Row


def published_beside(track: str, lines: Sequence[PublishedLine]) -> list[PublishedLine]:
    """Return the published numbers that go with a track, given its name.

    Those of systems that read what the track opens, and beside cross also those that read the
    training rows of their own line.
    """
    beside = {"cross": ("within", "cross")}.get(track, (track,))
    return [line for line in lines if line.track in beside]


def interleaved(
    track: BoardTrack, lines: Sequence[PublishedLine], better: Better
) -> list[Row | PublishedLine]:
    """Return the rows of a track and the published numbers that go with it, the best first.

    A published number takes no rank and changes none: it only stands where its value puts it.

    Args:
        track: The track.
        lines: The published numbers of its board.
        better: Direction of the headline.

    Returns:
        Rows in their own order; of equal values a row before a published number. Rows without a
        value come last.
    """
    sign = -1.0 if better == "higher" else 1.0

    def place(found: Row | PublishedLine) -> float:
        value = found.value if isinstance(found, PublishedLine) else found.entry.outcome.value
        return sign * value if math.isfinite(value) else math.inf

    return sorted([*track.rows, *published_beside(track.name, lines)], key=place)
