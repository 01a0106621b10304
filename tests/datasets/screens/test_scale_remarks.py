"""What is odd about a screen's scale is named, and the screen is read."""

import numpy as np
import pytest
from numpy.typing import NDArray

from perturb_evals.datasets.screens.make_screen import make_screen
from perturb_evals.datasets.screens.scale_remarks import scale_remarks
from perturb_evals.datasets.screens.screen import Screen

Floats = NDArray[np.float64]
GENES, PERTURBATIONS = 60, 12


def world(seed: int = 0) -> tuple[Floats, Floats]:
    """The control and (P, G) rows of mean log expression."""
    rng = np.random.default_rng(seed)
    control = rng.uniform(0.2, 4.0, GENES)
    return control, np.maximum(control + rng.normal(0, 0.4, (PERTURBATIONS, GENES)), 0.02)


def one(values: Floats, value: float) -> Floats:
    changed = values.copy()
    changed[3, 3] = value
    return changed


def made(rows: Floats, control: Floats) -> Screen:
    return make_screen(
        name="mine",
        cell_line="",
        perturbations=[f"P{at}" for at in range(PERTURBATIONS)],
        expression=rows,
        control=control,
        genes=[f"G{at}" for at in range(GENES)],
        fingerprint="f",
    )


def test_oddities_are_remarked() -> None:
    control, rows = world()
    assert scale_remarks(made(rows, control)) == ()
    assert scale_remarks(made(rows - control, np.zeros(GENES))) == ()
    (large,) = scale_remarks(made(one(rows, 1e4), control))
    assert "1 value is above 20, the largest log: the first is 1e+04 at P3 x G3." in large
    (below,) = scale_remarks(made(one(rows, -3.0), control))
    assert "1 value is negative, which expression never is: the first is -3 at P3 x G3." in below
    shuffled = rows.copy()
    shuffled[2] = rows[2][np.random.default_rng(0).permutation(GENES)]
    (odd,) = scale_remarks(made(shuffled, control))
    assert "1 of 12 rows hardly follow the control" in odd
    assert "'P2'" in odd
    scores = (rows - control) / 0.3
    (unlike,) = scale_remarks(made(scores, np.random.default_rng(0).normal(0, 0.3, GENES)))
    assert "no prediction can be held against it" in unlike


@pytest.mark.parametrize(
    ("factor", "said"),
    [
        (0.0, "1 of 12 rows hardly follow the control"),
        (0.15, "1 of 12 rows follow the control but"),
    ],
)
def test_a_row_on_another_scale_is_named(factor: float, said: str) -> None:
    control, rows = world()
    rows[5] *= factor
    (odd,) = scale_remarks(made(rows, control))
    assert said in odd
    assert "'P5'" in odd


def test_one_total_of_all_rows_is_remarked() -> None:
    control, rows = world()
    (odd,) = scale_remarks(made(rows / rows.sum(axis=1, keepdims=True) * 123.4, control))
    assert "Most rows sum to 123.4 each" in odd
