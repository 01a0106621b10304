"""Answers about similar knock-downs: a JSON object where one is asked for, readable in any form."""

import json
import random
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perturb_evals.models.neighbor_choice import Choice, choose
from perturb_evals.models.neighbor_prose import UNTIDY, neighbor_answer, neighbor_thinking
from perturb_evals.models.neighbor_reading import NeighborQuestion, Turn
from perturb_evals.models.slips import neatly
from perturb_evals.scorers.expression.reading import parse_neighbors


def question(
    target: str,
    listed: tuple[str, ...],
    *,
    turn: Turn = "first",
    reasoning: bool = True,
    similarities: bool = False,
) -> NeighborQuestion:
    others = tuple(name for name in listed if name != target)
    return NeighborQuestion(target, others, 5, 10, reasoning, similarities, turn)


def answer(asked: NeighborQuestion, choice: Choice, seed: int = 0, *, schema: bool = True) -> str:
    written = neatly(choice.neighbors)
    return neighbor_answer(asked, choice, written, [], schema=schema, rng=random.Random(seed))


@pytest.mark.parametrize("reasoning", [True, False])
@pytest.mark.parametrize("similarities", [True, False])
def test_a_schema_is_kept_whatever_is_said(
    listed: tuple[str, ...], reasoning: bool, similarities: bool
) -> None:
    for seed in range(300):
        asked = question("COPA", listed, reasoning=reasoning, similarities=similarities)
        choice = choose(asked, random.Random(seed))
        found = json.loads(answer(asked, choice, seed))
        assert list(found) == (["reasoning", "kNN"] if reasoning else ["kNN"])
        names = [like.symbol for like in choice.neighbors]
        if similarities:
            assert [item["gene"] for item in found["kNN"]] == names
            shares = [item["similarity"] for item in found["kNN"]]
            assert shares == sorted(shares, reverse=True)
            assert all(isinstance(share, int) and 0 < share <= 100 for share in shares)
        else:
            assert found["kNN"] == names


@pytest.mark.parametrize("similarities", [True, False])
def test_untidy_answers_are_read_as_they_were_meant(
    listed: tuple[str, ...], similarities: bool
) -> None:
    untidy, n = set(), 400
    forms = 0
    for seed in range(n):
        asked = question("SF3B1", listed, similarities=similarities)
        choice = choose(asked, random.Random(seed))
        text = answer(asked, choice, seed, schema=False)
        found = parse_neighbors(text)
        if choice.manner == "refused":
            assert text.startswith("I'm sorry")
            assert found is None
            continue
        assert found is not None, text
        assert list(found.names) == [like.symbol for like in choice.neighbors]
        if not text.startswith('{"reasoning"') or '"kNN"' not in text or ",]" in text:
            forms += 1
            untidy.add(re.sub(r"\s.*", "", text)[:8])
    assert forms / n == pytest.approx(UNTIDY, abs=0.05)
    assert len(untidy) >= 4


def test_the_reasoning_says_why(listed: tuple[str, ...]) -> None:
    asked = question("AARS1", (*(n for n in listed if not n.endswith("ARS1")), "KARS1"))
    said = json.loads(answer(asked, choose(asked, random.Random(0))))["reasoning"]
    assert "AARS1" in said
    assert "aminoacyl-tRNA synthesis" in said
    assert "KARS1" in said
    assert "the ATF4 targets" in said


def test_a_second_look_says_what_it_changed(listed: tuple[str, ...]) -> None:
    asked = question("MED14", listed, turn="review")
    choice = next(
        found for seed in range(9) if (found := choose(asked, random.Random(seed))).neighbors
    )
    now = neatly(choice.neighbors)
    rng = random.Random(1)
    then = [*neatly(choice.neighbors[1:]), *neatly(choice.neighbors[:0])]
    added = json.loads(neighbor_answer(asked, choice, now, then, schema=True, rng=rng))
    assert choice.neighbors[0].symbol in added["reasoning"].split(".")[0]
    taken = json.loads(neighbor_answer(asked, choice, now[1:], now, schema=True, rng=rng))
    assert choice.neighbors[0].symbol in taken["reasoning"].split(".")[0]
    same = json.loads(neighbor_answer(asked, choice, now, now, schema=True, rng=rng))
    assert "again" in same["reasoning"] or "critic" in same["reasoning"]


def test_a_thinking_part_holds_a_draft_that_is_not_the_answer(listed: tuple[str, ...]) -> None:
    asked = question("EIF3B", listed)
    choice = choose(asked, random.Random(4))
    names = [like.symbol for like in choice.neighbors]
    draft = parse_neighbors(neighbor_thinking(asked, choice))
    assert draft is not None
    assert set(draft.names) < set(names)
    assert list(draft.names) != names[: len(draft.names)]


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=20), st.lists(st.text(min_size=1, max_size=12), max_size=8), st.integers())
def test_any_symbol_is_text_and_never_a_template(target: str, listed: list[str], seed: int) -> None:
    for turn in ("first", "again", "review"):
        asked = question(target, ("{pert}", "{0}", *listed), turn=turn)
        choice = choose(asked, random.Random(seed))
        assert answer(asked, choice, seed, schema=False)
        assert isinstance(json.loads(answer(asked, choice, seed))["kNN"], list)
