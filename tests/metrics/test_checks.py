import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perturb_evals.metrics.checks import finite, gene_order, paired_scores, positions, scores_of


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


@pytest.mark.parametrize("values", [[3], [-1], [0.5], [True], ["a"]])
def test_what_is_no_position_is_refused(values):
    with pytest.raises(ValueError, match=r"genes must be positions .* from 0 to 2, got \["):
        positions("genes", values, 3)


def test_positions_may_be_empty():
    assert positions("genes", [], 3).tolist() == []
    assert positions("genes", np.array([2, 0], dtype=np.uint16), 3).tolist() == [2, 0]


@settings(deadline=None)
@given(order=st.lists(st.integers(0, 4), min_size=4, max_size=4))
def test_an_order_is_a_permutation(order):
    if sorted(order) == [0, 1, 2, 3]:
        assert gene_order(np.array([order]), np.array([4]), (1, 4))[0].tolist() == [order]
    else:
        with pytest.raises(ValueError, match="hold every gene position once a row"):
            gene_order(np.array([order]), np.array([4]), (1, 4))


@pytest.mark.parametrize(
    ("ranked", "message"),
    [
        ([2, 0], "must be from 1 to 3, got 0 in row 1"),
        ([4, 1], "got 4 in row 0"),
        ([1.0, 2.0], "2 whole numbers, got float64"),
        ([1], "2 whole numbers"),
    ],
)
def test_numbers_of_ranked_genes_are_checked(ranked, message):
    with pytest.raises(ValueError, match=message):
        gene_order(np.array([[0, 1, 2], [2, 1, 0]]), np.array(ranked), (2, 3))
