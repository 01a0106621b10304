import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from perturb_evals.metrics.expression.discrimination import Discrimination

# Few whole numbers: vectors often tie, have one direction, or are zero.
FOLDS = st.tuples(st.integers(2, 7), st.integers(1, 4)).flatmap(
    lambda shape: arrays(np.float64, shape, elements=st.integers(-2, 2))
)


def prepared(delta):
    delta = np.asarray(delta, dtype=float)
    return Discrimination(delta), np.arange(len(delta))


def cosine_distance(a, b):
    """1 - cosine from sums of whole numbers, so that ties are exact; 1 for a zero."""
    squares = (a @ a) * (b @ b)
    if squares == 0:
        return 1.0
    return 1 - np.sign(a @ b) * np.sqrt((a @ b) ** 2 / squares)


def by_loop(distance, delta, index, predicted):
    own = distance(predicted, delta[index])
    others = [distance(predicted, delta[q]) for q in range(len(delta)) if q != index]
    k = sum(d < own - 1e-9 for d in others) + 0.5 * sum(abs(d - own) <= 1e-9 for d in others)
    return 1 - k / len(others)


@settings(deadline=None)
@given(delta=FOLDS, data=st.data())
def test_both_scores_equal_the_loop_also_where_truths_tie(delta, data):
    predicted = data.draw(arrays(np.float64, delta.shape, elements=st.integers(-2, 2)))
    fold, rows = prepared(delta)
    found = fold.compare(rows, predicted)
    for row in rows:
        expected = by_loop(cosine_distance, delta, row, predicted[row])
        assert found.pds[row] == pytest.approx(expected)
        expected = by_loop(lambda a, b: (a - b) @ (a - b), delta, row, predicted[row])
        assert found.centroid_accuracy[row] == pytest.approx(expected)
    assert found.no_direction.tolist() == (~predicted.any(axis=1)).tolist()


@settings(deadline=None)
@given(delta=FOLDS, data=st.data())
def test_one_vector_for_all_scores_one_half(delta, data):
    vector = data.draw(arrays(np.float64, delta.shape[1], elements=st.floats(-3, 3)))
    fold, rows = prepared(delta)
    constant = np.tile(vector, (len(delta), 1))
    found = fold.compare(rows, constant)
    assert found.pds.mean() == pytest.approx(0.5, abs=1e-15)
    assert found.centroid_accuracy.mean() == pytest.approx(0.5, abs=1e-15)


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 2**32 - 1))
def test_one_vector_scores_one_half_on_thousands_of_noisy_genes(seed):
    rng = np.random.default_rng(seed)
    delta = rng.normal(0, 0.3, (9, 5000)).astype(np.float32).astype(float)
    delta[3] = delta[7]  # equal truths must tie, whatever the order of the sums
    delta[5] = 2 * delta[1]
    fold, rows = prepared(delta)
    constant = np.tile(delta.mean(axis=0), (9, 1))
    together = fold.compare(rows, constant)
    alone = [fold.compare(rows[[row]], constant[[row]]) for row in rows]
    for name in ("pds", "centroid_accuracy"):
        one_by_one = [getattr(found, name)[0] for found in alone]
        assert one_by_one == pytest.approx(getattr(together, name), abs=1e-12)
        assert np.mean(one_by_one) == pytest.approx(0.5, abs=1e-15)

    found, perfect = fold.compare(rows, delta), np.ones(9)
    perfect[[1, 3, 5, 7]] = 1 - 0.5 / 8
    assert found.pds == pytest.approx(perfect)
    perfect[[1, 5]] = 1
    assert found.centroid_accuracy == pytest.approx(perfect)


def test_pds_sees_directions_only_and_centroid_accuracy_lengths_too():
    fold, rows = prepared([[1, 0], [0, 1], [-1, -1]])
    small = np.array([[0.01, 0], [0, 9], [-3, -3]])
    assert fold.compare(rows, small).pds.tolist() == [1, 1, 1]
    fold, rows = prepared([[1, 0], [3, 0.0]])
    found = fold.compare(rows, np.array([[3, 0.0], [1, 0]]))
    assert found.pds.tolist() == [0.5, 0.5]
    assert found.centroid_accuracy.tolist() == [0, 0]


def test_without_a_gene_all_truths_tie():
    fold, rows = prepared(np.zeros((3, 0)))
    found = fold.compare(rows, np.zeros((3, 0)))
    assert found.pds.tolist() == found.centroid_accuracy.tolist() == [0.5] * 3
    assert found.no_direction.all()


def test_without_another_truth_there_is_nothing_to_tell_apart():
    fold, rows = prepared([[1.0, 2]])
    found = fold.compare(rows, np.array([[5.0, 5]]))
    assert (found.pds.tolist(), found.no_direction.tolist()) == ([0.5], [True])
    assert found.centroid_accuracy.tolist() == [0.5]
