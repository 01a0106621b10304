"""The agent in runs: whatever a model does with its tools ends as an answer or a counted one."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from inspect_ai.event import InfoEvent, ToolEvent
from inspect_ai.log import EvalLog, EvalSample
from inspect_ai.model import (
    ChatCompletionChoice,
    ChatMessage,
    ChatMessageAssistant,
    GenerateConfig,
    ModelOutput,
    ModelUsage,
    get_model,
)
from inspect_ai.scorer import Score
from inspect_ai.tool import ToolCall

from perturb_evals.datasets.errors import ArgumentError
from perturb_evals.datasets.genes.symbol_codes import codes_in
from perturb_evals.datasets.pairs.evidence import PairsEvidence, TrainingRow
from perturb_evals.replies.pairs import PairsReply
from perturb_evals.replies.reply import attached
from perturb_evals.solvers.pairs.agent.lab_agent import lab_agent
from perturb_evals.solvers.pairs.agent.prompts import GO_ON, LAST_TURN, NO_ROWS, TOO_MANY
from perturb_evals.tasks.perturbqa import perturbqa_de, perturbqa_direction

Say = Callable[[int, str, str], ModelOutput]
"""What a model says in its nth turn, from 0, to a question about two names."""

MAX_CALLS = 4


def calls(*wanted: tuple[str, Any], text: str = "") -> ModelOutput:
    made = [
        ToolCall(
            id=f"{number}",
            function=name,
            arguments=given if isinstance(given, dict) else {parameter(name): given},
        )
        for number, (name, given) in enumerate(wanted)
    ]
    message = ChatMessageAssistant(content=text, tool_calls=made)
    return ModelOutput(
        model="m", choices=[ChatCompletionChoice(message=message, stop_reason="tool_calls")]
    )


def parameter(name: str) -> str:
    return {"submit": "answer", "outcomes_of_perturbation": "perturbation"}.get(name, "gene")


def submit(answer: Any, text: str = "") -> ModelOutput:
    return calls(("submit", answer), text=text)


def says(text: str, stop: Any = "stop") -> ModelOutput:
    output = ModelOutput.from_content("m", text)
    output.choices[0].stop_reason = stop
    return output


class TooLongError(Exception):
    status_code = 400
    message = "This model's maximum context length is 2048 tokens."


def in_turns(*turns: Callable[[str, str], ModelOutput]) -> Say:
    """Say one thing a turn, and the last one for ever."""
    return lambda n, pert, gene: turns[min(n, len(turns) - 1)](pert, gene)


def always(output: Callable[[], ModelOutput]) -> Say:
    return in_turns(lambda *_: output())


def each_tool(pert: str, gene: str) -> ModelOutput:
    return calls(
        ("outcomes_of_perturbation", pert),
        ("outcomes_of_gene", gene),
        ("graph_neighbors", pert),
        ("gene_card", pert),
    )


ODD: tuple[Any, ...] = (
    *(5, None, "", " ", "x" * 100_000, "\u65e5\u672c \x00\x1b[31m", [], {"gene": ["a"]}, {}, True),
    *("NOT-A-GENE", "psma1 knockdown", "PSMA1; DROP TABLE", "G001"),
)


def odd_arguments(pert: str, gene: str) -> ModelOutput:
    names = ("outcomes_of_perturbation", "outcomes_of_gene", "graph_neighbors", "gene_card")
    places = range(len(ODD))
    return calls(*((names[n % 4], ODD[n]) for n in places), ("no_such_tool", "x"))


def too_long() -> ModelOutput:
    raise TooLongError


def costly() -> ModelOutput:
    output = calls(("gene_card", "PSMA1"))
    output.usage = ModelUsage(total_tokens=600)
    return output


NOTHING = ModelOutput(model="m", choices=[])

WAYS: dict[str, tuple[Say, float | str, int]] = {
    "at once": (always(lambda: submit("Yes")), 1.0, 1),
    "with other words": (always(lambda: submit("No", "I say Yes.\nANSWER: Yes")), 0.0, 1),
    "in a sentence": (always(lambda: submit("The answer is **No**.")), 0.0, 1),
    "each tool": (in_turns(each_tool, lambda *_: submit("B. No")), 0.0, 2),
    "odd arguments": (in_turns(odd_arguments, lambda *_: submit("yes")), 1.0, 2),
    "twice": (always(lambda: calls(("submit", "Yes"), ("submit", "No"))), 1.0, 1),
    "nonsense": (always(lambda: submit("forty-two")), "unparseable", 1),
    "an empty text": (always(lambda: submit("", "Yes, surely")), "unparseable", 1),
    "not sure": (always(lambda: submit("Insufficient evidence")), "insufficient", 1),
    "null, then words": (
        in_turns(lambda *_: submit(None), lambda *_: submit("Yes")),
        1.0,
        2,
    ),
    "never, in words": (always(lambda: says("Many things may be.")), "truncated", 3),
    "never, an answer in words": (always(lambda: says("So.\n\nANSWER: No")), 0.0, 3),
    "looks up, then words": (
        in_turns(each_tool, lambda *_: says("Many things may be.")),
        "truncated",
        MAX_CALLS,
    ),
    "words between": (
        in_turns(
            *[lambda *_: says("Let me see.")] * 2, each_tool, lambda *_: says("So.\n\nANSWER: No")
        ),
        0.0,
        MAX_CALLS,
    ),
    "never, looks up": (always(lambda: calls(("gene_card", "PSMA1"))), "truncated", MAX_CALLS),
    "never, no word": (always(lambda: NOTHING.model_copy(deep=True)), "truncated", 3),
    "too long": (in_turns(each_tool, lambda *_: too_long()), "too_long", 2),
    "too long at once": (always(too_long), "too_long", 1),
    "too many tokens": (always(costly), "truncated", 2),
    "filtered": (always(lambda: says("", "content_filter")), "content_filter", 3),
    "many calls": (
        in_turns(lambda *_: calls(*[("gene_card", "PSMA1")] * 50), lambda *_: submit("No")),
        0.0,
        2,
    ),
    "asks for the question": (
        in_turns(
            lambda pert, _: calls(*(("outcomes_of_perturbation", n) for n in (pert, "NO-GENE"))),
            lambda *_: submit("No"),
        ),
        0.0,
        2,
    ),
}


@dataclass
class Run:
    """A log, and by the name of a way its sample and what the model heard."""

    log: EvalLog
    samples: dict[str, EvalSample]
    heard: dict[str, list[list[ChatMessage]]]

    def score(self, way: str) -> Score:
        (score,) = (self.samples[way].scores or {}).values()
        return score

    def reply(self, way: str) -> PairsReply:
        return attached(self.samples[way].output, PairsReply)

    def tool_replies(self, way: str) -> list[str]:
        return [m.text for m in self.samples[way].messages if m.role == "tool"]


@pytest.fixture
def run(evaluate: Callable[..., EvalLog]) -> Callable[..., Run]:
    def run(
        ways: dict[str, Say],
        kind: str = "de",
        evidence: str = "within",
        options: dict[str, Any] | None = None,
        **given: Any,
    ) -> Run:
        task = {"de": perturbqa_de, "direction": perturbqa_direction}[kind](
            dataset="demo", genes=8, evidence=evidence
        )
        asked = dict(zip(ways, task.dataset, strict=False))
        chosen = {sample.id for sample in asked.values()}
        task.dataset = task.dataset.filter(lambda sample: sample.id in chosen)
        heard: dict[str, list[list[ChatMessage]]] = {way: [] for way in ways}

        def answer(
            messages: list[ChatMessage], tools: Any, choice: Any, config: GenerateConfig
        ) -> ModelOutput:
            prompt = messages[0].text
            names = [prompt.split(f"{what}: ")[1].split("\n")[0] for what in NAMED]
            way = next(w for w, s in asked.items() if found(s.id, names, given.get("control")))
            n = sum(message.role == "assistant" for message in messages)
            heard[way].append(list(messages))
            output = ways[way](n, *names)
            output.usage = output.usage or ModelUsage(total_tokens=10)
            return output

        model = get_model("mockllm/m", custom_outputs=answer, memoize=False)
        bounds = {"max_calls": MAX_CALLS, "max_tokens": 1000, **given}
        log = evaluate(task, solver=lab_agent(**bounds), model=model, **(options or {}))
        assert log.status == "success", log.error
        way_of = {sample.id: way for way, sample in asked.items()}
        return Run(log, {way_of[sample.id]: sample for sample in log.samples or []}, heard)

    return run


NAMED = ("Knocked-down gene", "Readout gene")


def found(sample: object, names: list[str], control: str | None) -> bool:
    if control == "anonymised":
        return True  # one question
    pert, gene = reversed(names) if control == "swapped" else names
    return str(sample).endswith(f"/{pert}>{gene}")


def rows_in(replies: list[str]) -> Iterator[tuple[str, str, str]]:
    for line in "\n".join(replies).splitlines():
        if line.startswith("knock-down of "):
            pert, _, rest = line.removeprefix("knock-down of ").partition(", ")
            gene, _, outcome = rest.partition(": ")
            yield pert, gene, outcome


def test_whatever_a_model_does_is_an_answer_or_counted(run: Callable[..., Run]):
    done = run({way: say for way, (say, _, _) in WAYS.items()})
    for way, (_, expected, n) in WAYS.items():
        score = done.score(way)
        found = (score.metadata or {}).get("abstained", score.value)
        assert (way, found) == (way, expected)
        assert (way, len(done.heard[way])) == (way, n)
        assert done.reply(way).prompt == done.reply("at once").prompt != ""
        assert all(len(text) < 4000 for text in done.tool_replies(way))
        # What is scored again from the log is the same.
        again = ModelOutput.model_validate(done.samples[way].output.model_dump())
        assert again.completion == done.samples[way].output.completion

    # What it is told.
    assert done.heard["never, in words"][1][-1].text == GO_ON
    assert done.heard["looks up, then words"][-1][-1].text == f"{GO_ON} {LAST_TURN}"
    said = [e.data for e in done.samples["never, in words"].events if isinstance(e, InfoEvent)]
    assert said == ["Ended with nothing submitted: 3 turns in a row without a call of a tool."]
    assert done.heard["never, looks up"][-1][-1].text == LAST_TURN
    assert done.tool_replies("many calls").count(TOO_MANY) == 50 - 16
    assert done.tool_replies("asks for the question")[:2] == [NO_ROWS, NO_ROWS]
    errors = [e.error for e in done.samples["odd arguments"].events if isinstance(e, ToolEvent)]
    assert any(errors)
    assert not all(errors)

    # Rows that were shown are those of the replies, also where a limit ended the question.
    evidence = PairsEvidence.from_metadata(done.samples["each tool"].metadata)
    train = set(evidence.own().itertuples(index=False, name=None))
    for way in ("each tool", "too long"):
        shown = [TrainingRow(*row) for row in done.reply(way).shown]
        assert {row[1:] for row in shown} <= train
        outcome = {0: "No", 1: "Yes"}
        told = list(rows_in(done.tool_replies(way)))
        assert told == [(row.pert, row.gene, outcome[row.label]) for row in shown] != []
    assert done.reply("at once").shown == ()


def test_the_tools_are_those_of_the_track(run: Callable[..., Run]):
    for evidence, n in (("none", 2), ("within", 4), ("cross", 4)):
        done = run({"x": in_turns(each_tool, lambda *_: submit("Decrease"))}, "direction", evidence)
        errors = [e for e in done.samples["x"].events if isinstance(e, ToolEvent) and e.error]
        assert len(errors) == 4 - n
        assert done.score("x").value == 0.0
        assert bool(done.reply("x").shown) == (evidence != "none")


def test_under_a_control_the_rows_are_shown_otherwise_and_recorded_as_they_are(
    run: Callable[..., Run],
):
    way = {"x": in_turns(each_tool, lambda *_: submit("Yes"))}
    plain, swapped = run(way, evidence="cross"), run(way, evidence="cross", control="swapped")
    told = {(p, g, o) for p, g, o in rows_in(plain.tool_replies("x"))}
    turned = {(g, p.split(" in ")[0], o) for p, g, o in rows_in(swapped.tool_replies("x"))}
    # A knock-down of what is called the perturbation: truly the rows of the readout gene.
    assert {(p.split(" in ")[0], g, o) for p, g, o in told} == turned
    assert set(map(tuple, plain.reply("x").shown)) == set(map(tuple, swapped.reply("x").shown))
    assert plain.reply("x").prompt == swapped.reply("x").prompt

    shuffled = run(way, evidence="cross", control="shuffled_evidence")
    assert shuffled.reply("x").shown == plain.reply("x").shown
    was, now = (list(rows_in(one.tool_replies("x"))) for one in (plain, shuffled))
    assert [row[:2] for row in was] == [row[:2] for row in now]
    assert was != now

    wrong = run(way, evidence="cross", control="wrong_line")
    assert wrong.samples["x"].messages[0].text != plain.samples["x"].messages[0].text
    assert wrong.reply("x").prompt == plain.reply("x").prompt
    assert wrong.tool_replies("x") == plain.tool_replies("x")


def test_anonymised_only_codes_are_shown_and_understood(run: Callable[..., Run]):
    def by_name(pert: str, gene: str) -> ModelOutput:
        return calls(("gene_card", "PSMA1"), ("outcomes_of_gene", "PLK1"), ("gene_card", "G999"))

    turns = (each_tool, lambda *_: each_tool("g001", "Gene G002"), by_name, lambda *_: submit("No"))
    done = run({"x": in_turns(*turns)}, evidence="cross", control="anonymised")
    sample = done.samples["x"]
    pert, gene = sample.metadata["pert"], sample.metadata["gene"]
    symbols = codes_in(sample.metadata)
    assert (symbols["G001"], symbols["G002"]) == (pert, gene)
    replies = done.tool_replies("x")
    assert replies[:4] == replies[4:8]
    assert set(replies[8:11]) == {NO_ROWS, "Nothing is written of it here."}
    evidence = PairsEvidence.from_metadata(sample.metadata)
    names = {*evidence.opened()["pert"], *evidence.opened()["gene"]}
    said = " ".join([sample.messages[0].text, *replies])
    assert not names & set(said.replace(",", " ").replace(":", " ").split())
    shown = {(row[1], row[2]) for row in done.reply("x").shown}
    told = {(symbols[p.split(" in ")[0]], symbols[g]) for p, g, _ in rows_in(replies)}
    assert told == shown


def test_epochs_and_the_cache_give_the_same(run: Callable[..., Run], monkeypatch, tmp_path):
    monkeypatch.setenv("INSPECT_CACHE_DIR", str(tmp_path / "cache"))
    way = {"x": in_turns(each_tool, lambda *_: submit("Yes"))}
    first, again = (run(way, options={"epochs": 2, "cache": True}) for _ in range(2))
    assert len(first.log.samples or []) == 2
    assert len(first.heard["x"]) == 4
    assert again.heard["x"] == []
    assert again.reply("x").shown == first.reply("x").shown
    assert again.tool_replies("x") == first.tool_replies("x")


def test_a_limit_of_the_sample_leaves_the_rows_that_were_shown(run: Callable[..., Run]):
    done = run(
        {"x": always(lambda: calls(("outcomes_of_gene", "PLK1")))}, options={"turn_limit": 1}
    )
    assert done.samples["x"].limit is not None
    assert (done.score("x").metadata or {})["abstained"] == "truncated"
    assert done.reply("x").shown


def test_no_rows_can_be_shuffled_where_none_are_open(evaluate: Callable[..., EvalLog]):
    task = perturbqa_de(dataset="demo", genes=1)
    log = evaluate(task, solver=lab_agent(control="shuffled_evidence"), limit=1)
    assert log.status == "error"
    assert "control=shuffled_evidence needs rows" in str(log.error)


@pytest.mark.each(
    ("given", "said"),
    [
        ({"max_calls": 0}, "max_calls must be at least 1; got 0"),
        ({"max_calls": True}, "max_calls must be a whole number"),
        ({"max_tokens": None}, "max_tokens must be a whole number"),
        ({"control": "renamed"}, "control must be one of anonymised, swapped"),
        ({"graph": "no_such"}, "graph must be"),
        ({"tools": 1}, "There is no argument tools"),
    ],
)
def test_an_argument_that_is_not_allowed_is_refused(given: dict[str, Any], said: str):
    with pytest.raises(ArgumentError, match=said):
        lab_agent(**given)
