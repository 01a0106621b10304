"""Who knows nothing but the perturbed gene, or one wrong thing about all others, gains nothing.

A score that counts the perturbed gene, as papers do, has one without it beside it: then that one.
"""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perturb_evals.metrics.expression.regression import FoldTruth
from perturb_evals.metrics.expression.spec import EXPRESSION_METRICS, NO_TARGET, SCORES
from perturb_evals.metrics.expression.weighted import gene_weights, z_others

N, TEST, GENES = 40, 8, 120
SEEDS = st.integers(0, 2**32 - 1)
RANKED = [name for name in SCORES if EXPRESSION_METRICS[name].better]
PARITY = [name for name in SCORES if name + NO_TARGET in SCORES]
"""Scores that count the perturbed gene, as papers and other packages do."""

HELD = [name for name in RANKED if name not in PARITY]
"""What is held against it."""


class Screen:
    """A screen in which every perturbation lowers its own gene, the first ones by position."""

    def __init__(self, seed, dtype=np.float32):
        rng = np.random.default_rng(seed)
        self.control = rng.gamma(1, 1, GENES).astype(dtype)
        everyone = self.control + rng.normal(0, 0.1, GENES) + rng.normal(0, 0.15, (N, GENES))
        everyone[np.arange(N), np.arange(N)] = self.control[:N] - 1.5
        everyone = everyone.astype(dtype)
        self.truth, self.mean = everyone[:TEST], everyone[TEST:].mean(axis=0, dtype=float)
        delta = self.truth - self.control
        self.fold = FoldTruth(
            truth=self.truth,
            control=self.control,
            train_mean=self.mean,
            de_order=np.argsort(-np.abs(delta), axis=1, kind="stable"),
            n_ranked=np.count_nonzero(delta, axis=1),
            weights=gene_weights(z_others(everyone))[:TEST],
            target_genes=[[row] for row in range(TEST)],
            panel_targets=np.arange(N),
        )
        self.rng = rng

    def everywhere(self, vector):
        return np.tile(np.asarray(vector, dtype=float), (TEST, 1))

    def means(self, predictions):
        return {name: values.mean() for name, values in self.scores(predictions).items()}

    def scores(self, predictions):
        return self.fold.score_all(predictions)


def gain(name, found, base):
    """By how much a score is better."""
    apart = found[name] - base[name]
    return apart if EXPRESSION_METRICS[name].better == "higher" else -apart


@settings(max_examples=10, deadline=None)
@given(seed=SEEDS, own=st.sampled_from([-1.5, -0.3, 2.0, 50.0]))
def test_the_own_gene_moves_no_score_but_those_with_one_without_it_beside_them(seed, own):
    screen = Screen(seed)
    anything = screen.truth + screen.rng.normal(0, 0.2, screen.truth.shape)
    for base in (screen.everywhere(screen.mean), screen.everywhere(screen.control), anything):
        knows = base.copy()
        knows[np.arange(TEST), np.arange(TEST)] = screen.control[:TEST] + own
        before, after = screen.scores(base), screen.scores(knows)
        for name in (*HELD, "systematic_share"):
            # The row's rounding may follow its size; nothing else of it is left.
            assert after[name] == pytest.approx(before[name], abs=1e-12), name


def test_papers_scores_gain_by_the_own_gene_and_have_one_without_it_behind_them():
    screen = Screen(0)
    knows = screen.everywhere(screen.mean)
    knows[np.arange(TEST), np.arange(TEST)] = screen.truth[np.arange(TEST), np.arange(TEST)]
    before, after = screen.means(screen.everywhere(screen.mean)), screen.means(knows)
    assert len(PARITY) == 8
    for name in PARITY:
        assert gain(name, after, before) > 0
        assert SCORES[SCORES.index(name) + 1] == name + NO_TARGET


@settings(max_examples=10, deadline=None)
@given(seed=SEEDS, by=st.sampled_from([0.5, 3.0, -3.0, 30.0]))
def test_raising_all_other_targets_gains_nothing(seed, by):
    screen = Screen(seed)
    raised = screen.everywhere(screen.mean)
    raised[:, :N] += by * (1 - np.eye(TEST, N))
    before, after = screen.means(screen.everywhere(screen.mean)), screen.means(raised)
    for name in ("pearson_delta_pert", "pds", "centroid_accuracy"):
        assert after[name] == pytest.approx(before[name], abs=1e-12)
    for name in (name for name in HELD if name not in ("sign_agreement", "overlap_top20")):
        assert gain(name, after, before) <= 1e-12, name


def test_raising_all_other_targets_does_not_make_signs_or_top_genes_right():
    gains = []
    for seed in range(20):
        screen = Screen(seed)
        raised = screen.everywhere(screen.mean)
        raised[:, :N] += 3 * (1 - np.eye(TEST, N))
        before, after = screen.means(screen.everywhere(screen.mean)), screen.means(raised)
        gains.append([gain(name, after, before) for name in ("sign_agreement", "overlap_top20")])
    assert (np.mean(gains, axis=0) < 0.02).all()


@settings(max_examples=10, deadline=None)
@given(seed=SEEDS, size=st.sampled_from([6e-8, 1e-7, 2e-7]), dtype=st.sampled_from("fd"))
def test_rounding_of_the_control_gains_nothing(seed, size, dtype):
    screen = Screen(seed, np.dtype(dtype))
    control = screen.everywhere(screen.control)
    rounded = control * (1 + screen.rng.normal(0, size, control.shape))
    before, after = screen.scores(control), screen.scores(rounded)
    for name in RANKED:
        assert after[name] == pytest.approx(before[name], abs=1e-5), name
    assert (after["pds"] == 0.5).all()
    assert (after["overlap_top20"] == 0).all()
    assert (after["sign_agreement"] == 0.5).all()
    assert after["centroid_accuracy"].mean() == pytest.approx(0.5, abs=1e-12)


@settings(max_examples=10, deadline=None)
@given(seed=SEEDS)
def test_rounding_of_the_training_mean_gains_nothing(seed):
    screen = Screen(seed)
    mean = screen.everywhere(screen.mean)
    rounded = mean * (1 + screen.rng.normal(0, 6e-8, mean.shape))
    before, after = screen.scores(mean), screen.scores(rounded)
    for name in RANKED:
        assert after[name] == pytest.approx(before[name], abs=1e-5), name


def test_the_own_gene_and_rounding_elsewhere_is_no_direction():
    screen = Screen(1)
    knows = screen.everywhere(screen.control) * (1 + screen.rng.normal(0, 6e-8, screen.truth.shape))
    knows[np.arange(TEST), np.arange(TEST)] -= 1.5
    after = screen.scores(knows)
    assert (after["pds"] == 0.5).all()
    assert (after["undefined_pds"] == 1).all()
    assert (after["overlap_top20"] == 0).all()
    assert (after["sign_agreement"] == 0.5).all()


def test_what_is_small_but_no_rounding_counts():
    screen = Screen(2)
    small = screen.control + (screen.truth - screen.control) / 1000
    after = screen.scores(small)
    assert (after["pds"] == 1).all()
    assert after["overlap_top20"].mean() > 0.99
    assert (after["sign_agreement"] == 1).all()


def test_where_the_own_gene_had_all_the_weight_the_others_share_it():
    control = np.zeros(4)
    fold = FoldTruth(
        truth=[[-2.0, 1, 0, 0]],
        control=control,
        train_mean=control,
        de_order=np.array([[0, 1, 2, 3]]),
        n_ranked=np.array([2]),
        weights=[[1.0, 0, 0, 0]],
        target_genes=[[0]],
        panel_targets=[0],
    )
    assert fold.scores(0, control)["weighted_mse"] == pytest.approx(1 / 3)
