"""Predicted expression held against what a system may know: the control and the training rows.

What is impossible for the screen's kind is refused, since its score would be that of a mistake: a
change given as expression, counts, another base of the logarithm. What is possible and odd, such as
values shifted against the names of the genes, is marked and ranked: a bad system must rank last.
Nothing here sees a test row, so the truth has no part in what is accepted.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from perturb_evals.datasets.screens.scale import (
    ALIKE,
    CENTRED,
    FAR_NEARER,
    FEWEST_GENES,
    NEGATIVE,
    Floats,
    changes_among,
    correlations,
    counts_fault,
    has_baseline,
    looks_like_expression,
    negative_share,
    tally,
)

Mark = Literal["unlike_control", "other_scale"]

LOW = 0.75
"""A prediction whose correlation with the control is below this share of the training rows' own
does not follow it."""

SMALLEST, LARGEST = 0.75, 1.0 / 0.75
"""A prediction so many times the training mean is on another scale."""

CLOSE = 0.05
"""How near to the ratio of two logarithms a scale must be to be called another base."""

STRONG = 0.25
"""The share of genes, the most expressed ones, of which the scale is taken: in others the noise of
a prediction is as large as the value."""

E, TWO, TEN = 1.0, float(np.log(2)), float(np.log(10))
BASES = {E: "natural logarithms", TWO: "base-2 logarithms", TEN: "base-10 logarithms"}


@dataclass(frozen=True, eq=False)
class Baseline:
    """What any prediction for a screen should be like; `baseline_of` makes it.

    Attributes:
        control: (G,) the control.
        mean: (G,) mean of the training rows.
        is_expression: Whether the screen holds expression about its control, and no changes about 0.
        likeness: Median correlation of the training rows with the control; 0 where there is none.
        negative: Share of the size of the training rows that is negative.
        has_changes: Whether some training rows lie about 0 and not about the control.
    """

    control: Floats
    mean: NDArray[np.float64]
    is_expression: bool
    likeness: float
    negative: float
    has_changes: bool

    @cached_property
    def _strong(self) -> NDArray[np.intp]:
        n = max(FEWEST_GENES, int(len(self.mean) * STRONG))
        first = np.argsort(-np.abs(self.mean), kind="stable")[:n]
        return np.asarray(first[np.abs(self.mean[first]) > 0])

    def scale(self, row: Floats) -> float:
        """Return how many times the training mean a (G,) row is: the median over strong genes."""
        return float(np.median(row[self._strong] / self.mean[self._strong]))

    def marks(self, row: Floats) -> tuple[Mark, ...]:
        """Return what is odd about a (G,) prediction that is to be scored all the same.

        Only where the training rows themselves follow the control.
        """
        if self.likeness < ALIKE:
            return ()
        (r,) = correlations(row[None], self.control)
        if not r >= LOW * self.likeness:  # nan of a constant row too
            return ("unlike_control",)
        return () if SMALLEST <= self.scale(row) <= LARGEST else ("other_scale",)

    def fault(self, rows: Floats, names: Sequence[str]) -> str:
        """Return why predictions cannot be on the screen's scale, in a sentence; empty if they can.

        Args:
            rows: (n, G) finite predictions.
            names: The n perturbations.
        """
        if len(self.control) < FEWEST_GENES or not len(rows):
            return ""
        if said := counts_fault(tally(rows)):
            return f"the values look like counts, where the screen has logarithms: {said}. {GIVE}"
        if not self.is_expression:
            if self.negative >= CENTRED and looks_like_expression(rows):
                return (
                    "the values look like expression, where the screen has changes about a control "
                    f"of 0: hardly a value is negative (in the training rows {self.negative:.0%} "
                    "of the size), and all rows are alike. Take the control off and give changes."
                )
            return ""
        other = changes_among(rows, self.control)
        if other.any() and not self.has_changes:
            return (
                f"the values look like changes, where the screen has expression: {int(other.sum())}"
                f" of {len(other)} rows lie about 0 and not about the control (mean "
                f"{self.control.mean(dtype=float):.3g}), the first is {names[int(other.argmax())]}."
                " Give changes with -S values=delta, which adds the control; or give expression."
            )
        below = negative_share(rows)
        if below >= CENTRED and self.negative <= NEGATIVE:
            return (
                f"{below:.0%} of the size of the values is negative, where the screen's control "
                f"and training rows have none. {GIVE}"
            )
        return self._other_unit(rows)

    def _other_unit(self, rows: Floats) -> str:
        """Say if predictions fit far better when taken for linear, or for another logarithm."""
        if self.likeness < ALIKE:
            return ""
        own = self._distance(rows)
        mean = rows.mean(axis=0, dtype=np.float64)
        if negative_share(rows) <= NEGATIVE:
            linear = np.maximum(rows.astype(np.float64), 0)
            for base, same_total in product((E, TWO), (False, True)):
                total = np.expm1(self.mean * base).sum()
                factor = total / max(linear.mean(axis=0).sum(), 1e-12) if same_total else 1.0
                taken = np.log1p(linear * factor) / base
                if self._distance(taken) * FAR_NEARER < own and self._follows(taken):
                    return (
                        "the values look like counts or another linear measure, where the screen "
                        f"has logarithms: their {BASES[base]} are far nearer to the training rows "
                        f"(mean distance {self._distance(taken):.3g}, not {own:.3g}). {GIVE}"
                    )
        scale = self.scale(mean)
        for (screens, of_screen), (theirs, of_file) in product(BASES.items(), repeat=2):
            expected = screens / theirs
            if screens == theirs or not abs(scale / expected - 1) < CLOSE:
                continue
            if self._distance(rows / expected) * 2 < own and self._follows(rows):
                return (
                    f"the values are {scale:.3g} times those of the training rows, as {of_file} "
                    f"are beside {of_screen}. Multiply them by {1 / expected:.4g}."
                )
        return ""

    def _distance(self, rows: Floats) -> float:
        return float(np.abs(rows.mean(axis=0, dtype=np.float64) - self.mean).mean())

    def _follows(self, rows: Floats) -> bool:
        (r,) = correlations(rows.mean(axis=0, dtype=np.float64)[None], self.mean)
        return bool(r > ALIKE)

    def delta_fault(self, rows: Floats, names: Sequence[str]) -> str:
        """Return why (n, G) values cannot be changes, in a sentence; empty if they can."""
        if len(self.control) < FEWEST_GENES or not len(rows):
            return ""
        if self.is_expression:
            to_zero = np.abs(rows).mean(axis=1, dtype=np.float64)
            expression = np.abs(rows - self.control).mean(axis=1, dtype=np.float64)
            other = expression * FAR_NEARER < to_zero
            if other.any():
                return (
                    f"values=delta was given, but {int(other.sum())} of {len(other)} rows lie about"
                    f" the control and not about 0, the first is {names[int(other.argmax())]}: "
                    "they are expression. Leave values=delta out, or take the control off."
                )
        return ""


GIVE = "Give mean log expression, on the scale of the screen's control."


def baseline_of(control: Floats, training: Floats) -> Baseline:
    """Return what predictions should be like.

    Args:
        control: (G,) the control.
        training: (n, G) the training rows.
    """
    is_expression, likeness = has_baseline(training, control), 0.0
    if is_expression and len(control) >= FEWEST_GENES:
        found = correlations(training, control)
        likeness = float(np.nanmedian(found)) if np.isfinite(found).any() else 0.0
    return Baseline(
        control=control,
        mean=np.asarray(training.mean(axis=0, dtype=np.float64)),
        is_expression=is_expression,
        likeness=likeness,
        negative=negative_share(training),
        has_changes=bool(is_expression and changes_among(training, control).any()),
    )
