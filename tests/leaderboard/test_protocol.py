"""What a protocol tells of the arguments of a run, and what it keeps to itself."""

import inspect
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from inspect_ai.log import read_eval_log

from perturb_evals import _registry
from perturb_evals.leaderboard.protocol import protocol_of, without_secrets

SECRETS = (
    "api_key",
    "OPENAI_API_KEY",
    "authToken",
    "client_secret",
    "password",
    "default_headers",
    "cookies",
    "organization",
    "organisation_id",
    "org",
    "project",
    "projectId",
    "aws_account",
    "account_id",
)
OPEN = ("projection", "temperature", "file", "k", "organ", "tokens")


@pytest.mark.parametrize("name", SECRETS)
def test_what_is_named_like_a_secret_goes_at_any_depth(name: str) -> None:
    arguments = {name: "LEAK", "deep": [{"er": {name: ["LEAK"], "k": 1}}]}
    assert without_secrets(arguments) == {"deep": [{"er": {"k": 1}}]}


def test_what_is_not_stays_but_for_users_in_urls() -> None:
    arguments = dict.fromkeys(OPEN, 5) | {"max_tokens": 100, "none": None}
    assert without_secrets(arguments) == arguments
    assert without_secrets({"max_tokens": "LEAK"}) == {}
    assert without_secrets({"a": ["https://u:p@host/v1?key=1"]}) == {"a": ["https://host/v1"]}


def test_no_argument_of_this_package_is_named_like_a_secret() -> None:
    for function in (*_registry.TASKS, *_registry.SOLVERS):
        names = dict.fromkeys(inspect.signature(function).parameters, "x")
        assert without_secrets(names) == names


@given(
    st.recursive(
        st.just("LEAK"),
        lambda inner: (
            st.lists(inner, max_size=2)
            | st.dictionaries(st.sampled_from(SECRETS + OPEN), inner, max_size=3)
        ),
    )
)
def test_no_secret_name_is_left_anywhere(value: object) -> None:
    text = repr(without_secrets({"a": value}))
    assert not any(repr(name) in text for name in SECRETS)


def test_the_arguments_of_another_s_solver_are_told_without_secrets(runs: dict[str, Path]) -> None:
    log = read_eval_log(str(runs["scripted de"]), header_only=True)
    (step,) = log.plan.steps[:1]
    step.solver, step.params = "mine/agent", {"api_key": "LEAK", "tools": {"token": "LEAK", "n": 2}}
    step.params_passed = dict(step.params)
    log.eval.model_args = {"organization": "LEAK", "revision": "main"}
    protocol = protocol_of(log, None)
    assert "LEAK" not in protocol.model_dump_json()
    assert protocol.solver_args == {"tools": {"n": 2}}
    assert protocol.given["tools"] == {"n": 2}
    assert protocol.settings["revision"] == "main"
