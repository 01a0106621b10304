import gc
import weakref

import numpy as np
import pytest
from inspect_ai import Task
from inspect_ai.dataset import Sample
from inspect_ai.log import read_eval_log
from inspect_ai.model import ChatMessageUser, ModelName, ModelOutput
from inspect_ai.scorer import Score, Scorer, Target, scorer
from inspect_ai.solver import Generate, Solver, TaskState, solver

from perturb_evals.replies.expression import ExpressionReply, is_cut_off, leave, take
from perturb_evals.replies.reply import attach, attached


def state():
    return TaskState(
        model=ModelName("none/none"),
        sample_id="demo/fold0/SMG5",
        epoch=1,
        input="?",
        messages=[ChatMessageUser(content="?")],
    )


def test_a_reply_travels_with_the_output():
    output = ModelOutput.from_content("m", "text")
    assert attached(output, ExpressionReply) == ExpressionReply()
    output.metadata = {"the provider's": 1}
    reply = ExpressionReply("oracle", "median", 5, prompt="abc", reasks=1)
    attach(output, reply)
    again = ModelOutput.model_validate_json(output.model_dump_json())
    assert attached(again, ExpressionReply) == reply
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


@pytest.mark.parametrize("log_format", ["eval", "json"])
def test_no_vector_outlives_its_sample_or_gets_into_a_log(evaluate, log_format):
    """Of four samples one fails after its vector was left, once in each of two tries."""
    left, taken = [], []

    @solver
    def predicts() -> Solver:
        async def solve(state: TaskState, generate: Generate) -> TaskState:
            vector = np.full(7, 0.123456789)
            left.append(weakref.ref(vector))
            leave(state, vector)
            del vector
            if state.sample_id == 2:
                raise RuntimeError("too late")
            return state

        return solve

    @scorer(metrics=[])
    def takes() -> Scorer:
        async def score(state: TaskState, target: Target) -> Score:
            taken.append(take(state).tolist())
            return Score(value=1)

        return score

    task = Task(
        dataset=[Sample(input="?", id=number) for number in range(4)],
        solver=predicts(),
        scorer=takes(),
    )
    log = evaluate(task, continue_on_fail=True, retry_on_error=1, log_format=log_format)
    assert [sample.id for sample in log.samples if sample.error] == [2]
    assert taken == [[0.123456789] * 7] * 3
    assert "0.1234" not in read_eval_log(log.location).model_dump_json()
    assert len(left) == 5
    del log
    gc.collect()
    # The oldest Inspect keeps one sample of a JSON log until the next run; more would add up.
    assert sum(vector() is not None for vector in left) <= 1
