"""The gate against a plain loop over the protocol, with scikit-learn's folds and SciPy's r."""

import numpy as np
import pytest
from scipy.stats import pearsonr
from sklearn.model_selection import KFold

from perturb_evals.datasets.published import Published
from perturb_evals.datasets.screens.make_screen import make_screen, ranked_by_size
from perturb_evals.datasets.screens.splits import SplitError
from perturb_evals.scorers.expression.gate import gate

N, GENES, N_TRAIN = 40, 60, 30
METRICS = ("mae_top20", "mse_top20", "pearson_delta_top20")


@pytest.fixture(scope="module")
def screen():
    rng = np.random.default_rng(0)
    control = rng.uniform(0, 2, GENES)
    effect = rng.normal(0, 0.3, GENES) + rng.normal(0, 0.4, (N, GENES))
    names = [f"G{i}" for i in range(N)]
    effect[np.arange(N), np.arange(N)] -= 1.5  # each knock-down hits its own gene
    return make_screen(
        name="simulated",
        cell_line="k562",
        perturbations=names,
        expression=control + effect,
        control=control,
        genes=[f"ENSG{i}" for i in range(GENES)],
        symbols=[f"G{i}" for i in range(GENES)],
        de_order=[rng.permutation(GENES) for _ in range(N)],
        order_kind="uns",
        n_cells=rng.integers(20, 300, N),
        fingerprint="0" * 64,
    )


def expected(screen, *, by_size=False, removed=False, every=False, cells=False):
    """Mean and standard error of the three metrics, step by step as the protocol says."""
    names = np.array(sorted(screen.perturbations))
    rows = {name: row for row, name in enumerate(screen.perturbations)}
    folds = []
    for number, (train, test) in enumerate(KFold(5, shuffle=True, random_state=42).split(names)):
        if not every:
            drawn = np.random.RandomState([0, number, 0]).permutation(len(train))
            train = train[drawn[:N_TRAIN]]
        x = screen.expression.astype(float)
        weights = screen.n_cells if cells else np.ones(N)
        chosen = [rows[name] for name in names[train]]
        mean = sum(x[i] * weights[i] for i in chosen) / sum(weights[i] for i in chosen)
        scores = []
        for name in names[test]:
            row = rows[name]
            truth = x[row] - screen.control
            order = list(screen.de_order[row])
            if by_size:
                order = sorted(range(GENES), key=lambda gene: -abs(truth[gene]))
            top = [gene for gene in order if not (removed and screen.symbols[gene] == name)][:20]
            error = mean[top] - x[row][top]
            r = pearsonr(truth[top], (mean - screen.control)[top])[0]
            scores.append((np.abs(error).mean(), (error**2).mean(), r))
        folds.append(np.array(scores))
    fold_means = np.array([fold.mean(axis=0) for fold in folds])
    return np.concatenate(folds).mean(axis=0), fold_means.std(axis=0, ddof=1) / np.sqrt(5)


def row(values, stderr=0.01):
    scores = {name: (value, stderr) for name, value in zip(METRICS, values, strict=True)}
    return Published("simulated", "Non-ctrl mean", N_TRAIN, scores, "a test")


def test_every_convention_is_that_of_a_plain_loop(screen):
    rows = gate([screen, ranked_by_size(screen)], row((0.3, 0.2, 0.5)))
    assert len(rows) == len({found.convention for found in rows}) == 2**4
    for found in rows:
        how = found.convention
        means, stderr = expected(
            screen,
            by_size=how.order == "abs_delta",
            removed=how.target == "removed",
            every=how.training == "all",
            cells=how.mean == "cells",
        )
        np.testing.assert_allclose([found.scores[name] for name in METRICS], means, rtol=1e-5)
        np.testing.assert_allclose([found.paper_se[name] for name in METRICS], stderr, rtol=1e-4)


def test_the_first_row_is_the_documented_convention(screen):
    how = gate([screen, ranked_by_size(screen)], row((0.3, 0.2, 0.5)))[0].convention
    assert (how.order, how.target, how.training, how.mean) == (
        "uns",
        "kept",
        "subset",
        "perturbations",
    )


def test_rounded_values_are_reproduced_and_others_judged_by_their_distance(screen):
    means, _ = expected(screen)
    documented = gate([screen], row(np.round(means, 3)))[0]
    assert documented.verdict == "reproduced"
    near = gate([screen], row(np.add(np.round(means, 3), [0.002, 0, 0])))[0]
    assert near.verdict == "within_error"
    assert near.errors["mae_top20"] == pytest.approx((means[0] - round(means[0], 3)) / 0.01 - 0.2)
    far = gate([screen], row(np.subtract(np.round(means, 3), [0, 0, 0.05])))[0]
    assert far.verdict == "missed"
    assert far.worst == pytest.approx(far.errors["pearson_delta_top20"])
    assert far.worst == pytest.approx(5, abs=0.06)


def test_cells_are_no_reading_where_their_number_is_not_known(screen):
    unknown = make_screen(
        name="simulated",
        cell_line="",
        perturbations=screen.perturbations,
        expression=screen.expression,
        control=screen.control,
        genes=screen.genes,
        fingerprint="0" * 64,
    )
    rows = gate([unknown], row((0.3, 0.2, 0.5)))
    assert {found.convention.mean for found in rows} == {"perturbations"}
    assert len(rows) == 4


def test_fewer_perturbations_than_the_published_number(screen):
    too_many = Published("simulated", "mean", 33, {"mae_top20": (0.3, 0.1)}, "a test")
    with pytest.raises(SplitError, match="n_train must be from 1 to 32"):
        gate([screen], too_many)
