import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perturb_evals.metrics.expression.controls import bds, drf, interpolated_duplicate, normalised

NUMBERS = st.floats(-100, 100).map(lambda number: round(number, 3))


def test_the_duplicate_speaks_where_genes_changed_and_the_mean_elsewhere():
    half, mean = np.array([[1.0, 2, 3], [4, 5, 6]]), np.array([0.0, 0, 1])
    padj = np.array([[0, 1, 0.5], [0.25, 0, 1]])
    expected = [
        [(1 - p) * x + p * m for x, m, p in zip(*row, strict=True)]
        for row in zip(half, [mean] * 2, padj, strict=True)
    ]
    assert interpolated_duplicate(half, mean, padj) == pytest.approx(np.array(expected))


@pytest.mark.parametrize(
    ("half", "mean", "padj", "message"),
    [
        (np.ones((2, 3)), np.ones(2), np.ones((2, 3)), r"train_mean must have shape \(3\)"),
        (np.ones((2, 3)), np.ones(3), np.ones((3, 2)), r"padj must have shape \(2, 3\)"),
        (np.ones((1, 1)), np.ones(1), [[np.nan]], "padj must be finite"),
        (np.ones((1, 1)), np.ones(1), [[1.5]], "padj must lie in 0 to 1, got 1.5"),
        ([[np.inf]], np.ones(1), [[1.0]], "half must be finite"),
    ],
)
def test_what_makes_no_duplicate_is_refused(half, mean, padj, message):
    with pytest.raises(ValueError, match=message):
        interpolated_duplicate(half, mean, padj)


def test_the_dynamic_range_is_the_way_from_negative_to_perfect():
    assert drf([0.4, 0.6], [0.1, 0.2], optimum=0) == pytest.approx(0.7)  # errors
    assert drf([0.2, 0.4], [0.9, 0.7], optimum=1) == pytest.approx(0.5 / 0.7)  # correlations
    assert drf([0.4], [0.5], optimum=0) == pytest.approx(-0.25)
    assert drf([0.4, 0.6], [0, 0], optimum=0) == 1


def test_there_is_no_range_where_the_negative_control_is_perfect():
    assert math.isnan(drf([0.0, 0.0], [0.1, 0.2], optimum=0))
    assert math.isnan(drf([], [], optimum=0))
    assert math.isnan(normalised(0.3, 0.5, 0.5))


@settings(deadline=None)
@given(scores=st.lists(st.tuples(NUMBERS, NUMBERS), min_size=1, max_size=9), optimum=NUMBERS)
def test_the_direction_of_a_metric_cancels(scores, optimum):
    negative, positive = np.array(scores).T
    there, back = drf(negative, positive, optimum), drf(-negative, -positive, -optimum)
    assert there == pytest.approx(back, nan_ok=True)
    assert bds(negative, positive, "higher") == bds(-negative, -positive, "lower")
    assert bds(negative, positive, "higher") == pytest.approx(1 - bds(negative, positive, "lower"))


def test_the_positive_control_wins_or_ties():
    assert bds([0.4, 0.4, 0.4, 0.4], [0.3, 0.2, 0.5, 0.4], "lower") == 0.625
    assert bds([0.4, 0.4, 0.4, 0.4], [0.3, 0.2, 0.5, 0.4], "higher") == 0.375
    assert bds([0.5, 0.5], [0.5, 0.5], "higher") == 0.5
    assert math.isnan(bds([], [], "lower"))


def test_a_normalised_score_is_never_clipped():
    assert normalised(0.5, 0.5, 0.9) == 0
    assert normalised(0.9, 0.5, 0.9) == 1
    assert normalised(0.3, 0.5, 0.9) == pytest.approx(-0.5)
    assert normalised(1.1, 0.5, 0.9) == pytest.approx(1.5)
    assert normalised(0.2, 0.4, 0.1) == pytest.approx(2 / 3)  # an error
    assert math.isnan(normalised(math.nan, 0.5, 0.9))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: bds([1.0], [1.0], "up"), "better must be higher or lower, got 'up'"),
        (lambda: bds([1.0], [1.0, 2], "lower"), "got 1 and 2 values"),
        (lambda: drf([np.nan], [1.0], 0), "negative must be finite"),
        (lambda: drf([1.0], [1.0], math.nan), "optimum must be a finite number, got nan"),
    ],
)
def test_what_is_no_control_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
