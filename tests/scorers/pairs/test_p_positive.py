import pytest
from inspect_ai import eval as inspect_eval
from inspect_ai.model import ChatCompletionChoice, ChatMessageAssistant, ModelOutput
from inspect_ai.solver import Generate, Solver, TaskState, solver

from perturb_evals.replies.pairs import Answered, PairsReply
from perturb_evals.replies.reply import attach, attached
from perturb_evals.scorers.pairs.p_positive import Reading, answer_text, read
from perturb_evals.tasks.perturbqa import perturbqa_de


def output(text: str, stop_reason: str = "stop") -> ModelOutput:
    message = ChatMessageAssistant(content=text)
    choice = ChatCompletionChoice(message=message, stop_reason=stop_reason)
    return ModelOutput(model="m", choices=[choice])


@pytest.mark.each(
    ("given", "note", "reading"),
    [
        (output("ANSWER: Yes"), PairsReply(), Reading(1.0, None, "text")),
        (output("ANSWER: 30"), PairsReply("probability"), Reading(0.3, None, "text")),
        (output("No"), PairsReply("logprobs"), Reading(0.0, None, "text")),
        (output("ANSWER: Yes"), PairsReply(score=-3.5), Reading(-3.5, None, "numeric")),
        (
            output("ANSWER: Yes"),
            PairsReply(no_evidence=True),
            Reading(None, "no_evidence", "numeric"),
        ),
        (output("Since P is"), PairsReply(), Reading(None, "unparseable", "text")),
        (output("Since P is", "max_tokens"), PairsReply(), Reading(None, "truncated", "text")),
        (output("", "model_length"), PairsReply(), Reading(None, "too_long", "text")),
        (output("C. No"), PairsReply("logprobs"), Reading(0.0, None, "text")),
        (output("C. No"), PairsReply(), Reading(None, "unparseable", "text")),
        # A limit of time or tokens can stop a sample before there is any output.
        (ModelOutput(), PairsReply(), Reading(None, "truncated", "text")),
    ],
)
def test_an_output_is_read_as_it_was_asked_for(given, note, reading):
    assert read(given, note, "de") == reading


@pytest.mark.each(
    ("before", "last", "reading"),
    [
        (["ANSWER: Yes"], output("ANSWER: Yes"), Reading(1.0, None, "text")),
        (["ANSWER: Yes"], output("ANSWER: No"), Reading(0.5, None, "text")),
        (["ANSWER: No", "ANSWER: No"], output("ANSWER: Yes"), Reading(1 / 3, None, "text")),
        (["ANSWER: Insufficient evidence"], output("ANSWER: No"), (0.0, None, "text", "1 of 2")),
        (["ANSWER: Yes"], output("Who knows"), (1.0, None, "text", "1 of 2")),
        (["ANSWER: Yes", "No", "So"], output("ANSWER: Yes"), (2 / 3, None, "text", "3 of 4")),
        (["ANSWER: Yes"], output("", "model_length"), (1.0, None, "text", "1 of 2")),
        (["Who knows"], output("", "model_length"), (None, "too_long", "text")),
        (["Who knows"], output("ANSWER: Insufficient evidence"), (None, "insufficient", "text")),
        (
            ["ANSWER: Insufficient evidence"],
            output("So", "max_tokens"),
            (None, "truncated", "text"),
        ),
        # A limit ended the sample in the second conversation.
        (["ANSWER: Yes"], ModelOutput(), (1.0, None, "text", "1 of 2")),
    ],
)
def test_several_answers_to_a_question_are_one_by_the_mean_of_their_verdicts(before, last, reading):
    reply = PairsReply(before=tuple(Answered(text, "stop") for text in before))
    given = last.model_copy(deep=True)
    attach(given, reply)
    # As a log gives it back.
    given = ModelOutput.model_validate_json(given.model_dump_json())
    found = read(given, attached(given, PairsReply), "de")
    assert found == (reading if isinstance(reading, Reading) else Reading(*reading))


def test_what_is_attached_is_found_beside_the_providers_own():
    given = output("No")
    given.metadata = {"provider": "says so"}
    assert attached(given, PairsReply) == PairsReply()
    attach(given, PairsReply("probability", prompt="abc"))
    assert attached(given, PairsReply) == PairsReply("probability", prompt="abc")
    assert given.metadata["provider"] == "says so"


def test_what_came_later_is_attached_where_it_is_said_only():
    """So that the logs of older replies stay as they are."""
    given = output("No")
    attach(given, PairsReply(score=0.5))
    assert given.metadata == {"perturb_evals": {"form": "label", "score": 0.5, "prompt": ""}}
    attach(given, PairsReply(no_evidence=True))
    assert attached(given, PairsReply) == PairsReply(no_evidence=True)


@pytest.mark.each(
    ("reading", "kind", "text"),
    [
        (Reading(1.0, None, "text"), "direction", "Increase"),
        (Reading(0.0, None, "text"), "de", "No"),
        (Reading(0.25, None, "logprobs"), "de", "0.25"),
        (Reading(1.0, None, "numeric"), "de", "1"),
        (Reading(1.5e-5, None, "numeric"), "de", "1.5e-05"),
        (Reading(None, "refusal", "text"), "de", "no answer (refusal)"),
    ],
)
def test_the_viewer_shows_the_verdict_or_the_number(reading, kind, text):
    assert answer_text(reading, kind) == text


@solver
def silent() -> Solver:
    """Leaves no output at all, as a sample that ran into a limit."""

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        return state

    return solve


def test_a_sample_without_output_is_an_abstention_not_an_error(tmp_path):
    (log,) = inspect_eval(
        perturbqa_de(dataset="demo", genes=2),
        solver=silent(),
        model="none/none",
        display="none",
        log_realtime=False,
        log_dir=str(tmp_path),
    )
    assert log.status == "success"
    metrics = log.results.scores[0].metrics
    assert metrics["abstained_truncated"].value == 1
    assert metrics["auroc_per_gene"].value == 0.5
    assert all("no answer (truncated)" in s.scores["p_positive"].explanation for s in log.samples)


def test_a_score_that_is_not_finite_is_refused():
    with pytest.raises(ValueError, match="finite, got nan"):
        PairsReply(score=float("nan"))
