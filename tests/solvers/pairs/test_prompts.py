"""Prompts: what they say, that symbols are only inserted, and that a hash names each."""

import itertools
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perturb_evals.datasets.pairs.load import CELL_LINES
from perturb_evals.datasets.pairs.questions import VERDICTS
from perturb_evals.replies.pairs import ANSWER_FORMS
from perturb_evals.solvers.pairs.prompts import describe, prompt_hash, render, template

KINDS = tuple(VERDICTS)
LINES = tuple(line for lines in CELL_LINES.values() for line in lines)
ALL = list(itertools.product(KINDS, ANSWER_FORMS, LINES))


@pytest.mark.each(("kind", "form", "line"), ALL)
def test_a_prompt_names_line_perturbation_and_gene(kind, form, line):
    prompt = render(kind, form, line, "AAMP", "ATP5IF1")
    lines = prompt.splitlines()
    assert f"Cell line: {describe(line)}" in lines
    assert "Knocked-down gene: AAMP" in lines
    label = "Readout gene set" if line == "k562_set" else "Readout gene"
    assert f"{label}: ATP5IF1" in lines
    question = next(text for text in lines if text.startswith("Question: "))
    assert question.endswith("?")
    assert "ATP5IF1" in question
    assert "{" not in prompt
    assert prompt == prompt.strip()


@pytest.mark.parametrize("kind", KINDS)
def test_each_form_asks_for_its_answer(kind):
    words = VERDICTS[kind]
    label = render(kind, "label", "k562", "A", "B")
    assert label.endswith(f"ANSWER: <{words.positive} | {words.negative} | Insufficient evidence>")
    options = re.findall(r"^[ABC]\. (.*)$", label, re.MULTILINE)
    assert options == [words.positive, words.negative, "Insufficient evidence"]
    probability = render(kind, "probability", "k562", "A", "B")
    assert probability.endswith("ANSWER: <a number from 0 to 100>")
    word = render(kind, "logprobs", "k562", "A", "B")
    assert word.endswith(f"Reply with one word only: {words.positive} or {words.negative}.")
    assert "ANSWER" not in word


@pytest.mark.each("line", LINES)
def test_every_line_is_described_by_its_name(line: str):
    text = describe(line)
    assert len(text) > 40
    if line != "k562_set":
        assert line.lower() in text.lower()


@given(
    st.text(st.characters(codec="utf-8"), min_size=1),
    st.text(st.characters(codec="utf-8"), min_size=1),
    st.sampled_from(ALL),
)
def test_symbols_are_inserted_as_they_are(pert, gene, parts):
    kind, form, line = parts
    prompt = render(kind, form, line, pert, gene)
    around = render(kind, form, line, "\x00", "\x01")
    assert prompt == "".join({"\x00": pert, "\x01": gene}.get(c, c) for c in around)


@pytest.mark.each("symbol", ["{pert}", "{description}", "{0}", "{}", "%s", "\\n", "{{x}}"])
def test_a_symbol_that_looks_like_a_placeholder(symbol: str):
    prompt = render("de", "label", "k562", symbol, "G")
    assert f"Knocked-down gene: {symbol}\n" in prompt


def test_different_prompts_have_different_hashes():
    hashes: dict[str, set[str]] = {}
    for kind, form, line in ALL:
        name = prompt_hash(kind, form, line)
        assert re.fullmatch("[0-9a-f]{12}", name)
        hashes.setdefault(name, set()).add(render(kind, form, line, "P", "G"))
    assert all(len(prompts) == 1 for prompts in hashes.values())
    assert len(hashes) == len({render(*parts, "P", "G") for parts in ALL})


def test_a_changed_prompt_has_a_changed_hash(monkeypatch: pytest.MonkeyPatch):
    before = prompt_hash("de", "label", "k562")
    assert prompt_hash("de", "label", "k562") == before
    monkeypatch.setattr("perturb_evals.solvers.pairs.prompts.SETTING", "Other: {pert} {gene}")
    assert prompt_hash("de", "label", "k562") != before


def test_a_template_keeps_its_placeholders():
    for kind, form, _ in ALL:
        text = template(kind, form)
        for name in ("description", "readout_label", "pert", "gene"):
            assert f"{{{name}}}" in text
