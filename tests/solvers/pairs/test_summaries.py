"""What is said of genes: whole sentences, in one line, of a length."""

import asyncio
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perturb_evals.datasets.pairs.evidence import pairs_evidence
from perturb_evals.solvers.pairs.summaries import LONGEST, UNKNOWN, Summaries, trimmed


@pytest.mark.each(
    "text, longest, shown",
    [
        ("One. Two three.", 100, "One. Two three."),
        ("One. Two three", 100, "One. Two three."),
        ("One two. Three four five six.", 12, "One two."),
        ("It charges (Zhu et al., 2005. And more of it follows) here. Then", 50, "It charges …"),
        ("It works. It charges (Zhu et al., 2005. And more) here. Then", 45, "It works."),
        ("It works. It charges alanine (Zhu et al., 2005", 600, "It works. It charges alanine."),
        ("It acts (see E. coli). In yeast, e.g. S. pombe, it stops.", 40, "It acts (see E. coli)."),
        (
            "Found by Zhu et al. In 2005 it was seen. More",
            42,
            "Found by Zhu et al. In 2005 it was seen.",
        ),
        ("no end of a sentence anywhere", 12, "no end of a …"),
        ("Is it so? It is! And more of that.", 18, "Is it so? It is!"),
        ("two\n\nlines\tand  blanks", 100, "two lines and blanks."),
        ("", 100, ""),
        (" . ", 100, ""),
    ],
)
def test_a_text_ends_with_a_sentence_outside_of_brackets(
    text: str, longest: int, shown: str
) -> None:
    assert trimmed(text, longest) == shown


@given(st.text("ab. ()[…\n", max_size=60), st.integers(1, 30))
def test_any_text_becomes_one_line_of_a_length(text: str, longest: int) -> None:
    shown = trimmed(text, longest)
    assert len(shown) <= longest + 2
    assert "\n" not in shown
    assert trimmed(text, 100) == " ".join(trimmed(text, 100).split())


def test_texts_of_real_genes_end_well(real_data: Path) -> None:
    summaries = Summaries(pairs_evidence("perturbqa", "k562", "de", "none", ()))
    for gene in ("ANAPC10", "CENPK", "AARS", "TP53", "RPL3", "BRCA1", "ADO"):
        text = summaries.at_hand(gene, "readout")
        assert len(text) <= LONGEST + 2
        assert text.endswith(".")
        assert text.count("(") == text.count(")")


@pytest.mark.parametrize("source", ["ncbi", "model"])
def test_of_sets_and_of_what_is_unknown_no_model_is_asked(source: str) -> None:
    sets = Summaries(pairs_evidence("demo", "demo_a", "de", "none", ()), source)  # type: ignore[arg-type]
    assert asyncio.run(sets.of("NOBODY", "perturbed")) == UNKNOWN
