"""Gene cards: what NCBI says of the gene that a name means, and how the name was found."""

import gzip
import time
from pathlib import Path

import pytest

from perturb_evals.datasets.errors import DataError
from perturb_evals.datasets.genes.cards import GeneCard, gene_cards
from perturb_evals.datasets.genes.ncbi import GENE_INFO, GENE_SUMMARY

INFO = """
#tax_id\tGeneID\tSymbol\tSynonyms\tdbXrefs\tdescription\tSymbol_from_nomenclature_authority\tOther_designations
9606\t16\tAARS1\tAARS|CMT2N\t-\talanyl-tRNA synthetase 1\tAARS1\talanine--tRNA ligase|alaRS
9606\t2617\tGARS1\tGARS\t-\tglycyl-tRNA synthetase 1\tGARS1\t-
9606\t2618\tGART\tGARS\t-\ttrifunctional "GART"\tGART\t-
9606\t4735\tSEPTIN2\tSEPT2\t-\tseptin 2\tSEPTIN2\t-
9606\t23157\tSEPTIN6\tSEPT2\t-\tseptin 6\tSEPTIN6\t-
9606\t4535\tND1\t-\t-\t-\tMT-ND1\t-
9606\t7\tTEC\t-\t-\tkinase\tTEC\t-
9606\t8\tTEC\t-\t-\tphenotype\t-\t-
9606\t9\tONE\tP40\t-\tfirst\tONE\t-
9606\t10\tTWO\tP40\t-\tsecond\tTWO\t-
10090\t11\tAars\tMOUSE\t-\tof another species\tAars\t-
""".lstrip()
SUMMARY = """
#tax_id\tGeneID\tSource\tSummary
9606\t16\tRefSeq\tIt charges  tRNA [see PMID 1]. [provided by RefSeq, Jul 2010].
9606\t2618\tOMIM\tPurines, provided by no one (A, 2005 [PubMed 1]).[supplied by OMIM, Mar 2008].
9606\t4535\tRefSeq\t-
10090\t11\tRefSeq\tA mouse.
""".lstrip()


@pytest.fixture
def ncbi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, content in ((GENE_INFO, INFO), (GENE_SUMMARY, SUMMARY)):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(gzip.compress(content.encode()))
    monkeypatch.setenv("PERTURB_EVALS_DATA", str(tmp_path))
    monkeypatch.setenv("PERTURB_EVALS_CACHE", str(tmp_path / "cache"))
    return tmp_path


def test_a_card_has_all_that_ncbi_says(ncbi: Path) -> None:
    assert gene_cards(["AARS1", "AARS"]) == {
        name: GeneCard(
            name=name,
            found=found,
            gene_id=16,
            symbol="AARS1",
            synonyms=("AARS", "CMT2N"),
            full_name="alanyl-tRNA synthetase 1",
            summary="It charges tRNA [see PMID 1].",
            designations=("alanine--tRNA ligase", "alaRS"),
        )
        for name, found in (("AARS1", "current"), ("AARS", "former"))
    }


@pytest.mark.parametrize(
    ("name", "found", "symbol"),
    [
        ("aars", "former", "AARS1"),
        ("GARS", "former", "GARS1"),
        ("SEPT2", "former", "SEPTIN2"),
        ("MT-ND1", "current", "ND1"),
        ("P40", "several", ""),
        ("TEC", "several", ""),
        ("MOUSE", "unknown", ""),
        ("", "unknown", ""),
        ("-", "unknown", ""),
    ],
)
def test_how_a_name_is_found(ncbi: Path, name: str, found: str, symbol: str) -> None:
    card = gene_cards([name])[name]
    assert (card.found, card.symbol) == (found, symbol)
    assert (card.gene_id is None) == (found in ("several", "unknown"))


def test_credit_lines_go_and_the_rest_stays(ncbi: Path) -> None:
    cards = gene_cards(["GART", "ND1"])
    assert cards["GART"].summary == "Purines, provided by no one (A, 2005 [PubMed 1])."
    assert cards["ND1"].summary == cards["ND1"].full_name == ""


def test_each_name_has_one_card_in_the_order_asked_for(ncbi: Path) -> None:
    assert [*gene_cards(["TWO", "nobody", "ONE", "TWO"])] == ["TWO", "nobody", "ONE"]
    assert gene_cards([]) == {}


def test_a_file_that_is_not_ncbis(ncbi: Path) -> None:
    (ncbi / GENE_SUMMARY).write_bytes(gzip.compress(b"gene\ttext\nA\tB\n"))
    with pytest.raises(DataError, match="Summary"):
        gene_cards(["AARS"])


def test_the_tables_old_symbols_are_resolved_fast(real_data: Path) -> None:
    start = time.process_time()
    cards = gene_cards(["AARS", "H2AFZ", "WDR61", "MARCH5", "UBC", "TAZ", "AC118549.1"])
    assert time.process_time() - start < 5  # about 1 s on one core
    assert {name: (card.gene_id, card.symbol) for name, card in cards.items()} == {
        "AARS": (16, "AARS1"),
        "H2AFZ": (3015, "H2AZ1"),
        "WDR61": (80349, cards["WDR61"].symbol),
        "MARCH5": (54708, "MARCHF5"),
        "UBC": (7316, "UBC"),
        "TAZ": (None, ""),
        "AC118549.1": (None, ""),
    }
    assert cards["TAZ"].found == "several"
    assert cards["WDR61"].symbol in ("WDR61", "SKIC8")  # as old as the file is
    assert "provided by" not in cards["UBC"].summary
    start = time.process_time()
    gene_cards(["TP53"])
    assert time.process_time() - start < 0.1
