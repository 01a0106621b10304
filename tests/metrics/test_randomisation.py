import itertools
import math
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import permutation_test, rankdata

from perturb_evals.metrics import randomisation
from perturb_evals.metrics.pairs.auroc import auroc_per_gene
from perturb_evals.metrics.pairs.predictions import Predictions
from perturb_evals.metrics.randomisation import (
    gene_midranks,
    randomised_auroc_test,
    randomised_mean_test,
)


def two_systems(seed=0, n_perts=40, n_genes=25, rows=6, skill=(0.8, 0.3), abstain=0.1, coarse=2):
    """Two systems of correlated scores with some ties, on `rows` questions a gene."""
    rng = np.random.default_rng(seed)
    genes = np.repeat(np.arange(n_genes), rows)
    perts = np.concatenate([rng.choice(n_perts, rows, replace=False) for _ in range(n_genes)])
    labels = rng.integers(0, 2, len(perts))
    shared = rng.normal(size=len(perts))
    return tuple(
        Predictions(
            perts,
            genes,
            labels,
            np.round(coarse * (s * labels + shared + rng.normal(size=len(perts)))),
            rng.random(len(perts)) < abstain,
        )
        for s in skill
    )


def changed(table, *, order=slice(None), scores=None):
    scores = table.scores if scores is None else scores
    columns = (table.perts, table.genes, table.labels, scores, table.abstained)
    return Predictions(*(column[order] for column in columns))


@pytest.fixture
def swapped_for_real(pair_credits):
    """The test, done literally: swap rows, count every pair again, for every row of `kept`."""

    def statistic(a, b, abstention, divided):
        """The difference, over its standard error if divided, both from a loop over pairs."""
        credits_a = pair_credits(a.genes, a, abstention)
        credits_b = pair_credits(b.genes, b, abstention)
        total, parts = 0.0, dict.fromkeys(a.perts.tolist(), 0.0)
        for gene, pairs in credits_a.items():
            for (i, j, of_a), (*_, of_b) in zip(pairs, credits_b[gene], strict=True):
                gain = (of_a - of_b) / len(pairs) / len(credits_a)
                total += gain
                for row in (i, j):
                    parts[a.perts[row]] += gain
        aurocs = [auroc_per_gene(table, abstention=abstention) for table in (a, b)]
        assert total == pytest.approx(aurocs[0] - aurocs[1], abs=1e-12)
        if not divided:
            return abs(total)
        error = math.sqrt(sum(part**2 for part in parts.values()))
        return abs(total) / error if error > 1e-12 else 0.0

    def run(a, b, kept, abstention="half", *, midranks=True, divided=True):
        a, b = (gene_midranks(a), gene_midranks(b)) if midranks else (a, b)
        names = np.unique(a.perts)
        values = []
        for row in kept:
            stays = row[np.searchsorted(names, a.perts)]
            new = [
                Predictions(
                    a.perts,
                    a.genes,
                    a.labels,
                    np.where(stays, x.scores, y.scores),
                    np.where(stays, x.abstained, y.abstained),
                )
                for x, y in ((a, b), (b, a))
            ]
            values.append(statistic(*new, abstention, divided))
        return np.array(values) >= statistic(a, b, abstention, divided) - 1e-9

    return run


@pytest.mark.parametrize("abstention", ["half", "lowest"])
@pytest.mark.parametrize("abstain", [0.0, 0.3])
def test_equals_swapping_the_rows_and_counting_again(swapped_for_real, abstention, abstain):
    a, b = two_systems(abstain=abstain)
    kept = np.random.default_rng(7).random((99, len(np.unique(a.perts)))) < 0.5
    as_far = swapped_for_real(a, b, kept, abstention)
    p = randomised_auroc_test(a, b, rounds=99, seed=7, abstention=abstention)
    assert p == pytest.approx((1 + as_far.sum()) / 100)
    assert 0.02 < p < 0.9


@pytest.mark.parametrize("seed", range(3))
def test_approaches_the_share_of_all_swaps(swapped_for_real, seed):
    a, b = two_systems(seed, n_perts=8, n_genes=6, rows=5)
    kept = np.array(list(itertools.product([False, True], repeat=8)))
    exact = swapped_for_real(a, b, kept).mean()
    p = randomised_auroc_test(a, b, rounds=40_000)
    assert p == pytest.approx(exact, abs=4 * math.sqrt(exact / 40_000))


@given(seed=st.integers(0, 999), skill=st.floats(0, 1))
def test_order_scale_and_side_do_not_matter(seed, skill):
    a, b = two_systems(seed, skill=(0.5, skill))
    rng = np.random.default_rng(seed)
    p = randomised_auroc_test(a, b, rounds=200, seed=seed)
    assert 0 < p <= 1
    orders = [rng.permutation(len(a)) for _ in range(2)]
    shuffled = [changed(t, order=order) for t, order in zip((a, b), orders, strict=True)]
    assert randomised_auroc_test(*shuffled, rounds=200, seed=seed) == p
    # Another scale in every gene.
    scores = np.exp(b.scores / 9) * (1 + b.genes) - 7 * b.genes
    assert randomised_auroc_test(a, changed(b, scores=scores), rounds=200, seed=seed) == p
    assert randomised_auroc_test(b, a, rounds=200, seed=seed) == p


def test_raw_scores_of_another_scale_would_hide_a_difference(swapped_for_real):
    """Why midranks: next to percentages, a probability loses against everything."""
    a, b = two_systems(n_perts=30, n_genes=40, skill=(1, 0), abstain=0, coarse=9)
    a, b = (changed(t, scores=1 / (1 + np.exp(-t.scores / 9))) for t in (a, b))
    percent = changed(b, scores=100 * (1 + b.scores))
    kept = np.random.default_rng(0).random((60, len(np.unique(a.perts)))) < 0.5

    def share_as_far(*systems, midranks):
        return swapped_for_real(*systems, kept, midranks=midranks, divided=False).mean()

    assert share_as_far(a, b, midranks=False) < 0.02
    assert share_as_far(a, percent, midranks=False) > 0.05
    assert share_as_far(a, percent, midranks=True) < 0.02
    assert randomised_auroc_test(a, percent) < 0.01


def test_systems_that_rank_alike_have_p_one_and_far_ones_the_smallest():
    a, b = two_systems(skill=(4, 0), n_genes=60)
    assert randomised_auroc_test(a, changed(a, scores=a.scores * 3 - 5)) == 1
    assert randomised_auroc_test(a, b) == pytest.approx(1 / 10_001)


def test_gains_that_cancel_within_every_perturbation_are_no_difference():
    """What is left of them is rounding, which divided by its own error would be any number."""
    perts, labels = list("PQRSTUV") * 2, [1, 0, 0, 1, 1, 0, 0] * 2
    genes = ["x"] * 7 + ["y"] * 7
    good, bad = [5, 1, 2, 6, 3, 4, 0], [1, 5, 2, 3, 6, 4, 0]
    a = Predictions(perts, genes, labels, good + bad)
    b = Predictions(perts, genes, labels, bad + good)
    assert randomised_auroc_test(a, b, rounds=200) == 1


@pytest.mark.parametrize("labels", [[], [1, 1], [0, 0, 0]])
def test_without_a_gene_to_score_there_is_no_p(labels):
    table = Predictions(range(len(labels)), [0] * len(labels), labels, [0.5] * len(labels))
    assert math.isnan(randomised_auroc_test(table, table))


def test_two_perturbations_can_show_nothing():
    a = Predictions(["P", "Q"], ["x", "x"], [1, 0], [0.9, 0.1])
    b = Predictions(["P", "Q"], ["x", "x"], [1, 0], [0.1, 0.9])
    # Both kept or both swapped, half of the rounds: all that chance leaves.
    assert randomised_auroc_test(a, b) == pytest.approx(0.5, abs=0.03)


def test_chunks_do_not_show(monkeypatch):
    a, b = two_systems()
    scores = np.random.default_rng(0).normal(0.2, 1, (2, 40))
    whole = randomised_auroc_test(a, b, rounds=500), randomised_mean_test(*scores, rounds=500)
    monkeypatch.setattr(randomisation, "CHUNK", 100)
    pieces = randomised_auroc_test(a, b, rounds=500), randomised_mean_test(*scores, rounds=500)
    assert pieces == whole


def test_memory_stays_small_for_large_groups():
    """20 gene sets of 262 rows hold 340,000 pairs."""
    a, b = two_systems(n_perts=357, n_genes=20, rows=262)
    tracemalloc.start()
    randomised_auroc_test(a, b)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 64e6


@given(seed=st.integers(0, 999), abstain=st.sampled_from([0.0, 0.5]))
def test_midranks_are_those_of_scipy_and_keep_every_auroc(seed, abstain):
    table, _ = two_systems(seed, n_genes=5, abstain=abstain)
    ranked = gene_midranks(table)
    for gene in np.unique(table.genes):
        rows = np.flatnonzero((table.genes == gene) & ~table.abstained)
        expected = (rankdata(table.scores[rows]) - 0.5) / max(1, len(rows))
        np.testing.assert_allclose(ranked.scores[rows], expected)
        if len(rows):
            assert ranked.scores[rows].mean() == pytest.approx(0.5)
    assert ranked.abstained.tolist() == table.abstained.tolist()
    for abstention in ("half", "lowest"):
        before, after = (auroc_per_gene(t, abstention=abstention) for t in (table, ranked))
        assert before == pytest.approx(after, nan_ok=True)


@pytest.mark.parametrize("n", [2, 5, 12])
def test_the_mean_test_approaches_scipys_exact_one(n):
    rng = np.random.default_rng(n)
    a, b = rng.normal(0.3, 1, n), rng.normal(0, 1, n)
    exact = permutation_test(
        (a, b), lambda x, y: np.mean(x - y), permutation_type="samples", n_resamples=np.inf
    ).pvalue
    p = randomised_mean_test(a, b, rounds=40_000)
    assert p == pytest.approx(exact, abs=4 * math.sqrt(exact / 40_000))


@given(
    values=st.lists(st.tuples(st.floats(-5, 5), st.floats(-5, 5)), min_size=1, max_size=20),
    seed=st.integers(0, 99),
)
def test_the_mean_test_does_not_depend_on_order_or_side(values, seed):
    a, b = np.array(values).T
    order = np.random.default_rng(seed).permutation(len(a))
    p = randomised_mean_test(a, b, rounds=100, seed=seed)
    assert randomised_mean_test(b[order], a[order], rounds=100, seed=seed) == p
    assert 0 < p <= 1
    assert randomised_mean_test(a, a, rounds=100, seed=seed) == 1


def test_the_mean_test_of_one_perturbation_shows_nothing_and_of_none_has_no_p():
    assert randomised_mean_test([0.9], [0.1]) == 1
    assert math.isnan(randomised_mean_test([], []))


def test_a_clear_difference_of_means_has_the_smallest_p():
    assert randomised_mean_test(np.arange(30) + 1.0, np.arange(30)) == pytest.approx(1 / 10_001)


def test_bad_arguments_are_refused():
    a, b = two_systems()
    with pytest.raises(ValueError, match="1 of the 150 in b are missing in a"):
        randomised_auroc_test(changed(a, order=np.arange(1, len(a))), b)
    with pytest.raises(ValueError, match="rounds must be at least 1, got 0"):
        randomised_auroc_test(a, b, rounds=0)
    with pytest.raises(ValueError, match="abstention must be one of"):
        randomised_auroc_test(a, b, abstention="drop")
    with pytest.raises(ValueError, match="rounds must be at least 1, got -1"):
        randomised_mean_test([1.0], [2.0], rounds=-1)
    with pytest.raises(ValueError, match="the same perturbations, got 2 and 1"):
        randomised_mean_test([1.0, 2], [1.0])
    with pytest.raises(ValueError, match="b must be finite"):
        randomised_mean_test([1.0, 2], [1.0, np.nan])
