"""Prompts that ask for neighbors: what they say, and that a hash names each."""

import itertools
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perturb_evals.datasets.demo.world import DEMO_LINES
from perturb_evals.scorers.expression.reading import parse_neighbors
from perturb_evals.solvers.expression import prompts as neighbor_prompts
from perturb_evals.solvers.expression.prompts import (
    FORMAT,
    REVIEW,
    VARIANTS,
    NeighborPrompt,
    cell_line_context,
    quoted,
    wanted,
)

LINES = ("k562", "rpe1", *DEMO_LINES, "THP1", "")
ALL = [
    NeighborPrompt(variant, line, k, similarities)
    for variant, line, k, similarities in itertools.product(VARIANTS, LINES, (3, 10), (False, True))
]
CANDIDATES = [f"{letter}{n}" for letter in "ABCD" for n in range(10)]


@pytest.mark.each("prompt", ALL)
def test_a_prompt_names_target_candidates_and_form(prompt: NeighborPrompt):
    text = prompt.render("SMG5", CANDIDATES)
    assert "Target gene: SMG5" in text.splitlines()
    assert ", ".join(CANDIDATES) in text.splitlines()
    assert "(40)" in text
    assert f"name {wanted(prompt.k, 40)} whose knock-down" in text
    assert ('"reasoning": ' in text) == (prompt.variant != "no_reasoning")
    assert ('"similarity"' in text) == prompt.similarities
    form = next(line for line in text.splitlines() if line.startswith("{"))
    assert text.index(form) > text.index("Target gene")
    if prompt.variant != "no_reasoning":
        assert form.index("reasoning") < form.index("kNN")
    assert text == text.strip()
    assert not re.search(r"\{\w*\}", text)


@pytest.mark.each("prompt", ALL)
def test_an_echo_of_the_prompt_names_no_gene(prompt: NeighborPrompt):
    """Whatever part of it a model repeats, no candidate is read from it."""
    text = prompt.render("SMG5", CANDIDATES)
    for echo in (text, FORMAT.format(form=prompt._form, keys=prompt._keys), prompt._form):
        answer = parse_neighbors(echo)
        assert answer is None or not answer.items
    answer = parse_neighbors(f'{text}\n{{"kNN": ["A1", "B2"]}}\n{prompt._form}')
    assert answer is not None
    assert answer.names == ("A1", "B2")


def test_prompts_of_a_fold_begin_alike():
    prompt = NeighborPrompt("full", "k562", 10)
    one, other = (prompt.render(target, CANDIDATES) for target in ("SMG5", "UPF1"))
    shared = one[: one.index("Target gene: ")]
    assert other.startswith(shared)
    assert ", ".join(CANDIDATES) in shared


def test_the_context_is_that_of_the_line():
    for line in ("k562", "rpe1", "K562", *DEMO_LINES):
        text = NeighborPrompt("full", line, 10).render("SMG5", CANDIDATES)
        assert f"Cell line: {cell_line_context(line)}\n" in text
        assert len(cell_line_context(line)) > 80
    assert "ribosome" in cell_line_context("k562")
    assert "retina" in cell_line_context("RPE1")
    other = NeighborPrompt("full", "THP1", 10).render("SMG5", CANDIDATES)
    assert "Cell line: THP1\n" in other
    agnostic = NeighborPrompt("full", "", 10).render("SMG5", CANDIDATES)
    assert "Cell line" not in agnostic
    assert agnostic == other.replace("Cell line: THP1\n\n", "")
    for line in ("k562", "THP1", ""):
        assert "Cell line" not in NeighborPrompt("minimal", line, 10).render("SMG5", CANDIDATES)


@pytest.mark.each(
    ("k", "n", "words"),
    [
        (10, 873, "5 to 10"),
        (10, 7, "5 to 7"),
        (10, 5, "5"),
        (10, 1, "1"),
        (6, 50, "5 to 6"),
        (5, 50, "5"),
        (3, 50, "3"),
        (25, 50, "5 to 25"),
    ],
)
def test_no_more_neighbors_are_asked_for_than_count_or_exist(k: int, n: int, words: str):
    assert wanted(k, n) == words


@given(
    st.text(st.characters(codec="utf-8"), min_size=1),
    st.lists(st.text(st.characters(codec="utf-8"), min_size=1), min_size=1),
    st.sampled_from(ALL),
)
def test_symbols_are_inserted_as_they_are(target, candidates, prompt):
    text = prompt.render(target, candidates)
    around = prompt.render("\x00", ["\x01"] * len(candidates))
    listed = ", ".join(["\x01"] * len(candidates))
    before, after = around.split(listed)
    expected = f"{before}\x01{after}"
    expected = "".join({"\x00": target, "\x01": ", ".join(candidates)}.get(c, c) for c in expected)
    assert text == expected


def test_different_prompts_have_different_hashes():
    hashes: dict[str, set[str]] = {}
    for prompt in ALL:
        assert re.fullmatch("[0-9a-f]{12}", prompt.hash)
        review = REVIEW if prompt.variant == "refine" else ""
        hashes.setdefault(prompt.hash, set()).add(prompt.render("P", CANDIDATES) + review)
    assert all(len(said) == 1 for said in hashes.values())
    assert len(hashes) == len(set().union(*hashes.values()))


@pytest.mark.parametrize("name", ["TARGET", "REVIEW", "REASK", "NOT_LISTED", "KNN_KEY"])
def test_a_changed_text_changes_the_hash(name: str, monkeypatch: pytest.MonkeyPatch):
    prompt = NeighborPrompt("refine", "k562", 10)
    before = prompt.hash
    assert prompt.hash == before
    monkeypatch.setattr(neighbor_prompts, name, getattr(neighbor_prompts, name) + " ")
    assert prompt.hash != before


@given(st.lists(st.text()))
def test_quoted_names_are_one_line_of_json(names):
    text = quoted(names)
    assert json.loads(f"[{text}]") == names
    assert "\n" not in text
