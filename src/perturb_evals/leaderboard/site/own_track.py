"""Every system of a board once, in the track whose rows it reads.

In a track stand also the baselines that read less, so that they can be ranked there; a reader who
looks at all tracks at once needs each of them once.
"""

from collections.abc import Sequence

from perturb_evals.families.published import PublishedLine
from perturb_evals.leaderboard.boards import Board, BoardTrack
from perturb_evals.leaderboard.interleaved import interleaved, published_beside
from perturb_evals.leaderboard.ranks import Row

Standing = list[tuple[BoardTrack, list[Row | PublishedLine]]]


def standing(board: Board, published: Sequence[PublishedLine] = ()) -> Standing:
    """Return the tracks of a board with what stands in each, the best first, everything once.

    A system, or a published number, whose own track the board does not have stands in the first
    track that shows it.

    Args:
        board: The board.
        published: Its published numbers.
    """
    found: Standing = []
    seen: set[int] = set()
    for track in board.tracks:
        beside = [line for line in published if _here(board, track, line) and id(line) not in seen]
        rows = [row for row in track.rows if _own(board, track, row) and id(row.entry) not in seen]
        seen |= {id(row.entry) for row in rows} | {id(line) for line in beside}
        of_track = BoardTrack(track.name, track.lines, tuple(rows), track.floor, track.above)
        kept = interleaved(of_track, beside, board.better)
        if kept:
            found.append((track, kept))
    return found


def _own(board: Board, track: BoardTrack, row: Row) -> bool:
    entry = row.entry
    own = entry.track, entry.lines if entry.track == "cross" else ()
    return own == (track.name, track.lines) or all(
        own != (other.name, other.lines) for other in board.tracks
    )


def _here(board: Board, track: BoardTrack, line: PublishedLine) -> bool:
    if not published_beside(track.name, [line]):
        return False
    return line.track == track.name or all(line.track != other.name for other in board.tracks)
