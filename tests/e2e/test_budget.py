"""A budget that the environment gives to `inspect eval`: it ends a run, and a retry goes on."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from inspect_ai import eval_retry
from inspect_ai.log import EvalLog

from perturb_evals.solvers.asking.budget import BUDGET, PRICES
from perturb_evals.tasks.perturbqa import perturbqa_de

MODEL = "openai-api/local/label"
PRICE = {"input": 5.0, "output": 0.0, "input_cache_write": 0.0, "input_cache_read": 0.0}
A_QUESTION = 200 * 5.0 / 1e6
"""The server says that each prompt took 200 tokens."""


def metrics(log: EvalLog) -> dict[str, float]:
    assert log.status == "success", log.error
    assert log.results is not None
    return {name: found.value for name, found in log.results.scores[0].metrics.items()}


def test_a_run_that_its_budget_ends_goes_on_to_what_an_undisturbed_one_gives(
    provider: Any,
    evaluate: Callable[..., EvalLog],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    at = {"model": MODEL, "model_base_url": provider.url}
    undisturbed = evaluate(perturbqa_de(dataset="demo", genes=2), **at)
    n = len(provider.of("label"))
    provider.calls.clear()

    prices = tmp_path / "prices.json"
    prices.write_text(json.dumps({MODEL: PRICE}), "utf-8")
    monkeypatch.setenv(PRICES, str(prices))
    monkeypatch.setenv(BUDGET, f"{n // 2 * A_QUESTION}")
    ended = evaluate(perturbqa_de(dataset="demo", genes=2), continue_on_fail=True, **at)
    assert ended.status == "error"
    asked = len(provider.of("label"))
    assert asked == n // 2
    assert ended.stats.model_usage[MODEL].total_cost == pytest.approx(asked * A_QUESTION)
    errors = [sample for sample in ended.samples or [] if sample.error]
    assert len(errors) == n - asked
    for sample in errors:
        assert sample.error is not None
        assert "The budget of $" in sample.error.message
        assert not sample.scores, "a question that was not asked has no answer"

    monkeypatch.setenv(BUDGET, "1")
    (resumed,) = eval_retry(ended, log_dir=str(tmp_path / "logs"), display="none")
    assert set(provider.asked("label").values()) == {1}, "nothing is asked twice"
    assert metrics(resumed) == metrics(undisturbed)
    assert resumed.stats.model_usage[MODEL].total_cost == pytest.approx(n * A_QUESTION)


def test_a_model_without_a_price_is_not_asked(
    provider: Any, evaluate: Callable[..., EvalLog], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(PRICES, raising=False)
    monkeypatch.setenv(BUDGET, "3")
    model = "openai-api/local/with-logprobs"
    log = evaluate(
        perturbqa_de(dataset="demo", genes=1, answer="logprobs"),
        model=model,
        model_base_url=provider.url,
    )
    assert log.status == "error"
    assert log.error is not None
    assert f"{model} has no price" in log.error.message
    assert provider.calls == []
