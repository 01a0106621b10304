import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from perturb_evals.metrics.detectable import detectable_difference, standard_error_of_interval
from perturb_evals.metrics.means import paired_difference


@given(
    error=st.floats(1e-6, 10),
    alpha=st.floats(0.001, 0.2),
    power=st.floats(0.5, 0.99),
)
def test_a_difference_of_this_size_is_found_with_this_power(error, alpha, power):
    difference = detectable_difference(error, alpha=alpha, power=power)
    assert norm.sf(norm.isf(alpha / 2), loc=difference / error) == pytest.approx(power)


def test_the_usual_figure():
    assert detectable_difference(0.01) == pytest.approx(0.028016, abs=1e-6)
    assert detectable_difference(0.0) == 0
    assert math.isnan(detectable_difference(math.nan))


def test_power_is_as_promised_in_simulated_comparisons():
    rng = np.random.default_rng(0)
    n, sd = 100, 0.3
    difference = detectable_difference(sd / np.sqrt(n))
    found = [
        paired_difference(rng.normal(difference, sd, n), np.zeros(n), resamples=199, seed=i).p
        for i in range(400)
    ]
    assert np.mean(np.array(found) <= 0.05) == pytest.approx(0.8, abs=0.06)


@pytest.mark.parametrize("confidence", [0.8, 0.95])
def test_the_standard_error_of_an_interval_is_that_of_the_mean(confidence):
    scores = np.random.default_rng(0).normal(0, 1, 300)
    found = paired_difference(scores, 0 * scores, resamples=20_000, confidence=confidence)
    error = standard_error_of_interval(found.lower, found.upper, confidence=confidence)
    assert error == pytest.approx(scores.std(ddof=1) / np.sqrt(300), rel=0.03)


def test_no_interval_has_no_standard_error():
    assert math.isnan(standard_error_of_interval(math.nan, math.nan))
    assert standard_error_of_interval(0.2, 0.2) == 0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: detectable_difference(-0.1), "standard_error must be finite and 0 or more"),
        (lambda: detectable_difference(math.inf), "standard_error must be finite"),
        (lambda: detectable_difference(0.1, alpha=5), "alpha must be between 0 and 1, got 5"),
        (lambda: detectable_difference(0.1, power=80), r"power must be between alpha \(0.05\)"),
        (lambda: detectable_difference(0.1, power=0.01), "power must be between alpha"),
        (lambda: detectable_difference(0.1, alpha=math.nan), "alpha must be between 0 and 1"),
        (lambda: standard_error_of_interval(0.2, 0.1), "lower <= upper, got 0.2 to 0.1"),
        (lambda: standard_error_of_interval(math.nan, 0.1), "lower <= upper, got nan to 0.1"),
        (lambda: standard_error_of_interval(0, math.inf), "finite"),
        (lambda: standard_error_of_interval(0, 1, confidence=95), "confidence must be between"),
    ],
)
def test_what_is_no_number_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
