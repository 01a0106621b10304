"""What a board shows, in one sentence: who is best, and whether that is real.

It says no more than the intervals do that hold for all differences of the board at once: best is
what they tell from every other system of the track and from guessing (the zero of the board's
skill), and what they cannot tell apart is said to be so. The best system is held against the best
of the baselines that are ranked beside it too. That baseline is chosen on test rows, which can only
count against a model; what is added to the reference, which was named beforehand, says
`value_added`.
"""

from collections.abc import Sequence

from perturb_evals.families.family import Family
from perturb_evals.leaderboard.boards import Board, BoardTrack
from perturb_evals.leaderboard.results.result import Figure
from perturb_evals.leaderboard.summary import Summary
from perturb_evals.leaderboard.text import few_perturbations, track_text
from perturb_evals.leaderboard.value_added import (
    LESS,
    MORE,
    HeadlineText,
    Name,
    Shown,
    verdict,
)
from perturb_evals.leaderboard.who_leads import Standing, from_zero, leads, subject_of
from perturb_evals.metrics.intervals import FEWEST


def conclusion(
    board: Board, track: BoardTrack, name: Name, headline_text: HeadlineText, shown: Shown
) -> str:
    """Return in one sentence who is best in a track of a board, and whether that is real.

    Without a ranked system it says why there is none.

    Args:
        board: The board.
        track: The track.
        name: Writes the name of a system.
        headline_text: Writes a headline.
        shown: Writes a figure with its interval.
    """
    ranked = [
        Standing(
            row.entry,
            row.entry.figure,
            row.behind,
            row.with_best,
            row.over_zero,
            row.over_zero_beside,
        )
        for row in track.rows
        if row.rank is not None
    ]
    if not ranked:
        return _nothing_ranked(board)
    shown = _with_companions(ranked, board.family, headline_text, shown)
    subject = subject_of(ranked)
    it = "it" if subject is ranked[0] else name(subject.entry)
    most = f"the {_most(board)} {board.headline}"
    if board.scale is None:
        clauses = [
            leads(ranked, most, name, shown),
            f"whether {it} is better than {board.family.zero.name} is not known here",
        ]
    else:
        zero = f"{board.family.zero.name} ({headline_text(board.scale.zero)})"
        clauses = from_zero(ranked, most, it, zero, board.family, name, shown)
    if subject.tested:
        clauses.append(_reads_more(board, track, subject, it, name))
    clauses.append(few_perturbations(board.n_perturbations))
    return f"{'; '.join(filter(None, clauses))}."


def _with_companions(
    ranked: Sequence[Standing], family: Family, headline_text: HeadlineText, shown: Shown
) -> Shown:
    """Return how a headline is written with what stands beside it, and other figures as before."""
    beside = {id(one.figure): one.entry.companion for one in ranked if one.entry.companion}

    def written(figure: Figure) -> str:
        found = beside.get(id(figure))
        more = f"; {headline_text(found.value)} {family.companion_words}" if found else ""
        return shown(figure) + more

    return written


def overall(
    boards: Sequence[Board],
    summed: Sequence[Summary],
    name: Name,
    headline_text: HeadlineText,
    shown: Shown,
) -> str:
    """Return a line for each family of questions: who is best over all that is shown of it.

    It is about the mean skill where there is a summary, else about a board; of several summaries or
    tracks about one where something else than baselines is ranked, and of these about that with the
    most boards, then with the most such systems, then about the first. Empty without boards.

    Args:
        boards: The boards.
        summed: Their summaries.
        name: Writes the name of a system.
        headline_text: Writes a headline.
        shown: Writes a figure with its interval.
    """
    said = []
    for family in dict.fromkeys(board.family for board in boards):
        places: list[tuple[int, int, str]] = []
        for summary in summed:
            if summary.parts[0].family is family:
                ranked = _of_summary(summary)
                n = sum(standing.tested for standing in ranked)
                places.append((n, len(summary.parts), _summed_up(summary, ranked, name, shown)))
        for board in boards:
            for track in board.tracks if board.family is family else ():
                n = sum(row.entry.kind == "system" and row.rank is not None for row in track.rows)
                sentence = conclusion(board, track, name, headline_text, shown)
                places.append((n, 1, f"{place_of(board, track)}: {sentence}"))
        said += [max(places, key=_weight)] if places else []
    return "\n".join(sentence for *_, sentence in sorted(said, key=_weight, reverse=True))


def _weight(place: tuple[int, int, str]) -> tuple[bool, int, int]:
    """Return what comes first among sentences about so many systems and boards."""
    systems, boards, _ = place
    return systems > 0, boards, systems


def place_of(board: Board, track: BoardTrack) -> str:
    """Return a board's title with the track, where its family has several."""
    if len(board.family.tracks) == 1:
        return board.title
    return f"{board.title}, track {track_text(track.name, track.lines)}"


def _of_summary(summary: Summary) -> list[Standing]:
    entries = {
        row.entry.system: row.entry
        for board in summary.parts
        for track in board.tracks
        for row in track.rows
    }
    return [
        Standing(entries[row.system], row.mean, row.behind, row.with_best, row.over_zero)
        for row in summary.rows
        if row.mean is not None
    ]


def _summed_up(summary: Summary, ranked: list[Standing], name: Name, shown: Shown) -> str:
    where = f"Mean skill over {len(summary.parts)} boards"
    if len(summary.parts[0].family.tracks) > 1:
        where += f", track {track_text(summary.track, summary.lines)}"
    if not ranked:
        return f"{where}: no system ran all of them, so that none has a mean."
    subject, family = subject_of(ranked), summary.parts[0].family
    it = "it" if subject is ranked[0] else name(subject.entry)
    clauses = from_zero(ranked, "the highest", it, family.zero.name, family, name, shown)
    return f"{where}: {'; '.join(clauses)}."


def _nothing_ranked(board: Board) -> str:
    if board.n_perturbations < FEWEST:
        return f"Nobody can be called best: {few_perturbations(board.n_perturbations)}."
    return f"Nobody can be called best: {board.headline} is undefined for every system here."


def _most(board: Board) -> str:
    return "highest" if board.better == "higher" else "lowest"


def _reads_more(board: Board, track: BoardTrack, subject: Standing, it: str, name: Name) -> str:
    """Return how a baseline that reads more stands to a system; empty where there is none."""
    above = track.above
    added = above.added(subject.entry, board.better) if above else None
    if above is None or above.entry is None or added is None:
        return ""
    opens = board.family.tracks[above.entry.track].opens
    reads = opens.format(lines=", ".join(above.entry.lines))
    words = {MORE: "is behind", LESS: "is ahead of"}.get(verdict(added), "cannot be told from")
    who = f"the baseline {name(above.entry)}, which reads {reads},"
    return f"{who} {words} {it}"
