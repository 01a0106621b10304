"""Kind and scale of a screen: what its numbers can be, judged by shares and against its control.

A screen holds expression (logarithms, none below 0, each row much like the control) or changes (log
fold changes about a control of zeros). Counts and other linear numbers, and rows of one kind beside
a control of the other, are refused: every score would be of something else. A single stray value
decides nothing; it is named in a remark.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

if TYPE_CHECKING:
    from perturb_evals.datasets.screens.screen import Screen

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
    if _many(found.above_one, found.n) and found.whole > MOSTLY * found.above_one:
        share = found.whole / found.above_one
        part = "all" if share == 1 else f"{share:.0%} of the"
        return f"{part} values above 1 are whole numbers, the largest is {found.largest:.4g}"
    if _many(found.too_large, found.n):
        return (
            f"{found.too_large:,} values are above {LARGEST_LOG:g}, which no logarithm of "
            f"expression reaches, the largest is {found.largest:.4g}"
        )
    return ""


def _many(part: int, of: int) -> bool:
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
    if _same_totals(expression):
        return (
            "the rows are positive and sum to "
            f"{np.median(expression.sum(axis=1, dtype=float)):.6g} each, so they are normalised "
            f"counts and no logarithms. {TAKE_LOGS}"
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
    other = changes_among(expression, control)
    if other.any():
        first = perturbations[int(other.argmax())]
        return (
            f"the control is expression (mean {control.mean(dtype=float):.3g}), but "
            f"{int(other.sum())} of {len(other)} rows lie about 0 as changes do, the first is "
            f"{first!r}. Give mean log expression in all rows; or changes in all, with a control "
            "row of zeros."
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
    others = (total - rows) / (len(rows) - 1)
    return bool(np.nanmedian(correlations(rows, others)) > ALIKE)


def changes_among(rows: Floats, control: Floats) -> NDArray[np.bool_]:
    """Return which of (n, G) rows are changes and no expression like the control's.

    A row is if it is far nearer to 0 than to the control, as one of zeros is, or if it lies on
    both sides of 0 and does not follow the control, where the control is never negative.
    """
    rows = clipped(rows, control)
    to_zero = np.abs(rows).mean(axis=1, dtype=np.float64)
    to_control = np.abs(rows - control).mean(axis=1, dtype=np.float64)
    found = to_zero * FAR_NEARER < to_control
    if negative_share(control) <= NEGATIVE:
        below = np.minimum(rows, 0).mean(axis=1, dtype=np.float64)
        centred = -below >= CENTRED * np.maximum(to_zero, np.finfo(float).tiny)
        if centred.any():
            centred[centred] = ~(correlations(rows[centred], control) >= UNLIKE)
        found |= centred
    return np.asarray(found)


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


def scale_remarks(screen: "Screen") -> tuple[str, ...]:
    """Return what is odd about the scale of a screen that could be read, in sentences."""
    values, control = screen.expression, screen.control
    remarks = []
    if negative_share(values) <= NEGATIVE:
        remarks += _stray(screen, values > LARGEST_LOG, f"above {LARGEST_LOG:g}, the largest log")
        if has_baseline(values, control) and control.min() >= 0:
            remarks += _stray(screen, values < 0, "negative, which expression never is")
    if values.shape[1] >= FEWEST_GENES and has_baseline(values, control):
        likeness = correlations(clipped(values, control), control)
        typical = float(np.nanmedian(likeness))
        low = likeness < UNLIKE
        if typical < UNLIKE:
            remarks.append(
                f"The rows hardly follow the control (median correlation {typical:.2f}), so no "
                "prediction can be held against it. Expected about 1 for expression; for changes "
                "or z-scores, a control row of zeros."
            )
        elif low.any():
            remarks.append(
                f"{int(low.sum())} of {len(low)} rows hardly follow the control (correlation below "
                f"{UNLIKE}, the others about {typical:.2f}), the first is "
                f"{screen.perturbations[int(low.argmax())]!r}. Look whether they are in order."
            )
    return tuple(remarks)


def _stray(screen: "Screen", odd: NDArray[np.bool_], what: str) -> list[str]:
    n = int(odd.sum())
    if n == 0 or _many(n, odd.size):  # many are no accident: simulated, or corrected for something
        return []
    row, gene = np.unravel_index(int(odd.argmax()), odd.shape)
    value = screen.expression[row, gene]
    said = "1 value is" if n == 1 else f"{n:,} of {odd.size:,} values are"
    return [
        f"{said} {what}: the first is {value:.4g} at {screen.perturbations[row]} x "
        f"{screen.genes[gene]}."
    ]


def _same_totals(rows: Floats) -> bool:
    if len(rows) < 2 or rows.shape[1] < FEWEST_TOTALS or (rows < 0).any():
        return False
    totals = rows.sum(axis=1, dtype=np.float64)
    usual = float(np.median(totals))
    same = np.abs(totals - usual) < SAME_TOTAL * usual
    return bool(same.mean() > MOSTLY and np.ptp(rows, axis=0).any())


def _size(rows: Floats) -> float:
    """Return the mean absolute value of the median row: one value of another row does not count."""
    return float(np.median(np.abs(np.atleast_2d(rows)).mean(axis=1, dtype=np.float64)))
