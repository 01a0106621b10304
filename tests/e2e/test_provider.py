"""A real provider over the wire: what it may do wrong, and what the log then says."""

import math
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import inspect_ai
import pytest
from inspect_ai.event import ModelEvent
from inspect_ai.log import EvalLog, EvalSample
from inspect_ai.scorer import Score
from sklearn.metrics import roc_auc_score

from perturb_evals.datasets.pairs.benchmark import pairs_benchmark
from perturb_evals.datasets.pairs.questions import Kind
from perturb_evals.replies.pairs import AnswerForm
from perturb_evals.scorers.pairs.reading import REASONS
from perturb_evals.solvers.pairs.prompts import render
from perturb_evals.tasks.perturbqa import perturbqa_de, perturbqa_direction

GENES = 3

# What each model's answers are read from, and the numbers of alternatives that it refuses.
WORD_MODELS: dict[str, tuple[str, list[int]]] = {
    "with-logprobs": ("logprobs", []),
    "without-logprobs": ("text", []),
    "logprobs-400": ("text", [20, 5]),
    "logprobs-403": ("text", [20, 5]),
    "logprobs-422": ("text", [20, 5]),
    "logprobs-400-above-5": ("logprobs", [20]),
}


def test_models_that_grant_ignore_or_refuse_log_probabilities(
    provider: Any, tmp_path: Path
) -> None:
    logs = inspect_ai.eval(
        "perturb_evals/perturbqa_de",
        task_args={"dataset": "demo", "genes": GENES, "answer": "logprobs"},
        model=[f"openai-api/local/{model}" for model in WORD_MODELS],
        log_dir=str(tmp_path / "logs"),
        display="none",
        log_realtime=False,
    )
    by_model = {log.eval.model.rpartition("/")[2]: log for log in logs}
    assert sorted(by_model) == sorted(WORD_MODELS)
    for model, (route, refused) in WORD_MODELS.items():
        log = by_model[model]
        assert_whole(log, "de")
        assert_values(log, provider, model)
        assert_prompts(provider, model, "de", "logprobs")
        assert_headline(log)
        assert {score_of(sample).metadata["route"] for sample in log.samples} == {route}, model
        # A refusal is met once, however many questions are in flight, and remembered.
        refusals = [call for call in provider.of(model) if call.reply.status != 200]
        assert [call.body["top_logprobs"] for call in refusals] == refused, model
        assert set(provider.asked(model, 200).values()) == {1}, model

    assert headline(by_model["with-logprobs"]) != headline(by_model["without-logprobs"])


def test_log_probabilities_of_words_in_pieces(
    provider: Any, evaluate: Callable[..., EvalLog]
) -> None:
    task = perturbqa_direction(dataset="demo", genes=GENES, answer="logprobs")
    log = evaluate(task, **at(provider, "with-logprobs"))
    assert_whole(log, "direction")
    assert_values(log, provider, "with-logprobs")
    assert_prompts(provider, "with-logprobs", "direction", "logprobs")
    assert {score_of(sample).metadata["route"] for sample in log.samples} == {"logprobs"}


def test_a_400_about_one_question_costs_no_other_its_log_probabilities(
    provider: Any, evaluate: Callable[..., EvalLog]
) -> None:
    task = perturbqa_de(dataset="demo", genes=GENES, answer="logprobs")
    log = evaluate(task, continue_on_fail=True, **at(provider, "one-bad-question"))
    (bad,) = (sample for sample in log.samples if sample.error)
    assert "not allowed here" in bad.error.message
    routes = [score_of(sample).metadata["route"] for sample in log.samples if not sample.error]
    assert Counter(routes) == {"logprobs": len(log.samples) - 1}
    assert {call.body["top_logprobs"] for call in provider.of("one-bad-question", 200)} == {20}


def test_replies_put_off_or_that_do_not_come_are_asked_for_again(
    provider: Any, tmp_path: Path
) -> None:
    """Each 429 is beyond the SDK's own two retries, so that Inspect's are met as well."""
    least_failures = {"flaky-429": 3, "timeout": 1}
    logs = inspect_ai.eval(
        perturbqa_de(dataset="demo", genes=GENES),
        model=[f"openai-api/local/{model}" for model in least_failures],
        model_base_url=provider.url,
        attempt_timeout=1,
        log_dir=str(tmp_path / "logs"),
        display="none",
    )
    for (model, least), log in zip(least_failures.items(), logs, strict=True):
        assert log.eval.model.endswith(model)
        assert_whole(log, "de")
        assert_headline(log)
        assert_values(log, provider, model)
        assert_prompts(provider, model, "de", "label")
        assert min(map(failed_attempts, log.samples)) >= least, "the log hides the repetitions"
    assert set(provider.asked("flaky-429", 429).values()) == {3}
    assert min(provider.asked("timeout").values()) >= 2


JUNK_READ_AS = {
    "empty text": "unparseable",
    "null text": "unparseable",
    "chatter": "unparseable",
    "cut off": "truncated",
    "filtered": "content_filter",
}
JUNK_WITHOUT_AN_ANSWER = {
    "truncated JSON",
    "HTML",
    "no choices",
    "choices null",
    "JSON of another kind",
}


def test_junk_is_an_abstention_or_a_logged_error_and_a_retry_asks_for_what_was_lost(
    provider: Any, evaluate: Callable[..., EvalLog], tmp_path: Path
) -> None:
    # Inspect takes an HTML page for a passing failure and repeats without end by default.
    patience = {"continue_on_fail": True, "max_retries": 0}
    task = perturbqa_de(dataset="demo", genes=GENES)
    log = evaluate(task, **patience, **at(provider, "junk"))
    junk = {call.pair: call.junk for call in provider.of("junk")}
    assert set(junk.values()) == JUNK_WITHOUT_AN_ANSWER | set(JUNK_READ_AS)
    assert Counter(map(pair_of, log.samples)) == Counter(list(junk))
    for sample in log.samples:
        name = junk[pair_of(sample)]
        assert bool(sample.error) == (name in JUNK_WITHOUT_AN_ANSWER), name
        if not sample.error:
            assert score_of(sample).metadata["abstained"] == JUNK_READ_AS[name], name

    # The log says that it is not whole and how much it lacks; the metrics are about the rest.
    reasons = Counter(JUNK_READ_AS[name] for name in junk.values() if name in JUNK_READ_AS)
    assert log.status == "error"
    assert log.results.total_samples == log.eval.metadata["n_questions"] == len(junk)
    assert log.results.completed_samples == metrics(log)["n_questions"] == reasons.total()
    assert metrics(log)["coverage"] == 0.0
    for reason in REASONS:
        share = reasons[reason] / reasons.total()
        assert metrics(log)[f"abstained_{reason}"] == pytest.approx(share), reason

    before = len(provider.calls)
    (retried,) = inspect_ai.eval_retry(log, log_dir=str(tmp_path / "retried"), display="none")
    lost = Counter(pair for pair, name in junk.items() if name in JUNK_WITHOUT_AN_ANSWER)
    assert Counter(call.pair for call in provider.calls[before:]) == lost
    assert_whole(retried, "de")
    assert metrics(retried)["coverage"] == pytest.approx(lost.total() / len(junk))


def at(provider: Any, model: str) -> dict[str, Any]:
    return {"model": f"openai-api/local/{model}", "model_base_url": provider.url}


def pair_of(sample: EvalSample) -> tuple[str, str]:
    return sample.metadata["pert"], sample.metadata["gene"]


def score_of(sample: EvalSample) -> Score:
    assert sample.scores is not None, sample.error
    return sample.scores["p_positive"]


def metrics(log: EvalLog) -> dict[str, float]:
    assert log.results is not None, log.error
    return {name: metric.value for name, metric in log.results.scores[0].metrics.items()}


def assert_whole(log: EvalLog, kind: Kind) -> None:
    """Every question was scored once, with its own label, and what is counted adds up."""
    rows = pairs_benchmark(kind, "demo", genes=GENES).rows
    expected = {(row.pert, row.gene): row.label for row in rows.itertuples()}
    assert log.status == "success", log.error
    assert Counter(map(pair_of, log.samples)) == Counter(list(expected))
    assert metrics(log)["n_questions"] == log.eval.metadata["n_questions"] == len(expected)
    shares = [metrics(log)[name] for name in ("coverage", *(f"abstained_{r}" for r in REASONS))]
    assert sum(shares) == pytest.approx(1)
    for sample in log.samples:
        assert score_of(sample).metadata["label"] == expected[pair_of(sample)]


def assert_headline(log: EvalLog) -> None:
    """All questions are answered, and the headline is a loop over scikit-learn."""
    by_gene: dict[str, list[tuple[int, float]]] = {}
    for sample in log.samples:
        score = score_of(sample)
        row = (score.metadata["label"], score.as_float())
        by_gene.setdefault(sample.metadata["gene"], []).append(row)
    aurocs = [roc_auc_score(*zip(*rows, strict=True)) for rows in by_gene.values()]
    assert len(aurocs) == GENES
    assert metrics(log)["coverage"] == 1.0
    assert headline(log) == pytest.approx(sum(aurocs) / GENES, abs=1e-12)


def headline(log: EvalLog) -> float:
    return metrics(log)["auroc_per_gene"]


def assert_values(log: EvalLog, provider: Any, model: str) -> None:
    """Every score is what the server sent as its answer."""
    values = sent_values(provider, model)
    for sample in log.samples:
        assert score_of(sample).as_float() == pytest.approx(values[pair_of(sample)], abs=1e-9)


def failed_attempts(sample: EvalSample) -> int:
    """Requests that brought no answer: repeated by the SDK within a model event, or by Inspect."""
    events = [event for event in sample.events if isinstance(event, ModelEvent)]
    return sum(event.retries or 0 for event in events) + len(events) - 1


def assert_prompts(provider: Any, model: str, kind: Kind, form: AnswerForm) -> None:
    """All that went over the wire is the prompt, which no label enters, and options."""
    for call in provider.of(model):
        prompt = render(kind, form, "demo_a", *call.pair)
        assert call.body["messages"] == [{"role": "user", "content": prompt}]
        assert set(call.body) <= {"model", "messages", "logprobs", "top_logprobs"}


POSITIVE = {" yes", "Yes", "YES", "Incre", " Increase"}
NEGATIVE = {"No", " no", "Dec", " decrease"}


def sent_values(provider: Any, model: str) -> dict[tuple[str, str], float]:
    """P(positive) of each question, from the body that the server sent."""
    values = {}
    for call in provider.of(model, 200):
        if call.reply.hangs:
            continue
        choice = call.reply.body["choices"][0]
        text = choice["message"]["content"]
        if "logprobs" not in choice:
            values[call.pair] = float(text.rpartition("ANSWER: ")[2].strip().lower() == "yes")
            continue
        top = choice["logprobs"]["content"][0]["top_logprobs"]
        mass = {word["token"]: math.exp(word["logprob"]) for word in top}
        yes = sum(mass[piece] for piece in POSITIVE & set(mass))
        no = sum(mass[piece] for piece in NEGATIVE & set(mass))
        values[call.pair] = yes / (yes + no)
    return values
