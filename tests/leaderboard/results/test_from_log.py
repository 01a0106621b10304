"""From a header and its samples to a result, against the full logs read another way."""

import math
from collections import Counter
from dataclasses import replace

import pytest
from inspect_ai.log import EvalError, read_eval_log
from inspect_ai.model import ModelCost, ModelUsage

from perturb_evals.families import family_of
from perturb_evals.leaderboard.results.from_log import metrics, result_of
from perturb_evals.leaderboard.systems import identity
from perturb_evals.logs.samples import read_samples

MODEL = "perturb_scripted/biologist"


@pytest.fixture
def header(runs, unfinished):
    """Read the header of a run, complete or not."""

    def header(name):
        return read_eval_log(str({**runs, **unfinished}[name]), header_only=True)

    return header


@pytest.mark.parametrize("name", ["scripted de", "knn direction", "mean langpert"])
def test_metrics_are_those_of_the_header_with_their_intervals(header, name):
    log = header(name)
    result = result_of(log)
    stored = {metric: found.value for metric, found in log.results.scores[0].metrics.items()}
    assert result.headline == family_of(result.task).headline
    told = {**result.counts}
    for metric, figure in result.metrics.items():
        told[metric] = figure.value
        if figure.lower is not None:
            told |= {f"{metric}_lower": figure.lower, f"{metric}_upper": figure.upper}
            assert figure.lower <= figure.value <= figure.upper
    assert told == stored
    assert result.metrics[result.headline].lower is not None


def test_tags_and_the_view_of_a_log_are_no_part_of_its_result(header):
    log = header("knn direction")
    bare = log.model_copy(deep=True)
    bare.eval.tags, bare.eval.viewer = None, None
    log.eval.tags = ["cross_line_knn", "mine"]
    assert log.eval.viewer is not None
    assert result_of(log) == result_of(bare)
    assert identity(result_of(log)) == identity(result_of(bare))


def test_coverage_and_reasons_add_up(header):
    log = header("scripted de")
    result = result_of(log)
    samples = read_eval_log(log.location).samples
    found = Counter((s.scores["p_positive"].metadata or {}).get("abstained") for s in samples)
    assert result.coverage == pytest.approx(found.pop(None, 0) / len(samples))
    assert result.reasons == pytest.approx({why: n / len(samples) for why, n in found.items()})
    assert result.coverage + sum(result.reasons.values()) == pytest.approx(1)


def test_fallbacks_are_what_is_not_covered(header):
    log = header("scripted langpert")
    result = result_of(log)
    samples = read_eval_log(log.location).samples
    found = Counter(s.scores["expression"].metadata.get("fallback") for s in samples)
    assert result.coverage == pytest.approx(found.pop(None, 0) / len(samples))
    assert result.reasons == pytest.approx({why: n / len(samples) for why, n in found.items()})


@pytest.mark.parametrize("status", ["partial", "error", "cancelled", "started"])
def test_runs_that_are_not_complete_say_why(header, status):
    result = result_of(header(status))
    assert result.status == status
    assert result.reason.endswith(".")
    assert not result.metrics or status == "partial"


def test_metrics_that_are_not_finite_are_left_out(header):
    log = header("constant de")
    log.results.scores[0].metrics["auroc_per_gene"].value = math.nan
    log.results.scores[0].metrics["coverage"].value = math.inf
    assert not {"auroc_per_gene", "coverage"} & set(metrics(log))
    assert "auroc_per_gene" not in result_of(log).metrics


def test_usage(header):
    log = header("scripted de")
    bare, whole = result_of(log).usage, result_of(log, read_samples(log)).usage
    usage = log.stats.model_usage[MODEL]
    assert bare.tokens["input_tokens"] == usage.input_tokens
    assert (bare.calls, bare.retries, bare.model_seconds) == (None, None, None)
    assert whole.calls == result_of(log).n_questions * log.eval.config.epochs
    assert whole.retries == 0
    assert whole.model_seconds > 0
    assert whole.wall_seconds >= 0


def test_a_cost_is_known_when_all_prices_are(header):
    log = header("scripted de")
    price = ModelCost(input=1e6, output=0, input_cache_write=0, input_cache_read=0)
    log.stats.model_usage = {
        "a/a": ModelUsage(input_tokens=2, output_tokens=5),
        "b/b": ModelUsage(input_tokens=3, output_tokens=5),
    }
    assert result_of(log).usage.cost is None
    assert result_of(log, prices={"a/a": price}).usage.cost is None
    assert result_of(log, prices={"a/a": price, "b/b": price}).usage.cost == 5.0
    assert result_of(log, prices={"a/a": price}).usage.tokens["output_tokens"] == 10
    log.stats.model_usage["b/b"].total_cost = 0.5
    assert result_of(log, prices={"a/a": price}).usage.cost == 2.5
    log.stats.model_usage = {}
    assert result_of(log).usage.cost is None  # a model was asked, nobody knows how much
    log.eval.model = "none/none"
    assert result_of(log).usage.cost == 0.0
    constant = header("constant de")
    constant.eval.model = "maker/model"
    assert not constant.stats.model_usage
    assert result_of(constant).usage.cost == 0.0


@pytest.mark.parametrize(
    ("message", "traceback", "kind"),
    [
        ("AuthenticationError: Incorrect key sk-LEAK at /home/me", "", " (AuthenticationError)"),
        ("RateLimitError('sk-LEAK')", "", " (RateLimitError)"),
        ("sk-LEAK", "Traceback:\n  f()\nopenai.APIError: sk-LEAK\nmore\n", " (APIError)"),
        ("sk-LEAK", "Traceback:\n  f()\nTimeoutError\n", " (TimeoutError)"),
        ("sk-LEAKError is wrong", "", ""),
        ("", "", ""),
    ],
)
def test_of_an_error_only_its_class_is_told(header, message, traceback, kind):
    log = header("error")
    log.error = EvalError(message=message, traceback=traceback, traceback_ansi="")
    assert result_of(log).reason == f"The run ended with an error{kind}."
    log.error = None
    assert result_of(log).reason == "The run ended with an error."


def test_answers_that_are_missing_in_an_epoch_show_once_the_samples_are_read(header):
    log = header("scripted de")
    samples = read_samples(log)
    assert result_of(log, samples).status == "complete"
    few = replace(samples, answered=samples.answered - 30)
    found = result_of(log, few)
    assert found.status == "partial"
    assert found.reason == f"30 of {samples.answered} answers have no score."
