"""Questions are read in the prompts that the package renders, and in nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perturb_evals.models.reading import NeighborQuestion, PairQuestion, read_neighbors, read_pair
from perturb_evals.solvers.expression import prompts as words
from perturb_evals.solvers.expression.prompts import VARIANTS, NeighborPrompt, Variant
from perturb_evals.solvers.pairs.prompts import render

FORM_READ = {"label": "label", "probability": "probability", "logprobs": "word"}
LISTED = ("PSMA1", "RPL7", "RPS19", "MRPL10", "EIF3B", "MED14", "H1-2", "C1orf112")
PROBLEMS = (
    words.NO_LIST,
    words.CUT_OFF,
    words.EMPTY_LIST,
    words.NOT_LISTED.format(names='"RPL99"'),
    words.TARGET_ITSELF.format(names='"PSMA3"'),
    words.SEVERAL_MEANT.format(names='"P"'),
)


@pytest.mark.each("kind", ["de", "direction"])
@pytest.mark.each("form", list(FORM_READ))
@pytest.mark.each("cell_line", ["k562", "rpe1", "hepg2", "jurkat", "demo_a"])
def test_reads_the_rendered_prompts(kind: str, form: str, cell_line: str) -> None:
    question = read_pair(render(kind, form, cell_line, "PSMA1", "HSPA1B"))
    assert question is not None
    assert (question.pert, question.gene) == ("PSMA1", "HSPA1B")
    assert (question.kind, question.form) == (kind, FORM_READ[form])
    assert question.cell_line.upper().startswith(cell_line.upper())


def test_reads_a_gene_set_prompt_and_the_last_of_several_questions() -> None:
    one = render("de", "label", "k562_set", "PSMA1", "cholesterol biosynthesis")
    two = render("direction", "probability", "rpe1", "SQLE", "LDLR")
    question = read_pair(one)
    assert question is not None
    assert question.gene == "cholesterol biosynthesis"
    last = read_pair(f"{one}\n\n{two}")
    assert last == read_pair(two)
    assert isinstance(last, PairQuestion)


@pytest.mark.each(
    "prompt",
    [
        "",
        "What is the capital of France?",
        "Knocked-down gene: PSMA1",
        "Knocked-down gene: PSMA1\nReadout gene: PSMB5",
        "Knocked-down gene: PSMA1\nReadout gene: PSMB5\nQuestion: are they friends?\nANSWER: x",
        "Knocked-down gene: PSMA1\nReadout gene: PSMB5\nQuestion: is it changed?",
        "Knocked-down gene:\nReadout gene:\nQuestion: is it changed?\nANSWER: <Yes | No>",
        "\ud800 {pert} {0} %s",
    ],
)
def test_reads_no_question_where_a_part_is_missing(prompt: str) -> None:
    assert read_pair(prompt) is None


def test_a_missing_cell_line_is_empty() -> None:
    prompt = render("de", "label", "k562", "PSMA1", "PSMB5").replace("Cell line:", "Line:")
    question = read_pair(prompt)
    assert question is not None
    assert question.cell_line == ""


def test_own_gene() -> None:
    own, other = (
        read_pair(render("de", "label", "k562", "PSMA1", gene)) for gene in ("PSMA1", "PSMA2")
    )
    assert own is not None
    assert other is not None
    assert own.own
    assert not other.own


@given(st.text(st.characters(categories=["L", "N", "P", "S"]), min_size=1, max_size=20))
def test_symbols_are_read_as_they_are(symbol: str) -> None:
    question = read_pair(render("direction", "label", "k562", symbol, symbol[::-1]))
    assert question is not None
    assert (question.pert, question.gene) == (symbol, symbol[::-1])


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


@pytest.mark.each("variant", VARIANTS)
@pytest.mark.each("similarities", [False, True])
@pytest.mark.each("cell_line", ["k562", "demo_a", "HeLa", ""])
def test_every_variant_of_a_neighbor_prompt_is_read(
    variant: Variant, similarities: bool, cell_line: str
) -> None:
    text = prompt(variant=variant, similarities=similarities, cell_line=cell_line)
    assert read_neighbors([text]) == NeighborQuestion(
        target="PSMA3",
        candidates=LISTED,
        fewest=5,
        most=8,
        reasoning=variant != "no_reasoning",
        similarities=similarities,
    )


@pytest.mark.each(("k", "fewest", "most"), [(10, 5, 8), (6, 5, 6), (5, 5, 5), (1, 1, 1)])
@pytest.mark.each("variant", ["full", "minimal"])
def test_how_many_are_asked_for(k: int, fewest: int, most: int, variant: Variant) -> None:
    question = read_neighbors([prompt(k=k, variant=variant)])
    assert question is not None
    assert (question.fewest, question.most) == (fewest, most)


@pytest.mark.each("problem", PROBLEMS)
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


def test_the_last_list_counts() -> None:
    question = read_neighbors([prompt("RPL7"), words.REVIEW, prompt("MED1")])
    assert question is not None
    assert (question.target, question.turn, question.follow_ups) == ("MED1", "first", 0)


@pytest.mark.each(
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
def test_no_neighbors_are_asked_for_where_a_part_is_missing(messages: list[str]) -> None:
    assert read_neighbors(messages) is None


SYMBOL = st.text(st.characters(categories=["L", "N"], include_characters="-.{}%"), min_size=1)


@given(SYMBOL, st.lists(SYMBOL, min_size=1, max_size=20))
def test_listed_symbols_are_read_as_they_are(target: str, candidates: list[str]) -> None:
    question = read_neighbors([prompt(target, tuple(candidates))])
    assert question is not None
    assert (question.target, question.candidates) == (target, tuple(candidates))
