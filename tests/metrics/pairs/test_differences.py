"""The difference of two systems: the same questions, its interval, and the test by swapping."""

import itertools
import math
import tracemalloc
from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import rankdata

from perturb_evals.metrics import significance
from perturb_evals.metrics.intervals import resample_weights
from perturb_evals.metrics.pairs.auroc import auroc_per_gene
from perturb_evals.metrics.pairs.differences import (
    gene_midranks,
    pair_questions,
    paired_auroc_difference,
    randomised_auroc_test,
)
from perturb_evals.metrics.pairs.intervals import (
    bootstrap_auroc_per_gene,
    resampled_auroc_per_gene,
)
from perturb_evals.metrics.pairs.predictions import Predictions


def two_systems(seed=0, n_perts=40, n_genes=25, rows=6, skill=(0.8, 0.3), abstain=0.1, coarse=2):
    """Two systems that share half of their noise, on `rows` questions a gene.

    Scores have some ties; without `coarse` none.
    """
    rng = np.random.default_rng(seed)
    genes = np.repeat(np.arange(n_genes), rows)
    perts = np.concatenate([rng.choice(n_perts, rows, replace=False) for _ in range(n_genes)])
    labels = rng.integers(0, 2, len(perts))
    shared = rng.normal(size=len(perts))
    tables = []
    for s in skill:
        scores = s * labels + shared + rng.normal(size=len(perts))
        gone = rng.random(len(perts)) < abstain
        scores = np.round(coarse * scores) if coarse else scores
        tables.append(Predictions(perts, genes, labels, scores, gone))
    return tables


without_ties = partial(two_systems, coarse=None)


def changed(table, *, order=slice(None), scores=None):
    scores = table.scores if scores is None else scores
    columns = (table.perts, table.genes, table.labels, scores, table.abstained)
    return Predictions(*(column[order] for column in columns))


# The same questions


def table(questions, labels=None, scores=None):
    perts, genes = [q[0] for q in questions], [q[1] for q in questions]
    n = len(questions)
    return Predictions(perts, genes, [0] * n if labels is None else labels, scores or [0.5] * n)


@given(
    questions=st.lists(
        st.tuples(st.sampled_from("PQRST"), st.sampled_from("xyz")), unique=True, max_size=15
    ),
    seed=st.integers(0, 999),
)
def test_rows_are_the_same_questions_and_keep_their_answers(questions, seed):
    rng = np.random.default_rng(seed)
    n = len(questions)
    labels = rng.integers(0, 2, n)
    answers = []
    for _ in range(2):
        score, gone, order = rng.random(n), rng.random(n) < 0.3, rng.permutation(n)
        perts, genes = np.array([*questions, ("", "")], dtype=object)[:n].T
        columns = [column[order] for column in (perts, genes, labels, score, gone)]
        answers.append(Predictions(*columns))
    a, b = pair_questions(*answers)
    assert list(zip(a.perts, a.genes, strict=True)) == sorted(questions)
    assert list(zip(b.perts, b.genes, strict=True)) == sorted(questions)
    assert a.labels.tolist() == b.labels.tolist()
    for before, after in zip(answers, (a, b), strict=True):
        assert rows_of(before) == rows_of(after)


def rows_of(table):
    columns = (table.perts, table.genes, table.labels, table.scores, table.abstained)
    return {tuple(map(str, row)) for row in zip(*columns, strict=True)}


def test_integer_codes_are_questions_too():
    a, b = pair_questions(
        Predictions([10, 9], [1, 1], [0, 1], [0.1, 0.2]),
        Predictions([9, 10], [1, 1], [1, 0], [0.3, 0.4]),
    )
    assert (a.perts.tolist(), a.scores.tolist()) == ([9, 10], [0.2, 0.1])
    assert (b.perts.tolist(), b.scores.tolist()) == ([9, 10], [0.3, 0.4])


PX, PY, QX = ("P", "x"), ("P", "y"), ("Q", "x")


@pytest.mark.each(
    ("a", "b", "message"),
    [
        (
            table([PX, PY, QX]),
            table([PX]),
            "2 of the 3 in a are missing in b, 0 of the 1 in b are missing in a, "
            "the first is P>y in a",
        ),
        (
            table([PX]),
            table([QX, PX, PY]),
            "0 of the 1 in a are missing in b, 2 of the 3 in b are missing in a, "
            "the first is P>y in b",
        ),
        (table([]), table([PX]), "1 of the 1 in b are missing in a, the first is P>x in b"),
        (
            table([PX, QX, PY], labels=[0, 1, 1]),
            table([PY, QX, PX], labels=[1, 0, 1]),
            "same labels: 2 of 3 questions differ, the first is P>x with 0 in a and 1 in b",
        ),
        (
            table([PX, QX]),
            table([PX, QX, QX, QX]),
            "b must hold every question once: 2 of 4 rows repeat one, the first is Q>x",
        ),
        (
            table([(1, "x"), (2, "x")]),
            table([("1", "x"), ("2", "x")]),
            "2 of the 2 in a are missing in b",
        ),
    ],
)
def test_other_questions_labels_or_repeats_are_refused(a, b, message):
    with pytest.raises(ValueError) as error:  # noqa: PT011 (the message is checked below)
        pair_questions(a, b)
    assert message in str(error.value)


def test_no_questions_are_the_same_questions():
    a, b = pair_questions(table([]), table([]))
    assert (len(a), len(b)) == (0, 0)


# The interval


@pytest.mark.parametrize("abstention", ["half", "lowest"])
def test_the_interval_and_p_are_those_of_the_differences_on_the_same_resamples(abstention):
    a, b = without_ties()
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
    a, _ = without_ties(n_perts=60, n_genes=80)
    nothing = Predictions(a.perts, a.genes, a.labels, a.scores, np.ones(len(a)))
    found, alone = paired_auroc_difference(a, nothing), bootstrap_auroc_per_gene(a)
    assert found.mean == pytest.approx(auroc_per_gene(a) - 0.5)
    assert (found.lower, found.upper) == pytest.approx((alone.lower - 0.5, alone.upper - 0.5))


def test_pairs_take_the_shared_part_out():
    a, b = without_ties(n_perts=200, n_genes=300, abstain=0)
    found = paired_auroc_difference(a, b, resamples=500)
    alone = [bootstrap_auroc_per_gene(t, resamples=500) for t in (a, b)]
    apart = math.hypot(*(t.upper - t.lower for t in alone))
    assert found.upper - found.lower < 0.95 * apart


@given(seed=st.integers(0, 999), skill=st.floats(0, 1))
def test_order_scale_and_side_do_not_matter_to_the_interval(seed, skill):
    a, b = without_ties(seed, skill=(0.5, skill))
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
    a, b = without_ties(n_perts=100, n_genes=200, skill=(3, 0))
    assert paired_auroc_difference(a, b).p == pytest.approx(2 / 2001)
    alike = paired_auroc_difference(a, changed(a, scores=3 * a.scores - 1))
    assert (alike.mean, alike.lower, alike.upper, alike.p) == (0, 0, 0, 1)


def test_systems_that_gain_as_much_as_they_lose_tie():
    """Each perturbation gains in one gene what it loses in another, up to rounding."""
    perts, labels = list("PQRSTUVWXYZA") * 2, [1, 0, 0, 1, 1, 0] * 4
    genes = (["x"] * 6 + ["z"] * 6) + (["y"] * 6 + ["w"] * 6)
    good, bad = [5, 1, 2, 6, 3, 4] * 2, [1, 5, 2, 3, 6, 4] * 2
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
    # Eight more perturbations, in a gene of one class.
    perts, genes = list("PQRSTUVWXY"), ["x"] * 2 + ["y"] * 8
    labels, scores = [1, 0] + [0] * 8, [0.5] * 8
    a = Predictions(perts, genes, labels, [0.9, 0.1, *scores])
    b = Predictions(perts, genes, labels, [0.1, 0.9, *scores])
    found = paired_auroc_difference(a, b, resamples=200, seed=0)
    # Only resamples with the first two perturbations count.
    kept = (resample_weights(10, resamples=200, seed=0)[:, :2] > 0).all(axis=1).sum()
    assert 0 < kept < 200
    assert (found.mean, found.lower, found.upper) == (1, 1, 1)
    assert found.p == pytest.approx(2 / (1 + kept))


def test_bad_arguments_of_the_interval_are_refused():
    a, b = without_ties()
    with pytest.raises(ValueError, match="1 of the 150 in a are missing in b"):
        paired_auroc_difference(a, changed(b, order=np.arange(1, len(b))))
    with pytest.raises(ValueError, match="resamples must be at least 1, got 0"):
        paired_auroc_difference(a, b, resamples=0)
    with pytest.raises(ValueError, match="confidence must be between 0 and 1, got 95"):
        paired_auroc_difference(a, b, confidence=95)
    with pytest.raises(ValueError, match="abstention must be one of"):
        paired_auroc_difference(a, b, abstention="drop")


# The test


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
def test_order_scale_and_side_do_not_matter_to_the_test(seed, skill):
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


def test_chunks_of_rounds_do_not_show(monkeypatch):
    a, b = two_systems()
    whole = randomised_auroc_test(a, b, rounds=500)
    monkeypatch.setattr(significance, "CHUNK", 100)
    assert randomised_auroc_test(a, b, rounds=500) == whole


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


def test_bad_arguments_of_the_test_are_refused():
    a, b = two_systems()
    with pytest.raises(ValueError, match="1 of the 150 in b are missing in a"):
        randomised_auroc_test(changed(a, order=np.arange(1, len(a))), b)
    with pytest.raises(ValueError, match="rounds must be at least 1, got 0"):
        randomised_auroc_test(a, b, rounds=0)
    with pytest.raises(ValueError, match="abstention must be one of"):
        randomised_auroc_test(a, b, abstention="drop")
