"""Oddities of a screen's scale that do not keep it from being read: stray values, a few rows."""

import numpy as np
from numpy.typing import NDArray

from perturb_evals.datasets.screens.scale import (
    FEWEST_GENES,
    LARGEST_LOG,
    NEGATIVE,
    UNLIKE,
    clipped,
    correlations,
    far_below,
    has_baseline,
    many,
    negative_share,
    same_total,
)
from perturb_evals.datasets.screens.screen import Screen


def scale_remarks(screen: Screen) -> tuple[str, ...]:
    """Return what is odd about the scale of a screen that could be read, in sentences."""
    values, control = screen.expression, screen.control
    remarks = []
    if negative_share(values) <= NEGATIVE:
        remarks += _stray(screen, values > LARGEST_LOG, f"above {LARGEST_LOG:g}, the largest log")
        if has_baseline(values, control) and control.min() >= 0:
            remarks += _stray(screen, values < 0, "negative, which expression never is")
    if values.shape[1] >= FEWEST_GENES and has_baseline(values, control):
        likeness = correlations(clipped(values, control), control)
        known = likeness[np.isfinite(likeness)]
        typical = float(np.median(known)) if len(known) else 0.0
        low = ~(likeness >= UNLIKE)  # nan of a constant row too
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
        small = far_below(values, control) & ~low
        if small.any():
            remarks.append(
                f"{int(small.sum())} of {len(small)} rows follow the control but are far smaller, "
                f"the first is {screen.perturbations[int(small.argmax())]!r}. Look whether their "
                "cells were normalised to the same total, and the same logarithm taken."
            )
    if total := same_total(values):
        remarks.append(
            f"Most rows sum to {total:.6g} each, as normalised counts do and logarithms only after "
            "a normalisation (by quantiles, or of the totals). Look whether they are logarithms."
        )
    return tuple(remarks)


def _stray(screen: Screen, odd: NDArray[np.bool_], what: str) -> list[str]:
    n = int(odd.sum())
    if n == 0 or many(n, odd.size):  # many are no accident: simulated, or corrected for something
        return []
    row, gene = np.unravel_index(int(odd.argmax()), odd.shape)
    value = screen.expression[row, gene]
    said = "1 value is" if n == 1 else f"{n:,} of {odd.size:,} values are"
    return [
        f"{said} {what}: the first is {value:.4g} at {screen.perturbations[row]} x "
        f"{screen.genes[gene]}."
    ]
