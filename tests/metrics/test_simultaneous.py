import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm, studentized_range, t

from perturb_evals.metrics.simultaneous import effective_number, simultaneous_factor

MANY = 1e9  # perturbations, so that Student's distribution is the normal one


def test_two_systems_have_the_factor_of_one_interval():
    drawn = np.random.default_rng(0).normal(size=(2, 40_000))
    factor = simultaneous_factor([drawn], n_effective=MANY)
    assert factor == pytest.approx(norm.ppf(0.975), abs=0.03)
    fewer = simultaneous_factor([drawn], n_effective=MANY, confidence=0.8)
    assert fewer == pytest.approx(norm.ppf(0.9), abs=0.03)


@pytest.mark.each("systems", [3, 10])
def test_independent_systems_have_the_factor_of_tukeys_range(systems):
    drawn = np.random.default_rng(systems).normal(size=(systems, 20_000))
    exact = studentized_range.ppf(0.95, systems, np.inf) / np.sqrt(2)
    assert simultaneous_factor([drawn], n_effective=MANY) == pytest.approx(exact, abs=0.05)


def test_few_perturbations_widen_as_students_distribution_does():
    drawn = np.random.default_rng(0).normal(size=(5, 2000))
    many = simultaneous_factor([drawn], n_effective=MANY)
    assert simultaneous_factor([drawn], n_effective=12) == pytest.approx(
        t.ppf(norm.cdf(many), 11), rel=1e-6
    )


def test_groups_are_compared_within_only_and_none_is_forgotten():
    rng = np.random.default_rng(0)
    four = rng.normal(size=(4, 4000))
    apart = simultaneous_factor([four[:2], four[2:]], n_effective=MANY)
    together = simultaneous_factor([four], n_effective=MANY)
    alone = simultaneous_factor([four[:2]], n_effective=MANY)
    assert alone < apart < together
    assert simultaneous_factor([four, four[1:]], n_effective=MANY) == together
    assert simultaneous_factor([four[:1], four], n_effective=MANY) == together


@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 99), scale=st.floats(1e-3, 1e3), shift=st.floats(-9, 9))
def test_scales_and_equal_systems_change_nothing(seed, scale, shift):
    drawn = np.random.default_rng(seed).normal(size=(3, 200))
    factor = simultaneous_factor([drawn], n_effective=50)
    assert factor > 0
    assert simultaneous_factor([scale * drawn + shift], n_effective=50) == pytest.approx(factor)
    twice = np.vstack([drawn, drawn[1]])
    assert simultaneous_factor([twice], n_effective=50) == pytest.approx(factor)
    undefined = np.hstack([drawn, np.full((3, 4), np.nan)])
    assert simultaneous_factor([undefined], n_effective=50) == pytest.approx(factor)


@pytest.mark.each(
    "groups",
    [
        [],
        [np.zeros((1, 50))],
        [np.ones((3, 50))],
        [np.full((3, 50), np.nan)],
        [np.zeros((2, 0))],
    ],
)
def test_where_nothing_varies_there_is_no_factor(groups):
    assert np.isnan(simultaneous_factor(groups, n_effective=50))


@pytest.mark.each("n_effective", [0.0, 1.0, 1.05, 4.99])
def test_too_few_perturbations_have_no_factor(n_effective):
    assert np.isnan(simultaneous_factor([np.eye(2)], n_effective=n_effective))


def test_five_perturbations_have_a_factor_that_can_be_used():
    drawn = np.random.default_rng(0).normal(size=(12, 2000))
    assert 4 < simultaneous_factor([drawn], n_effective=5) < 20


@pytest.mark.each(
    ("groups", "message"),
    [
        ([np.zeros(3)], r"groups must be \(systems, resamples\).* got shapes \(3,\)"),
        ([np.zeros((2, 3)), np.zeros((2, 4))], r"got shapes \(2, 3\), \(2, 4\)"),
    ],
)
def test_other_shapes_are_refused(groups, message):
    with pytest.raises(ValueError, match=message):
        simultaneous_factor(groups, n_effective=50)


def test_a_confidence_outside_0_to_1_is_refused():
    with pytest.raises(ValueError, match="between 0 and 1, got 95"):
        simultaneous_factor([np.eye(2)], n_effective=50, confidence=95)


def test_perturbations_of_one_size_count_as_they_are_and_others_for_less():
    assert effective_number([3, 3, 3, 3]) == 4
    assert effective_number([100, 1, 1, 1]) == pytest.approx(10_003**2 / (100**4 + 3))
    assert effective_number([]) == effective_number([0, 0]) == 0
