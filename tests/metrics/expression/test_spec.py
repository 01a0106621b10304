import math

import numpy as np
import pytest

from perturb_evals.metrics.expression.collapse import mode_collapse
from perturb_evals.metrics.expression.regression import FoldTruth
from perturb_evals.metrics.expression.spec import EXPRESSION_METRICS, SCORES, WITH_HALVES
from perturb_evals.metrics.expression.weighted import gene_weights, z_others

N, GENES = 25, 300
RATES = ["fallback_rate", "invented_rate", "mean_k"]
SPECS = pytest.mark.each(
    "spec", [spec for name, spec in EXPRESSION_METRICS.items() if name not in RATES]
)


@pytest.fixture(scope="module")
def fold():
    """Truths, control and training mean of a fold, and every result of some predictions."""
    rng = np.random.default_rng(0)
    control = rng.gamma(1, 1, GENES)
    groups = rng.normal(0, 0.3, (5, GENES))
    train, truth = (
        control + 0.1 + groups[np.arange(n) % 5] + rng.normal(0, 0.15, (n, GENES)) for n in (100, N)
    )
    mean = train.mean(axis=0)
    noise = rng.normal(0, 0.1, truth.shape)
    truth_of = FoldTruth(
        truth=truth,
        control=control,
        train_mean=mean,
        de_order=np.argsort(-abs(truth - control) * rng.uniform(0.5, 2, truth.shape), axis=1),
        n_ranked=np.full(N, GENES),
        weights=gene_weights(z_others(np.vstack([truth, train]))[:N]),
        target_genes=[[row] for row in range(N)],
        panel_targets=np.arange(2 * N),
        halves=[truth + noise, truth - noise],
    )

    def results(predictions):
        table = np.broadcast_to(predictions, truth.shape)
        scores = {name: value.mean() for name, value in truth_of.score_all(table).items()}
        return scores | {"mode_collapse": mode_collapse(table, truth)}

    return {"truth": truth, "control": control, "mean": mean, "rng": rng, "results": results}


def test_the_names_are_those_of_the_results():
    assert list(EXPRESSION_METRICS) == [*SCORES, *WITH_HALVES, "mode_collapse", *RATES]


@SPECS
def test_perfect_predictions_get_the_perfect_value(spec, fold):
    perfect = fold["results"](fold["truth"])[spec.name]
    if spec.perfect is None:
        assert math.isfinite(perfect)
    else:
        assert perfect == pytest.approx(spec.perfect, abs=1e-12)


@SPECS
def test_the_direction_is_that_of_better_predictions(spec, fold):
    noise = fold["rng"].normal(0, 0.3, (N, GENES))
    values = [fold["results"](fold["truth"] + share * noise)[spec.name] for share in (0, 0.5, 4)]
    if spec.better == "higher":
        assert values[0] >= values[1] > values[2]
    elif spec.better == "lower":
        assert values[0] <= values[1] < values[2]
    else:
        assert spec.name in ("systematic_share", "mode_collapse")


@SPECS
@pytest.mark.each("which", ["mean_effect", "no_change", "constant"])
def test_trivial_predictors_get_the_stated_values(spec, which, fold):
    rng = np.random.default_rng(3)
    anything = [fold["truth"][0], rng.gamma(1, 1, GENES), np.zeros(GENES)]
    vectors = {"mean_effect": [fold["mean"]], "no_change": [fold["control"]], "constant": anything}
    stated = getattr(spec, which)
    values = [fold["results"](vector)[spec.name] for vector in vectors[which]]
    if stated is None:
        assert np.isfinite(values).all()
    else:
        assert values == pytest.approx([stated] * len(values), abs=1e-12)


@SPECS
def test_a_value_that_every_constant_has_is_stated_for_each(spec):
    if spec.constant is not None:
        assert spec.mean_effect == spec.no_change == spec.constant


def test_the_weighted_r2_of_the_training_mean_is_not_above_zero(fold):
    assert fold["results"](fold["mean"])["r2_weighted"] <= 0


def test_every_row_reads_as_a_sentence():
    for spec in EXPRESSION_METRICS.values():
        assert spec.formula
        assert spec.summary.endswith(".")
        assert spec.limits == "" or spec.limits.endswith(".")
