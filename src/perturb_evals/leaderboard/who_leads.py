"""Who leads a ranking, and whether that is real: against the next, the best baseline, guessing."""

from collections.abc import Sequence
from dataclasses import dataclass

from perturb_evals.families.family import Family
from perturb_evals.leaderboard.entries import Entry
from perturb_evals.leaderboard.results.result import Figure
from perturb_evals.leaderboard.systems import asks_model
from perturb_evals.leaderboard.value_added import CHANCE, LESS, MORE, Name, Shown, verdict

NAMED = 2
"""Systems that a sentence names among those that cannot be told from the best."""


@dataclass(frozen=True, eq=False)
class Standing:
    """A ranked system: `figure` is what ranks, `behind` how far it is behind the best.

    `over_zero` is how far it is above what has no skill; None where that is not known.
    `over_zero_beside` is the same of what stands beside the headline; None where nothing does.
    """

    entry: Entry
    figure: Figure
    behind: Figure | None
    with_best: bool
    over_zero: Figure | None
    over_zero_beside: Figure | None = None

    @property
    def tested(self) -> bool:
        """Whether it is no baseline."""
        return self.entry.kind == "system"


def subject_of(ranked: Sequence[Standing]) -> Standing:
    """Return who a reader asks about: the best that is no baseline, if there is one."""
    return next((standing for standing in ranked if standing.tested), ranked[0])


def from_zero(
    ranked: Sequence[Standing],
    most: str,
    it: str,
    zero: str,
    family: Family,
    name: Name,
    shown: Shown,
) -> list[str]:
    """Return in clauses who is best, and how who is asked about stands to what has no skill.

    Args:
        ranked: The best first.
        most: What the first has, see `leads`.
        it: What the one who is asked about is called here.
        zero: What has no skill, in words.
        family: The family of the board.
        name: Writes the name of a system.
        shown: Writes a figure with its interval.
    """
    best, subject = ranked[0], subject_of(ranked)
    if len(ranked) > 1 and _against_zero(best) != MORE:
        return _nobody_is_best(ranked, most, zero, name, shown)
    beside = subject.over_zero_beside
    alone = _against_zero(subject) == MORE and beside is not None and verdict(beside) != MORE
    said = [leads(ranked, most, name, shown)]
    if alone:
        return [*said, f"{it} {_beside(subject)} {zero}, but not {family.companion_words}"]
    return said if _zero_is_named(ranked, family) else [*said, f"{it} {_beside(subject)} {zero}"]


def leads(ranked: Sequence[Standing], most: str, name: Name, shown: Shown) -> str:
    """Return who is best, from whom it is told apart, and how the best baseline or model stands.

    Args:
        ranked: The best first.
        most: What the first has, such as `the highest mean skill`.
        name: Writes the name of a system.
        shown: Writes a figure with its interval.
    """
    best, rival = ranked[0], _rival(ranked)
    only_baselines = not subject_of(ranked).tested

    def who(standing: Standing) -> str:
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


def _nobody_is_best(
    ranked: Sequence[Standing], most: str, zero: str, name: Name, shown: Shown
) -> list[str]:
    """Return who is first where that is no better than what has no skill.

    From whom else it cannot be told is no matter then.
    """
    best, subject = ranked[0], subject_of(ranked)
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


def _zero_is_named(ranked: Sequence[Standing], family: Family) -> bool:
    """Whether what has no skill is itself who is asked about, or whom that was held against."""
    subject = subject_of(ranked)
    held = [subject, *(_held_against(ranked)[0] if subject is ranked[0] else [])]
    return any(one.entry.method == family.zero.method for one in held if family.zero.method)


def _rival(ranked: Sequence[Standing]) -> Standing | None:
    """Return the best baseline for what is none, and the other way round."""
    best, *others = ranked
    return next((other for other in others if other.tested is not best.tested), None)


def _held_against(ranked: Sequence[Standing]) -> tuple[list[Standing], int]:
    """Return whom the sentence names beside the best, and how many more cannot be told from it.

    Named are those that cannot be told from it, else the next; and its rival wherever that stands.
    """
    others, rival = ranked[1:], _rival(ranked)
    tied = sorted((other for other in others if other.with_best), key=lambda one: one is not rival)
    named = tied[:NAMED] if tied else list(others[:1])
    more = max(len(tied) - NAMED, 0)
    return (named if rival is None or rival in named else [*named, rival]), more


def _the_best(ranked: Sequence[Standing]) -> str:
    """Return how the best that is no baseline is called: a model, if all of them ask one."""
    runs = [standing.entry.result for standing in ranked if standing.tested]
    models = all(run is not None and asks_model(run.protocol) for run in runs)
    return "the best model" if models else "the best that is no baseline"


def _against_zero(standing: Standing) -> str:
    return CHANCE if standing.over_zero is None else verdict(standing.over_zero)


def _beside(standing: Standing) -> str:
    """Return in words how a system stands to what has no skill."""
    words = {MORE: "is better than", LESS: "is worse than"}
    return words.get(_against_zero(standing), "cannot be told from")


def _figure(figure: Figure | None, shown: Shown) -> str:
    assert figure is not None, "all but the best are behind it by something"
    return shown(figure)


def _listed(words: Sequence[str]) -> str:
    *first, last = words
    return f"{', '.join(first)} or {last}" if first else last
