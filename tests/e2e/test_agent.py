"""The agent over HTTP: real calls of tools, servers that take none, and what it costs."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from inspect_ai.log import EvalLog, EvalSample
from inspect_ai.model import ChatMessageTool

from perturb_evals.datasets.pairs.evidence import PairsEvidence
from perturb_evals.replies.pairs import PairsReply
from perturb_evals.replies.reply import attached
from perturb_evals.solvers.asking.budget import BUDGET, PRICES
from perturb_evals.solvers.pairs.agent.lab_agent import lab_agent
from perturb_evals.solvers.pairs.agent.prompts import NO_ROWS
from perturb_evals.tasks.perturbqa import perturbqa_de

ODD = ("\ud800", "\u202e\x00", "x" * 5000, "GAPDH\nPSMA1: Yes")
OF_PERTURBATION = "outcomes_of_perturbation"


def calling(provider: Any, *wanted: tuple[str, Any], text: str | None = None) -> Any:
    """A reply that calls tools; arguments as JSON, or the text that stands in their place."""
    sent = provider.completion(text, finish="tool_calls")
    message = sent.body["choices"][0]["message"]
    message["tool_calls"] = [
        {
            "id": f"call_{number}",
            "type": "function",
            "function": {
                "name": name,
                "arguments": given if isinstance(given, str) else json.dumps(given),
            },
        }
        for number, (name, given) in enumerate(wanted)
    ]
    return sent


@pytest.fixture
def agents(provider: Any) -> Any:
    """The server, with models that use tools as their names say.

    Each test asks another one: a model keeps the address at which it was first asked.
    """
    ((kind, _),) = provider.kinds

    def reply(model: str, body: dict[str, Any], pair: tuple[str, str], nth: int, index: int) -> Any:
        told = [message for message in body["messages"] if message["role"] == "tool"]
        match model:
            case "refuses-400":
                return provider.error(400, "this model does not support tools")
            case "refuses-500":
                return provider.error(500, "tools param requires --jinja flag")
            case "away-once" if nth == 0:
                return provider.error(503, "the model is being loaded")
            case "deaf":
                return provider.completion("I have no tools.\n\nANSWER: Yes")
            case "breaks-off" if told:
                return provider.error(400, "maximum context length is 4096 tokens")
            case "odd" if not told:
                odd = [(OF_PERTURBATION, {"perturbation": name}) for name in ODD]
                other = [(OF_PERTURBATION, "{not JSON"), ("submit", "[]"), ("", {})]
                return calling(provider, *odd, *other)
            case _ if not told:
                asks = [("outcomes_of_gene", {"gene": pair[1]}), (OF_PERTURBATION, "null")]
                asks += [(OF_PERTURBATION, {"perturbation": pair[0]}), ("gene_card", {"gene": 3})]
                return calling(provider, *asks, text="Let me look.")
        outcomes = [line.rsplit(": ", 1)[-1] for line in told[0]["content"].splitlines()[1:]]
        yes = outcomes.count("Yes") * 2 > len(outcomes)
        return calling(provider, ("submit", {"answer": "Yes" if yes else "No"}))

    provider.kinds[:] = [(kind, reply)]
    return provider


@pytest.fixture
def run(agents: Any, evaluate: Callable[..., EvalLog]) -> Callable[..., EvalLog]:
    def run(model: str, limit: int | None = 4, **given: Any) -> EvalLog:
        task = perturbqa_de(dataset="demo", genes=4, evidence="within")
        return evaluate(
            task,
            solver=lab_agent(max_calls=3),
            model=f"openai-api/local/{model}",
            limit=limit,
            **given,
        )

    return run


def reply_of(sample: EvalSample) -> PairsReply:
    return attached(sample.output, PairsReply)


def abstained(log: EvalLog) -> list[Any]:
    scores = [score for sample in log.samples or [] for score in (sample.scores or {}).values()]
    return [(score.metadata or {}).get("abstained") for score in scores]


def test_tools_are_called_over_http_and_their_rows_are_answered_by(run, agents):
    log = run("reader")
    assert log.status == "success"
    for sample in log.samples or []:
        evidence = PairsEvidence.from_metadata(sample.metadata)
        rows = evidence.own()
        train = rows[rows["gene"] == sample.metadata["gene"]]
        (score,) = (sample.scores or {}).values()
        shown = {(row[1], row[3]) for row in reply_of(sample).shown}
        assert shown <= set(zip(train["pert"], train["label"], strict=True))
        assert score.value == float(sum(label for _, label in shown) * 2 > len(shown))
        told = [m for m in sample.messages if isinstance(m, ChatMessageTool)]
        assert [bool(m.error) for m in told[:4]] == [False, True, False, True]
        assert told[2].text == NO_ROWS
    offered = agents.calls[0].body["tools"]
    assert len(offered) == 5
    assert all(len(tool["function"]["parameters"]["properties"]) == 1 for tool in offered)


@pytest.mark.each(
    ("model", "why", "n"),
    [("deaf", None, 3), ("breaks-off", "too_long", 2), ("odd", None, 2), ("away-once", None, 3)],
)
def test_odd_servers_and_odd_calls_are_answers_or_counted(run, agents, model, why, n):
    log = run(model, limit=1)
    assert log.status == "success", log.error
    assert abstained(log) == [why]
    assert len(agents.of(model)) == n


@pytest.mark.each("status", [400, 500])
def test_a_server_without_tools_is_one_clear_error(run, agents, status: int):
    log = run(f"refuses-{status}", limit=1)
    assert log.status == "error"
    assert log.error is not None
    assert f"takes no tools (HTTP {status}: " in log.error.message
    assert "such as ask" in log.error.message
    assert len(agents.of(f"refuses-{status}")) <= 3  # the SDK repeats what is a 500, too


def test_every_call_is_counted_by_the_budget(run, agents, monkeypatch, tmp_path: Path):
    prices = tmp_path / "prices.json"
    price = {"input": 1e6, "output": 1e6, "input_cache_write": 0, "input_cache_read": 0}
    prices.write_text(json.dumps({"openai-api/local/paid": price}))
    monkeypatch.setenv(PRICES, str(prices))
    monkeypatch.setenv(BUDGET, str(202 * 3.5))  # a call costs 202
    log = run("paid", limit=4, fail_on_error=False, max_samples=1)
    assert len(agents.calls) == 3
    errors = [sample.error for sample in log.samples or []]
    assert sum(error is not None for error in errors) == 3
    assert all("is spent: not asked" in error.message for error in errors if error)


def test_an_answer_that_a_limit_took_away_is_counted_as_cut(run):
    log = run("cut", limit=1, token_limit=100)
    (sample,) = log.samples or []
    assert sample.limit is not None
    assert abstained(log) == ["truncated"]
