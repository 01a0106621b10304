import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perturb_evals.metrics.expression.collapse import DIRECTIONS, mode_collapse, project


def mean_distance(vectors):
    n, vectors = len(vectors), vectors.tolist()  # math.dist is slow with arrays
    return np.mean([math.dist(vectors[i], vectors[j]) for i in range(n) for j in range(i)])


def test_the_ratio_of_whole_vectors_is_that_of_their_mean_distances():
    rng = np.random.default_rng(0)
    predictions, truths = rng.normal(0, 1, (12, 6)), rng.normal(3, 2, (12, 6))
    expected = mean_distance(predictions) / mean_distance(truths)
    assert mode_collapse(predictions, truths) == pytest.approx(expected)
    assert mode_collapse(truths, truths) == 1


def test_projections_estimate_it():
    rng = np.random.default_rng(0)
    truths = rng.normal(0, 0.3, (60, 3000)) * rng.gamma(0.5, 1, 3000)
    predictions = rng.normal(0, 0.1, (60, 3000)) + truths.mean(axis=0)
    expected = mean_distance(predictions) / mean_distance(truths)
    for seed in range(5):
        ratio = mode_collapse(project(predictions, seed), project(truths, seed))
        assert ratio == pytest.approx(expected, rel=0.2)


@settings(deadline=None, max_examples=20)
@given(
    n_genes=st.integers(1, 200), seed=st.integers(0, 99), scale=st.sampled_from([1e-6, 1.0, 1e6])
)
def test_equal_predictions_have_collapsed(n_genes, seed, scale):
    rng = np.random.default_rng(seed)
    vector, truths = scale * rng.normal(size=n_genes), rng.normal(size=(40, n_genes))
    together = project(np.tile(vector, (40, 1)), seed)
    one_by_one = [project(vector[None], seed)[0].tolist() for _ in range(40)]
    assert mode_collapse(together, project(truths, seed)) == 0
    assert mode_collapse(json.loads(json.dumps(one_by_one)), project(truths, seed)) == 0
    assert mode_collapse(project(truths, seed), project(truths, seed)) == 1


def test_a_seed_fixes_the_directions():
    vectors = np.random.default_rng(0).normal(size=(4, 100))
    assert project(vectors, 3).shape == (4, DIRECTIONS)
    assert (project(vectors, 3) == project(vectors, 3)).all()
    assert (project(vectors, 3) != project(vectors, 4)).any()
    assert project(vectors, 3)[1] == pytest.approx(project(vectors[1:2], 3)[0], rel=1e-12)


def test_short_vectors_are_kept():
    vectors = np.random.default_rng(0).normal(size=(4, 9))
    projected = project(vectors, 0)
    assert projected.shape == (4, DIRECTIONS)
    assert (projected[:, :9] == vectors).all()
    assert not projected[:, 9:].any()


def test_there_is_no_ratio_without_spread_of_the_truth():
    assert math.isnan(mode_collapse([[1.0, 2]], [[3.0, 4]]))
    assert math.isnan(mode_collapse([[1.0], [2]], [[3.0], [3]]))
    assert math.isnan(mode_collapse(np.ones((2, 3)), np.ones((2, 3))))


def test_what_is_no_vector_is_refused():
    with pytest.raises(ValueError, match="vectors must be finite"):
        project([[np.nan]], 0)
    with pytest.raises(ValueError, match=r"truths must have shape \(2, 1\), got \(1, 1\)"):
        mode_collapse([[1.0], [2]], [[1.0]])
