import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from perturb_evals.metrics.holm import holm

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
