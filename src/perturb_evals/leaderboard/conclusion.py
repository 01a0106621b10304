"""What a board shows, in one sentence: who is best, and whether that is real.

It says no more than the intervals do that hold for all differences of the board at once: best is
what they tell from every other system of the track and from guessing (the zero of the board's
skill), and what they cannot tell apart is said to be so. The best system is held against the best
of the baselines that are ranked beside it too. That baseline is chosen on test rows, which can only
count against a model; what is added to the reference, which was named beforehand, says
`value_added`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from perturb_evals.families.family import Family
from perturb_evals.leaderboard.boards import Board, BoardTrack
from perturb_evals.leaderboard.entries import Entry
from perturb_evals.leaderboard.results.result import Figure
from perturb_evals.leaderboard.summary import Summary
from perturb_evals.leaderboard.systems import asks_model
from perturb_evals.leaderboard.text import short_intervals, track_text
from perturb_evals.leaderboard.value_added import (
    CHANCE,
    LESS,
    MORE,
    HeadlineText,
    Name,
    Shown,
    verdict,
)
from perturb_evals.metrics.intervals import FEWEST

NAMED = 2
"""Systems that a sentence names among those that cannot be told from the best."""


@dataclass(frozen=True, eq=False)
class _Standing:
    """A ranked system: `figure` is what ranks, `behind` how far it is behind the best.

    `over_zero` is how far it is above what has no skill; None where that is not known.
    """

    entry: Entry
    figure: Figure
    behind: Figure | None
    with_best: bool
    over_zero: Figure | None

    @property
    def tested(self) -> bool:
        """Whether it is no baseline."""
        return self.entry.kind == "system"


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
        _Standing(row.entry, row.entry.figure, row.behind, row.with_best, row.over_zero)
        for row in track.rows
        if row.rank is not None
    ]
    if not ranked:
        return _nothing_ranked(board)
    shown = _with_companions(ranked, board.family, headline_text, shown)
    subject = _subject(ranked)
    it = "it" if subject is ranked[0] else name(subject.entry)
    most = f"the {_most(board)} {board.headline}"
    if board.scale is None:
        leads = _leads(ranked, most, name, shown)
        clauses = [leads, f"whether {it} is better than {board.family.zero.name} is not known here"]
    else:
        zero = f"{board.family.zero.name} ({headline_text(board.scale.zero)})"
        clauses = _from_zero(ranked, most, it, zero, board.family, name, shown)
    if subject.tested:
        clauses.append(_reads_more(board, track, subject, it, name, shown))
    clauses.append(short_intervals(board.n_perturbations))
    return f"{'; '.join(filter(None, clauses))}."


def _with_companions(
    ranked: Sequence[_Standing], family: Family, headline_text: HeadlineText, shown: Shown
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


def _of_summary(summary: Summary) -> list[_Standing]:
    entries = {
        row.entry.system: row.entry
        for board in summary.parts
        for track in board.tracks
        for row in track.rows
    }
    return [
        _Standing(entries[row.system], row.mean, row.behind, row.with_best, row.over_zero)
        for row in summary.rows
        if row.mean is not None
    ]


def _summed_up(summary: Summary, ranked: list[_Standing], name: Name, shown: Shown) -> str:
    where = f"Mean skill over {len(summary.parts)} boards"
    if len(summary.parts[0].family.tracks) > 1:
        where += f", track {track_text(summary.track, summary.lines)}"
    if not ranked:
        return f"{where}: no system ran all of them, so that none has a mean."
    subject, family = _subject(ranked), summary.parts[0].family
    it = "it" if subject is ranked[0] else name(subject.entry)
    clauses = _from_zero(ranked, "the highest", it, family.zero.name, family, name, shown)
    return f"{where}: {'; '.join(clauses)}."


def _nothing_ranked(board: Board) -> str:
    if board.n_perturbations < FEWEST:
        return (
            f"Nobody can be called best: {board.n_perturbations} perturbations are too few for "
            f"intervals, which need {FEWEST}."
        )
    return f"Nobody can be called best: {board.headline} is undefined for every system here."


def _subject(ranked: Sequence[_Standing]) -> _Standing:
    """Return who a reader asks about: the best that is no baseline, if there is one."""
    return next((standing for standing in ranked if standing.tested), ranked[0])


def _rival(ranked: Sequence[_Standing]) -> _Standing | None:
    """Return the best baseline for what is none, and the other way round."""
    best, *others = ranked
    return next((other for other in others if other.tested is not best.tested), None)


def _held_against(ranked: Sequence[_Standing]) -> tuple[list[_Standing], int]:
    """Return whom the sentence names beside the best, and how many more cannot be told from it.

    Named are those that cannot be told from it, else the next; and its rival wherever that stands.
    """
    others, rival = ranked[1:], _rival(ranked)
    tied = sorted((other for other in others if other.with_best), key=lambda one: one is not rival)
    named = tied[:NAMED] if tied else list(others[:1])
    more = max(len(tied) - NAMED, 0)
    return (named if rival is None or rival in named else [*named, rival]), more


def _leads(ranked: Sequence[_Standing], most: str, name: Name, shown: Shown) -> str:
    """Return who is best, from whom it is told apart, and how the best baseline or model stands.

    Args:
        ranked: The best first.
        most: What the first has, such as `the highest mean skill`.
        name: Writes the name of a system.
        shown: Writes a figure with its interval.
    """
    best, rival = ranked[0], _rival(ranked)
    only_baselines = not _subject(ranked).tested

    def who(standing: _Standing) -> str:
        if standing is rival and standing.tested:
            # Readers ask how good it is, though it is not the best.
            return f"{_the_best(ranked)}, {name(standing.entry)} ({shown(standing.figure)})"
        word = "" if standing.tested or only_baselines else "the baseline "
        return f"{word}{name(standing.entry)}"

    def first(does: str) -> str:
        return f"{who(best)} {does} ({shown(best.figure)})"

    named, more = _held_against(ranked)
    if not named:
        return first(f"{'is' if best.tested else 'is a baseline and'} the only system ranked here")
    if any(standing.with_best for standing in named):
        tied = [who(standing) for standing in named if standing.with_best]
        tied += [f"{more} more"] if more else []
        clauses = [f"{first(f'has {most}')} but cannot be told from {_listed(tied)}"]
    else:
        by = _figure(named[0].behind, shown)
        clauses = [f"{first('is best')}, ahead of the next, {who(named[0])}, by {by}"]
    if rival is not None and not rival.with_best and (rival is not named[0] or named[0].with_best):
        by = _figure(rival.behind, shown)
        if rival.tested:
            clauses.append(f"{who(rival)}, is behind {name(best.entry)} by {by}")
        else:
            clauses.append(f"it is ahead of the best baseline, {name(rival.entry)}, by {by}")
    said = "; ".join(clauses)
    if only_baselines:
        return f"Only baselines are ranked here: {said}"
    # A name stands as it is; words of ours begin a sentence.
    return said if best.tested else said[0].upper() + said[1:]


def _the_best(ranked: Sequence[_Standing]) -> str:
    """Return how the best that is no baseline is called: a model, if all of them ask one."""
    runs = [standing.entry.result for standing in ranked if standing.tested]
    models = all(run is not None and asks_model(run.protocol) for run in runs)
    return "the best model" if models else "the best that is no baseline"


def _figure(figure: Figure | None, shown: Shown) -> str:
    assert figure is not None, "all but the best are behind it by something"
    return shown(figure)


def _listed(words: Sequence[str]) -> str:
    *first, last = words
    return f"{', '.join(first)} or {last}" if first else last


def _most(board: Board) -> str:
    return "highest" if board.better == "higher" else "lowest"


def _zero_is_named(ranked: Sequence[_Standing], family: Family) -> bool:
    """Whether what has no skill is itself who is asked about, or whom that was held against."""
    subject = _subject(ranked)
    held = [subject, *(_held_against(ranked)[0] if subject is ranked[0] else [])]
    return any(one.entry.method == family.zero.method for one in held if family.zero.method)


def _from_zero(
    ranked: Sequence[_Standing],
    most: str,
    it: str,
    zero: str,
    family: Family,
    name: Name,
    shown: Shown,
) -> list[str]:
    """Return who is best and how that stands to what has no skill."""
    best, subject = ranked[0], _subject(ranked)
    if len(ranked) > 1 and _against_zero(best) != MORE:
        return _nobody_is_best(ranked, most, zero, name, shown)
    leads = _leads(ranked, most, name, shown)
    return [leads] if _zero_is_named(ranked, family) else [leads, f"{it} {_beside(subject)} {zero}"]


def _nobody_is_best(
    ranked: Sequence[_Standing], most: str, zero: str, name: Name, shown: Shown
) -> list[str]:
    """Return who is first where that is no better than what has no skill.

    From whom else it cannot be told is no matter then.
    """
    best, subject = ranked[0], _subject(ranked)
    has = f"{name(best.entry)} has {most} ({shown(best.figure)})"
    none = all(_against_zero(standing) != MORE for standing in ranked)
    said = has if best.tested else f"the baseline {has}"
    if none:
        said = f"tested together, none of {len(ranked)} is better than {zero}: {said}"
    else:
        said = f"{said}, but {_beside(best)} {zero}"
    if not subject.tested:
        return [f"Only baselines are ranked here: {said}"]
    # A name stands as it is; words of ours begin a sentence.
    clauses = [said if best.tested and not none else said[0].upper() + said[1:]]
    if subject is not best:
        who = f"{_the_best(ranked)}, {name(subject.entry)} ({shown(subject.figure)})"
        clauses.append(f"{who}, {_beside(subject)} {zero}")
    return clauses


def _against_zero(standing: _Standing) -> str:
    return CHANCE if standing.over_zero is None else verdict(standing.over_zero)


def _beside(standing: _Standing) -> str:
    """Return in words how a system stands to what has no skill."""
    words = {MORE: "is better than", LESS: "is worse than"}
    return words.get(_against_zero(standing), "cannot be told from")


def _reads_more(
    board: Board, track: BoardTrack, subject: _Standing, it: str, name: Name, shown: Shown
) -> str:
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
