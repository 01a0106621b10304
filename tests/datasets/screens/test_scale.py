"""Kind and scale of a screen: what cannot be is refused, and one stray value decides nothing."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from perturb_evals.datasets.screens.make_screen import make_screen
from perturb_evals.datasets.screens.scale import (
    Tally,
    changes_among,
    counts_fault,
    looks_like_expression,
    screen_fault,
    tally,
)
from perturb_evals.datasets.screens.screen import Screen, ScreenError

Floats = NDArray[np.float64]
GENES, PERTURBATIONS = 60, 12
NAMES = [f"P{at}" for at in range(PERTURBATIONS)]


def world(seed: int = 0) -> tuple[Floats, Floats]:
    """The control and (P, G) rows of mean log expression."""
    rng = np.random.default_rng(seed)
    control = rng.uniform(0.2, 4.0, GENES)
    return control, np.maximum(control + rng.normal(0, 0.4, (PERTURBATIONS, GENES)), 0.02)


def fault(rows: Floats, control: Floats) -> str:
    return screen_fault(rows, control, NAMES)


def one(values: Floats, value: float) -> Floats:
    changed = values.copy()
    changed[3, 3] = value
    return changed


def linear(rows: Floats) -> Floats:
    return np.expm1(rows * 2)


@pytest.mark.parametrize("seed", range(3))
def test_what_a_screen_may_hold(seed: int) -> None:
    control, rows = world(seed)
    rng = np.random.default_rng(seed)
    changes, zeros = rows - control, np.zeros(GENES)
    for what, values, base in (
        ("expression", rows, control),
        ("of base 2", rows / np.log(2), control / np.log(2)),
        ("of base 10", rows / np.log(10), control / np.log(10)),
        ("counts per million", np.log1p(np.expm1(rows) * 1e4), np.log1p(np.expm1(control) * 1e4)),
        ("changes", changes, zeros),
        ("changes of a few genes", changes * (rng.random(rows.shape) < 0.1), zeros),
        ("z-scores", changes / 0.02, zeros),
        ("z-scores with a measured control", changes / 0.1, rng.normal(0, 0.3, GENES)),
        ("components", rng.normal(0, 4, (PERTURBATIONS, GENES)), zeros),
        ("seen or not", (rows > 2).astype(float), (control > 2).astype(float)),
        ("a few genes", rows[:, :3], control[:3]),
        ("slightly negative", rows - 0.03, control),
    ):
        assert fault(values, base) == "", what


COUNTS: dict[str, Callable[[Floats], Floats]] = {
    "counts": lambda rows: np.round(linear(rows)),
    "counts of a shallow panel": lambda rows: np.round(rows),
    "mean counts": linear,
    "counts per 10,000": lambda rows: linear(rows) / linear(rows).sum(axis=-1, keepdims=True) * 1e4,
    "counts less a background": lambda rows: np.round(linear(rows)) - 1e-6,
}
STRAY: dict[str, Callable[[Floats], Floats]] = {
    "as they are": lambda values: values,
    "a tiny negative value": lambda values: one(values, -1e-6),
    "a negative value": lambda values: one(values, -5.0),
    "a fraction": lambda values: one(values, 0.5),
    "a huge value": lambda values: one(values, 1e6),
}


@pytest.mark.each("stray", STRAY)
@pytest.mark.each("kind", COUNTS)
def test_counts_are_refused_whatever_one_value_is(kind: str, stray: str) -> None:
    control, rows = world()
    said = fault(STRAY[stray](COUNTS[kind](rows)), COUNTS[kind](control))
    assert "look like counts" in said
    assert "take log1p" in said


@pytest.mark.parametrize("stray", STRAY)
def test_no_single_value_makes_a_fault(stray: str) -> None:
    control, rows = world()
    assert fault(STRAY[stray](rows), control) == ""
    assert fault(STRAY[stray](rows - control), np.zeros(GENES)) == ""


def test_counts_of_the_control_alone_are_refused() -> None:
    control, rows = world()
    assert "values of the control look like counts" in fault(rows, np.round(linear(control)))


def test_rows_of_one_total_are_no_logarithms() -> None:
    control, rows = world()
    shares = rows / rows.sum(axis=1, keepdims=True) * 10
    assert "sum to 10 each" in fault(shares, control)
    assert "sum to 10 each" in fault(one(shares, 1.0), control)


@pytest.mark.parametrize("stray", ["as they are", "a tiny negative value", "a huge value"])
def test_a_control_of_zeros_under_expression_is_refused(stray: str) -> None:
    _, rows = world()
    said = fault(STRAY[stray](rows), np.zeros(GENES))
    assert "the control is 0 in all genes" in said
    almost = np.zeros(GENES)
    almost[5] = 0.5
    assert "the control is 0 in all genes" in fault(rows, almost)


@pytest.mark.parametrize("stray", ["as they are", "a tiny negative value", "a huge value"])
def test_expression_of_the_control_under_changes_is_refused(stray: str) -> None:
    control, rows = world()
    said = fault(STRAY[stray](rows - control), control)
    assert "the control is expression" in said
    assert "of 12 rows lie about 0" in said
    assert "the first is 'P0'" in said


def test_a_few_rows_of_another_kind_are_no_fault_and_half_of_them_are() -> None:
    control, rows = world()
    mixed = rows.copy()
    mixed[[4, 7]] -= control
    mixed[7] = 0
    assert changes_among(mixed, control).nonzero()[0].tolist() == [4, 7]
    assert fault(mixed, control) == ""
    mixed[8:] -= control
    assert "6 of 12 rows lie about 0 as changes do, the first is 'P4'" in fault(mixed, control)


def test_rows_on_a_smaller_scale_than_the_control_are_refused_as_such() -> None:
    control, rows = world()
    shallow = rows.copy()
    shallow[3] *= 0.15
    assert fault(shallow, control) == ""
    assert "12 of 12 rows are far smaller than the control" in fault(rows * 0.15, control)


@pytest.mark.parametrize("seed", range(3))
def test_logarithms_of_one_distribution_are_no_fault(seed: int) -> None:
    control, rows = world(seed)
    ranks = rows.argsort(axis=1).argsort(axis=1)
    values = np.sort(rows, axis=1).mean(axis=0)
    for scaled in (values, values / values.sum() * 100):
        assert fault(scaled[ranks], control * scaled.sum() / values.sum()) == ""
    centred = rows / rows.sum(axis=1, keepdims=True) * 123.4
    assert fault(centred, control) == ""


@pytest.mark.filterwarnings("error")
def test_constant_rows_warn_of_nothing() -> None:
    for value in (0.0, 0.5, 3.0):
        assert not looks_like_expression(np.full((5, GENES), value))


def test_make_screen_says_the_screen_and_what_to_do() -> None:
    _, rows = world()
    with pytest.raises(ScreenError, match=r"^mine: the control is 0 in all genes.*Give the mean"):
        made(rows, np.zeros(GENES))


def made(rows: Floats, control: Floats) -> Screen:
    return make_screen(
        name="mine",
        cell_line="",
        perturbations=NAMES,
        expression=rows,
        control=control,
        genes=[f"G{at}" for at in range(GENES)],
        fingerprint="f",
    )


@given(
    st.integers(0, 2**31),
    st.sampled_from([*COUNTS, "expression", "changes", "changes about expression"]),
)
@settings(max_examples=20)
def test_the_order_of_rows_and_genes_changes_no_verdict(seed: int, kind: str) -> None:
    control, rows = world(seed % 7)
    if kind in COUNTS:
        rows, control = COUNTS[kind](rows), COUNTS[kind](control)
    elif kind != "expression":
        rows = rows - control
        control = np.zeros(GENES) if kind == "changes" else control
    rng = np.random.default_rng(seed)
    genes, order = rng.permutation(GENES), rng.permutation(PERTURBATIONS)
    turned = fault(rows[order][:, genes], control[genes])
    assert bool(turned) == bool(fault(rows, control))


@given(st.lists(st.lists(st.floats(-50, 50, width=32), max_size=8), max_size=5))
def test_a_tally_of_parts_is_that_of_the_whole(parts: list[list[float]]) -> None:
    total = Tally()
    for part in parts:
        total += tally(np.array(part))
    assert total == tally(np.array([value for part in parts for value in part]))


def test_a_tally_passes_by_what_is_not_finite() -> None:
    assert tally([np.nan, 3.0, np.inf, -2.0]) == Tally(2, 1, 1, 0, 3.0, 1)
    assert counts_fault(tally([])) == ""
    assert tally(np.zeros(3)) == Tally()
