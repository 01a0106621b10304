"""Metrics computed again from the stored scores."""

import math

import pytest
from inspect_ai.log import read_eval_log

from perturb_evals.leaderboard.submission.metrics import metrics_check
from perturb_evals.logs.samples import read_samples


@pytest.fixture
def run(runs):
    def run(name):
        log = read_eval_log(str(runs[name]), header_only=True)
        return log, read_samples(log).scores

    return run


@pytest.mark.parametrize("name", ["scripted de", "scripted direction", "scripted langpert"])
def test_every_metric_of_a_run_is_that_of_its_scores(run, name):
    log, scores = run(name)
    check = metrics_check(log, scores)
    assert check.outcome == "pass"
    assert f"All {len(log.results.scores[0].metrics)} are" in check.said
    assert metrics_check(log, scores[::-1]).outcome == "pass"


@pytest.mark.parametrize("name", ["scripted de", "scripted langpert"])
def test_the_first_metric_that_differs_is_named(run, name):
    log, scores = run(name)
    for metric, found in log.results.scores[0].metrics.items():
        was = found.value
        found.value = was + 1e-8
        check = metrics_check(log, scores)
        assert check.outcome == "fail"
        assert check.said.startswith(f"{metric}: the header says ")
        found.value = math.nan
        assert metrics_check(log, scores).outcome == "fail"
        found.value = was
    for found in log.results.scores[0].metrics.values():
        found.value += 1e-10
    assert metrics_check(log, scores).outcome == "pass"


def test_a_metric_that_is_not_there_or_too_many(run):
    log, scores = run("constant de")
    metrics = log.results.scores[0].metrics
    metrics["best"] = metrics["coverage"].model_copy(update={"name": "best"})
    assert "best: the header says 1, the stored scores give nothing." in (
        metrics_check(log, scores).said
    )
    del metrics["best"], metrics["coverage"]
    assert "coverage: the header says nothing" in metrics_check(log, scores).said


def test_undefined_metrics_are_the_same(run):
    log, _ = run("constant de")
    metrics = log.results.scores[0].metrics
    log.eval.metadata["n_questions"] = 0
    assert metrics_check(log, []).outcome == "fail"
    for name in ("auroc_per_gene", "auroc_per_gene_lower", "auroc_per_gene_upper"):
        metrics[name].value = math.nan
    assert not metrics_check(log, []).said.startswith("auroc_per_gene")


def test_another_scorer_is_refused(run):
    log, scores = run("constant de")
    log.results.scores[0].name = "mine"
    assert "Expected the scorer p_positive, got mine" in metrics_check(log, scores).said


def test_scores_that_are_none_are_refused(run):
    log, scores = run("constant de")
    for score in scores:
        score.score.metadata = {}
    assert metrics_check(log, scores).outcome == "fail"


def test_a_list_that_inspect_left_out_of_summaries_is_no_fault(run):
    log, scores = run("scripted langpert")
    scores[0].score.metadata["neighbors"] = "Key removed from summary (> 1k)"
    assert metrics_check(log, scores).outcome == "pass"
