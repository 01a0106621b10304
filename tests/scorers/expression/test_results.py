"""The metric of predicted expression, on scores as Inspect hands them over."""

import math
import random

import numpy as np
import pytest
from inspect_ai.scorer import SampleScore, Score
from scipy.spatial.distance import pdist

from perturb_evals.metrics.expression.spec import SCORES
from perturb_evals.scorers.expression.results import regression, scored_vectors


def reply(pert, value, fold=0, repeat=0, projection=(0.0, 0.0), **found):
    metadata = {
        "neighbors": [],
        "counts": {"n_top20": 20},
        "projection": list(projection),
        "true_projection": [float(len(pert)), value],
        **found,
    }
    return SampleScore(
        score=Score(value=dict.fromkeys(SCORES, value), metadata=metadata),
        sample_id=f"s/fold{fold}/repeat{repeat}/{pert}",
        sample_metadata={"pert": pert, "fold": fold, "repeat": repeat},
    )


def results(scores, **options):
    return regression(**options)(scores)


def test_a_result_is_the_mean_over_perturbations_of_their_mean_answer():
    # A has two repeats with two epochs, B one answer: A counts once, not four times.
    scores = [
        reply("A", 1.0),
        reply("A", 2.0),
        reply("A", 3.0, repeat=1),
        reply("A", 6.0, repeat=1),
        reply("B", 10.0, fold=1),
    ]
    found = results(scores)
    assert found["mae_top20"] == pytest.approx((3 + 10) / 2)
    assert found["pds"] == pytest.approx(6.5)
    assert found["n_perturbations"] == 2
    assert found["n_questions"] == 3
    assert next(iter(found)) == "mae_top20"


def test_the_interval_resamples_perturbations_and_repeats_with_its_seed():
    rng = np.random.default_rng(3)
    values = rng.normal(1, 0.5, 300)
    scores = [reply(f"P{i}", value, fold=i % 5) for i, value in enumerate(values)]
    found = results(scores)
    half = 1.96 * values.std() / math.sqrt(300)
    assert found["mae_top20_lower"] == pytest.approx(values.mean() - half, abs=0.01)
    assert found["mae_top20_upper"] == pytest.approx(values.mean() + half, abs=0.01)
    random.Random(0).shuffle(scores)
    assert results(scores) == pytest.approx(found)
    assert results(scores, seed=1)["mae_top20_lower"] != found["mae_top20_lower"]


def test_the_papers_standard_error_is_over_folds_with_repeats_averaged_first():
    scores = [
        reply("A", 1.0, fold=0),
        reply("A", 3.0, fold=0, repeat=1),
        reply("B", 4.0, fold=0),
        reply("B", 4.0, fold=0, repeat=1),
        reply("C", 6.0, fold=1),
        reply("C", 8.0, fold=1, repeat=1),
    ]
    means = [(2.0 + 4.0) / 2, 7.0]
    golden = np.std(means, ddof=1) / math.sqrt(2)
    assert results(scores)["mae_top20_paper_se"] == pytest.approx(golden)
    assert "mae_top20_paper_se" not in results(scores[:4])


def test_mode_collapse_is_within_a_fold_a_repeat_and_an_epoch():
    rng = np.random.default_rng(1)
    scores, ratios = [], []
    for fold in range(2):
        for _epoch in range(2):
            predicted, true = rng.normal(size=(2, 4, 2))
            ratios.append(pdist(predicted).mean() / pdist(true).mean())
            for place in range(4):
                one = reply(f"P{fold}{place}", 1.0, fold, projection=predicted[place])
                one.score.metadata["true_projection"] = true[place].tolist()
                scores.append(one)
    assert len(ratios) == 4
    assert results(scores)["mode_collapse"] == pytest.approx(np.mean(ratios))


def test_everything_that_went_wrong_is_counted():
    scores = [
        reply("A", 1.0, neighbors=["X", "Y"], n_given=6, by_exact=1, by_alias=1, read="object",
              dropped_invented=2, dropped_duplicate=1, dropped_target=1),
        reply("B", 1.0, fallback="no_list", reasks=2, counts={"n_top20": 7}),
        reply("C", 1.0, neighbors=["X"] * 10, n_given=14, dropped_over_limit=4, read="list"),
        reply("D", 1.0, fallback="none_usable", n_given=4, dropped_invented=4, read="cut_off",
              counts={"n_top20": 20, "undefined_pearson_delta_pert": 1}),
    ]  # fmt: skip
    found = results(scores, asked=6)
    expected = {
        "fallback_rate": 0.5,
        "invented_rate": 6 / 24,
        "mean_k": 6.0,
        "n_dropped_invented": 6,
        "n_dropped_duplicate": 1,
        "n_dropped_target": 1,
        "n_dropped_over_limit": 4,
        "n_dropped_ambiguous": 0,
        "n_found_by_alias": 1,
        "n_found_by_case": 0,
        "n_reasks": 2,
        "n_fallback_no_list": 1,
        "n_fallback_none_usable": 1,
        "n_read_from_list": 1,
        "n_read_from_cut_off": 1,
        "n_few_ranked": 1,
        "n_undefined_pearson_delta_pert": 1,
        "n_perturbations": 4,
        "n_missing": 2,
    }
    assert {name: found[name] for name in expected} == expected


def test_no_scores_at_all():
    found = results([], asked=3)
    assert math.isnan(found["mae_top20"])
    assert math.isnan(found["mae_top20_lower"])
    assert "pds" not in found
    assert found["n_missing"] == 3
    assert found["fallback_rate"] == 0


def test_scores_of_another_scorer_are_refused():
    other = SampleScore(score=Score(value=0.5), sample_id="x", sample_metadata={"pert": "A"})
    with pytest.raises(ValueError, match=r"Sample x: .*goes with the scorer `expression`"):
        scored_vectors([other])
