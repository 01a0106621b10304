import anndata
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perturb_evals.datasets.genes.ncbi import Aliases, human_aliases
from perturb_evals.datasets.genes.symbols import (
    LONGEST_NAME,
    ROUTES,
    Resolved,
    SymbolResolver,
    bare_symbol,
)

ALIASES = Aliases(
    current={
        "AARS1": (1,),
        "EPRS1": (2,),
        "QARS1": (3,),
        "GART": (4,),
        "GARS1": (5,),
        "IL9": (6,),
        "RPSA": (7,),
        "SMAD1": (8,),
        "MT-ND1": (9,),
        "ND1": (9,),
    },
    synonyms={
        "AARS": (1,),
        "EPRS": (2,),
        "QARS": (2, 3),  # the second one's former symbol
        "GARS": (4, 5),
        "P40": (6, 7),
        "SMAD1": (5,),  # also a current symbol
        "CMT2N": (1,),
    },
)


def resolver(*candidates, aliases=ALIASES):
    return SymbolResolver(candidates, aliases)


def test_exact_comes_first():
    both = resolver("aars", "AARS", "AARS1")
    for name in ("aars", "AARS", "AARS1"):
        assert both.resolve(name) == Resolved(name, "exact")


def test_case_where_it_is_unique():
    assert resolver("C9orf72").resolve("C9ORF72") == Resolved("C9orf72", "case")
    assert resolver("aars", "AARS").resolve("Aars") == Resolved(None, "ambiguous")
    assert resolver("aars", "AARS").resolve("**AARS**") == Resolved("AARS", "case")


@pytest.mark.parametrize(("name", "candidate"), [("AARS1", "AARS"), ("aars", "AARS1")])
def test_an_alias_in_both_directions(name, candidate):
    assert resolver(candidate, "IL9").resolve(name) == Resolved(candidate, "alias")


def test_an_alias_of_an_alias_and_of_the_authoritys_symbol():
    assert resolver("AARS").resolve("CMT2N") == Resolved("AARS", "alias")
    assert resolver("MT-ND1").resolve("ND1") == Resolved("MT-ND1", "alias")


def test_an_alias_has_to_be_unique_within_the_candidates():
    assert resolver("IL9", "RPSA").resolve("P40") == Resolved(None, "ambiguous")
    assert resolver("RPSA", "AARS").resolve("P40") == Resolved("RPSA", "alias")
    assert resolver("CMT2N", "AARS").resolve("AARS1") == Resolved(None, "ambiguous")


def test_a_current_symbol_beats_a_synonym():
    # SMAD1 is a gene of its own and a synonym of GARS1: it never stands for GARS1.
    assert resolver("GARS1").resolve("SMAD1") == Resolved(None, "unknown")
    assert resolver("SMAD1").resolve("GARS1") == Resolved(None, "unknown")
    # AARS1 is what gene 1 is called now, so a screen that has both has it as AARS1.
    assert resolver("AARS", "AARS1").resolve("CMT2N") == Resolved("AARS1", "alias")


def test_a_candidate_that_was_several_genes_name_is_the_one_named_alike():
    assert resolver("GARS").resolve("GARS1") == Resolved("GARS", "alias")
    assert resolver("GARS").resolve("GART") == Resolved(None, "unknown")
    assert resolver("EPRS", "QARS").resolve("EPRS1") == Resolved("EPRS", "alias")
    assert resolver("EPRS", "QARS").resolve("QARS1") == Resolved("QARS", "alias")
    assert resolver("P40").resolve("IL9") == Resolved(None, "unknown")


def test_without_a_table_there_are_no_aliases():
    plain = resolver("AARS", aliases=None)
    assert plain.resolve("AARS1") == Resolved(None, "unknown")
    assert plain.resolve("gene aars") == Resolved("AARS", "case")


def test_the_target_is_known_by_all_its_names():
    others = resolver("IL9", "RPSA")
    assert others.resolve("AARS", "AARS") == Resolved("AARS", "exact")
    assert others.resolve("gene aars", "AARS") == Resolved("AARS", "case")
    assert others.resolve("AARS1", "AARS") == Resolved("AARS", "alias")
    assert others.resolve("AARS", "AARS1") == Resolved("AARS1", "alias")
    assert others.resolve("AARS1") == Resolved(None, "unknown")


def test_a_name_of_the_target_and_of_a_candidate_is_ambiguous():
    assert resolver("RPSA").resolve("P40", "IL9") == Resolved(None, "ambiguous")
    assert resolver("aars").resolve("Aars", "AARS") == Resolved(None, "ambiguous")


DRESSED = ["RPL5", " RPL5 ", "**RPL5**", "`RPL5`", '"RPL5"', "RPL5.", "RPL5,", "- RPL5", "* RPL5"]
NUMBERED = ["1. RPL5", "1) RPL5", "12: RPL5", "#3 RPL5", "1. **RPL5**", "2. `RPL5`: core"]
GLOSSED = ["RPL5 (ribosomal protein L5)", "RPL5 [60S]", "RPL5: large subunit", "RPL5 - large one"]
GLOSSED += ["RPL5 \u2014 large", "RPL5, of the large subunit", "RPL5:90", "RPL5 = 0.9", "RPL5|90"]
KINDS = ["gene RPL5", "Gene: RPL5", "RPL5 gene", "RPL5 knockdown", "RPL5 knock-down", "RPL5 KD"]
KINDS += ["knockdown of RPL5", "RPL5 CRISPRi", "perturbation RPL5", "RPL5+ctrl", "ctrl+RPL5"]


@pytest.mark.each("name", [*DRESSED, *NUMBERED, *GLOSSED, *KINDS])
def test_decoration_comes_off(name):
    assert bare_symbol(name) == "RPL5"
    assert resolver("RPL5").resolve(name).symbol == "RPL5"


@pytest.mark.each(
    "name", ["HLA-A", "7SK", "C12orf45", "MT-ND1", "RP11-34.1", "H2AC18", "5'-NT", "A1BG-AS1"]
)
def test_symbols_with_signs_are_left_alone(name):
    assert resolver(name).resolve(f" {name.lower()} ") == Resolved(name, "case")


@pytest.mark.each(
    "name",
    ["RPL5 RPL23", "RPL5/RPL23", "RPL5+RPL23", "like RPL5", "RPL5 and RPL23", "RPL5 is one", ""],
)
def test_what_is_not_one_symbol_is_unknown(name):
    assert resolver("RPL5", "RPL23").resolve(name) == Resolved(None, "unknown")


def test_a_sentence_is_not_searched_for_a_symbol():
    assert bare_symbol("RPL5 (" + "x" * LONGEST_NAME) != "RPL5"
    assert resolver("RPL5").resolve("RPL5 (" * 100_000).route == "unknown"


@given(
    name=st.text(max_size=12)
    | st.sampled_from(["AARS1", "aars", "P40", "GARS", "1. IL9", "CMT2N"]),
    candidates=st.lists(st.sampled_from(["AARS", "AARS1", "IL9", "RPSA", "GARS", "GART"])),
    target=st.none() | st.sampled_from(["QARS", "EPRS1", "AARS"]),
)
def test_any_text_gives_a_candidate_the_target_or_a_reason(name, candidates, target):
    found = SymbolResolver(candidates, ALIASES).resolve(name, target)
    assert found.route in ROUTES
    assert (found.symbol is None) == (found.route in ("ambiguous", "unknown"))
    assert found.symbol is None or found.symbol in {*candidates, target}
    backwards = SymbolResolver(candidates[::-1], ALIASES).resolve(name, target)
    assert backwards == found


def perturbations(path):
    names = anndata.read_h5ad(path).obs["perturbation"]
    return sorted(name for name in names if name != "control")


RENAMED = {
    "AARS": "AARS1",
    "C12orf45": "NOPCHAP1",
    "CCDC84": "CENATAC",
    "CD3EAP": "POLR1G",
    "EPRS": "EPRS1",
    "GARS": "GARS1",
    "MARS": "MARS1",
    "QARS": "QARS1",
    "SARS": "SARS1",
    "TWISTNB": "POLR1F",
    "ZNRD1": "POLR1H",
}


def test_a_real_screen_with_old_symbols(real_data):
    names = perturbations(real_data / "screens" / "replogle_k562_pc9_surrogate.h5ad")
    aliases = human_aliases()
    found = SymbolResolver(names, aliases)
    for old, new in RENAMED.items():
        assert found.resolve(new) == Resolved(old, "alias")
    # Every perturbation is some gene's, so that aliases can find it, and found by its own name.
    assert all(aliases.gene_ids_of_symbol(name) for name in names)
    assert {found.resolve(name).route for name in names} == {"exact"}
    assert {found.resolve(name.lower()).route for name in names} <= {"exact", "case"}


def test_a_real_screen_with_new_symbols(real_data):
    names = perturbations(real_data / "screens" / "adamson_2016_upr.h5ad")
    assert SymbolResolver(names, human_aliases()).resolve("AARS") == Resolved("AARS1", "alias")
