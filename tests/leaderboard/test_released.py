from datetime import date

import pytest

from perturb_evals.leaderboard.released import release


def test_a_model_that_is_known():
    found = release("openai/gpt-4o-mini", date(2025, 3, 1))
    assert found is not None
    assert found.date == date(2024, 7, 18)
    assert found.after_data is False
    assert release("openai/gpt-4o-mini", date(2022, 7, 14)).after_data is True
    assert release("openai/gpt-4o-mini", None).after_data is None


@pytest.mark.parametrize("model", ["none/none", "perturb_scripted/biologist", "openai-api/local/x"])
def test_a_model_that_is_not(model):
    assert release(model, date(2025, 3, 1)) is None
