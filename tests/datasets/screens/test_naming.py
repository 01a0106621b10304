"""Which readout gene is the perturbed one's own, and where symbols stand."""

import re

import pandas as pd
import pytest

from perturb_evals.datasets.genes.labels import look_at
from perturb_evals.datasets.genes.ncbi import Aliases, aliases_at_hand
from perturb_evals.datasets.screens.naming import (
    naming_as_written,
    naming_of,
    place_of_symbols,
    readout_remarks,
    symbols_of,
)

OLD = ["WARS", "H2AFX", "TCEB1", "GARS", "SEPT2", "AARS", "QARS", "MARCH5", "FAM49B", "C9orf16"]
NEW = ["WARS1", "H2AX", "ELOC", "GARS1", "SEPTIN2", "AARS1", "QARS1", "MARCHF5", "CYRIB", "BBLN"]


def words(text: str) -> list[str]:
    """Labels that stand apart by two blanks or a line break."""
    return re.split(r"  |\n", text.strip("\n"))


@pytest.fixture(scope="module")
def table(real_data) -> Aliases:
    found = aliases_at_hand()
    assert found is not None
    return found


def targets(perturbations, symbols, aliases=None, genes=None) -> list[str]:
    look = look_at(perturbations, symbols=symbols, aliases=aliases)
    names = [label.name for label in look.labels]
    return naming_of(look, names, genes or symbols, symbols, aliases)["target"].tolist()


@pytest.mark.parametrize(("labels", "symbols"), [(OLD, NEW), (NEW, OLD), (OLD, [*NEW, "SEPTIN6"])])
def test_the_own_gene_is_found_under_its_other_name(table, labels, symbols):
    assert targets(labels, symbols, table) == symbols[: len(labels)]
    assert targets(labels, symbols) == [""] * len(labels)


def test_a_symbol_as_written_wins_over_its_aliases(table):
    assert targets(["AARS"], ["AARS1", "AARS"], table) == ["AARS"]
    # A former name of one gene that is another's symbol now.
    assert targets(["QARS"], ["EPRS1", "QARS1"], table) == ["QARS1"]
    assert targets(["GARS"], ["GART", "GARS1"], table) == ["GARS1"]


def test_guides_case_and_ensembl_ids_find_their_gene():
    genes = ["ENSG00000102145.2", "ENSG00000136997"]
    labels = ["GATA1_sg1", "gata1", "sgMYC-2", "ENSG00000102145", "ENSG00000136997.5", "KLF1"]
    assert targets(labels, ["GATA1", "MYC"], genes=genes) == [
        *["GATA1"] * 2,
        "MYC",
        "GATA1",
        "MYC",
        "",
    ]


def test_names_of_one_target_are_one_gene():
    look = look_at(["GATA1", "ENSG00000102145", "MYC"])
    found = naming_of(
        look,
        ["GATA1", "ENSG00000102145", "MYC"],
        ["ENSG00000102145", "ENSG00000136997"],
        ["GATA1", "MYC"],
        None,
    )
    first, second, third = found["same_gene"]
    assert first == second != third


def test_published_names_are_taken_as_written():
    found = naming_as_written(["AARS", "nan", "A_1"], ["AARS1", "nan", "A"])
    assert found["target"].tolist() == ["", "nan", ""]
    assert found["same_gene"].tolist() == found["gene"].tolist() == ["AARS", "nan", "A_1"]


IDS = ["ENSG00000102145", "ENSG00000136997", "ENSG00000105610"]
SYMBOLS = ["GATA1", "MYC", "KLF1"]


@pytest.mark.each(
    "column",
    words(
        """
symbol  gene_name  gene_symbol  gene_symbols  feature_name  gene_names  symbols
gene_short_name  hgnc_symbol  external_gene_name  Gene_Name  GeneSymbol  SYMBOL  gene.name
gene  HGNC
"""
    ),
)
def test_symbols_are_read_from_any_usual_column(column):
    var = pd.DataFrame({"chromosome": ["X", "8", "19"], column: SYMBOLS}, index=IDS)
    assert symbols_of(var) == SYMBOLS
    assert symbols_of(var.astype({column: "category"})) == SYMBOLS
    assert place_of_symbols(var) == f"var[{column!r}]"


def test_a_column_of_ids_is_none_of_symbols():
    for column in ("feature_name", "gene", "symbol"):
        var = pd.DataFrame({column: IDS}, index=SYMBOLS)
        assert symbols_of(var) == SYMBOLS
        assert place_of_symbols(var) == ""
    both = pd.DataFrame({"gene": IDS, "feature_name": SYMBOLS}, index=["0", "1", "2"])
    assert symbols_of(both) == SYMBOLS
    assert symbols_of(pd.DataFrame(index=IDS)) == IDS


def test_a_gene_without_a_symbol_has_its_id():
    var = pd.DataFrame({"gene_name": ["GATA1", None, " "]}, index=IDS)
    assert symbols_of(var) == ["GATA1", *IDS[1:]]


def test_odd_readout_genes_are_said():
    assert readout_remarks(SYMBOLS, SYMBOLS) == []
    assert "3 of 3 genes have no symbol but ids" in readout_remarks(IDS, IDS)[0]
    names = ["MYC", "MYC-1", "1-Mar", "NKX2-1"]
    said = readout_remarks(names, names)
    assert said == [
        "1 genes are called as dates: '1-Mar'.",
        "1 genes look like second ones of a name that was made unique ('MYC-1'): they are not "
        "taken for the perturbed gene.",
    ]
