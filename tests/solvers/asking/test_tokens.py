"""Estimates of tokens, and the warning of a model that is too small for a prompt."""

import logging
from collections.abc import Iterator

import pytest
from inspect_ai.model import Model, ModelInfo, get_model, set_model_info

from perturb_evals.solvers.asking.tokens import ContextWindow, prompt_tokens, prose_tokens

CANDIDATES = [f"GENE{n:03}" for n in range(100)]  # 7 characters, a comma and a blank each
PROMPT = ", ".join(CANDIDATES)  # about 450 tokens


def test_prose_and_candidates_are_counted_apart():
    prompt = "x" * 400 + PROMPT + ", "
    assert prompt_tokens(prompt, CANDIDATES) == 400 / 4 + 900 / 2
    assert prompt_tokens("x" * 400, []) == prose_tokens(400) == 100
    assert prompt_tokens("", []) == 0


def test_a_prompt_of_a_real_screen_takes_some_thousand_tokens():
    """3,000 to 5,000 were measured for 874 candidates of usual length."""
    candidates = [f"G{n:04}" for n in range(874)]
    assert prompt_tokens("x" * 1500 + ", ".join(candidates), candidates) == pytest.approx(
        3400, abs=100
    )


@pytest.fixture
def model() -> Iterator[Model]:
    """A model of 449 tokens."""
    name = "mockllm/small-window"
    set_model_info(name, ModelInfo(context_length=449))
    yield get_model(name)
    set_model_info(name, ModelInfo())


def test_a_window_that_is_too_small_is_said_once_a_model(model, logged):
    window = ContextWindow()
    for _ in range(3):
        window.check(model, PROMPT, CANDIDATES)
    (record,) = logged.records
    assert record.levelno == logging.WARNING
    assert "100 candidates takes about 450 tokens" in record.getMessage()
    assert "mockllm/small-window has 449" in record.getMessage()
    assert "n_train" in record.getMessage()


def test_nothing_is_said_of_a_prompt_that_fits_or_a_model_that_is_not_known(model, logged):
    ContextWindow().check(model, PROMPT, CANDIDATES[1:])
    ContextWindow().check(model, "short", [])
    ContextWindow().check(get_model("mockllm/nobody-knows"), PROMPT * 1000, CANDIDATES)
    assert not logged.records
