import pytest

from perturb_evals.scorers.expression.names import (
    Named,
    is_plausible,
    is_symbol,
    items_of,
    names_in,
)


def listed(*values):
    return [(None, value) for value in values]


@pytest.mark.each("name", ["RPL5", "MYC", "7SK", "HLA-A", "C12orf45", "p53", "RP11-34.1"])
def test_symbols(name):
    assert is_symbol(name)
    assert is_plausible(name)


@pytest.mark.each("value", ["myc", "Myc", "12", "R", "RPL5 x", "", "A" * 26, None, 5.0, []])
def test_no_symbols(value):
    assert not is_symbol(value)


@pytest.mark.each(
    "name", ["myc", "RPL5 (ribosomal protein L5)", "1. RPL5", "gene RPL5", "**RPL5**", "TNF alpha"]
)
def test_plausible_as_a_name_though_no_symbol(name):
    assert is_plausible(name)


PLACEHOLDERS = ["GENE1", "Gene_A", "gene", "<gene 1>", "SYMBOL", "name2", "neighbor_1", "x", "kNN"]
WORDS = ["", "...", "12", "string", "None", "reasoning", "first name", "see below"]


@pytest.mark.each("name", [*PLACEHOLDERS, *WORDS])
def test_not_plausible_as_a_name(name):
    assert not is_plausible(name)


def test_similarities_are_percentages_if_any_is_above_one():
    shares = listed(listed("RPL5", 0.5), listed("MYC", 1.0))
    assert items_of(shares) == ((Named("RPL5", 0.5), Named("MYC", 1.0)), 0)
    percentages = listed(listed("RPL5", 50.0), listed("MYC", 1.0))
    assert items_of(percentages) == ((Named("RPL5", 0.5), Named("MYC", 0.01)), 0)


WRITTEN = {"90%": 0.9, "90 / 100": 0.9, " 90 ": 0.9, 90.0: 0.9, "0": 0.0}
NO_SHARE = ["high", "", -1.0, 101.0, float("nan"), float("inf"), None, listed(90.0)]


@pytest.mark.each(
    ("similarity", "share"), [*WRITTEN.items(), *((value, None) for value in NO_SHARE)]
)
def test_what_a_similarity_may_be(similarity, share):
    record = [("gene", "RPL5"), ("similarity", similarity)]
    other = [("gene", "MYC"), ("similarity", 50.0)]
    assert items_of(listed(record, other)) == ((Named("RPL5", share), Named("MYC", 0.5)), 0)


def test_entries_that_are_no_names_are_counted():
    entries = listed("RPL5", None, 3.0, "17", " ", [("similarity", 90.0)], [("gene", None)])
    assert items_of([*entries, (None, [])]) == ((Named("RPL5"),), 6)


def test_a_name_by_its_key_or_as_its_key():
    assert items_of([("RPL5", 90.0), ("MYC", 80.0)])[0] == (Named("RPL5", 0.9), Named("MYC", 0.8))
    assert items_of([("1", "RPL5"), ("2", "MYC")])[0] == (Named("RPL5"), Named("MYC"))
    assert items_of([("RPL5", "large subunit")])[0] == (Named("RPL5"),)
    assert items_of([("rank", 1.0), ("gene", "RPL5"), ("score", 70.0)])[0] == (Named("RPL5", 0.7),)


def test_several_symbols_in_one_text_are_several_names():
    assert items_of(listed("RPL5, RPL23", "MYC"))[0] == tuple(map(Named, ["RPL5", "RPL23", "MYC"]))
    assert items_of(listed("RPL5, the large one"))[0] == (Named("RPL5, the large one"),)


COMMAS = ["RPL5, RPL23, MYC", "RPL5, RPL23 and MYC", "['RPL5', 'RPL23', 'MYC']"]
OTHERS = ["RPL5 RPL23 MYC", "RPL5; RPL23\nMYC", "RPL5 > RPL23 > MYC", "RPL5 | RPL23 & MYC"]


@pytest.mark.each("text", [*COMMAS, *OTHERS])
def test_a_text_of_symbols(text):
    assert names_in(text) == (Named("RPL5"), Named("RPL23"), Named("MYC"))
    assert names_in(text, ended=False) == (Named("RPL5"), Named("RPL23"))


@pytest.mark.parametrize("text", ["", "RPL5 and others", "see RPL5", "none", "..."])
def test_a_text_of_more_than_symbols_has_none(text):
    assert names_in(text) == ()
