"""Questions are read in the prompts that the package renders, and in nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perturb_evals.models.reading import Question, read
from perturb_evals.solvers.pairs.prompts import render

FORM_READ = {"label": "label", "probability": "probability", "logprobs": "word"}


@pytest.mark.parametrize("kind", ["de", "direction"])
@pytest.mark.parametrize("form", list(FORM_READ))
@pytest.mark.parametrize("cell_line", ["k562", "rpe1", "hepg2", "jurkat", "demo_a"])
def test_reads_the_rendered_prompts(kind: str, form: str, cell_line: str) -> None:
    question = read(render(kind, form, cell_line, "PSMA1", "HSPA1B"))
    assert question is not None
    assert (question.pert, question.gene) == ("PSMA1", "HSPA1B")
    assert (question.kind, question.form) == (kind, FORM_READ[form])
    assert question.cell_line.upper().startswith(cell_line.upper())


def test_reads_a_gene_set_prompt_and_the_last_of_several_questions() -> None:
    one = render("de", "label", "k562_set", "PSMA1", "cholesterol biosynthesis")
    two = render("direction", "probability", "rpe1", "SQLE", "LDLR")
    question = read(one)
    assert question is not None
    assert question.gene == "cholesterol biosynthesis"
    last = read(f"{one}\n\n{two}")
    assert last == read(two)
    assert isinstance(last, Question)


@pytest.mark.parametrize(
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
    assert read(prompt) is None


def test_a_missing_cell_line_is_empty() -> None:
    prompt = render("de", "label", "k562", "PSMA1", "PSMB5").replace("Cell line:", "Line:")
    question = read(prompt)
    assert question is not None
    assert question.cell_line == ""


def test_own_gene() -> None:
    own, other = (read(render("de", "label", "k562", "PSMA1", gene)) for gene in ("PSMA1", "PSMA2"))
    assert own is not None
    assert other is not None
    assert own.own
    assert not other.own


@given(st.text(st.characters(categories=["L", "N", "P", "S"]), min_size=1, max_size=20))
def test_symbols_are_read_as_they_are(symbol: str) -> None:
    question = read(render("direction", "label", "k562", symbol, symbol[::-1]))
    assert question is not None
    assert (question.pert, question.gene) == (symbol, symbol[::-1])
