"""Ranks of the systems of a track that respect chance, over all differences of a board at once.

Who is better is read from the intervals of the differences of all systems that are ranked in some
track of the board, and of each to the zero of the board's skill. They hold together in 95% of
cases, however many there are; see `perturb_evals.metrics.simultaneous`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from perturb_evals.families import tracks
from perturb_evals.families.family import Family
from perturb_evals.families.outcome import Better
from perturb_evals.leaderboard.entries import Entry, TrackKey
from perturb_evals.leaderboard.figures import simultaneous_figure
from perturb_evals.leaderboard.floor import Floor
from perturb_evals.leaderboard.results.result import Figure
from perturb_evals.leaderboard.skill import Scale
from perturb_evals.metrics.intervals import FEWEST, ROUNDING
from perturb_evals.metrics.simultaneous import simultaneous_factor

Shown = tuple[Entry, str]
"""An entry of a track, and why it has no rank; empty for one that has."""


@dataclass(frozen=True, eq=False)
class Row:
    """A system in a track.

    Attributes:
        entry: The system.
        rank: 1 plus the number of systems whose interval of the difference says that they are
            better; None for what is not ranked.
        with_best: Whether the interval of the difference cannot tell it from the best; False
            without a rank.
        behind: How far it is behind the best of the ranked, positive for worse whatever the
            metric's direction; None for the best and for what is not ranked.
        over_zero: How far it is above the zero of the board's skill, positive for better whatever
            the metric's direction; None where the board has none, and for what is not ranked.
        over_zero_beside: The same of what stands beside the headline; None where nothing does.
        skill: The headline on a scale with 0 the negative and 1 the positive control, with its
            interval; None where the board has no such scale.
        why_unranked: Why it has no rank, in a few words; empty for what has one.
        added: What it adds to the track's reference, positive for better
            whatever the metric's direction; None for the reference, and where it is not there.
    """

    entry: Entry
    rank: int | None
    with_best: bool
    behind: Figure | None
    skill: Figure | None
    why_unranked: str
    added: Figure | None = None
    over_zero: Figure | None = None
    over_zero_beside: Figure | None = None


def shown_in(
    key: TrackKey, entries: Sequence[Entry], above: Floor | None, family: Family
) -> list[Shown]:
    """Return what a track shows of a board's entries, each with why it has no rank.

    Args:
        key: The track.
        entries: All entries of the board.
        above: A reference that reads more, and stands there without a rank.
        family: The family of the board's task.
    """
    shown = []
    for entry in entries:
        why = _why_unranked(entry, key, family)
        if why is None and above is not None and entry is above.entry:
            why = _reads(entry)
        if why is not None:
            shown.append((entry, why))
    return shown


def board_factor(
    tracks_shown: Sequence[Sequence[Shown]],
    floors: Sequence[Sequence[Floor]],
    scale: Scale | None,
) -> float:
    """Return the `simultaneous_factor` of all differences within the tracks of a board.

    Args:
        tracks_shown: The entries of each track.
        floors: The references of each track, which its ranked entries are held against too.
        scale: The board's skill, whose zero all are held against.
    """
    zero = [] if scale is None else [scale.zero_resampled]
    groups, n_effective = [], 0.0
    for shown, held_against in zip(tracks_shown, floors, strict=True):
        ranked = [entry for entry, why in shown if why == ""]
        if ranked:
            drawn = [entry.outcome.drawn for entry in ranked]
            groups.append(np.stack([*drawn, *(floor.drawn for floor in held_against), *zero]))
            n_effective = ranked[0].outcome.n_effective
    return simultaneous_factor(groups, n_effective=n_effective)


def rank(
    shown: Sequence[Shown], floor: Floor | None, scale: Scale | None, better: Better, factor: float
) -> tuple[Row, ...]:
    """Return the rows of a track, the best first, what is not ranked among them by value.

    Args:
        shown: Its entries.
        floor: Its reference.
        scale: The board's skill.
        better: The direction of the headline.
        factor: The board's, by which differences are told from chance.
    """
    sign = sign_of(better)

    def ahead(a: Entry, b: Entry) -> Figure:
        """How far a is ahead of b, positive for better."""
        value = sign * (a.outcome.value - b.outcome.value)
        return simultaneous_figure(value, sign * (a.outcome.drawn - b.outcome.drawn), factor)

    # An undefined headline comes last: nan has no place in an order.
    ordered = sorted(shown, key=lambda pair: (*_place(pair[0].outcome.value, sign), pair[0].name))
    ranked = [entry for entry, why in ordered if why == ""]
    rows = []
    for entry, why in ordered:
        place, behind, with_best, over_zero, beside = None, None, False, None, None
        if why == "":
            best = ranked[0]
            place = 1 + sum(
                above_zero(ahead(other, entry)) for other in ranked if other is not entry
            )
            behind = None if entry is best else ahead(best, entry)
            with_best = behind is None or not above_zero(behind)
            if scale is not None:
                value = sign * (entry.outcome.value - scale.zero)
                drawn = sign * (entry.outcome.drawn - scale.zero_resampled)
                over_zero = simultaneous_figure(value, drawn, factor)
                beside = _over_zero_beside(entry, scale, sign, factor)
        skill = scale.skill(entry.outcome.value, entry.outcome.drawn) if scale else None
        added = floor.added(entry, better) if floor else None
        rows.append(Row(entry, place, with_best, behind, skill, why, added, over_zero, beside))
    return tuple(rows)


def _over_zero_beside(entry: Entry, scale: Scale, sign: float, factor: float) -> Figure | None:
    own, zero = entry.outcome.companion, scale.zero_companion
    if own is None or zero is None:
        return None
    return simultaneous_figure(
        sign * (own.value - zero.value), sign * (own.drawn - zero.drawn), factor
    )


def above_zero(difference: Figure) -> bool:
    """Whether an interval says that a difference is above 0, by more than rounding."""
    return difference.lower is not None and difference.lower > ROUNDING


def sign_of(better: Better) -> float:
    """Return 1 where a higher headline is better, -1 where a lower one is."""
    return 1.0 if better == "higher" else -1.0


def _place(value: float, sign: float) -> tuple[bool, float]:
    return (False, -sign * value) if np.isfinite(value) else (True, 0.0)


def _why_unranked(entry: Entry, key: TrackKey, family: Family) -> str | None:
    """Return why an entry has no rank in a track; empty for one that has, None if not shown."""
    track, lines = key
    if entry.kind == "truth":
        return "reads the truth" if entry.track == track else None
    if not np.isfinite(entry.outcome.value):
        return "its headline is undefined" if entry.track_key == key else None
    if entry.outcome.n_perturbations < FEWEST:
        return "too few perturbations" if entry.track_key == key else None
    if entry.track_key == key:
        return ""
    if entry.kind != "baseline":
        return None
    fewer = tracks().index(entry.track) < tracks().index(track)
    if fewer or (entry.track == track and set(entry.lines) <= set(lines)):
        return ""
    # A track cross has the row of its own lines, so that of others says nothing there.
    other = entry.method in family.always and entry.track != track
    return _reads(entry) if other else None


def _reads(entry: Entry) -> str:
    return f"reads rows of the track {entry.track}"
