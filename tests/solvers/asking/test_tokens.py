"""Estimates of tokens: prose and lists are counted apart."""

import pytest

from perturb_evals.solvers.asking.tokens import prompt_tokens, prose_tokens


def test_prose_and_candidates_are_counted_apart():
    candidates = [f"GENE{n:03}" for n in range(100)]  # 7 characters, a comma and a blank each
    prompt = "x" * 400 + ", ".join(candidates) + ", "
    assert prompt_tokens(prompt, candidates) == 400 / 4 + 900 / 2
    assert prompt_tokens("x" * 400, []) == prose_tokens(400) == 100
    assert prompt_tokens("", []) == 0


def test_a_prompt_of_a_real_screen_takes_some_thousand_tokens():
    """3,000 to 5,000 were measured for 874 candidates of usual length."""
    candidates = [f"G{n:04}" for n in range(874)]
    assert prompt_tokens("x" * 1500 + ", ".join(candidates), candidates) == pytest.approx(
        3400, abs=100
    )
