from datetime import date

import pytest

from perturb_evals.leaderboard.released import release


def test_a_model_that_is_known():
    found = release("openai/gpt-4o-mini", "k562")
    assert found is not None
    assert found.date == date(2024, 7, 18)
    assert found.after_data is False  # PerturbQA came in 2025
    assert release("openai/gpt-4o-mini", "replogle_k562").after_data is True  # the screen in 2022
    assert release("openai/gpt-4o-mini", "demo_a").after_data is None


@pytest.mark.parametrize("model", ["none/none", "perturb_scripted/biologist", "openai-api/local/x"])
def test_a_model_that_is_not(model):
    assert release(model, "k562") is None
