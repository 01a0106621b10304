"""Options that are refused: what is asked for, how often, and what is remembered."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from inspect_ai import Task
from inspect_ai.dataset import Sample
from inspect_ai.log import EvalLog
from inspect_ai.solver import Generate, Solver, TaskState, solver

from perturb_evals.solvers.asking.granted import Granted

LADDER = (0.3, 0.2, 0.1)  # temperatures, the most wanted first


@solver
def asks(granted: Granted) -> Solver:
    async def solve(state: TaskState, generate: Generate) -> TaskState:
        return await granted.generate(state, generate)

    return solve


@pytest.fixture
def run(evaluate: Callable[..., EvalLog], speaker: Any) -> Callable[..., Any]:
    """Ask eight questions of a model, and return the log and the temperatures it was asked for."""

    def run(reply: Callable[[Any], str], granted: Granted | None = None) -> Any:
        model = speaker(reply)
        granted = granted or Granted("temperature", [{"temperature": t} for t in LADDER])
        dataset = [Sample(input=f"question {n}", id=n) for n in range(8)]
        task = Task(dataset=dataset, solver=asks(granted))
        log = evaluate(task, model=model.model, continue_on_fail=True)
        return log, [heard.config.temperature for heard in model.heard]

    return run


@pytest.mark.parametrize("refused_above", [1.0, 0.25, 0.15, 0.05])
def test_the_most_that_is_granted_is_found_once(refused_above, run, refused):
    def reply(heard: Any) -> str:
        if (heard.config.temperature or 0) > refused_above:
            raise refused("not so warm")
        return "yes"

    log, asked = run(reply)
    assert log.status == "success"
    left = [t for t in LADDER if t <= refused_above]
    granted = left[0] if left else None
    tried = [t for t in LADDER if t > refused_above]
    assert asked[: len(tried)] == tried
    assert asked[len(tried) :] == [granted] * 8


def test_a_question_that_is_refused_anyway_takes_nothing_from_the_others(run, refused):
    def reply(heard: Any) -> str:
        if heard.texts[0] == "question 0":
            raise refused("not this question")
        return "yes"

    log, asked = run(reply)
    (failed,) = (sample for sample in log.samples if sample.error)
    assert failed.id == 0
    assert Counter(asked)[LADDER[0]] == 8
    assert Counter(asked)[None] == 1


def test_an_error_that_is_no_refusal_is_not_tried_again(run):
    def reply(heard: Any) -> str:
        raise RuntimeError("no such luck")

    log, asked = run(reply)
    assert all("no such luck" in sample.error.message for sample in log.samples)
    assert set(asked) == {LADDER[0]}
    assert len(asked) == 8


def test_without_options_the_model_is_just_asked(run):
    log, asked = run(lambda heard: "yes", Granted("nothing", []))
    assert log.status == "success"
    assert asked == [None] * 8


def test_what_is_refused_for_its_content_is_not_remembered(evaluate, speaker, refused):
    """The very first request is refused with and without the option, all before the second."""

    def reply(heard: Any) -> str:
        if heard.texts[0] == "question 0":
            raise refused("not this question")
        return "yes"

    model = speaker(reply)
    granted = Granted("temperature", [{"temperature": 0.3}])
    dataset = [Sample(input=f"question {n}", id=n) for n in range(4)]
    task = Task(dataset=dataset, solver=asks(granted))
    log = evaluate(task, model=model.model, continue_on_fail=True, max_samples=1)
    assert [bool(sample.error) for sample in log.samples] == [True, False, False, False]
    assert "not this question" in log.samples[0].error.message
    assert [heard.config.temperature for heard in model.heard] == [0.3, None, 0.3, 0.3, 0.3]
