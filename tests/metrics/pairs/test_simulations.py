"""How often the interval holds the true value, and how often paired tests find a difference.

The figures stand in docs/statistics.md. Questions: 5-8 rows a gene, popular perturbations, labels
that lean with the perturbation. Scores: label * skill + u + e, where u belongs to the perturbation
and e to the row; of two systems half the variance of both is common. The two rows of a pair always
belong to two perturbations, so the expected credit of every pair is known, and with it the expected
AUROC of each answer form:

- graded: Phi(skill / sqrt 2);
- Yes above a threshold t: 1/2 + (Phi(skill - t) - Phi(-t)) / 2;
- graded, but a share r abstained, whatever the label: (1 - r)^2 Phi(...) + (1 - (1 - r)^2) / 2.

A system of a coarser form gets the skill that makes its expected AUROC equal to the other's.
"""

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import brentq
from scipy.stats import binom, norm

from perturb_evals.datasets.pairs.questions import unseen_genes
from perturb_evals.metrics.intervals import bootstrap_mean, resample_weights
from perturb_evals.metrics.pairs.auroc import auroc_per_gene
from perturb_evals.metrics.pairs.differences import (
    gene_midranks,
    paired_auroc_difference,
    randomised_auroc_test,
)
from perturb_evals.metrics.pairs.intervals import (
    bootstrap_auroc_per_gene,
    resampled_auroc_per_gene,
)
from perturb_evals.metrics.pairs.predictions import Predictions
from perturb_evals.metrics.simultaneous import effective_number, simultaneous_factor

SIMULATIONS = 1000
RESAMPLES = 1000
RHO = 0.5  # correlation of two scores of one perturbation
# SKILL: mean shift of a positive's score, in standard deviations.
SKILL, THRESHOLD, ABSTAIN = 0.5, 0.3, 0.25
# Rounds for which p <= .05 has a chance of exactly 5% if all orders are equally likely.
ROUNDS = 199


def expected_graded(skill):
    return norm.cdf(skill / np.sqrt(2))


def expected_binary(skill):
    return 0.5 + (norm.cdf(skill - THRESHOLD) - norm.cdf(-THRESHOLD)) / 2


def expected_abstaining(skill):
    both = (1 - ABSTAIN) ** 2
    return both * expected_graded(skill) + (1 - both) / 2


def equal_skill(expected):
    return brentq(lambda skill: expected(skill) - expected_graded(SKILL), 0, 5)


EQUAL_BINARY, EQUAL_ABSTAINING = equal_skill(expected_binary), equal_skill(expected_abstaining)


def simulated_questions(rng, n_perts, n_genes):
    sizes = rng.integers(5, 9, n_genes)
    popularity = rng.gamma(1.0, 1.0, n_perts)
    popularity /= popularity.sum()
    perts = np.concatenate(
        [rng.choice(n_perts, size, replace=False, p=popularity) for size in sizes]
    )
    tendency = rng.normal(0, 1.5, n_perts)[perts]
    labels = rng.random(len(perts)) < 1 / (1 + np.exp(-tendency))
    return perts, np.repeat(np.arange(n_genes), sizes), labels


def simulated_scores(rng, perts, labels, *skills):
    """(systems, rows) of variance 1 around label * skill; half of it is the perturbation's."""

    def half_common(n):
        return (rng.normal(size=n) + rng.normal(size=(len(skills), n))) / np.sqrt(2)

    of_perts, of_rows = half_common(perts.max() + 1), half_common(len(perts))
    noise = (of_perts[:, perts] + of_rows) / np.sqrt(2)
    return np.multiply.outer(skills, labels) + noise


def probability(scores):
    return 1 / (1 + np.exp(-scores))


def hundreds(scores):
    """Whole multiples of 100 in the same order."""
    return 100.0 * np.argsort(np.argsort(scores))


def scales(rng, perts, genes, labels, extra=0.0):
    a, b = simulated_scores(rng, perts, labels, SKILL + extra, SKILL)
    return (
        Predictions(perts, genes, labels, probability(a)),
        Predictions(perts, genes, labels, hundreds(b)),
    )


def graded_against_binary(rng, perts, genes, labels):
    a, b = simulated_scores(rng, perts, labels, SKILL, EQUAL_BINARY)
    return (
        Predictions(perts, genes, labels, probability(a)),
        Predictions(perts, genes, labels, b > THRESHOLD),
    )


def answered_against_abstaining(rng, perts, genes, labels):
    """The second abstains on some perturbations more than on others."""
    a, b = simulated_scores(rng, perts, labels, SKILL, EQUAL_ABSTAINING)
    unsure = rng.beta(2 * ABSTAIN, 2 * (1 - ABSTAIN), perts.max() + 1)
    return (
        Predictions(perts, genes, labels, a),
        Predictions(perts, genes, labels, 100 * b, rng.random(len(b)) < unsure[perts]),
    )


def both_binary_and_abstaining(rng, perts, genes, labels):
    a, b = simulated_scores(rng, perts, labels, SKILL, SKILL)
    gone = rng.random((2, len(perts))) < ABSTAIN
    return (
        Predictions(perts, genes, labels, a > THRESHOLD, gone[0]),
        Predictions(perts, genes, labels, 100 * (b > THRESHOLD), gone[1]),
    )


NO_DIFFERENCE = [
    scales,
    graded_against_binary,
    answered_against_abstaining,
    both_binary_and_abstaining,
]


def by_bootstrap(a, b, seed):
    return paired_auroc_difference(a, b, resamples=ROUNDS, seed=seed).p


def by_randomisation(a, b, seed):
    return randomised_auroc_test(a, b, rounds=ROUNDS, seed=seed)


def by_plain_swapping(a, b, seed):
    """Midranks swapped, but the differences compared as they are."""
    ranked = gene_midranks(a), gene_midranks(b)
    (u, v), gone = [t.scores for t in ranked], [t.abstained for t in ranked]

    def difference(kept):
        new = [
            Predictions(a.perts, a.genes, a.labels, np.where(k, u, v), np.where(k, *gone))
            for k in (kept, ~kept)
        ]
        return abs(auroc_per_gene(new[0]) - auroc_per_gene(new[1]))

    draws = np.random.default_rng(seed).random((99, a.perts.max() + 1)) < 0.5
    observed = difference(np.ones(len(a), dtype=bool))
    return (1 + sum(difference(row[a.perts]) >= observed - 1e-12 for row in draws)) / 100


def found(tests, systems, n_simulations, n_perts, n_genes, **options):
    """How often each test has p <= .05."""
    counts = np.zeros(len(tests), dtype=int)
    for i in range(n_simulations):
        rng = np.random.default_rng([n_perts, i])
        a, b = systems(rng, *simulated_questions(rng, n_perts, n_genes), **options)
        counts += [test(a, b, i) <= 0.05 for test in tests]
    return counts


def near_a_twentieth(count, n):
    """Whether so many of n are within 99.8% of the binomial distribution for 4.5% to 6%."""
    return binom.ppf(0.001, n, 0.045) <= count <= binom.ppf(0.999, n, 0.06)


@pytest.mark.parametrize("systems", [scales, answered_against_abstaining])
def test_equal_systems_differ_in_a_twentieth_of_comparisons(systems):
    n = 32
    by_each = found([by_bootstrap, by_randomisation], systems, n, n_perts=100, n_genes=80)
    assert all(near_a_twentieth(count, n) for count in by_each), by_each / n


def test_power_rises_with_the_number_of_perturbations():
    n = 12
    tests = [by_bootstrap, by_randomisation]
    few, many = (
        found(tests, scales, n, n_perts, n_genes, extra=0.3) / n
        for n_perts, n_genes in ((50, 40), (200, 160))
    )
    assert (many > few + 0.25).all(), (few, many)


@pytest.mark.slow
@pytest.mark.parametrize("systems", NO_DIFFERENCE)
@pytest.mark.parametrize(("n", "n_perts", "n_genes"), [(1000, 100, 80), (400, 267, 300)])
def test_equal_systems_differ_in_a_twentieth_of_many(systems, n, n_perts, n_genes, capsys):
    by_each = found([by_bootstrap, by_randomisation], systems, n, n_perts, n_genes)
    with capsys.disabled():
        rates = "bootstrap {:.1%}, randomisation {:.1%}".format(*(by_each / n))
        print(f"\n{systems.__name__}, {n_perts} perturbations, {n_genes} genes, {n} times: {rates}")
    assert all(near_a_twentieth(count, n) for count in by_each)


@pytest.mark.slow
def test_differences_that_are_not_divided_are_found_too_often(capsys):
    """Why the differences are divided by their standard errors."""
    n = 300
    divided, plain = found([by_randomisation, by_plain_swapping], scales, n, 100, 300)
    with capsys.disabled():
        print(f"\ndivided {divided / n:.1%}, not divided {plain / n:.1%} of {n}")
    assert near_a_twentieth(divided, n)
    assert plain > 1.4 * divided


# Ranks of several systems


def systems_of(rng, perts, genes, labels, forms, extra=0.0):
    """Systems of one expected AUROC in the form that each answers; the first has more skill."""
    skill = {"graded": SKILL, "binary": EQUAL_BINARY, "abstaining": EQUAL_ABSTAINING}
    first, *others = (skill[form] for form in forms)
    scores = simulated_scores(rng, perts, labels, first + extra, *others)
    systems = []
    for form, row in zip(forms, scores, strict=True):
        unsure = rng.beta(2 * ABSTAIN, 2 * (1 - ABSTAIN), perts.max() + 1)[perts]
        systems.append(
            Predictions(
                perts,
                genes,
                labels,
                row > THRESHOLD if form == "binary" else row,
                (rng.random(len(row)) < unsure) & (form == "abstaining"),
            )
        )
    return systems


def told_apart(forms, n, n_perts, n_genes, extra=0.0, resamples=1000):
    """Which differences are: by intervals that hold each by itself, and at once.

    (2, n, pairs) whether the interval leaves out 0, the pairs of the first system first.
    """
    found = np.empty((2, n, len(forms) * (len(forms) - 1) // 2), dtype=bool)
    for i in range(n):
        rng = np.random.default_rng([n_perts, len(forms), i])
        perts, genes, labels = simulated_questions(rng, n_perts, n_genes)
        systems = systems_of(rng, perts, genes, labels, forms, extra)
        sizes = np.unique(perts, return_counts=True)[1]
        weights = resample_weights(len(sizes), resamples=resamples, seed=0)
        drawn = np.array([resampled_auroc_per_gene(one, weights)[0] for one in systems])
        values = np.array([auroc_per_gene(one) for one in systems])
        factor = simultaneous_factor([drawn], n_effective=effective_number(sizes))
        a, b = np.triu_indices(len(forms), 1)
        differences = drawn[a] - drawn[b]
        lower, upper = np.quantile(differences, [0.025, 0.975], axis=1)
        found[0, i] = (lower > 0) | (upper < 0)
        found[1, i] = np.abs(values[a] - values[b]) > factor * differences.std(axis=1)
    return found


FORMS = ("graded", "binary", "abstaining")


def test_of_ten_equal_systems_one_rarely_ranks_below_another():
    forms = [FORMS[at % 3] for at in range(10)]
    alone, at_once = told_apart(forms, 24, 60, 50, resamples=400).any(axis=2).mean(axis=1)
    assert alone > 0.3
    assert at_once <= 0.2


@pytest.mark.slow
@pytest.mark.parametrize("systems", [2, 5, 10])
@pytest.mark.parametrize("form", [*FORMS, "mixed"])
@pytest.mark.parametrize(("n_perts", "n_genes"), [(30, 40), (100, 80), (265, 170)])
def test_equal_systems_share_a_rank(systems, form, n_perts, n_genes, capsys):
    n = 400
    forms = [form if form != "mixed" else FORMS[at % 3] for at in range(systems)]
    alone, at_once = told_apart(forms, n, n_perts, n_genes).any(axis=2).mean(axis=1)
    with capsys.disabled():
        print(
            f"\n{systems} {form}, {n_perts} perturbations: a false rank on {at_once:.1%} of {n} "
            f"boards, {alone:.1%} by intervals that hold each by itself"
        )
    assert binom.cdf(round(at_once * n), n, 0.10) < 0.999


@pytest.mark.slow
@pytest.mark.parametrize("systems", [2, 5, 10])
@pytest.mark.parametrize(("n_perts", "n_genes"), [(50, 40), (200, 160)])
def test_a_better_system_is_told_from_the_others(systems, n_perts, n_genes, capsys):
    n = 200
    found = told_apart(["graded"] * systems, n, n_perts, n_genes, extra=0.3)
    alone, at_once = found[:, :, : systems - 1].mean(axis=(1, 2))
    with capsys.disabled():
        print(
            f"\n{systems} systems, {n_perts} perturbations: the better one told from another in "
            f"{at_once:.1%} of {n} boards, {alone:.1%} by intervals that hold each by itself"
        )
    assert at_once <= alone + 0.02
    assert n_perts < 200 or at_once > 0.15


# The interval of one system


@pytest.mark.slow
@pytest.mark.parametrize(("n_perts", "n_genes"), [(10, 20), (20, 30), (30, 40)])
def test_intervals_of_few_perturbations_are_too_short(n_perts, n_genes, capsys):
    n, held, mean_held = 1000, 0, 0
    for seed in range(n):
        rng = np.random.default_rng(seed)
        perts, genes, labels = simulated_questions(rng, n_perts, n_genes)
        (scores,) = simulated_scores(rng, perts, labels, SKILL)
        table = Predictions(perts, genes, labels, scores)
        interval = bootstrap_auroc_per_gene(table, resamples=RESAMPLES)
        held += interval.lower <= expected_graded(SKILL) <= interval.upper
        mean = bootstrap_mean(rng.exponential(size=n_perts), resamples=RESAMPLES)
        mean_held += mean.lower <= 1 <= mean.upper
    with capsys.disabled():
        print(
            f"\n{n_perts} perturbations, {n_genes} genes: auroc_per_gene held by {held / n:.1%}, "
            f"the mean of skewed scores by {mean_held / n:.1%} of {n} intervals"
        )
    assert 0.7 < held / n < 0.95
    assert 0.8 < mean_held / n < 0.95


def skill_of_genes(genes, labels, uneven):
    """The mean shift of each row's gene; `uneven`: less in genes with one row of a class."""
    names, code = np.unique(genes, return_inverse=True)
    positives = np.bincount(code, weights=labels, minlength=len(names))
    minority = np.minimum(positives, np.bincount(code) - positives)
    skill = np.where(minority > 1, 2 * SKILL, SKILL / 2) if uneven else np.full(len(names), SKILL)
    return skill[code], skill[minority > 0]


def scores_of_uneven_skill(rng, perts, labels, skill, skill_sd):
    """label * (skill of the gene + of the perturbation) + u_p + e, u_p being the perturbation's."""
    n_perts = perts.max() + 1
    skill = skill + rng.normal(0, skill_sd, n_perts)[perts]
    shared = rng.normal(0, np.sqrt(RHO), n_perts)[perts]
    return labels * skill + shared + rng.normal(0, np.sqrt(1 - RHO), len(perts))


def codes_and_columns(rows):
    """Codes of the perturbations, genes and labels."""
    codes = np.unique(rows["pert"], return_inverse=True)[1]
    return codes, rows["gene"].to_numpy(), rows["label"].to_numpy()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("rows", "skill_sd", "uneven", "unseen"),
    [
        ("simulated", 0.0, False, False),
        ("simulated", 0.5, False, False),
        ("k562-dir", 0.5, False, False),
        ("k562-dir", 0.5, True, False),
        ("k562-de", 0.5, False, False),
        # The questions of holdout=both, another quarter of the genes in every simulation.
        ("k562-dir", 0.5, False, True),
        ("k562-dir", 0.5, True, True),
        ("k562-de", 0.5, False, True),
    ],
)
def test_interval_holds_the_truth_as_often_as_it_says(
    rows, skill_sd, uneven, unseen, request, capsys
):
    # The two rows of a pair in one gene always belong to two perturbations, so the difference of
    # their scores is normal with the gene's skill as mean and variance 2 + skill_sd^2, whatever
    # their labels' clustering.
    if rows != "simulated":
        table = request.getfixturevalue("perturbqa")(rows, "test")
        columns = pd.DataFrame({name: getattr(table, name) for name in ("pert", "gene", "label")})
        of_all = codes_and_columns(columns)
    below = above = 0
    widths = []
    for seed in range(SIMULATIONS):
        rng = np.random.default_rng(seed)
        if rows == "simulated":
            perts, genes, labels = simulated_questions(rng, 265, 170)
        elif unseen:
            asked = columns[columns["gene"].isin(unseen_genes(columns, seed))]
            perts, genes, labels = codes_and_columns(asked)
        else:
            perts, genes, labels = of_all
        skill, skill_of_scored = skill_of_genes(genes, labels, uneven)
        truth = norm.cdf(skill_of_scored / np.sqrt(2 + skill_sd**2)).mean()
        scores = scores_of_uneven_skill(rng, perts, labels, skill, skill_sd)
        interval = bootstrap_auroc_per_gene(
            Predictions(perts, genes, labels, scores), resamples=RESAMPLES, seed=seed
        )
        widths.append(interval.upper - interval.lower)
        below += interval.upper < truth
        above += interval.lower > truth
    held = 1 - (below + above) / SIMULATIONS
    with capsys.disabled():
        print(
            f"\n{rows}, skill SD {skill_sd}{', uneven' if uneven else ''}"
            f"{', a quarter of the genes' if unseen else ''}: truth {truth:.3f} held by {held:.1%} "
            f"of {SIMULATIONS} intervals, {np.mean(widths):.3f} wide; {below} below it, {above} "
            "above it"
        )
    assert 0.92 <= held <= 0.97
