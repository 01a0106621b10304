"""What the solver that asks shows of a question, as it is and under a control."""

import asyncio
from typing import Any, get_args

import pytest
from inspect_ai.model import ChatMessageUser, ModelName, ModelOutput
from inspect_ai.solver import TaskState

from perturb_evals.datasets.errors import ArgumentError
from perturb_evals.datasets.genes.symbol_codes import KEY, codes_in
from perturb_evals.replies.pairs import PairsReply
from perturb_evals.replies.reply import attached
from perturb_evals.solvers.pairs.ask import ask
from perturb_evals.solvers.pairs.prompts import prompt_hash, render
from perturb_evals.solvers.pairs.view import Control

ABOUT = {"kind": "de", "cell_line": "k562", "pert": "PSMA1", "gene": "HSPA5"}


def asked(about: dict[str, Any] = ABOUT, **arguments: Any) -> TaskState:
    async def generate(state: TaskState, **_: Any) -> TaskState:
        state.output = ModelOutput.from_content("mockllm/model", "ANSWER: Yes")
        return state

    state = TaskState(
        model=ModelName("mockllm/model"),
        sample_id="1",
        epoch=1,
        input="",
        messages=[ChatMessageUser(content="")],
        metadata=dict(about),
    )
    return asyncio.run(ask(**arguments)(state, generate))  # type: ignore[arg-type]


@pytest.mark.each("form", ["label", "probability", "logprobs"])
def test_without_a_control_the_prompt_is_the_template_filled_in(form: Any) -> None:
    state = asked(answer=form)
    assert state.user_prompt.text == render("de", form, "k562", "PSMA1", "HSPA5")
    assert KEY not in state.metadata


def test_codes_stand_for_names_and_the_sample_says_which() -> None:
    state = asked(control="anonymised")
    prompt = state.user_prompt.text
    assert "PSMA1" not in prompt
    assert "HSPA5" not in prompt
    codes = {symbol: code for code, symbol in codes_in(state.metadata).items()}
    assert prompt == render("de", "label", "k562", codes["PSMA1"], codes["HSPA5"])


def test_swapped_exchanges_the_two_and_nothing_else() -> None:
    state = asked(control="swapped")
    assert state.user_prompt.text == render("de", "label", "k562", "HSPA5", "PSMA1")


@pytest.mark.each(
    "line, other",
    [("k562", "rpe1"), ("jurkat", "k562"), ("k562_set", "rpe1"), ("demo_a", "demo_b")],
)
def test_wrong_line_changes_the_description_and_nothing_else(line: str, other: str) -> None:
    about = {**ABOUT, "cell_line": line}
    shown, usual = (
        asked(about, **given).user_prompt.text for given in ({"control": "wrong_line"}, {})
    )
    (own,) = set(usual.splitlines()) - set(shown.splitlines())
    (changed,) = set(shown.splitlines()) - set(usual.splitlines())
    assert own.startswith("Cell line: ")
    assert changed.startswith("Cell line: ")
    assert changed in render("de", "label", other, "P", "G").splitlines()


@pytest.mark.each("control", [None, *get_args(Control)[:-1]])
def test_the_hash_is_that_of_the_template_whatever_is_taken_away(control: Any) -> None:
    reply = attached(asked(control=control).output, PairsReply)
    assert reply.prompt == prompt_hash("de", "label", "k562")


@pytest.mark.each("control", ["shuffled_evidence", "no_such", "", 1])
def test_another_control_is_refused(control: Any) -> None:
    with pytest.raises(ArgumentError, match="control"):
        ask(control=control)
