"""The scripted model: answers the real prompts through Inspect, the same way every time."""

import ast
import asyncio
import json
import math
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from inspect_ai import Task, eval
from inspect_ai.dataset import Sample
from inspect_ai.model import (
    ChatMessageAssistant,
    ChatMessageSystem,
    ChatMessageUser,
    ContentReasoning,
    GenerateConfig,
    ModelOutput,
    get_model,
)

import perturb_evals.models
from perturb_evals.models.phrases import WORDS
from perturb_evals.models.scripted import FULL_NAME, THINKING, ScriptedBiologist
from perturb_evals.solvers.expression.nearest_perturbations import response_schema
from perturb_evals.solvers.expression.prompts import (
    EMPTY_LIST,
    REASK,
    REVIEW,
    NeighborPrompt,
)
from perturb_evals.solvers.pairs.prompts import render

Pairs = list[tuple[str, str]]

WITH_LOGPROBS = GenerateConfig(logprobs=True, top_logprobs=5)


def answer(prompt: str, config: GenerateConfig | None = None) -> ModelOutput:
    model = ScriptedBiologist("biologist")
    config = config or GenerateConfig()
    return asyncio.run(model.generate([ChatMessageUser(content=prompt)], [], "none", config))


def ask_all(kind: str, form: str, pairs: Pairs) -> list[ModelOutput]:
    model = ScriptedBiologist("biologist")

    async def run() -> list[ModelOutput]:
        return [
            await model.generate(
                [ChatMessageUser(content=render(kind, form, "k562", pert, gene))],
                [],
                "none",
                WITH_LOGPROBS,
            )
            for pert, gene in pairs
        ]

    return asyncio.run(run())


@pytest.mark.parametrize(
    "prompt", ["", "What is the capital of France?", "\ud800 {pert} {0} %s", "ANSWER: Yes"]
)
def test_says_so_when_it_cannot_read_a_prompt(prompt: str) -> None:
    output = answer(prompt)
    assert "scripted answerer" in output.completion
    assert "ANSWER" not in output.completion
    assert output.stop_reason == "stop"


@settings(max_examples=60, deadline=None)
@given(pert=st.text(max_size=30), gene=st.text(max_size=30))
def test_any_symbol_is_text_and_never_a_template(pert: str, gene: str) -> None:
    output = answer(
        f"Knocked-down gene: {pert}\nReadout gene: {gene}\n"
        "Question: is the expression changed?\nANSWER: <Yes | No | Insufficient evidence>"
    )
    assert output.completion


def test_same_prompt_same_answer_and_seed_changes_it() -> None:
    prompt = render("de", "label", "k562", "MED14", "HBG1")
    texts = {seed: answer(prompt, GenerateConfig(seed=seed)).completion for seed in range(12)}
    for seed, text in texts.items():
        assert answer(prompt, GenerateConfig(seed=seed)).completion == text
    assert len(set(texts.values())) >= 10
    assert answer(prompt).message.content == answer(prompt).message.content


def test_a_known_answer_stays_what_it_was() -> None:
    # The script draws from Python's own generator, so this also holds across machines.
    output = answer(render("direction", "label", "k562", "SQLE", "LDLR"))
    assert output.completion.splitlines()[-1] == "ANSWER: Increase"
    assert "cholesterol synthesis" in output.completion
    assert "SREBP2 is released" in output.completion


def test_some_answers_show_a_thinking_part(pairs: Pairs) -> None:
    outputs = ask_all("de", "label", pairs)
    thinking = 0
    for output in outputs:
        if not isinstance(output.message.content, str):
            reasoning, text = output.message.content
            assert isinstance(reasoning, ContentReasoning)
            assert output.completion == text.text
            assert output.usage.reasoning_tokens == math.ceil(len(reasoning.reasoning) / 4)
            thinking += 1
    assert thinking / len(outputs) == pytest.approx(THINKING, abs=0.04)


@pytest.mark.parametrize("kind", ["de", "direction"])
def test_one_word_with_log_probabilities(kind: str, pairs: Pairs) -> None:
    positive, negative = WORDS[kind]
    seen = Counter()
    for output in ask_all(kind, "logprobs", pairs):
        text, logprobs = output.completion, output.choices[0].logprobs
        if "I'm sorry" in text:
            assert logprobs is None
            continue
        word = text.strip("*.").capitalize()
        seen[word] += 1
        assert logprobs is not None
        assert "".join(token.token for token in logprobs.content) == text
        token = next(token for token in logprobs.content if token.token.isalpha())
        tops = {top.token: top.logprob for top in token.top_logprobs or []}
        assert {positive, negative} <= {name.capitalize() for name in tops}
        assert token.logprob == max(tops.values())
        assert sum(math.exp(value) for value in tops.values()) <= 1 + 1e-9
    assert set(seen) == {positive, negative}


def test_logprobs_only_when_asked_for() -> None:
    prompt = render("de", "logprobs", "k562", "PSMA1", "PSMB5")
    assert answer(prompt).choices[0].logprobs is None
    label = render("de", "label", "k562", "PSMA1", "PSMB5")
    assert answer(label, WITH_LOGPROBS).choices[0].logprobs is None
    one = answer(prompt, GenerateConfig(logprobs=True, top_logprobs=1)).choices[0].logprobs
    assert one is not None
    assert all(len(token.top_logprobs or []) <= 1 for token in one.content)


def test_usage_model_name_and_metadata_say_what_it_is() -> None:
    prompt = render("de", "label", "k562", "PSMA1", "PSMB5")
    output = answer(prompt)
    assert output.model == FULL_NAME == "perturb_scripted/biologist"
    assert output.metadata == {"scripted": True}
    assert output.usage is not None
    assert output.usage.input_tokens == math.ceil(len(prompt) / 4)
    assert output.usage.total_tokens == output.usage.input_tokens + output.usage.output_tokens


def test_max_tokens_cuts_the_answer() -> None:
    prompt = render("de", "label", "k562", "PSMA1", "PSMB5")
    for seed in range(20):
        output = answer(prompt, GenerateConfig(max_tokens=12, seed=seed))
        assert output.stop_reason == "max_tokens"
        assert len(output.completion) <= 48
        assert output.usage is not None
        assert output.usage.output_tokens <= 12


def test_system_message_is_read_and_an_earlier_answer_is_not() -> None:
    messages = [
        ChatMessageSystem(content=render("de", "label", "k562", "PSMA1", "PSMB5")),
        ChatMessageAssistant(content=render("de", "label", "k562", "SQLE", "LDLR")),
    ]
    model = ScriptedBiologist("biologist")
    output = asyncio.run(model.generate(messages, [], "none", GenerateConfig()))
    assert "PSMA1" in output.completion
    assert "SQLE" not in output.completion


@pytest.mark.parametrize("name", ["", "Biologist", "chemist", "biologist/2"])
def test_other_model_names_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="perturb_scripted/biologist"):
        ScriptedBiologist(name)


def conversation(*messages: str, schema: bool = False, seed: int | None = None) -> ModelOutput:
    sent: list[ChatMessageUser | ChatMessageAssistant] = []
    for message in messages:
        sent += [ChatMessageUser(content=message), ChatMessageAssistant(content="(an answer)")]
    held = response_schema(reasoning=True, similarities=False) if schema else None
    config = GenerateConfig(seed=seed, response_schema=held)
    return asyncio.run(ScriptedBiologist("biologist").generate(sent[:-1], [], "none", config))


def named(output: ModelOutput) -> list[str]:
    found = json.loads(output.completion)["kNN"]
    assert isinstance(found, list)
    return found


def test_names_knock_downs_of_the_same_complex(listed: tuple[str, ...]) -> None:
    candidates = [name for name in listed if name != "INTS1"]
    prompt = NeighborPrompt("full", "demo_a", 10).render("INTS1", candidates)
    names = [
        name for seed in range(40) for name in named(conversation(prompt, schema=True, seed=seed))
    ]
    assert sum(name.startswith("INTS") for name in names) > 0.9 * len(names) > 200
    output = conversation(prompt, schema=True, seed=1)
    assert output.message.content == conversation(prompt, schema=True, seed=1).message.content
    assert output.model == FULL_NAME
    assert output.metadata == {"scripted": True}


def test_a_refusal_stays_one_and_an_empty_list_is_filled_when_asked_again(
    listed: tuple[str, ...],
) -> None:
    candidates = [name for name in listed if name != "INTS1"]
    prompt = NeighborPrompt("full", "demo_a", 10).render("INTS1", candidates)
    again = REASK.format(problem=EMPTY_LIST)
    seen = Counter()
    for seed in range(300):
        first = conversation(prompt, schema=True, seed=seed)
        if not named(first):
            second = conversation(prompt, again, schema=True, seed=seed)
            refused = "I'm sorry" in first.completion
            assert ("I'm sorry" in second.completion) == refused
            assert bool(named(second)) != refused
            assert not set(named(second)) - set(candidates)
            seen[refused] += 1
    assert set(seen) == {True, False}


def test_a_review_starts_from_the_first_answer(listed: tuple[str, ...]) -> None:
    candidates = [name for name in listed if name != "AARS1"]
    prompt = NeighborPrompt("refine", "demo_a", 10).render("AARS1", candidates)
    taken = 0
    for seed in range(60):
        first = named(conversation(prompt, schema=True, seed=seed))
        second = conversation(prompt, REVIEW, schema=True, seed=seed)
        if not first:
            continue
        reasoning = json.loads(second.completion)["reasoning"]
        gone = [name for name in dict.fromkeys(first) if name not in named(second)]
        assert all(name in reasoning for name in gone)
        assert set(named(second)) <= set(candidates)
        taken += bool(gone)
    assert taken > 10


def test_max_tokens_cuts_neighbors_too(listed: tuple[str, ...]) -> None:
    prompt = NeighborPrompt("full", "demo_a", 10).render("INTS1", listed)
    output = answer(prompt, GenerateConfig(max_tokens=20))
    assert output.stop_reason == "max_tokens"
    assert len(output.completion) <= 80


def test_get_model_finds_it() -> None:
    assert str(get_model(FULL_NAME)) == FULL_NAME
    with pytest.raises(ValueError, match="--model perturb_scripted/biologist"):
        get_model("perturb_scripted/other")


def test_the_model_imports_nothing_from_the_data() -> None:
    # What it knows must be its own: neither tables nor the simulator may reach it.
    modules = sorted(Path(perturb_evals.models.__file__).parent.glob("*.py"))
    assert len(modules) > 5
    for module in modules:
        tree = ast.parse(module.read_text(encoding="utf-8"))
        imported = {
            node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)
        } | {alias.name for n in ast.walk(tree) if isinstance(n, ast.Import) for alias in n.names}
        ours = {name for name in imported if name.startswith("perturb_evals")}
        assert all(name.startswith("perturb_evals.models.") for name in ours), module.name


def test_end_to_end_through_eval(tmp_path: Path) -> None:
    pairs = [("SQLE", "LDLR"), ("AARS1", "ASNS"), ("PSMA1", "PSMD4")]
    samples = [
        Sample(id=f"{pert}>{gene}", input=render("direction", "label", "k562", pert, gene))
        for pert, gene in pairs
    ]
    logs = eval(
        Task(dataset=samples),
        model=FULL_NAME,
        log_dir=str(tmp_path),
        display="none",
        log_realtime=False,
        epochs=2,
    )
    assert logs[0].status == "success", logs[0].error
    assert logs[0].eval.model == FULL_NAME
    assert logs[0].stats.model_usage[FULL_NAME].total_tokens > 0
    assert logs[0].samples is not None
    by_sample: dict[str, set[str]] = {}
    for sample in logs[0].samples:
        assert sample.output.model == FULL_NAME
        assert sample.output.metadata == {"scripted": True}
        by_sample.setdefault(str(sample.id), set()).add(sample.output.completion)
    assert set(by_sample) == {f"{pert}>{gene}" for pert, gene in pairs}
    assert all(len(texts) == 1 for texts in by_sample.values())
