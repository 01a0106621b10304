import gzip
import time
from pathlib import Path

import pytest

from perturb_evals.datasets.errors import DataError
from perturb_evals.datasets.genes.ncbi import (
    Aliases,
    human_aliases,
    read_aliases,
    read_human,
    read_summaries,
)

HEADER = (
    "#tax_id\tGeneID\tSymbol\tLocusTag\tSynonyms\tdescription\tSymbol_from_nomenclature_authority"
    "\tdbXrefs"
)
ROWS = """
9606\t16\tAARS1\t-\tAARS|CMT2N\talanyl-tRNA synthetase 1\tAARS1\tHGNC:20|Ensembl:ENSG00000090861
9606\t2617\tGARS1\t-\tGARS|SMAD1\tglycyl-tRNA synthetase 1\tGARS1\t-
9606\t2618\tGART\t-\tGARS|"PAIS"\ttrifunctional "GART"\tGART\t-
9606\t4535\tND1\t-\tMTND1\tsubunit 1\tMT-ND1\t-
9606\t4086\tSMAD1\t-\tNaN\tSMAD family member 1\tSMAD1\t-
9606\t100\tC1orf1\t-\t-\topen frame\t-\t-
9606\t7\tTEC\t-\tNA\tkinase\tTEC\t-
9606\t8\tTEC\t-\t-\tphenotype\t-\t-
741158\t17\tAARS1\t-\tOTHER\tof another species\tAARS1\t-
""".strip()


@pytest.fixture
def write(tmp_path):
    def write(text, name="gene_info.gz"):
        path = tmp_path / name
        opened = gzip.open if name.endswith(".gz") else open
        with opened(path, "wt", encoding="utf-8") as file:
            file.write(text)
        return path

    return write


@pytest.fixture
def aliases(write):
    return read_aliases(write(f"{HEADER}\n{ROWS}\n"))


@pytest.mark.parametrize("name", ["gene_info.gz", "gene_info.tsv"])
def test_reads_human_rows_as_they_stand(write, name):
    columns = ["GeneID", "Symbol", "Synonyms", "description"]
    genes = read_human(write(f"{HEADER}\n{ROWS}\n", name), columns)
    assert list(genes) == columns
    assert len(genes) == 8
    assert genes.iloc[2].tolist() == [2618, "GART", 'GARS|"PAIS"', 'trifunctional "GART"']
    assert genes["Synonyms"].tolist()[4:7] == ["NaN", "-", "NA"]


def test_names_denote_genes_in_any_case(aliases):
    assert aliases.gene_ids("AARS1") == aliases.gene_ids("aars") == (16,)
    assert aliases.gene_ids("c1ORF1") == (100,)
    assert aliases.gene_ids("nan") == (4086,)
    assert aliases.gene_ids("OTHER") == aliases.gene_ids("nobody") == ()
    assert aliases.gene_ids("-") == aliases.gene_ids("") == ()


def test_an_ensembl_id_is_another_name_with_or_without_its_version(aliases):
    assert aliases.gene_ids("ENSG00000090861") == aliases.gene_ids("ENSG00000090861.16") == (16,)
    assert aliases.gene_ids("ENSG00000000000") == ()


def test_a_current_symbol_beats_a_synonym(aliases):
    assert aliases.gene_ids("SMAD1") == (4086,)
    assert aliases.is_current("smad1")
    assert not aliases.is_current("AARS")


def test_the_authoritys_symbol_is_current_too(aliases):
    assert aliases.gene_ids("ND1") == aliases.gene_ids("MT-ND1") == (4535,)
    assert aliases.is_current("MT-ND1")


def test_of_several_genes_a_former_symbol_is_that_of_the_one_named_alike(aliases):
    assert aliases.gene_ids("GARS") == (2617, 2618)
    assert aliases.gene_ids_of_symbol("GARS") == (2617,)
    assert aliases.gene_ids_of_symbol("AARS") == (16,)
    assert aliases.gene_ids_of_symbol("TEC") == aliases.gene_ids("TEC") == (7, 8)
    unclear = Aliases(current={"AB": (1,), "CD": (2,)}, synonyms={"P40": (1, 2)})
    assert unclear.gene_ids_of_symbol("P40") == unclear.gene_ids_of_symbol("nobody") == ()


def test_files_that_are_not_gene_info(write, tmp_path):
    broken = {
        "not readable as a tab-separated table of NCBI's.*GeneID.*Symbol": "gene\tname\nA\tB\n",
        "not readable as a tab-separated table": f"{HEADER}\n9606\tsixteen\tA\t-\t-\t-\t-\t-\n",
        "not readable": "",
        "tax_id 9606.*got none among 1 rows": f"{HEADER}\n{ROWS.splitlines()[-1]}\n",
    }
    for message, text in broken.items():
        with pytest.raises(DataError, match=message):
            read_aliases(write(text))
    (tmp_path / "cut.gz").write_bytes(gzip.compress(f"{HEADER}\n{ROWS}".encode())[:60])
    for name in ("cut.gz", "absent.gz"):
        with pytest.raises(DataError, match=name):
            read_aliases(tmp_path / name)


def test_the_real_table_is_read_once_and_fast(real_data):
    start = time.process_time()
    aliases = human_aliases()
    # 0.3 s on one core when it is not shared.
    assert time.process_time() - start < 2
    assert human_aliases() is aliases
    assert aliases.gene_ids("AARS") == aliases.gene_ids("AARS1") == (16,)
    assert aliases.gene_ids("TP53") == (7157,)
    assert 40_000 < len(aliases.current) < 300_000


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("Binds zinc. [provided by RefSeq, Jul 2008].", "Binds zinc."),
        ("Binds zinc.[supplied by OMIM, Mar 2008]", "Binds zinc."),
        ("Binds. [Provided by RefSeq]. Note: [PMID 1]", "Binds. Note: [PMID 1]"),
        ("Binds. provided by RefSeq, Jul 2020]. Note: so.", "Binds. Note: so."),
        ("Help provided by no one. [provided by RefSeq].", "Help provided by no one."),
        ("Blood supplied by it (A [PubMed 1]).", "Blood supplied by it (A [PubMed 1])."),
        ("Provided by no one", "Provided by no one"),
        ("-", None),
        ("[provided by RefSeq, Jul 2008].", None),
    ],
)
def test_a_summary_without_its_credit(tmp_path: Path, written: str, read: str | None) -> None:
    path = tmp_path / "gene_summary"
    path.write_text(f"#tax_id\tGeneID\tsource\tSummary\n9606\t7\tRefSeq\t{written}\n")
    assert read_summaries(path).get(7) == read


def test_summaries_of_one_gene_are_joined(tmp_path: Path) -> None:
    path = tmp_path / "gene_summary"
    rows = ("7\tRefSeq\tBinds zinc. [provided by RefSeq]", "8\tRefSeq\t-", "7\tOMIM\tAnd iron.")
    written = ["#tax_id\tGeneID\tsource\tSummary", *(f"9606\t{row}" for row in rows)]
    path.write_text("\n".join(written) + "\n")
    assert read_summaries(path) == {7: "Binds zinc. And iron."}
