"""How often the 95% interval holds the true value, by simulation; see docs/statistics.md."""

import numpy as np
import pytest
from scipy.stats import norm

from perturb_evals.metrics.pairs.intervals import bootstrap_auroc_per_gene
from perturb_evals.metrics.pairs.predictions import Predictions

SIMULATIONS = 1000
RESAMPLES = 1000
N_PERTS, N_GENES = 265, 170
SKILL = 0.5  # mean shift of a positive's score, in standard deviations
RHO = 0.5  # correlation of two scores of one perturbation


def simulated_questions(rng):
    """Rows as in a direction table: 5-8 a gene, popular perturbations, clustered labels."""
    sizes = rng.integers(5, 9, N_GENES)
    popularity = rng.gamma(1.0, 1.0, N_PERTS)
    popularity /= popularity.sum()
    perts = np.concatenate(
        [rng.choice(N_PERTS, size, replace=False, p=popularity) for size in sizes]
    )
    tendency = rng.normal(0, 1.5, N_PERTS)[perts]
    labels = rng.random(len(perts)) < 1 / (1 + np.exp(-tendency))
    return perts, np.repeat(np.arange(N_GENES), sizes), labels


def skill_of_genes(genes, labels, uneven):
    """The mean shift of each row's gene; `uneven`: less in genes with one row of a class."""
    names, code = np.unique(genes, return_inverse=True)
    positives = np.bincount(code, weights=labels, minlength=len(names))
    minority = np.minimum(positives, np.bincount(code) - positives)
    skill = np.where(minority > 1, 2 * SKILL, SKILL / 2) if uneven else np.full(len(names), SKILL)
    return skill[code], skill[minority > 0]


def simulated_scores(rng, perts, labels, skill, skill_sd):
    """label * (skill of the gene + of the perturbation) + u_p + e, u_p being the perturbation's."""
    n_perts = perts.max() + 1
    skill = skill + rng.normal(0, skill_sd, n_perts)[perts]
    shared = rng.normal(0, np.sqrt(RHO), n_perts)[perts]
    return labels * skill + shared + rng.normal(0, np.sqrt(1 - RHO), len(perts))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("rows", "skill_sd", "uneven"),
    [
        ("simulated", 0.0, False),
        ("simulated", 0.5, False),
        ("k562-dir", 0.5, False),
        ("k562-dir", 0.5, True),
        ("k562-de", 0.5, False),
    ],
)
def test_interval_holds_the_truth_as_often_as_it_says(rows, skill_sd, uneven, request, capsys):
    # The two rows of a pair in one gene always belong to two perturbations, so the difference of
    # their scores is normal with the gene's skill as mean and variance 2 + skill_sd^2, whatever
    # their labels' clustering.
    if rows != "simulated":
        table = request.getfixturevalue("perturbqa")(rows, "test")
        perts = np.unique(table.pert, return_inverse=True)[1]
        genes, labels = table.gene.to_numpy(), table.label.to_numpy()
    below = above = 0
    for seed in range(SIMULATIONS):
        rng = np.random.default_rng(seed)
        if rows == "simulated":
            perts, genes, labels = simulated_questions(rng)
        skill, skill_of_scored = skill_of_genes(genes, labels, uneven)
        truth = norm.cdf(skill_of_scored / np.sqrt(2 + skill_sd**2)).mean()
        scores = simulated_scores(rng, perts, labels, skill, skill_sd)
        interval = bootstrap_auroc_per_gene(
            Predictions(perts, genes, labels, scores), resamples=RESAMPLES, seed=seed
        )
        below += interval.upper < truth
        above += interval.lower > truth
    held = 1 - (below + above) / SIMULATIONS
    with capsys.disabled():
        print(
            f"\n{rows}, skill SD {skill_sd}{', uneven' if uneven else ''}: truth {truth:.3f} held "
            f"by {held:.1%} of {SIMULATIONS} intervals; {below} below it, {above} above it"
        )
    assert 0.92 <= held <= 0.97
