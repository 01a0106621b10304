import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perturb_evals.metrics.pairs.auroc import auroc_per_gene
from perturb_evals.metrics.pairs.intervals import (
    bootstrap_auroc_per_gene,
    resample_weights,
    resampled_auroc_per_gene,
)
from perturb_evals.metrics.pairs.paired_auroc import paired_auroc_difference
from perturb_evals.metrics.pairs.predictions import Predictions


def two_systems(seed=0, n_perts=40, n_genes=25, skill=(0.8, 0.3), abstain=0.1):
    """Two systems that share half of their noise, on 6 questions a gene."""
    rng = np.random.default_rng(seed)
    genes = np.repeat(np.arange(n_genes), 6)
    perts = np.concatenate([rng.choice(n_perts, 6, replace=False) for _ in range(n_genes)])
    labels = rng.integers(0, 2, len(perts))
    shared = rng.normal(size=len(perts))
    return tuple(
        Predictions(
            perts,
            genes,
            labels,
            s * labels + shared + rng.normal(size=len(perts)),
            rng.random(len(perts)) < abstain,
        )
        for s in skill
    )


def changed(table, *, order=slice(None), scores=None):
    scores = table.scores if scores is None else scores
    columns = (table.perts, table.genes, table.labels, scores, table.abstained)
    return Predictions(*(column[order] for column in columns))


@pytest.mark.parametrize("abstention", ["half", "lowest"])
def test_the_interval_and_p_are_those_of_the_differences_on_the_same_resamples(abstention):
    a, b = two_systems()
    found = paired_auroc_difference(
        a, b, resamples=400, seed=3, confidence=0.9, abstention=abstention
    )
    weights = resample_weights(len(np.unique(a.perts)), resamples=400, seed=3)
    of_a, _ = resampled_auroc_per_gene(a, weights, abstention=abstention)
    of_b, _ = resampled_auroc_per_gene(b, weights, abstention=abstention)
    d = of_a - of_b
    assert (found.lower, found.upper) == pytest.approx(np.quantile(d, [0.05, 0.95]).tolist())
    assert found.p == pytest.approx(min(1, 2 * (1 + min((d <= 0).sum(), (d >= 0).sum())) / 401))
    headline = [auroc_per_gene(t, abstention=abstention) for t in (a, b)]
    assert found.mean == pytest.approx(headline[0] - headline[1])
    assert (found.n, found.resamples) == (len(np.unique(a.perts)), 400)


def test_a_system_compared_with_chance_has_its_own_interval():
    """An unanswered table scores one half in every resample, so only the system itself varies."""
    a, _ = two_systems(n_perts=60, n_genes=80)
    nothing = Predictions(a.perts, a.genes, a.labels, a.scores, np.ones(len(a)))
    found, alone = paired_auroc_difference(a, nothing), bootstrap_auroc_per_gene(a)
    assert found.mean == pytest.approx(auroc_per_gene(a) - 0.5)
    assert (found.lower, found.upper) == pytest.approx((alone.lower - 0.5, alone.upper - 0.5))


def test_pairs_take_the_shared_part_out():
    a, b = two_systems(n_perts=200, n_genes=300, abstain=0)
    found = paired_auroc_difference(a, b, resamples=500)
    alone = [bootstrap_auroc_per_gene(t, resamples=500) for t in (a, b)]
    apart = math.hypot(*(t.upper - t.lower for t in alone))
    assert found.upper - found.lower < 0.95 * apart


@given(seed=st.integers(0, 999), skill=st.floats(0, 1))
def test_order_scale_and_side_do_not_matter(seed, skill):
    a, b = two_systems(seed, skill=(0.5, skill))
    rng = np.random.default_rng(seed)
    found = paired_auroc_difference(a, b, resamples=100, seed=seed)
    orders = [rng.permutation(len(a)) for _ in range(2)]
    shuffled = [changed(t, order=order) for t, order in zip((a, b), orders, strict=True)]
    assert paired_auroc_difference(*shuffled, resamples=100, seed=seed) == found
    rescaled = changed(b, scores=np.exp(b.scores) * 100 - 7)
    assert paired_auroc_difference(a, rescaled, resamples=100, seed=seed) == found
    mirrored = paired_auroc_difference(b, a, resamples=100, seed=seed)
    assert mirrored.p == found.p
    assert (-mirrored.mean, -mirrored.upper, -mirrored.lower) == pytest.approx(
        (found.mean, found.lower, found.upper), abs=1e-12
    )
    assert 0 < found.p <= 1


def test_a_clear_difference_has_the_smallest_p_and_no_difference_has_one():
    a, b = two_systems(n_perts=100, n_genes=200, skill=(3, 0))
    assert paired_auroc_difference(a, b).p == pytest.approx(2 / 2001)
    alike = paired_auroc_difference(a, changed(a, scores=3 * a.scores - 1))
    assert (alike.mean, alike.lower, alike.upper, alike.p) == (0, 0, 0, 1)


def test_systems_that_gain_as_much_as_they_lose_tie():
    """Each perturbation gains in one gene what it loses in another, up to rounding."""
    perts, labels = list("PQRSTU") * 2, [1, 0, 0, 1, 1, 0] * 2
    genes = ["x"] * 6 + ["y"] * 6
    good, bad = [5, 1, 2, 6, 3, 4], [1, 5, 2, 3, 6, 4]
    a = Predictions(perts, genes, labels, good + bad)
    b = Predictions(perts, genes, labels, bad + good)
    found = paired_auroc_difference(a, b, resamples=200)
    assert (found.lower, found.upper, found.p) == (0, 0, 1)


@pytest.mark.parametrize("labels", [[], [1, 1], [0, 0, 0]])
def test_without_a_gene_to_score_there_is_no_difference(labels):
    n = len(labels)
    table = Predictions(range(n), [0] * n, labels, [0.5] * n)
    found = paired_auroc_difference(table, table, resamples=20)
    assert np.isnan([found.mean, found.lower, found.upper, found.p]).all()
    assert (found.n, found.resamples) == (n, 20)


def test_resamples_without_a_gene_are_left_out():
    a = Predictions(["P", "Q"], ["x", "x"], [1, 0], [0.9, 0.1])
    b = Predictions(["P", "Q"], ["x", "x"], [1, 0], [0.1, 0.9])
    found = paired_auroc_difference(a, b, resamples=200, seed=0)
    # Only resamples with both perturbations count, half of all.
    kept = (resample_weights(2, resamples=200, seed=0) == 1).all(axis=1).sum()
    assert (found.mean, found.lower, found.upper) == (1, 1, 1)
    assert found.p == pytest.approx(2 / (1 + kept))


def test_bad_arguments_are_refused():
    a, b = two_systems()
    with pytest.raises(ValueError, match="1 of the 150 in a are missing in b"):
        paired_auroc_difference(a, changed(b, order=np.arange(1, len(b))))
    with pytest.raises(ValueError, match="resamples must be at least 1, got 0"):
        paired_auroc_difference(a, b, resamples=0)
    with pytest.raises(ValueError, match="confidence must be between 0 and 1, got 95"):
        paired_auroc_difference(a, b, confidence=95)
    with pytest.raises(ValueError, match="abstention must be one of"):
        paired_auroc_difference(a, b, abstention="drop")
