"""Predicted expression held against what a system may know: the control and the training rows.

What is impossible for the screen's kind is refused, since its score would be that of a mistake: a
change given as expression, counts, another base of the logarithm. What is possible and odd, such as
values shifted against the names of the genes, is marked and ranked: a bad system must rank last. So
is a row that is impossible among others that are not: most rows say what a file holds.
Nothing here sees a test row, so the truth has no part in what is accepted.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from perturb_evals.datasets.screens.scale import (
    ALIKE,
    CENTRED,
    FAR_NEARER,
    FEWEST_GENES,
    MOST_ROWS,
    NEGATIVE,
    Floats,
    about_control,
    changes_among,
    clipped,
    correlations,
    counts_fault,
    has_baseline,
    looks_like_expression,
    negative_share,
    tally,
)

ScaleMark = Literal["unlike_screen", "other_scale"]
SCALE_MARKS: tuple[ScaleMark, ...] = get_args(ScaleMark)

LOW = 0.75
"""A prediction whose correlation with the control is below this share of the training rows' own
does not follow it."""

FOLLOWED = 0.2
"""A correlation that all but a tenth of training rows of changes must reach, in at least
`FEWEST_SIZES` genes, for predictions to be expected half of it: values shifted against the names of
the genes have one of about 0."""

FEWEST_SIZES = 100

SMALLEST, LARGEST = 0.75, 1.0 / 0.75
"""A prediction so many times a typical training row is on another scale, if no training row is."""

BEYOND, UTMOST = 0.9, FAR_NEARER
"""Where training rows are on another scale, predictions may go this much beyond theirs, and never
further than the second: one broken row does not let all pass."""

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
        typical: (G,) median of the training rows.
        is_expression: Whether the screen holds expression about its control, not changes about 0.
        likeness: Median correlation of the training rows with the control; 0 where there is none.
        negative: Share of the size of the training rows that is negative.
        scales: Bounds of `scale`, outside of which a prediction is marked.
        pattern: (G,) what all rows follow: the control, or in a screen of changes the size that the
            training rows have in a gene.
        lowest: The correlation with it below which a prediction is marked; 0 for no such mark.
    """

    control: Floats
    typical: NDArray[np.float64]
    is_expression: bool
    likeness: float
    negative: float
    scales: tuple[float, float]
    pattern: Floats
    lowest: float

    def scale(self, row: Floats) -> float:
        """Return how many times a training row a (G,) row is: the median over strong genes."""
        return float(np.median(row[self._strong] / self.typical[self._strong]))

    @cached_property
    def _strong(self) -> NDArray[np.intp]:
        return _strong(self.typical)

    def marks(self, row: Floats) -> tuple[ScaleMark, ...]:
        """Return what is odd about a (G,) prediction that is to be scored all the same.

        `unlike_screen`: it does not follow the control, as the training rows do; or, in a screen of
        changes, its sizes do not follow theirs. `other_scale`: it follows the control at another
        scale. Nothing is odd where the training rows do not follow anything, or where a change is 0
        in all genes.
        """
        sizes = row[None] if self.is_expression else np.abs(row[None])
        if self.lowest and (self.is_expression or row.any()):
            (r,) = correlations(clipped(sizes, self.pattern), self.pattern)
            if not r >= self.lowest:  # nan of a constant row too
                return ("unlike_screen",)
        if self.likeness < ALIKE or self.scales[0] <= self.scale(row) <= self.scales[1]:
            return ()
        return ("other_scale",)

    def fault(self, rows: Floats, names: Sequence[str]) -> str:
        """Return why predictions cannot be on the screen's scale, in a sentence; empty if they can.

        Args:
            rows: (n, G) finite predictions.
            names: The n perturbations.
        """
        if len(self.control) < FEWEST_GENES or not len(rows):
            return ""
        if said := _counts(rows):
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
        if other.mean() >= MOST_ROWS:
            first = f"the first is {names[int(other.argmax())]}"
            mean = f"mean {self.control.mean(dtype=float):.3g}"
            if not rows[other].any():
                return (
                    f"{int(other.sum())} of {len(other)} rows are 0 in all genes, where the screen "
                    f"has expression (control: {mean}), {first}. Look whether they were filled in; "
                    "where no change is predicted, give the control itself."
                )
            return (
                f"the values look like changes, where the screen has expression: {int(other.sum())}"
                f" of {len(other)} rows lie about 0 and not about the control ({mean}), {first}."
                " Say that they are changes with -S values=delta (--values delta for "
                "check-submission), which adds the control; or give expression."
            )
        below = negative_share(rows)
        noise = about_control(rows, self.control).mean() >= MOST_ROWS  # it is bad, and may be
        if below >= CENTRED and self.negative <= NEGATIVE and not noise:
            return (
                f"{below:.0%} of the size of the values is negative, where the screen's control "
                f"and training rows have none. {GIVE}"
            )
        return self._other_unit(rows)

    def _other_unit(self, rows: Floats) -> str:
        """Say if predictions fit far better when taken for linear, or for another logarithm."""
        if self.likeness < ALIKE:
            return ""
        rows = np.asarray(rows, dtype=np.float64)
        if negative_share(rows) <= NEGATIVE and (base := self._logs_fit(np.maximum(rows, 0))):
            return (
                "the values look like counts or another linear measure, where the screen has "
                f"logarithms: their {BASES[base]} follow the training rows far better. {GIVE}"
            )
        scale = self.scale(np.median(rows, axis=0))
        for (screens, of_screen), (theirs, of_file) in product(BASES.items(), repeat=2):
            expected = screens / theirs
            if screens == theirs or not abs(scale / expected - 1) < CLOSE:
                continue
            nearer = self._distance(rows / expected) * 2 < self._distance(rows)
            if nearer and self._unexplained(rows) < 1 - ALIKE:
                return (
                    f"the values are {scale:.3g} times those of the training rows, as {of_file} "
                    f"are beside {of_screen}. Multiply them by {1 / expected:.4g}."
                )
        return ""

    def _logs_fit(self, rows: NDArray[np.float64]) -> float | None:
        """Return the base of the logarithms of linear values that fit far better; None for none."""
        for base, same_total in product((E, TWO), (False, True)):
            factor = 1.0
            if same_total:
                factor = np.expm1(self.typical * base).sum() / max(
                    np.median(rows, axis=0).sum(), 1e-12
                )
            taken = np.log1p(rows * factor) / base
            nearer = self._distance(taken) * FAR_NEARER < self._distance(rows)
            # In form too: logarithms, with a factor that is free, bend any values towards these.
            if nearer and self._unexplained(taken) * FAR_NEARER < self._unexplained(rows):
                return base
        return None

    def _distance(self, rows: Floats) -> float:
        return float(np.median(np.abs(np.median(rows, axis=0) - self.typical)[self._strong]))

    def _unexplained(self, rows: Floats) -> float:
        """Return 1 - r of the median prediction with the typical training row."""
        (r,) = correlations(np.median(rows, axis=0)[None], self.typical)
        return float(1 - r) if np.isfinite(r) else 1.0

    def delta_fault(self, rows: Floats, names: Sequence[str]) -> str:
        """Return why (n, G) values cannot be changes, in a sentence; empty if they can."""
        if len(self.control) < FEWEST_GENES or not len(rows):
            return ""
        if self.is_expression:
            to_zero = np.abs(rows).mean(axis=1, dtype=np.float64)
            expression = np.abs(rows - self.control).mean(axis=1, dtype=np.float64)
            other = expression * FAR_NEARER < to_zero
            if other.mean() >= MOST_ROWS:
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
    is_expression, likeness, lowest = has_baseline(training, control), 0.0, 0.0
    pattern, typical = control, np.median(training, axis=0).astype(np.float64)
    if is_expression and len(control) >= FEWEST_GENES:
        likeness = _quantile(correlations(training, control), 0.5)
        lowest = LOW * likeness if likeness >= ALIKE else 0.0
    elif not is_expression and len(control) >= FEWEST_SIZES:
        pattern = np.sqrt(np.square(training, dtype=np.float64).mean(axis=0))
        reached = _quantile(correlations(clipped(np.abs(training), pattern), pattern), 0.1)
        lowest = reached / 2 if reached >= FOLLOWED else 0.0
    return Baseline(
        control=control,
        typical=typical,
        is_expression=is_expression,
        likeness=likeness,
        negative=negative_share(training),
        scales=_bounds(training, typical) if likeness >= ALIKE else (SMALLEST, LARGEST),
        pattern=pattern,
        lowest=lowest,
    )


def _quantile(found: NDArray[np.float64], share: float) -> float:
    known = found[np.isfinite(found)]
    return float(np.quantile(known, share)) if len(known) else 0.0


def _strong(typical: NDArray[np.float64]) -> NDArray[np.intp]:
    n = max(FEWEST_GENES, int(len(typical) * STRONG))
    first = np.argsort(-np.abs(typical), kind="stable")[:n]
    return np.asarray(first[np.abs(typical[first]) > 0])


def _bounds(training: Floats, typical: NDArray[np.float64]) -> tuple[float, float]:
    """Return between which scales a prediction is as the training rows are."""
    strong = _strong(typical)
    scales = np.median(training[:, strong] / typical[strong], axis=1)
    low, high = BEYOND * float(scales.min()), float(scales.max()) / BEYOND
    return min(SMALLEST, max(low, 1 / UTMOST)), max(LARGEST, min(high, UTMOST))


def _counts(rows: Floats) -> str:
    """Return why most of (n, G) rows are counts; empty if they are not."""
    odd = np.array([bool(counts_fault(tally(row))) for row in rows])
    # All together otherwise: a row of a shallow panel may have too little above 1 to tell.
    return counts_fault(tally(rows if odd.mean() >= MOST_ROWS else rows[~odd]))
