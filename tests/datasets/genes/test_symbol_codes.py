"""Codes in the place of symbols."""

import pytest

from perturb_evals.datasets.genes.symbol_codes import codes_in, decoded

SYMBOLS = {"G1": "PSMA1", "G12": "HLA-A", "gene 7": "TP53"}


@pytest.mark.each(
    ("text", "found"),
    [
        ("G1,G12,1", "PSMA1,HLA-A,1"),
        ("g1 raises G12.", "PSMA1 raises HLA-A."),
        ("G1_G12 and G1-KD, G123", "PSMA1_HLA-A and PSMA1-KD, G123"),
        ("is gene 7 up?", "is TP53 up?"),
        ("", ""),
    ],
)
def test_codes_become_symbols_as_whole_words(text, found):
    assert decoded(text, SYMBOLS) == found
    assert decoded(text, {}) == text


def test_the_table_of_a_log_gives_the_symbol_of_each_code():
    assert codes_in({"symbol_codes": {"PSMA1": "G1"}}) == {"G1": "PSMA1"}
    assert codes_in({}) == {}


@pytest.mark.each(
    ("table", "said"),
    [
        ("PSMA1=G1", "must be a table of symbols"),
        ({"PSMA1": 1}, "must give each symbol a code; got 1"),
        ({"PSMA1": "G1", "TP53": "G1"}, "gives PSMA1 and TP53 one code"),
    ],
)
def test_a_table_that_is_none_is_refused(table, said):
    with pytest.raises(ValueError, match=said):
        codes_in({"symbol_codes": table})
