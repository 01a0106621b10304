import math

import numpy as np
import pytest

from perturb_evals.metrics.pairs.predictions import Predictions
from perturb_evals.metrics.pairs.spec import PAIR_METRICS

SPECS = pytest.mark.each("spec", PAIR_METRICS.values())


def with_scores(table, scores):
    return Predictions(table.perts, table.genes, table.labels, scores)


def test_the_names_are_those_of_the_results():
    assert list(PAIR_METRICS) == [
        "auroc_per_gene",
        "auroc_per_perturbation",
        "auroc_pooled",
        "average_precision",
        "balanced_accuracy",
        "mcc",
        "brier",
        "ece",
        "auroc_per_gene_answered",
        "gene_only_share",
    ]


@SPECS
def test_perfect_scores_get_the_perfect_value(spec, example):
    table = example()
    perfect = spec.function(with_scores(table, table.labels))
    worst = spec.function(with_scores(table, 1 - table.labels))
    if spec.better is None:
        assert spec.perfect is None
        assert np.isfinite([perfect, worst]).all()
    else:
        assert perfect == pytest.approx(spec.perfect, abs=1e-12)
        assert worst < perfect if spec.better == "higher" else worst > perfect


@SPECS
def test_constant_scores_get_the_constant_value(spec, example):
    values = [spec.function(example(scores=c)) for c in (0.0, 0.3, 0.5, 1.0)]
    if spec.constant is None:
        assert np.isfinite(values).all()
    else:
        assert values == pytest.approx([spec.constant] * 4, abs=1e-12, nan_ok=True)


def test_constant_values_that_depend_on_the_data(example):
    table = example(scores=0.3)
    rate = table.labels.mean()
    values = {name: spec.function(table) for name, spec in PAIR_METRICS.items()}
    assert values["average_precision"] == pytest.approx(rate)
    assert values["brier"] == pytest.approx(rate * 0.49 + (1 - rate) * 0.09)
    assert values["ece"] == pytest.approx(abs(rate - 0.3))


@SPECS
def test_silence_gets_the_stated_value(spec, example):
    table = example()
    silent = Predictions(table.perts, table.genes, table.labels, table.scores, [1] * len(table))
    value = spec.function(silent)
    if spec.all_abstained is None:
        assert math.isfinite(value)
    else:
        assert value == pytest.approx(spec.all_abstained, nan_ok=True)


@SPECS
@pytest.mark.each("abstention", ["half", "lowest"])
def test_a_metric_follows_the_policy_for_abstentions_where_the_row_says_so(
    spec, abstention, example
):
    table = example()
    some = Predictions(
        table.perts, table.genes, table.labels, table.scores, np.arange(len(table)) % 3 == 0
    )
    if spec.takes_abstention:
        by_policy = spec.function(some, abstention=abstention)
        assert (by_policy == spec.function(some)) == (abstention == "half")
    else:
        with pytest.raises(TypeError, match="abstention"):
            spec.function(some, abstention=abstention)


@SPECS
def test_rows_of_different_genes_are_compared_where_the_row_says_so(spec, example):
    """Another scale of the scores in every gene leaves the others as they were."""
    table = example()
    rescaled = with_scores(table, (table.scores + table.genes) / (1 + table.genes.max()))
    same = spec.function(rescaled) == pytest.approx(spec.function(table), abs=1e-12)
    # Perturbations are compared across genes too, whichever rows were selected.
    assert same != (spec.across_genes or spec.name == "auroc_per_perturbation")


@SPECS
def test_no_rows_have_no_value(spec):
    assert math.isnan(spec.function(Predictions([], [], [], [])))


@SPECS
@pytest.mark.each("label", [0, 1])
def test_one_class_has_no_value_where_the_row_says_so(spec, label):
    value = spec.function(Predictions([1, 2, 3], [1, 1, 2], [label] * 3, [0.2, 0.4, 0.6]))
    needs_both = "one class" in spec.limits or "both classes" in spec.limits
    assert math.isnan(value) == needs_both


@SPECS
def test_scores_beyond_probabilities_have_no_value_where_the_row_says_so(spec, example):
    table = example()
    value = spec.function(with_scores(table, table.scores * 10 - 5))
    assert math.isnan(value) == ("outside [0, 1]" in spec.limits)
