"""What a protocol tells of a run: which settings make another system, and what is kept back."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from inspect_ai.log import EvalLog, read_eval_log
from inspect_ai.model import GenerateConfig, ModelConfig

from perturb_evals.leaderboard.results.from_log import result_of
from perturb_evals.leaderboard.results.protocol import LIMITS, OPERATIONAL, protocol_of
from perturb_evals.leaderboard.systems import identity

SCHEMA = {"name": "x", "json_schema": {"type": "object"}}
CONFIG: dict[str, tuple[Any, Any]] = {
    "max_retries": (1, 2),
    "timeout": (100, 200),
    "attempt_timeout": (10, 20),
    "stream_idle_timeout": (10, 20),
    "max_connections": (3, 4),
    "adaptive_connections": (True, 5),
    "cache": (True, {"expiry": "1W"}),
    "cache_prompt": ("auto", False),
    "batch": (100, {"size": 5}),
    "system_message": ("Be brief.", "Be long."),
    "max_tokens": (100, 200),
    "top_p": (0.5, 0.6),
    "temperature": (0.0, 0.6),
    "stop_seqs": (["END"], ["END", "STOP"]),
    "best_of": (1, 2),
    "frequency_penalty": (0.1, 0.2),
    "presence_penalty": (0.1, 0.2),
    "logit_bias": ({42: 10}, {42: -10}),
    "seed": (0, 1),
    "top_k": (5, 6),
    "num_choices": (1, 2),
    "logprobs": (True, False),
    "top_logprobs": (5, 20),
    "prompt_logprobs": (1, 2),
    "parallel_tool_calls": (True, False),
    "internal_tools": (True, False),
    "max_tool_output": (100, 200),
    "fallback_models": (["a"], ["b"]),
    "fail_on_refusal": (True, False),
    "verbosity": ("low", "high"),
    "effort": ("low", "high"),
    "reasoning_effort": ("low", "high"),
    "reasoning_mode": ("standard", "pro"),
    "reasoning_tokens": (100, 200),
    "reasoning_summary": ("none", "auto"),
    "reasoning_history": ("none", "all"),
    "response_schema": (SCHEMA, {**SCHEMA, "strict": True}),
    "extra_headers": ({"X-Beta": "a"}, {"X-Beta": "b"}),
    "extra_body": (
        {"chat_template_kwargs": {"enable_thinking": True}},
        {"chat_template_kwargs": {"enable_thinking": False}},
    ),
    "modalities": (["image"], [{"options": {"openai": {"size": "big"}}}]),
}
"""Two values for every setting of generation that Inspect has."""

Header = Callable[..., EvalLog]


@pytest.fixture
def header(runs: dict[str, Path]) -> Header:
    """The header of a run with other settings of generation, and other fields of `eval`."""

    def header(
        run: str = "scripted de", config: dict[str, Any] | None = None, **changes: Any
    ) -> EvalLog:
        log = read_eval_log(str(runs[run]), header_only=True)
        log.plan.config = GenerateConfig(**(config or {}))
        for name, value in changes.items():
            setattr(log.eval, name, value)
        return log

    return header


def system(log: EvalLog) -> str:
    return identity(result_of(log))


def test_every_setting_of_inspect_was_looked_at() -> None:
    assert set(CONFIG) == set(GenerateConfig.model_fields), "does it change answers? sort it"
    assert set(OPERATIONAL) <= set(CONFIG)


@pytest.mark.each("name", CONFIG)
def test_how_a_model_is_reached_makes_no_other_system_and_all_else_does(
    name: str, header: Header
) -> None:
    logs = [header(), *(header(config={name: value}) for value in CONFIG[name])]
    assert len({system(log) for log in logs}) == (1 if name in OPERATIONAL else 3)
    shown = {str(protocol_of(log, None).settings) for log in logs}
    assert len(shown) == (1 if name in OPERATIONAL else 3)


@pytest.mark.each("name", CONFIG)
def test_no_setting_makes_another_system_of_one_that_asks_no_model(
    name: str, header: Header
) -> None:
    for run in ("constant de", "knn direction"):
        assert system(header(run, {name: CONFIG[name][0]}, model="a/b")) == system(header(run))


def test_a_plain_run_and_a_hasty_one_are_one_system(header: Header) -> None:
    hasty = {"max_connections": 3, "timeout": 100, "attempt_timeout": 9, "cache": True}
    assert system(header("scripted de")) == system(header("scripted direction", hasty))


def test_addresses_roles_arguments_and_limits_make_systems(header: Header) -> None:
    def role(temperature: float) -> dict[str, Any]:
        config = GenerateConfig(temperature=temperature, max_connections=int(temperature))
        return {"critic": ModelConfig(model="a/b", config=config, args={"api_key": "LEAK"})}

    limits = dict.fromkeys(LIMITS, 5) | {"token_limit_type": "output"}
    logs = [
        header(),
        header(model_base_url="http://localhost:8000/v1"),
        header(model_base_url="http://localhost:8001/v1"),
        header(model_args={"client": {"thinking": True}}),
        header(model_args={"client": {"thinking": False}}),
        header(model_roles=role(0.0)),
        header(model_roles=role(1.0)),
        header(model_roles={"critic": [*role(0.0).values()] * 2}),
    ]
    for name, value in limits.items():
        logs.append(header())
        logs[-1].eval.config = logs[0].eval.config.model_copy(update={name: value})
    assert len({system(log) for log in logs}) == len(logs)
    assert "LEAK" not in "".join(protocol_of(log, None).model_dump_json() for log in logs)


def test_an_address_is_shown_without_user_and_query(header: Header) -> None:
    log = header(model_base_url="https://me:LEAK@host:8000/v1/?key=LEAK")
    protocol = protocol_of(log, None)
    assert protocol.settings["base_url"] == protocol.given["base_url"] == "host:8000/v1"
    assert "base_url=host:8000/v1" in protocol.line()
    same = header(model_base_url="https://you:other@host:8000/v1")
    assert system(log) == system(same)


def test_secrets_neither_show_nor_count_at_any_depth(header: Header) -> None:
    def told(secret: str) -> EvalLog:
        return header(
            config={
                "extra_headers": {"Authorization": secret, "x-api-key": secret, "X-Beta": "LEAK"},
                "extra_body": {"provider": [{"api_key": secret, "order": ["a"]}]},
            },
            model_args={"organization": secret, "default_headers": {"Cookie": secret}, "port": 1},
        )

    protocol = protocol_of(told("LEAK"), None)
    assert "LEAK" not in protocol.model_dump_json()
    assert protocol.settings["extra_body"] == {"provider": [{"order": ["a"]}]}
    assert protocol.settings["extra_headers"] == {"X-Beta": "#3887e3"}
    assert protocol.settings["port"] == 1
    assert system(told("LEAK")) == system(told("another")) != system(header())


def test_what_is_empty_is_as_not_given(header: Header) -> None:
    empty = {"extra_body": {}, "stop_seqs": [], "extra_headers": {"Authorization": "LEAK"}}
    log = header(config=empty, model_args={"revision": None})
    assert system(log) == system(header())
    assert protocol_of(log, None).settings == {}


def test_an_argument_of_the_solver_and_a_setting_of_one_name_are_two(header: Header) -> None:
    def seeded(argument: int, setting: int) -> EvalLog:
        log = header(config={"seed": setting})
        (step,) = log.plan.steps[:1]
        step.solver, step.params = "mine/agent", {"seed": argument}
        step.params_passed = step.params
        return log

    assert protocol_of(seeded(1, 2), None).given == {"solver seed": 1, "seed": 2}
    assert len({system(seeded(a, b)) for a in (1, 2) for b in (1, 2)}) == 4


def test_the_arguments_of_another_s_solver_are_told_without_secrets(header: Header) -> None:
    log = header()
    (step,) = log.plan.steps[:1]
    step.solver, step.params = "mine/agent", {"api_key": "LEAK", "tools": {"token": "LEAK", "n": 2}}
    step.params_passed = dict(step.params)
    log.eval.model_args = {"organization": "LEAK", "revision": "main"}
    protocol = protocol_of(log, None)
    assert "LEAK" not in protocol.model_dump_json()
    assert protocol.solver_args == {"tools": {"n": 2}}
    assert protocol.given["tools"] == {"n": 2}
    assert protocol.settings["revision"] == "main"
