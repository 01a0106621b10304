"""Prompts that show what is known, examples and training rows, and how they are sent."""

import asyncio
import re
from collections.abc import Callable, Sequence

import pytest
from inspect_ai.log import EvalLog
from inspect_ai.model import GenerateConfig, ModelOutput, ModelUsage, get_model
from inspect_ai.solver import Solver

from perturb_evals.datasets.errors import ArgumentError
from perturb_evals.datasets.evidence import EvidenceError
from perturb_evals.datasets.pairs.benchmark import pairs_benchmark
from perturb_evals.datasets.pairs.evidence import PairsEvidence
from perturb_evals.datasets.pairs.samples import question_samples
from perturb_evals.replies.pairs import PairsReply
from perturb_evals.replies.reply import attached
from perturb_evals.solvers.pairs.contrast import contrast, contrast_writer
from perturb_evals.solvers.pairs.no_cot import llm_no_cot, no_cot_writer
from perturb_evals.solvers.pairs.no_retrieval import llm_no_retrieval, no_retrieval_writer
from perturb_evals.solvers.pairs.outcomes import OUTCOMES
from perturb_evals.solvers.pairs.summer import summer, summer_writer
from perturb_evals.solvers.pairs.view import CONTROLS, View
from perturb_evals.solvers.pairs.written import MakeWriter, Written
from perturb_evals.tasks.perturbqa import perturbqa_de, perturbqa_direction

WRITERS = {
    "llm_no_cot": no_cot_writer,
    "llm_no_retrieval": no_retrieval_writer,
    "summer": summer_writer,
    "contrast": contrast_writer,
}
TASKS = {"de": perturbqa_de, "direction": perturbqa_direction}
LINE = re.compile(r"^- knock-down of (\S+): (\S+) (\w+)(?: \(in (\S+)\))?", re.MULTILINE)


def questions(kind: str, track: str, n: int = 25) -> tuple[PairsEvidence, list[dict]]:
    asked = pairs_benchmark(kind, dataset="demo", evidence=track)
    samples = question_samples(asked.rows, asked.evidence)[:n]
    return asked.evidence, [dict(sample.metadata or {}) for sample in samples]


def written(make: MakeWriter, evidence: PairsEvidence, view: View) -> Sequence[Written]:
    return asyncio.run(make(evidence).write(view))


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize(("kind", "track"), [("de", "within"), ("direction", "cross")])
def test_a_prompt_asks_its_question_and_shows_what_it_records(name: str, kind: str, track: str):
    evidence, asked = questions(kind, track)
    made = WRITERS[name]()(evidence)
    opened = {tuple(row) for row in evidence.opened().itertuples(index=False)}
    hashes = set()
    for about in asked:
        for prompt in asyncio.run(made.write(View(about))):
            hashes.add(prompt.hash)
            assert f"Knocked-down gene: {about['pert']}\n" in prompt.text
            assert f"Readout gene: {about['gene']}\n" in prompt.text
            assert "{" not in prompt.text
            assert len(set(prompt.shown)) == len(prompt.shown)
            assert {tuple(row) for row in prompt.shown} <= opened
            said = {
                (line or about["cell_line"], pert, gene, OUTCOMES[kind].index(word))
                for pert, gene, word, line in LINE.findall(prompt.text)
            }
            if name != "llm_no_cot":
                assert said == set(prompt.shown)
    assert len(hashes) == 1, "one template a run"


def test_examples_are_one_of_each_answer_and_of_no_question():
    evidence, asked = questions("de", "within")
    (first,), (second,) = (
        written(no_cot_writer(), evidence, View(about)) for about in (asked[0], asked[-1])
    )
    assert first.shown == second.shown
    assert [row.label for row in first.shown] == [1, 0]
    assert first.text.count("ANSWER: Yes\n") == first.text.count("ANSWER: No\n") == 1
    assert first.text.index("ANSWER: Yes\n") < first.text.index("ANSWER: No\n")
    assert len({name for row in first.shown for name in (row.pert, row.gene)}) == 4


@pytest.mark.parametrize("control", CONTROLS)
@pytest.mark.parametrize("name", ["summer", "contrast"])
def test_a_control_changes_what_is_shown_and_not_what_is_recorded(name: str, control: str):
    evidence, asked = questions("direction", "within", 10)
    make = WRITERS[name]()
    changed = 0
    for about in asked:
        (plain,) = written(make, evidence, View(about))
        view = View(about, control)
        (shown,) = written(make, evidence, view)
        changed += shown.text != plain.text
        assert shown.shown == plain.shown
        if control == "anonymised":
            assert not re.findall(rf"\b(?:{'|'.join(view.codes)})\b", shown.text)
            assert {name for row in plain.shown for name in row[1:3]} <= view.codes.keys()
        if control == "swapped":
            said = {(pert, gene) for pert, gene, *_ in LINE.findall(shown.text)}
            assert said == {(row.gene, row.pert) for row in plain.shown}
            assert f"Knocked-down gene: {about['gene']}\n" in shown.text
    assert changed == len(asked) or control == "shuffled_evidence"
    assert changed


@pytest.fixture
def asking(evaluate: Callable[..., EvalLog]) -> Callable[..., EvalLog]:
    """Run a solver on some questions of the demo with a model that is a function of the prompt."""

    def run(solver: Solver, answer: Callable[[str], str], kind: str = "de", **how) -> EvalLog:
        def reply(messages, tools, choice, config: GenerateConfig) -> ModelOutput:
            output = ModelOutput.from_content("mockllm/model", answer(messages[-1].text))
            output.usage = ModelUsage(input_tokens=9, output_tokens=1, total_tokens=10)
            return output

        model = get_model("mockllm/model", custom_outputs=reply, memoize=False)
        track = how.pop("evidence", "within")
        task = TASKS[kind](dataset="demo", genes=3, evidence=track)
        return evaluate(task, solver=solver, model=model, limit=6, **how)

    return run


def test_either_outcome_is_supposed_in_a_conversation_of_its_own(asking: Callable[..., EvalLog]):
    def answer(prompt: str) -> str:
        return "ANSWER: Yes" if "leaves the expression" in prompt else "ANSWER: No"

    log = asking(llm_no_retrieval(), answer, evidence="none", system_message="Be brief.")
    assert log.status == "success"
    for sample in log.samples or []:
        assert (sample.scores or {})["p_positive"].value == 0.5
        calls = [event for event in sample.events if event.event == "model"]
        assert [[m.role for m in call.input] for call in calls] == [["system", "user"]] * 2
        roles = [message.role for message in sample.messages]
        assert roles == ["user", "assistant"] * 2
        reply = attached(sample.output, PairsReply)
        assert [one.text for one in reply.before] == ["ANSWER: No"]


@pytest.mark.each(
    "solver", [llm_no_cot(), llm_no_retrieval(), summer(), contrast(control="anonymised")]
)
def test_a_run_ends_with_scores_and_records(asking: Callable[..., EvalLog], solver: Solver):
    log = asking(solver, lambda prompt: "Well.\nANSWER: Increase", "direction", epochs=2)
    assert log.status == "success"
    samples = log.samples or []
    assert len(samples) == 12
    for sample in samples:
        assert (sample.scores or {})["p_positive"].value == 1.0
        assert attached(sample.output, PairsReply).prompt
    shows = attached(samples[0].output, PairsReply).shown
    assert bool(shows) == ("Somebody proposes" not in samples[0].messages[0].text)
    coded = "G001" in samples[0].messages[0].text
    assert coded == ("symbol_codes" in samples[0].metadata)


@pytest.mark.each("solver", [llm_no_cot(), summer(), contrast()])
def test_what_the_track_does_not_open_is_no_evidence(
    asking: Callable[..., EvalLog], solver: Solver
):
    log = asking(solver, lambda prompt: "ANSWER: Yes", evidence="none")
    assert log.status == "error"
    assert "evidence=none does not allow" in str(log.error)


def test_rows_of_other_lines_come_where_the_track_opens_them():
    (evidence, asked), (within, _) = questions("de", "cross"), questions("de", "within")
    lines = set()
    for about in asked:
        (prompt,) = written(summer_writer(), evidence, View(about))
        lines |= {row.line for row in prompt.shown}
    assert lines > {within.cell_line}
    with pytest.raises(EvidenceError):
        within.others()


@pytest.mark.each(
    ("make", "given", "said"),
    [
        (summer, {"budget": 0}, "budget must be at least 1"),
        (summer, {"neighbors": 2.5}, "neighbors must be a whole number"),
        (summer, {"summaries": "wiki"}, "summaries must be one of ncbi, model"),
        (contrast, {"each": 0}, "each must be at least 1"),
        (llm_no_cot, {"control": "none"}, "control must be one of"),
        (llm_no_retrieval, {"control": "shuffled_evidence"}, "control must be one of"),
        (llm_no_retrieval, {"summary": "ncbi"}, "summary"),
    ],
)
def test_a_wrong_argument_is_told_in_one_line(make, given, said):
    with pytest.raises(ArgumentError, match=said) as raised:
        make(**given)
    assert "\n" not in str(raised.value)
