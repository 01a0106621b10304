"""The floor of a track: its reference, and what a system adds to it.

A headline says little by itself where a method without a model has nearly the same. Value added is
the headline minus that of the reference, turned so that more is better, with a 95% interval from
the resamples of perturbations that both share; like those of ranks it holds for all differences of
the board at once. Families name the reference of each track
beforehand (`Family.floor`), so that no choice on test rows flatters or shames a system.
"""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from perturb_evals.families.board import Control
from perturb_evals.families.family import Family
from perturb_evals.families.outcome import RESAMPLES, Better
from perturb_evals.leaderboard.entries import Entry
from perturb_evals.leaderboard.figures import simultaneous_figure
from perturb_evals.leaderboard.results.result import Figure


@dataclass(frozen=True, eq=False)
class Floor:
    """A reference on a board.

    Attributes:
        name: What it is, in words, or its name among the systems.
        value: Its headline.
        drawn: (resamples,) the same in each resample that the systems of the board share.
        entry: Its row; None for a number.
        factor: The board's `simultaneous_factor`.
    """

    name: str
    value: float
    drawn: NDArray[np.float64]
    entry: Entry | None
    factor: float = math.nan

    def added(self, entry: Entry, better: Better) -> Figure | None:
        """Return what a system adds, positive for better, with the interval of the difference.

        None for the reference itself, and where a headline is undefined.
        """
        sign = 1.0 if better == "higher" else -1.0
        value = sign * (entry.outcome.value - self.value)
        if entry is self.entry or not np.isfinite(value):
            return None
        # Adding 0 turns -0 into 0.
        drawn = sign * (entry.outcome.drawn - self.drawn) + 0.0
        return simultaneous_figure(value + 0.0, drawn, self.factor)


def floor_of(
    family: Family,
    track: str,
    lines: tuple[str, ...],
    entries: Sequence[Entry],
    usual: Collection[str],
) -> Floor | None:
    """Return the reference of a track; None where there is none, or its row is not there.

    A method counts with its default settings, and with the very lines that are open in the track if
    it reads any.

    Args:
        family: The family of the board's task.
        track: The track.
        lines: Its cell lines, for cross.
        entries: All systems of the board, computed rows among them.
        usual: Identities of the rows that were computed. They come before runs, whose logs may say
            anything, and stand for the default settings where the files for these are not here.
    """
    control = family.floor.get(track)
    return None if control is None else _floor(control, lines, entries, usual)


def floor_above(
    family: Family, track: str, entries: Sequence[Entry], usual: Collection[str]
) -> Floor | None:
    """Return what a track whose reference is a number is held against too: a method that reads.

    A number says little to a reader who asks whether a model is worth its price. So the first
    reference of a wider track that is a method, and reads no other lines, stands there unranked,
    as it reads more than the systems of the track.
    """
    own = family.floor.get(track)
    if own is None or own.value is None:
        return None
    names = list(family.tracks)
    wider = (family.floor.get(name) for name in names[names.index(track) + 1 :])
    control = next((found for found in wider if found and found.method), None)
    return None if control is None else _floor(control, (), entries, usual)


def _floor(
    control: Control, lines: tuple[str, ...], entries: Sequence[Entry], usual: Collection[str]
) -> Floor | None:
    if control.value is not None:
        return Floor(control.name, control.value, np.full(RESAMPLES, control.value), None)
    found = [
        entry
        for entry in entries
        if entry.method == control.method
        and entry.lines in ((), lines)
        and (entry.by_default or entry.system in usual)
        and np.isfinite(entry.outcome.value)
    ]
    entry = min(
        found, key=lambda entry: (entry.system not in usual, not entry.by_default), default=None
    )
    if entry is None:
        return None
    return Floor(entry.name, entry.outcome.value, entry.outcome.drawn, entry)
