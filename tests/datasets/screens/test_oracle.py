import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.neighbors import NearestNeighbors

from perturb_evals.datasets.demo.screen import demo_screen
from perturb_evals.datasets.screens.evidence import HeldOut, fold_of
from perturb_evals.datasets.screens.load import ScreenRequest
from perturb_evals.datasets.screens.oracle import nearest_rows, truly_nearest

rows = arrays(np.int64, st.tuples(st.integers(1, 8), st.just(3)), elements=st.integers(-50, 50))


@given(rows, rows, st.integers(1, 9))
def test_nearest_rows_are_the_first_of_the_nearest(targets, known, k):
    found = nearest_rows(targets, known, k)
    for target, places in zip(targets, found, strict=True):
        distance = ((known - target) ** 2).sum(axis=1)
        assert places.tolist() == sorted(range(len(known)), key=lambda i: (distance[i], i))[:k]


def test_nearest_rows_agree_with_scikit_learn_about_a_far_center():
    rng = np.random.default_rng(1)
    known, targets = 1000 + rng.normal(size=(200, 40)), 1000 + rng.normal(size=(30, 40))
    golden = NearestNeighbors(n_neighbors=10).fit(known).kneighbors(targets)[1]
    assert nearest_rows(targets, known, 10).tolist() == golden.tolist()


def test_k_below_one():
    with pytest.raises(ValueError, match="k must be at least 1, got 0"):
        nearest_rows([[0.0]], [[1.0]], 0)


def test_the_oracle_chooses_among_the_training_perturbations_of_the_fold():
    held_out, screen = HeldOut(ScreenRequest("demo"), fold=3, n_train=60), demo_screen()
    row_of = dict(zip(screen.perturbations, screen.expression.astype(float), strict=True))
    fold = fold_of(held_out)
    found = truly_nearest(held_out, 4)
    assert tuple(found) == fold.test
    for name, neighbors in found.items():
        distance = {
            other: float(np.linalg.norm(row_of[name] - row_of[other])) for other in fold.train
        }
        assert list(neighbors) == sorted(fold.train, key=distance.__getitem__)[:4]
