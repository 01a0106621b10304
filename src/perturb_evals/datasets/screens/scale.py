"""Kind and scale of a screen: what its numbers can be, judged by shares and against its control.

A screen holds expression (logarithms, none below 0, each row much like the control) or changes (log
fold changes about a control of zeros). Counts and other linear numbers, and rows of one kind beside
a control of the other, are refused: every score would be of something else. A single stray value
or a few rows decide nothing; `scale_remarks` names them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.floating[Any]]

LARGEST_LOG = 20.0
"""Above any logarithm of expression: counts per million have a natural log below 14, and one of
base 2 below 20."""

STRAY = 1e-4
"""Up to this share of the values, or a single one, is stray and says nothing of the others."""

WHOLE = 1e-4
"""A number so near to a whole one is whole: what was subtracted from counts, or rounding."""

MOSTLY = 0.5
"""Of the values above 1, the share of whole numbers above which they are counts. 1 itself says
nothing: it is also the logarithm, of base 2, of a single count plus 1."""

NEGATIVE = 0.02
"""Up to this share of the size of a row may be negative where nothing can be, as a model or a
correction makes tiny ones."""

BELOW = -1e-3
"""Values below are negative, and no rounding of 0."""

CENTRED = 0.2
"""From this share on values lie about 0 on both sides."""

FAR_NEARER = 3.0
"""A row is of the other kind if it is so many times nearer to that kind's centre."""

UNLIKE, ALIKE = 0.5, 0.8
"""Correlations below which a row does not follow a vector, and above which rows do."""

FEWEST_GENES = 10
"""With fewer genes a row's likeness to the control says nothing."""

FEWEST_TOTALS = 20
"""Genes from which equal totals of all rows are no chance."""

MOST_ROWS = 0.5
"""From this share of the rows on they say what all are; fewer are rows that went wrong."""

ABOUT = 0.5
"""A row lies about the control if it rises by 1, give or take this, where the control does, and its
mean is no further off than this share of the control's SD: noise hides a correlation, not these."""

SAME_TOTAL = 1e-4
"""Totals that differ by a smaller share were made equal."""


@dataclass(frozen=True)
class Tally:
    """Counts over numbers, from which their kind can be told; of two parts, add them.

    Attributes:
        n: Numbers that are not 0.
        above_one: Those above 1.
        whole: Whole numbers among those above 1.
        too_large: Numbers above `LARGEST_LOG`.
        largest: The largest number, 0 without any.
        negative: Numbers below `BELOW`.
    """

    n: int = 0
    above_one: int = 0
    whole: int = 0
    too_large: int = 0
    largest: float = 0.0
    negative: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            self.n + other.n,
            self.above_one + other.above_one,
            self.whole + other.whole,
            self.too_large + other.too_large,
            max(self.largest, other.largest),
            self.negative + other.negative,
        )


def tally(values: ArrayLike) -> Tally:
    """Count numbers of any shape; what is not finite counts for nothing."""
    numbers = np.asarray(values).ravel()
    if not np.isfinite(numbers.sum()):
        numbers = numbers[np.isfinite(numbers)]
    if not len(numbers):
        return Tally()
    above = numbers[numbers > 1]
    largest = float(numbers.max())
    return Tally(
        n=int(np.count_nonzero(numbers)),
        above_one=len(above),
        whole=int(np.count_nonzero(np.abs(above - np.rint(above)) < WHOLE)),
        too_large=int(np.count_nonzero(above > LARGEST_LOG)) if largest > LARGEST_LOG else 0,
        largest=max(0.0, largest),
        negative=int(np.count_nonzero(numbers < BELOW)),
    )


def counts_fault(found: Tally) -> str:
    """Return why numbers are counts, or linear in them, and no logarithms; empty if they are not.

    Numbers of which a share is negative are changes or scores about 0, never counts.
    """
    if found.negative > CENTRED * found.n:
        return ""
    if many(found.above_one, found.n) and found.whole > MOSTLY * found.above_one:
        share = found.whole / found.above_one
        part = "all" if share == 1 else f"{share:.0%} of the"
        return f"{part} values above 1 are whole numbers, the largest is {found.largest:.4g}"
    if many(found.too_large, found.n):
        return (
            f"{found.too_large:,} values are above {LARGEST_LOG:g}, which no logarithm of "
            f"expression reaches, the largest is {found.largest:.4g}"
        )
    return ""


def many(part: int, of: int) -> bool:
    """Whether a part of so many values is more than stray."""
    return part > 1 and part > STRAY * of


def screen_fault(expression: Floats, control: Floats, perturbations: Sequence[str]) -> str:
    """Return why the numbers cannot be a screen's, in a sentence; empty if they can.

    Args:
        expression: (P, G) finite numbers.
        control: (G,) finite numbers.
        perturbations: Names of the rows.
    """
    for what, values in (("values", expression), ("values of the control", control)):
        if said := counts_fault(tally(values)):
            return f"the {what} look like counts, not logarithms: {said}. {TAKE_LOGS}"
    total = same_total(expression)
    of_ten = total and abs(total / 10.0 ** round(np.log10(total)) - 1) < SAME_TOTAL
    if of_ten and not same_distribution(expression):
        return (
            f"the rows are positive and sum to {total:.6g} each, so they are normalised counts and "
            f"no logarithms. {TAKE_LOGS}"
        )
    if expression.shape[1] < FEWEST_GENES:
        return ""
    if not has_baseline(expression, control):
        if looks_like_expression(expression):
            return (
                "the control is 0 in all genes, which is that of changes, but the rows are "
                "expression: hardly a value is negative, and all rows are alike. Give the mean log "
                "expression of the control cells as the control row"
            ) + ", or log fold changes in the other rows."
        return ""
    mean = f"(mean {control.mean(dtype=float):.3g})"
    if (other := changes_among(expression, control)).mean() >= MOST_ROWS:
        return (
            f"the control is expression {mean}, but {int(other.sum())} of {len(other)} rows lie "
            f"about 0 as changes do, the first is {perturbations[int(other.argmax())]!r}. Give mean"
            " log expression in all rows; or changes in all, with a control row of zeros."
        )
    if (small := other | far_below(expression, control)).mean() >= MOST_ROWS:
        return (
            f"{int(small.sum())} of {len(small)} rows are far smaller than the control {mean}, the "
            f"first is {perturbations[int(small.argmax())]!r}. Give rows and control on one scale: "
            "the same total of each cell, and the same logarithm."
        )
    return ""


TAKE_LOGS = (
    "Normalise each cell to the median total, take log1p, then the mean over the cells, and put "
    "that into X."
)


def has_baseline(expression: Floats, control: Floats) -> bool:
    """Whether the control is more than zeros, of the size of (P, G) rows."""
    return bool(_size(control) > NEGATIVE * _size(expression))


def looks_like_expression(rows: Floats) -> bool:
    """Whether (n, G) rows have hardly anything negative and follow one another."""
    if rows.shape[1] < FEWEST_GENES or not rows.any() or negative_share(rows) > NEGATIVE:
        return False
    if len(rows) == 1:
        return True
    rows = clipped(rows, np.median(rows, axis=0))
    total = rows.sum(axis=0, dtype=np.float64)
    found = correlations(rows, (total - rows) / (len(rows) - 1))
    found = found[np.isfinite(found)]  # none where all rows are constant
    return bool(len(found) and np.median(found) > ALIKE)


def changes_among(rows: Floats, control: Floats) -> NDArray[np.bool_]:
    """Return which of (n, G) rows are changes and no expression like the control's.

    A row is if it is far nearer to 0 than to the control, as one of zeros is, and does not follow
    the control, as expression on a smaller scale does; or, where the control is never negative, if
    it lies on both sides of 0, does not follow the control and is no noise about it either.
    """
    small = far_below(rows, control)
    rows = clipped(rows, control)
    r = correlations(rows, control)
    below = -np.minimum(rows, 0).sum(axis=1, dtype=np.float64)
    size = np.abs(rows).sum(axis=1, dtype=np.float64)
    centred = (below > 0) & (below >= CENTRED * size)
    found = small & ~((r >= ALIKE) & ~centred)
    if negative_share(control) <= NEGATIVE:
        found |= centred & ~(r >= UNLIKE) & ~about_control(rows, control)
    return np.asarray(found)


def far_below(rows: Floats, control: Floats) -> NDArray[np.bool_]:
    """Return which of (n, G) rows are far nearer to 0 than to the control."""
    rows = clipped(rows, control)
    to_zero = np.abs(rows).mean(axis=1, dtype=np.float64)
    to_control = np.abs(rows - control).mean(axis=1, dtype=np.float64)
    return np.asarray(to_zero * FAR_NEARER < to_control)


def about_control(rows: Floats, control: Floats) -> NDArray[np.bool_]:
    """Return which of (n, G) rows lie about the control, with however much noise; see `ABOUT`."""
    x = np.asarray(clipped(rows, control), dtype=np.float64)
    spread = np.asarray(control, dtype=np.float64) - control.mean(dtype=np.float64)
    variance = float(np.square(spread).mean())
    if not variance:
        return np.zeros(len(x), dtype=bool)
    slope = (x @ spread) / (len(spread) * variance)
    shift = np.abs(x.mean(axis=1) - control.mean(dtype=np.float64)) / np.sqrt(variance)
    return np.asarray((np.abs(slope - 1) <= ABOUT) & (shift <= ABOUT))


def negative_share(rows: Floats) -> float:
    """Return which share of the size of a row is that of negative values; 0 for zeros.

    It is the median over (n, G) rows, so that one value says nothing of all.
    """
    some = np.atleast_2d(rows)
    size = np.abs(some).sum(axis=1, dtype=np.float64)
    below = -np.minimum(some, 0).sum(axis=1, dtype=np.float64)
    return float(np.median(below / np.where(size > 0, size, 1.0)))


def clipped(rows: Floats, control: Floats) -> Floats:
    """Return rows whose values leave the control's range by no more than half of it.

    So that a single huge value neither hides nor makes a likeness.
    """
    low, high = float(control.min()), float(control.max())
    more = (high - low) / 2
    return np.clip(rows, low - more, high + more)


def correlations(rows: Floats, target: Floats) -> NDArray[np.float64]:
    """Return Pearson's r of each of (n, G) rows with a (G,) target, or with (n, G), row by row.

    It is nan where one of both is constant.
    """
    x = np.asarray(rows, dtype=np.float64)
    y = np.broadcast_to(np.asarray(target, dtype=np.float64), x.shape)
    x, y = (part - part.mean(axis=1, keepdims=True) for part in (x, y))
    lengths = np.linalg.norm(x, axis=1) * np.linalg.norm(y, axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.einsum("ij,ij->i", x, y) / np.where(lengths > 1e-12, lengths, np.nan))


def same_total(rows: Floats) -> float:
    """Return the total that most of (n, G) rows have; 0 for none, or where values are negative."""
    if len(rows) < 2 or rows.shape[1] < FEWEST_TOTALS or (rows < 0).any():
        return 0.0
    totals = rows.sum(axis=1, dtype=np.float64)
    usual = float(np.median(totals))
    same = np.abs(totals - usual) < SAME_TOTAL * usual
    return usual if same.mean() > MOSTLY and np.ptp(rows, axis=0).any() else 0.0


def same_distribution(rows: Floats) -> bool:
    """Whether most of (n, G) rows hold the same values in another order (quantile-normalised)."""
    ordered = np.sort(rows, axis=1)
    usual = np.median(ordered, axis=0)
    off = np.abs(ordered - usual).mean(axis=1, dtype=np.float64)
    return bool((off < NEGATIVE * np.abs(usual).mean(dtype=np.float64)).mean() > MOSTLY)


def _size(rows: Floats) -> float:
    """Return the mean absolute value of the median row: one value of another row does not count."""
    return float(np.median(np.abs(np.atleast_2d(rows)).mean(axis=1, dtype=np.float64)))
