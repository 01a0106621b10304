"""Shared resamples and their intervals."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perturb_evals.families.outcome import RESAMPLES, shared_weights
from perturb_evals.leaderboard.figures import figure_of
from perturb_evals.metrics.intervals import resample_weights


@pytest.mark.parametrize("n", [1, 2, 17])
def test_weights_are_those_of_the_intervals_in_the_logs(n: int) -> None:
    weights = shared_weights(n)
    assert weights.shape == (RESAMPLES, n)
    assert np.array_equal(weights, resample_weights(n, resamples=2000, seed=0))
    assert (weights.sum(axis=1) == n).all()
    assert shared_weights(n) is weights
    with pytest.raises(ValueError, match="read-only"):
        weights[0, 0] = 5


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=50))
def test_bounds_are_the_percentiles(values: list[float]) -> None:
    figure = figure_of(0.5, np.array([*values, np.nan]))
    ordered = sorted(values)

    def percentile(share: float) -> float:
        place = share * (len(ordered) - 1)
        low = int(place)
        high = min(low + 1, len(ordered) - 1)
        return ordered[low] + (place - low) * (ordered[high] - ordered[low])

    assert figure.value == 0.5
    assert figure.lower == pytest.approx(percentile(0.025), abs=1e-6)
    assert figure.upper == pytest.approx(percentile(0.975), abs=1e-6)


def test_without_a_value_there_is_nothing_and_without_resamples_no_interval() -> None:
    nan = float("nan")
    assert figure_of(nan, np.array([1.0, 2.0])).model_dump() == dict.fromkeys(
        ("value", "lower", "upper")
    )
    for few in ([], [1.0], [nan, nan], [nan, 1.0]):
        figure = figure_of(0.25, np.array(few))
        assert (figure.value, figure.lower, figure.upper) == (0.25, None, None)
