"""The skill score: a headline on a scale with 0 the negative control and 1 the positive one.

(u - b) / (r - b), never clipped: a system below the negative control has a negative skill. For
per-gene AUROC b = .5 and r = 1, so it is 2A - 1. For expression b is the training mean and r the
oracle, which averages the training perturbations that are truly nearest; it is no bound.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from perturb_evals.families.board import Control
from perturb_evals.families.family import Family
from perturb_evals.families.outcome import Outcome
from perturb_evals.leaderboard.entries import Entry
from perturb_evals.leaderboard.figures import figure_of
from perturb_evals.leaderboard.results.result import Figure

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Scale:
    """What skill is relative to.

    Attributes:
        zero: The headline that has skill 0.
        one: The headline that has skill 1.
        zero_name: What has it.
        one_name: What has it.
        zero_resampled: (resamples,) `zero` in each resample.
        one_resampled: (resamples,) `one` in each resample.
        zero_companion: What stands beside the zero where that is a method; None elsewhere.
    """

    zero: float
    one: float
    zero_name: str
    one_name: str
    zero_resampled: Floats
    one_resampled: Floats
    zero_companion: Outcome | None = None

    def skill(self, value: float, resampled: Floats) -> Figure:
        """Return the skill of a headline and its percentile interval.

        Args:
            value: The headline.
            resampled: (resamples,) the same in each resample; nan where it is undefined.
        """
        # Adding 0 turns -0 into 0.
        figure = (value - self.zero) / (self.one - self.zero) + 0.0
        return figure_of(figure, self.skills(resampled) + 0.0)

    def skills(self, resampled: Floats) -> Floats:
        """Return the skill in each resample; nan where the two controls agree in it."""
        room = self.one_resampled - self.zero_resampled
        out = np.full(len(resampled), np.nan)
        np.divide(resampled - self.zero_resampled, room, out=out, where=room != 0)
        return out


def scale_of(family: Family, entries: Sequence[Entry], weights: NDArray[np.int64]) -> Scale | None:
    """Return the scale of a board.

    Args:
        family: The family of its task, which says what has skill 0 and 1.
        entries: All systems of the board, computed references among them.
        weights: (resamples, perturbations) how often each is drawn.

    Returns:
        None where a method that is an end of the scale is not there, or the two ends agree.
    """
    zero, one = (_end(control, entries, weights) for control in (family.zero, family.one))
    if zero is None or one is None or zero[0] == one[0]:
        return None
    entry = _method(entries, family.zero.method)
    beside = None if entry is None else entry.outcome.companion
    return Scale(zero[0], one[0], zero[1], one[1], zero[2], one[2], beside)


def _end(
    control: Control, entries: Sequence[Entry], weights: NDArray[np.int64]
) -> tuple[float, str, Floats] | None:
    """Return the headline of a control, its name, and the headline in each resample."""
    if control.value is not None:
        return control.value, control.name, np.full(len(weights), control.value)
    entry = _method(entries, control.method)
    if entry is None:
        return None
    return entry.outcome.value, entry.name, entry.outcome.resampled(weights)


def _method(entries: Sequence[Entry], solver: str) -> Entry | None:
    """Return the entry of a method: that with its default settings, or the first by settings."""

    def unusual(entry: Entry) -> tuple[bool, str]:
        return not entry.by_default, entry.system

    return min((entry for entry in entries if entry.method == solver), key=unusual, default=None)
