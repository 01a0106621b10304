from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perturb_evals.metrics.expression.top_genes import (
    gene_order,
    only_targets,
    overlap_top,
    positions,
    sign_agreement,
    top_genes,
)

ORDER = np.array([[4, 2, 0, 1, 3], [0, 1, 2, 3, 4]])
RANKED = np.array([4, 2])


def chosen(top):
    return [columns[used].tolist() for columns, used in zip(top.columns, top.used, strict=True)]


def test_the_first_ranked_genes_or_as_many_as_there_are():
    assert chosen(top_genes(ORDER, RANKED, 3)) == [[4, 2, 0], [0, 1]]
    assert top_genes(ORDER, RANKED, 3).count.tolist() == [3, 2]
    assert chosen(top_genes(ORDER, RANKED, 1)) == [[4], [0]]
    assert chosen(top_genes(ORDER, RANKED, 20)) == [[4, 2, 0, 1], [0, 1]]


def test_targets_are_taken_out_before_the_first_are_taken():
    assert chosen(top_genes(ORDER, RANKED, 2, without=[[2], []])) == [[4, 0], [0, 1]]
    assert chosen(top_genes(ORDER, RANKED, 3, without=[[4, 0], [0]])) == [[2, 1], [1]]
    assert chosen(top_genes(ORDER, RANKED, 3, without=[[3], [4]])) == [[4, 2, 0], [0, 1]]


def test_targets_stay_where_nothing_else_is_ranked():
    everything = [[4, 2, 0, 1, 1], [1, 0]]
    assert only_targets(ORDER, RANKED, everything).tolist() == [True, True]
    assert chosen(top_genes(ORDER, RANKED, 3, without=everything)) == [[4, 2, 0], [0, 1]]
    assert only_targets(ORDER, RANKED, [[4, 2, 0], [2]]).tolist() == [False, False]


@settings(deadline=None)
@given(data=st.data(), n_genes=st.integers(1, 9), k=st.integers(1, 12))
def test_every_choice_equals_the_filtered_list(data, n_genes, k):
    order = data.draw(st.permutations(range(n_genes)))
    ranked = data.draw(st.integers(1, n_genes))
    own = data.draw(st.lists(st.integers(0, n_genes - 1), max_size=4))
    expected = [gene for gene in order[:ranked] if gene not in own] or order[:ranked]
    top = top_genes(np.array([order]), np.array([ranked]), k, without=[own])
    assert chosen(top) == [expected[:k]]


def test_means_are_over_the_genes_that_are_used():
    top = top_genes(ORDER, RANKED, 3)
    values = np.array([[1, 2, 3, 4, 5], [10, 20, 30, 40, 50]])
    assert top.mean(top.take(values)).tolist() == [3, 15]


def test_an_unpredicted_sign_is_half_right():
    delta, top = np.array([[1.0, -1, 2, -2, 0]]), top_genes(ORDER[:1], RANKED[:1] - 1, 20)
    delta[0, 4] = 3
    assert sign_agreement(delta, delta, top)[0] == 1
    assert sign_agreement(delta, -delta, top)[0] == 0
    assert sign_agreement(delta, 0 * delta, top)[0] == 0.5
    assert sign_agreement(delta, np.array([[0.1, 9, -0.1, 9, 0]]), top)[0] == 0.5


def test_zero_changes_are_not_ranked():
    top = top_genes(ORDER, RANKED, 3)
    assert overlap_top(np.zeros((2, 5)), top).tolist() == [0, 0]
    # Two changes are predicted, one of them among the three of the truth.
    assert overlap_top(np.array([[0, 5, 0, 0, -1.0]] * 2), top)[0] == pytest.approx(2 / 3 - 1 / 3)


def test_as_many_are_predicted_as_the_truth_has():
    top = top_genes(ORDER, RANKED, 3)  # the second truth has two genes: 0 and 1
    assert overlap_top(np.array([[0, 0, 0, 0, 0], [3, 1, 9, 0, 0.0]]), top)[1] == 0.5


@settings(deadline=None)
@given(
    changes=st.lists(st.integers(-3, 3), min_size=1, max_size=7),
    data=st.data(),
    k=st.integers(1, 8),
)
def test_overlap_is_the_mean_over_all_fair_draws_of_tied_genes(changes, data, k):
    n_genes = len(changes)
    order = np.array([data.draw(st.permutations(range(n_genes)))])
    top = top_genes(order, np.array([data.draw(st.integers(1, n_genes))]), k)
    truth, count = set(chosen(top)[0]), int(top.count[0])
    ranked = [gene for gene in range(n_genes) if changes[gene] != 0]
    size = min(count, len(ranked))
    # Of all sets of that size, those that leave out no larger change.
    draws = [
        set(draw)
        for draw in combinations(ranked, size)
        if all(
            abs(changes[left]) <= abs(changes[kept])
            for left in set(ranked) - set(draw)
            for kept in draw
        )
    ]
    expected = np.mean([len(truth & draw) for draw in draws]) / count
    assert overlap_top(np.array([changes], float), top)[0] == pytest.approx(expected)


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
