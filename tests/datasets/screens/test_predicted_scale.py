"""Predictions against the control and the training rows: refused, marked, or neither."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from perturb_evals.datasets.screens.predicted_scale import Baseline, baseline_of
from perturb_evals.datasets.screens.scale import Floats

GENES, TRAINING, TESTED = 200, 24, 6
NAMES = [f"P{at}" for at in range(TESTED)]
World = tuple[Floats, Floats, Floats]


def expression(seed: int = 0) -> World:
    """The control, training rows and predictions that are near the truth."""
    rng = np.random.default_rng(seed)
    control = np.maximum(rng.gamma(0.7, 1.0, GENES), 0.02)
    programmes = rng.normal(0, 0.3, (4, GENES))
    rows = [control + programmes[at % 4] + rng.normal(0, 0.1, GENES) for at in range(30)]
    rows = np.maximum(np.array(rows), 0.0)
    return control, rows[:TRAINING], rows[TRAINING:] + rng.normal(0, 0.05, (TESTED, GENES))


def changes(seed: int = 0) -> World:
    """The same of log fold changes; genes move by sizes of their own."""
    rng = np.random.default_rng(seed)
    rows = rng.normal(0, 1, (TRAINING + TESTED, GENES)) * rng.gamma(0.5, 1.0, GENES)
    return np.zeros(GENES), rows[:TRAINING], rows[TRAINING:]


def of(world: World) -> Baseline:
    return baseline_of(*world[:2])


def marked(world: World, rows: Floats) -> list[str]:
    baseline = of(world)
    return sorted({mark for row in rows for mark in baseline.marks(row)})


@pytest.mark.each("seed", range(3))
@pytest.mark.each("n", [TESTED, 1])
def test_good_and_plain_predictions_pass_unmarked(seed: int, n: int) -> None:
    for world in (expression(seed), changes(seed)):
        control, training, good = world
        for rows in (good, training[:TESTED], np.tile(training.mean(axis=0), (TESTED, 1))):
            assert of(world).fault(rows[:n], NAMES) == ""
            assert marked(world, rows[:n]) == []
        nothing = np.tile(control, (n, 1))
        assert of(world).fault(nothing, NAMES) == ""
        assert marked(world, nothing) == []


IMPOSSIBLE = {
    "changes": "look like changes",
    "zeros": "6 of 6 rows are 0 in all genes",
    "z-scores": "look like changes",
    "a constant near 0": "look like changes",
    "base 2": "1.4",
    "base 10": "as base-10 logarithms are beside natural",
    "counts": "look like counts",
    "means of counts": "look like counts",
    "counts per million": "look like counts",
}


def impossible(world: World, kind: str) -> Floats:
    control, _, good = world
    return {
        "changes": good - control,
        "zeros": 0 * good,
        "z-scores": (good - control) / 0.1,
        "a constant near 0": 0 * good + 0.01,
        "base 2": good / np.log(2),
        "base 10": good / np.log(10),
        "counts": np.round(np.expm1(np.maximum(good, 0)) * 3),
        "means of counts": np.expm1(np.maximum(good, 0)) * 3,
        "counts per million": np.expm1(np.maximum(good, 0)) * 100,
    }[kind]


@pytest.mark.each("seed", range(3))
@pytest.mark.each("kind", IMPOSSIBLE)
def test_what_the_kind_of_the_screen_cannot_be_is_refused(kind: str, seed: int) -> None:
    world = expression(seed)
    assert IMPOSSIBLE[kind] in of(world).fault(impossible(world, kind), NAMES)


@pytest.mark.each("value", [-1e-6, -5.0, 0.5, 1e6])
@pytest.mark.each("kind", [*IMPOSSIBLE, "right"])
def test_one_value_switches_nothing_on_or_off(kind: str, value: float) -> None:
    world = expression()
    rows = world[2].copy() if kind == "right" else impossible(world, kind)
    rows[2, 3] = value
    assert bool(of(world).fault(rows, NAMES)) == (kind != "right")


def test_a_screen_in_base_2_takes_natural_logarithms_for_another_base() -> None:
    control, training, good = expression()
    world = (control / np.log(2), training / np.log(2), good)
    said = of(world).fault(good, NAMES)
    assert "as natural logarithms are beside base-2 logarithms. Multiply them by 1.443." in said


def test_rows_of_another_kind_are_counted_and_the_first_is_named() -> None:
    world = expression()
    rows = world[2].copy()
    rows[[1, 3, 4]] -= world[0]
    said = of(world).fault(rows, NAMES)
    assert "3 of 6 rows lie about 0 and not about the control" in said
    assert "the first is P1" in said
    assert "-S values=delta" in said


def test_expression_for_a_screen_of_changes_is_refused() -> None:
    world, (_, _, rows) = changes(), expression()
    assert "the values look like expression, where the screen has changes" in of(world).fault(
        rows, NAMES
    )


@pytest.mark.each("make", [expression, changes])
@pytest.mark.each("how", ["shifted", "shuffled", "reversed"])
def test_values_beside_the_names_of_the_genes_are_marked_and_not_refused(make, how: str) -> None:
    world: World = make()
    order = {
        "shifted": np.roll(np.arange(GENES), 1),
        "shuffled": np.random.default_rng(0).permutation(GENES),
        "reversed": np.arange(GENES)[::-1],
    }[how]
    rows = world[2][:, order]
    assert of(world).fault(rows, NAMES) == ""
    assert [of(world).marks(row) for row in rows] == [("unlike_screen",)] * TESTED


@pytest.mark.parametrize(
    ("make", "mark"),
    [
        (lambda good, rng: good * 0.6, "other_scale"),
        (lambda good, rng: good * 2, "other_scale"),
        (lambda good, rng: np.maximum(good + rng.normal(0, 2, good.shape), 0), "unlike_screen"),
        (lambda good, rng: 0 * good + 1.5, "unlike_screen"),
    ],
)
def test_a_bad_system_is_marked_and_ranked(make, mark: str) -> None:
    world = expression()
    rows: NDArray[np.float64] = make(world[2], np.random.default_rng(0))
    assert of(world).fault(rows, NAMES) == ""
    assert mark in marked(world, rows)


def test_nothing_can_be_said_of_a_few_components() -> None:
    rng = np.random.default_rng(0)
    world = (np.zeros(9), rng.normal(0, 4, (30, 9)), rng.normal(0, 4, (6, 9)))
    assert of(world).fault(world[2], NAMES) == ""
    assert marked(world, world[2][:, ::-1]) == []


def test_changes_are_changes() -> None:
    control, _, good = world = expression()
    assert of(world).delta_fault(good - control, NAMES) == ""
    assert of(world).delta_fault(0 * good, NAMES) == ""
    said = of(world).delta_fault(good, NAMES)
    assert "6 of 6 rows lie about the control and not about 0, the first is P0" in said
    assert of(changes()).delta_fault(changes()[2], NAMES) == ""


@given(st.integers(0, 2**31), st.sampled_from([*IMPOSSIBLE, "right"]))
@settings(max_examples=20)
def test_the_order_of_genes_and_rows_changes_no_verdict(seed: int, kind: str) -> None:
    world = expression(seed % 3)
    rows = world[2] if kind == "right" else impossible(world, kind)
    rng = np.random.default_rng(seed)
    genes, order = rng.permutation(GENES), rng.permutation(TESTED)
    turned = baseline_of(world[0][genes], world[1][:, genes])
    assert bool(turned.fault(rows[order][:, genes], NAMES)) == (kind != "right")


BROKEN: dict[str, Callable[[Floats, Floats], Floats]] = {
    "zeros": lambda row, control: 0 * row,
    "nearly 0": lambda row, control: 0 * row + 0.001,
    "a change": lambda row, control: row - control,
    "a z-score": lambda row, control: (row - control) / 0.1,
    "a million times": lambda row, control: row * 1e6,
    "negative": lambda row, control: -row,
    "counts": lambda row, control: np.round(np.expm1(np.maximum(row, 0)) * 1000),
    "base 10": lambda row, control: row / np.log(10),
    "base 2, twice": lambda row, control: row / np.log(2) ** 2,
    "reversed": lambda row, control: row[::-1],
    "constant": lambda row, control: 0 * row + 1.5,
}


@pytest.mark.each("n", [1, 2])
@pytest.mark.each("kind", BROKEN)
def test_a_few_broken_rows_are_marked_and_not_refused(kind: str, n: int) -> None:
    world = expression()
    rows = world[2].copy()
    rows[:n] = [BROKEN[kind](row, world[0]) for row in rows[:n]]
    assert of(world).fault(rows, NAMES) == ""
    assert [bool(of(world).marks(row)) for row in rows] == [True] * n + [False] * (TESTED - n)


def test_one_row_of_expression_among_changes_is_no_fault() -> None:
    control, _, good = world = expression()
    rows = good - control
    rows[2] = good[2]
    assert of(world).delta_fault(rows, NAMES) == ""
    assert of(world).marks(rows[2] + control) == ("other_scale",)


def sparse(seed: int = 0) -> World:
    """Expression with a mean of about .08, where any noise lies on both sides of 0."""
    rng = np.random.default_rng(seed)
    control = np.minimum(rng.gamma(0.07, 1.0, 2000), 4.0)
    rows = np.maximum(
        control + rng.normal(0, 0.02, (TRAINING + TESTED, 2000)) * (control > 0.02), 0
    )
    return control, rows[:TRAINING], rows[TRAINING:]


@pytest.mark.each("seed", range(3))
@pytest.mark.each("noise", [0.1, 0.2, 0.3, 0.5, 1.0])
def test_noise_about_the_control_is_marked_and_not_refused(noise: float, seed: int) -> None:
    world = sparse(seed)
    rows = world[2] + np.random.default_rng(seed).normal(0, noise, world[2].shape)
    assert of(world).fault(rows, NAMES) == ""
    if noise >= 0.3:
        assert marked(world, rows) == ["unlike_screen"]


@pytest.mark.parametrize("seed", range(3))
def test_noisy_changes_are_changes_also_in_a_sparse_screen(seed: int) -> None:
    world = sparse(seed)
    noise = np.random.default_rng(seed).normal(0, 0.3, world[2].shape)
    for rows in (world[2] - world[0], world[2] - world[0] + noise):
        assert "look like changes" in of(world).fault(rows, NAMES)


@pytest.mark.parametrize("make", [expression, sparse])
def test_a_smaller_scale_is_not_called_changes(make: Callable[[], World]) -> None:
    world = make()
    good = np.maximum(world[2], 0)
    assert "as base-10 logarithms" in of(world).fault(good / np.log(10), NAMES)
    for rows in (
        good / good.max(),
        good / good.max(axis=1, keepdims=True),
        good * 0.15,
    ):
        assert "changes" not in of(world).fault(rows, NAMES)
        assert marked(world, rows) == ["other_scale"]


def test_a_scale_that_training_rows_have_is_not_odd() -> None:
    control, training, good = expression()
    mixed = training.copy()
    mixed[:2] *= 0.5
    assert marked((control, mixed, good), good * 0.5) == []
    assert marked((control, mixed, good), good * 0.4) == ["other_scale"]
    mixed[0] *= 0.01  # one broken row does not let all pass
    assert marked((control, mixed, good), good * 0.3) == ["other_scale"]


@pytest.mark.filterwarnings("error")
def test_constant_rows_warn_of_nothing() -> None:
    for world in (expression(), changes()):
        for value in (0.0, 0.5, 3.0):
            of(world).fault(np.full_like(world[2], value), NAMES)
