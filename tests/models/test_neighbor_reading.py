"""Questions for similar knock-downs are read in the package's own conversations."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perturb_evals.models.neighbor_reading import NeighborQuestion, read_neighbors
from perturb_evals.solvers.expression import prompts as words
from perturb_evals.solvers.expression.prompts import VARIANTS, NeighborPrompt, Variant

LISTED = ("PSMA1", "RPL7", "RPS19", "MRPL10", "EIF3B", "MED14", "H1-2", "C1orf112")
PROBLEMS = (
    words.NO_LIST,
    words.CUT_OFF,
    words.EMPTY_LIST,
    words.NOT_LISTED.format(names='"RPL99"'),
    words.TARGET_ITSELF.format(names='"PSMA3"'),
    words.SEVERAL_MEANT.format(names='"P"'),
)


def prompt(
    target: str = "PSMA3",
    candidates: tuple[str, ...] = LISTED,
    *,
    variant: Variant = "full",
    cell_line: str = "k562",
    k: int = 10,
    similarities: bool = False,
) -> str:
    return NeighborPrompt(variant, cell_line, k, similarities).render(target, candidates)


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("similarities", [False, True])
@pytest.mark.parametrize("cell_line", ["k562", "demo_a", "HeLa", ""])
def test_every_variant_is_read(variant: Variant, similarities: bool, cell_line: str) -> None:
    text = prompt(variant=variant, similarities=similarities, cell_line=cell_line)
    assert read_neighbors([text]) == NeighborQuestion(
        target="PSMA3",
        candidates=LISTED,
        fewest=5,
        most=8,
        reasoning=variant != "no_reasoning",
        similarities=similarities,
    )


@pytest.mark.parametrize(("k", "fewest", "most"), [(10, 5, 8), (6, 5, 6), (5, 5, 5), (1, 1, 1)])
@pytest.mark.parametrize("variant", ["full", "minimal"])
def test_how_many_are_asked_for(k: int, fewest: int, most: int, variant: Variant) -> None:
    question = read_neighbors([prompt(k=k, variant=variant)])
    assert question is not None
    assert (question.fewest, question.most) == (fewest, most)


@pytest.mark.parametrize("problem", PROBLEMS)
def test_what_was_said_since_is_told_apart(problem: str) -> None:
    again = words.REASK.format(problem=problem)
    for since, turn in (
        ([again], "again"),
        ([again, again], "again"),
        ([words.REVIEW], "review"),
        ([again, words.REVIEW], "review"),
    ):
        question = read_neighbors(["Be brief.", prompt(), *since])
        assert question is not None
        assert (question.turn, question.follow_ups) == (turn, len(since))
        assert question.target == "PSMA3"


def test_the_last_question_counts() -> None:
    question = read_neighbors([prompt("RPL7"), words.REVIEW, prompt("MED1")])
    assert question is not None
    assert (question.target, question.turn, question.follow_ups) == ("MED1", "first", 0)


@pytest.mark.parametrize(
    "messages",
    [
        [],
        [""],
        ["Target gene: PSMA3"],
        [prompt(candidates=())],
        [prompt().replace("Target gene:", "Gene:")],
        [prompt().replace("name 5 to 8", "name some")],
        ["Knocked-down gene: PSMA1\nReadout gene: PSMB5\nQuestion: is it changed?\nANSWER: <Yes>"],
        [words.REVIEW],
    ],
)
def test_no_question_where_a_part_is_missing(messages: list[str]) -> None:
    assert read_neighbors(messages) is None


SYMBOL = st.text(st.characters(categories=["L", "N"], include_characters="-.{}%"), min_size=1)


@given(SYMBOL, st.lists(SYMBOL, min_size=1, max_size=20))
def test_symbols_are_read_as_they_are(target: str, candidates: list[str]) -> None:
    question = read_neighbors([prompt(target, tuple(candidates))])
    assert question is not None
    assert (question.target, question.candidates) == (target, tuple(candidates))
