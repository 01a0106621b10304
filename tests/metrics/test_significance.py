import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm, permutation_test

from perturb_evals.metrics import significance
from perturb_evals.metrics.intervals import paired_difference
from perturb_evals.metrics.significance import (
    detectable_difference,
    holm,
    randomised_mean_test,
    standard_error_of_interval,
)

P_VALUES = st.lists(st.floats(0, 1) | st.just(float("nan")), max_size=12)


def rejected_step_by_step(p_values, level):
    """Holm as a procedure: test the smallest at level / m, the next at level / (m - 1), ..."""
    left = [i for i, p in enumerate(p_values) if not np.isnan(p)]
    rejected = set()
    while left:
        smallest = min(left, key=lambda i: p_values[i])
        if p_values[smallest] * len(left) > level:
            break
        rejected.add(smallest)
        left.remove(smallest)
    return rejected


def test_an_example_by_hand():
    # 4 * .005, 3 * .01, 2 * .03, and .04, which may not be below its predecessor's .06.
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])


@given(p_values=P_VALUES, level=st.sampled_from([0.01, 0.05, 0.2, 0.5]))
def test_adjusted_below_the_level_are_those_that_the_procedure_rejects(p_values, level):
    adjusted = holm(p_values)
    found = {i for i, p in enumerate(adjusted) if p <= level}
    assert found == rejected_step_by_step(p_values, level)


@given(p_values=P_VALUES, seed=st.integers(0, 99))
def test_adjusted_are_no_smaller_and_keep_their_places(p_values, seed):
    adjusted, given_ = holm(p_values), np.array(p_values, dtype=float)
    assert (np.isnan(adjusted) == np.isnan(given_)).all()
    tested = ~np.isnan(given_)
    assert (adjusted[tested] >= given_[tested]).all()
    assert (adjusted[tested] <= 1).all()
    order = np.random.default_rng(seed).permutation(len(given_))
    np.testing.assert_array_equal(holm(given_[order]), adjusted[order])
    np.testing.assert_array_equal(holm(given_[tested]), adjusted[tested])


def test_ties_stay_ties_and_one_comparison_stays_as_it_is():
    assert holm([0.02, 0.5, 0.02]).tolist() == pytest.approx([0.06, 0.5, 0.06])
    assert holm([0.03]).tolist() == [0.03]
    assert holm([]).shape == (0,)
    assert np.isnan(holm([np.nan, np.nan])).all()


def test_false_findings_stay_rare_among_ten_comparisons_with_one_system():
    rng = np.random.default_rng(0)
    z = (rng.normal(size=(2000, 1)) + rng.normal(size=(2000, 10))) / np.sqrt(2)
    p_values = 2 * norm.sf(np.abs(z))
    assert (p_values.min(axis=1) <= 0.05).mean() > 0.2
    assert np.mean([holm(row).min() <= 0.05 for row in p_values]) <= 0.055


@pytest.mark.parametrize(
    ("p_values", "message"),
    [
        ([0.1, 1.2, -3], r"between 0 and 1: 2 of 3 are not, the first is 1.2 at 1"),
        ([[0.1, 0.2]], r"one-dimensional, got shape \(1, 2\)"),
        ([np.inf], "between 0 and 1"),
    ],
)
def test_what_is_no_p_value_is_refused(p_values, message):
    with pytest.raises(ValueError, match=message):
        holm(p_values)


# What could be found


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


@pytest.mark.each(
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


# The test of means


@pytest.mark.parametrize("n", [2, 5, 12])
def test_the_mean_test_approaches_scipys_exact_one(n):
    rng = np.random.default_rng(n)
    a, b = rng.normal(0.3, 1, n), rng.normal(0, 1, n)
    exact = permutation_test(
        (a, b), lambda x, y: np.mean(x - y), permutation_type="samples", n_resamples=np.inf
    ).pvalue
    p = randomised_mean_test(a, b, rounds=40_000)
    assert p == pytest.approx(exact, abs=4 * math.sqrt(exact / 40_000))


@given(
    values=st.lists(st.tuples(st.floats(-5, 5), st.floats(-5, 5)), min_size=1, max_size=20),
    seed=st.integers(0, 99),
)
def test_the_mean_test_does_not_depend_on_order_or_side(values, seed):
    a, b = np.array(values).T
    order = np.random.default_rng(seed).permutation(len(a))
    p = randomised_mean_test(a, b, rounds=100, seed=seed)
    assert randomised_mean_test(b[order], a[order], rounds=100, seed=seed) == p
    assert 0 < p <= 1
    assert randomised_mean_test(a, a, rounds=100, seed=seed) == 1


def test_the_mean_test_of_one_perturbation_shows_nothing_and_of_none_has_no_p():
    assert randomised_mean_test([0.9], [0.1]) == 1
    assert math.isnan(randomised_mean_test([], []))


def test_a_clear_difference_of_means_has_the_smallest_p():
    assert randomised_mean_test(np.arange(30) + 1.0, np.arange(30)) == pytest.approx(1 / 10_001)


def test_the_mean_test_refuses_what_it_cannot_compare():
    with pytest.raises(ValueError, match="rounds must be at least 1, got -1"):
        randomised_mean_test([1.0], [2.0], rounds=-1)
    with pytest.raises(ValueError, match="the same perturbations, got 2 and 1"):
        randomised_mean_test([1.0, 2], [1.0])
    with pytest.raises(ValueError, match="b must be finite"):
        randomised_mean_test([1.0, 2], [1.0, np.nan])


def test_chunks_of_the_mean_test_do_not_show(monkeypatch):
    scores = np.random.default_rng(0).normal(0.2, 1, (2, 40))
    whole = randomised_mean_test(*scores, rounds=500)
    monkeypatch.setattr(significance, "CHUNK", 100)
    assert randomised_mean_test(*scores, rounds=500) == whole
