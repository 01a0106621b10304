import numpy as np
import pytest

from perturb_evals.metrics.checks import finite, paired_scores, scores_of


def test_numbers_come_back_in_float64():
    table = finite("x", np.float32([[0.1, 2]]), (None, 2))
    assert table.dtype == np.float64
    assert finite("x", [], (0,)).shape == (0,)


@pytest.mark.parametrize(
    ("values", "shape"),
    [([1, 2], (3,)), ([[1]], (1,)), (1.0, (1,)), (np.zeros((0, 3)), (None, 3)), ([1], (1, 1))],
)
def test_another_shape_is_refused(values, shape):
    with pytest.raises(ValueError, match=r"^x must have shape \(.*\), got \("):
        finite("x", values, shape)


def test_the_first_number_that_is_not_finite_is_named():
    with pytest.raises(ValueError, match=r"x must be finite: 2 of 4 .* the first is inf at \(0, 1"):
        finite("x", [[1, np.inf], [np.nan, 2]], (2, 2))


def test_scores_may_be_none_at_all():
    assert scores_of("x", []).shape == (0,)
    assert [part.tolist() for part in paired_scores("a", [1], "b", [2])] == [[1.0], [2.0]]


def test_scores_are_one_number_a_perturbation():
    with pytest.raises(ValueError, match=r"x must have shape \(2\), got \(1, 2\)"):
        scores_of("x", [[1, 2]])
    with pytest.raises(ValueError, match=r"a and b must .* got 1 and 2 values"):
        paired_scores("a", [1], "b", [1, 2])
