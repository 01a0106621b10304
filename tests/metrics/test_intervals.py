import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import bootstrap, norm, sem

from perturb_evals.metrics.intervals import (
    bootstrap_mean,
    paired_difference,
    paper_se,
    resample_weights,
)


def test_the_interval_is_that_of_scipys_percentile_bootstrap():
    values = np.random.default_rng(0).gamma(1, 1, 200)
    ours = bootstrap_mean(values, resamples=20_000, seed=1)
    theirs = bootstrap(
        (values,),
        np.mean,
        n_resamples=20_000,
        method="percentile",
        random_state=np.random.default_rng(2),
    ).confidence_interval
    width = theirs.high - theirs.low
    assert ours.mean == pytest.approx(values.mean())
    assert ours.lower == pytest.approx(theirs.low, abs=width * 0.02)
    assert ours.upper == pytest.approx(theirs.high, abs=width * 0.02)
    assert (ours.n, ours.resamples) == (200, 20_000)


def test_the_confidence_is_that_of_the_tails():
    values = np.random.default_rng(0).normal(0, 1, 400)
    for confidence in (0.5, 0.9):
        interval = bootstrap_mean(values, resamples=20_000, confidence=confidence)
        half = norm.ppf((1 + confidence) / 2) * sem(values)
        assert (interval.upper - interval.lower) / 2 == pytest.approx(half, rel=0.05)


@settings(deadline=None, max_examples=30)
@given(values=st.lists(st.floats(-10, 10), min_size=10, max_size=30), seed=st.integers(0, 99))
def test_the_interval_lies_among_the_values(values, seed):
    interval = bootstrap_mean(values, resamples=50, seed=seed)
    assert min(values) - 1e-9 <= interval.lower <= interval.upper <= max(values) + 1e-9
    assert bootstrap_mean(values, resamples=50, seed=seed) == interval


def test_the_resamples_are_those_of_the_weights_that_systems_share():
    values = np.random.default_rng(0).normal(size=40)
    weights = resample_weights(40, resamples=500, seed=7)
    expected = np.quantile(weights @ values / 40, [0.025, 0.975])
    interval = bootstrap_mean(values, resamples=500, seed=7)
    assert (interval.lower, interval.upper) == tuple(expected)
    assert resample_weights(40, resamples=500, seed=7) is weights
    with pytest.raises(ValueError, match="read-only"):
        weights[0, 0] = 5


def test_pairs_take_the_shared_part_out():
    rng = np.random.default_rng(0)
    shared = rng.normal(0, 5, 300)
    a, b = shared + rng.normal(0.2, 0.5, 300), shared + rng.normal(0, 0.5, 300)
    found = paired_difference(a, b)
    assert found.mean == pytest.approx((a - b).mean())
    assert 0 < found.lower < found.mean < found.upper
    assert found.upper - found.lower < bootstrap_mean(a).upper - bootstrap_mean(a).lower
    swapped = paired_difference(b, a)
    assert swapped.p == found.p
    assert (-swapped.mean, -swapped.upper) == pytest.approx((found.mean, found.lower))


def test_the_difference_is_resampled_as_one_mean_is():
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 50))
    pair, mean = paired_difference(a, b, seed=3), bootstrap_mean(a - b, seed=3)
    assert (pair.lower, pair.upper) == (mean.lower, mean.upper)
    assert pair.n == 50


def test_p_counts_the_resamples_on_the_other_side_and_one_more():
    rng = np.random.default_rng(0)
    a = rng.normal(0.3, 1, 40)
    means = resample_weights(40, resamples=999, seed=5) @ a / 40
    expected = min(1, 2 * (1 + min((means <= 0).sum(), (means >= 0).sum())) / 1000)
    assert 0.002 < expected < 1
    assert paired_difference(a, 0 * a, resamples=999, seed=5).p == pytest.approx(expected)


def test_p_is_never_zero_and_equal_systems_have_one():
    a = np.arange(30.0)
    assert paired_difference(a + 1, a).p == pytest.approx(2 / 2001)
    equal = paired_difference(a, a)
    assert (equal.mean, equal.lower, equal.upper, equal.p) == (0, 0, 0, 1)


def test_p_is_uniform_without_a_difference():
    rng = np.random.default_rng(0)
    ps = [paired_difference(*rng.normal(size=(2, 60)), resamples=199).p for _ in range(300)]
    assert 0.02 < np.mean(np.array(ps) <= 0.05) < 0.10


@pytest.mark.parametrize("values", [[], [0.3], [0.3] * 9])
def test_few_perturbations_have_no_interval(values):
    found = paired_difference(values, [0.0] * len(values))
    assert [math.isnan(number) for number in (found.lower, found.upper, found.p)] == [True] * 3
    assert bootstrap_mean(values).mean == pytest.approx(values[0] if values else math.nan, nan_ok=1)


def test_the_papers_standard_error():
    folds = [0.31, 0.35, 0.33, 0.30, 0.36]
    assert paper_se(folds) == pytest.approx(sem(folds))
    assert math.isnan(paper_se(folds[:1]))
    assert math.isnan(paper_se([]))


@pytest.mark.each(
    ("call", "message"),
    [
        (lambda: bootstrap_mean([1, np.nan]), r"values must be finite.* nan at \(1,\)"),
        (lambda: bootstrap_mean([[1.0]]), r"values must have shape \(1\), got \(1, 1\)"),
        (lambda: bootstrap_mean([1.0], resamples=0), "resamples must be at least 1"),
        (lambda: bootstrap_mean([1.0], confidence=95), "confidence must be between 0 and 1"),
        (lambda: paired_difference([1.0, 2], [1.0]), "the same perturbations, got 2 and 1"),
        (lambda: paired_difference([np.inf], [1.0]), "a must be finite"),
        (lambda: paper_se([np.nan, 1]), "fold_means must be finite"),
    ],
)
def test_what_has_no_mean_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
