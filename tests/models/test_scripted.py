"""The provider: it answers through Inspect, from the prompt alone, the same way every time."""

import ast
import asyncio
import math
from collections.abc import Callable
from pathlib import Path

import pytest
from inspect_ai import Task
from inspect_ai.dataset import Sample
from inspect_ai.log import EvalLog
from inspect_ai.model import (
    ChatMessageAssistant,
    ChatMessageSystem,
    GenerateConfig,
    ModelOutput,
    get_model,
)

import perturb_evals.models
from perturb_evals.models.scripted import FULL_NAME, ScriptedBiologist
from perturb_evals.solvers.pairs.prompts import render

Ask = Callable[..., ModelOutput]


@pytest.mark.parametrize(
    "prompt", ["", "What is the capital of France?", "\ud800 {pert} {0} %s", "ANSWER: Yes"]
)
def test_says_so_when_it_cannot_read_a_prompt(ask: Ask, prompt: str) -> None:
    output = ask(prompt)
    assert "scripted answerer" in output.completion
    assert "ANSWER" not in output.completion
    assert output.stop_reason == "stop"


def test_same_prompt_same_answer_and_seed_changes_it(ask: Ask) -> None:
    prompt = render("de", "label", "k562", "MED14", "HBG1")
    texts = {seed: ask(prompt, seed=seed).completion for seed in range(12)}
    for seed, text in texts.items():
        assert ask(prompt, seed=seed).completion == text
    assert len(set(texts.values())) >= 10
    assert ask(prompt).message.content == ask(prompt).message.content


def test_usage_model_name_and_metadata_say_what_it_is(ask: Ask) -> None:
    prompt = render("de", "label", "k562", "PSMA1", "PSMB5")
    output = ask(prompt)
    assert output.model == FULL_NAME == "perturb_scripted/biologist"
    assert output.metadata == {"scripted": True}
    assert output.usage is not None
    assert output.usage.input_tokens == math.ceil(len(prompt) / 4)
    assert output.usage.total_tokens == output.usage.input_tokens + output.usage.output_tokens


def test_max_tokens_cuts_the_answer(ask: Ask) -> None:
    prompt = render("de", "label", "k562", "PSMA1", "PSMB5")
    for seed in range(20):
        output = ask(prompt, max_tokens=12, seed=seed)
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


def test_get_model_finds_it() -> None:
    assert str(get_model(FULL_NAME)) == FULL_NAME
    with pytest.raises(ValueError, match="--model perturb_scripted/biologist"):
        get_model("perturb_scripted/other")


def test_the_model_imports_nothing_of_the_house() -> None:
    # What it knows must be its own: neither tables nor the simulator may reach it.
    modules = sorted(Path(perturb_evals.models.__file__).parent.glob("*.py"))
    assert len(modules) > 3
    for module in modules:
        tree = ast.parse(module.read_text(encoding="utf-8"))
        imported = {
            node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)
        } | {alias.name for n in ast.walk(tree) if isinstance(n, ast.Import) for alias in n.names}
        ours = {name for name in imported if name.startswith("perturb_evals")}
        assert all(name.startswith("perturb_evals.models.") for name in ours), module.name


def test_through_eval(evaluate: Callable[..., EvalLog]) -> None:
    pairs = [("SQLE", "LDLR"), ("AARS1", "ASNS"), ("PSMA1", "PSMD4")]
    samples = [
        Sample(id=f"{pert}>{gene}", input=render("direction", "label", "k562", pert, gene))
        for pert, gene in pairs
    ]
    log = evaluate(Task(dataset=samples), model=FULL_NAME, epochs=2)
    assert log.status == "success", log.error
    assert log.eval.model == FULL_NAME
    assert log.stats.model_usage[FULL_NAME].total_tokens > 0
    by_sample: dict[str, set[str]] = {}
    for sample in log.samples or []:
        assert sample.output.model == FULL_NAME
        assert sample.output.metadata == {"scripted": True}
        by_sample.setdefault(str(sample.id), set()).add(sample.output.completion)
    assert set(by_sample) == {f"{pert}>{gene}" for pert, gene in pairs}
    assert all(len(texts) == 1 for texts in by_sample.values())
