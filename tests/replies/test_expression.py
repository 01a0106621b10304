import numpy as np
import pytest
from inspect_ai.model import ChatMessageUser, ModelName, ModelOutput
from inspect_ai.solver import TaskState

from perturb_evals.replies.expression import Forecast, is_cut_off, leave, take
from perturb_evals.replies.reply import attach, attached


def state():
    return TaskState(
        model=ModelName("none/none"),
        sample_id="demo/fold0/SMG5",
        epoch=1,
        input="?",
        messages=[ChatMessageUser(content="?")],
    )


def test_a_note_travels_with_the_output():
    output = ModelOutput.from_content("m", "text")
    assert attached(output, Forecast) == Forecast()
    output.metadata = {"the provider's": 1}
    note = Forecast("oracle", "median", 5, prompt="abc", reasks=1)
    attach(output, note)
    again = ModelOutput.model_validate_json(output.model_dump_json())
    assert attached(again, Forecast) == note
    assert again.metadata["the provider's"] == 1


def test_what_a_limit_of_tokens_ended_is_cut_off():
    assert not is_cut_off(ModelOutput())  # nothing was generated
    for reason, expected in (
        ("stop", False), ("content_filter", False), ("max_tokens", True), ("model_length", True)
    ):  # fmt: skip
        assert is_cut_off(ModelOutput.from_content("m", "text", stop_reason=reason)) == expected


def test_a_vector_is_taken_once_by_its_own_sample():
    one, two = state(), state()
    leave(one, [1.0, 2.0])
    leave(two, np.array([3, 4]))
    assert take(two).tolist() == [3, 4]
    assert take(one).tolist() == [1, 2]
    with pytest.raises(ValueError, match=r"no predicted vector for demo/fold0/SMG5.*Run"):
        take(one)


def test_a_vector_is_finite():
    with pytest.raises(ValueError, match="numbers not finite"):
        leave(state(), [1.0, np.nan])
