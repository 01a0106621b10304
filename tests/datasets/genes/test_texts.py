"""Gene texts from NCBI's tables, and their embeddings in the cache."""

import gzip
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from perturb_evals.datasets.files.sources import DataError
from perturb_evals.datasets.genes import texts as gene_text
from perturb_evals.datasets.genes.ncbi import human_aliases
from perturb_evals.datasets.genes.texts import DIMENSIONS, gene_texts, text_vectors

SUMMARY = """\
#tax_id\tGeneID\tSource\tSummary
9606\t1\tRefSeq\tBinds "zinc in the nucleus. [provided by RefSeq, Jul 2008]
10090\t9\tRefSeq\tA mouse gene.
9606\t2\tRefSeq\tAn RNA of the nucleolus.
9606\t1\tAlliance\tAnd copper.
"""
INFO = """\
#tax_id\tGeneID\tSymbol\tSynonyms\tdescription\tOther_designations\ttype_of_gene
9606\t3\tZZZ3\t-\tzinc finger\tfinger of zinc|ZZ\tprotein-coding
9606\t1\tAAA1\tA1\tfirst gene\t-\tprotein-coding
9606\t2\tRNA5\t-\tan RNA\t-\tncRNA
9606\t4\tRNA6\t-\tan RNA without a summary\t-\tncRNA
9606\t5\tTWICE\t-\tone\t-\tprotein-coding
9606\t6\tTWICE\t-\tother\t-\tprotein-coding
9606\t7\tBARE\t-\t-\t-\tprotein-coding
10090\t9\tAaa1\t-\ta mouse gene\t-\tprotein-coding
"""


@pytest.fixture
def write(tmp_path: Path):
    def write(summary: str = SUMMARY, info: str = INFO) -> tuple[Path, Path]:
        folder = tmp_path / "genes"
        folder.mkdir(exist_ok=True)
        paths = folder / "gene_summary.gz", folder / "Homo_sapiens.gene_info.gz"
        for path, content in zip(paths, (summary, info), strict=True):
            path.write_bytes(gzip.compress(content.encode()))
        return paths

    return write


def test_the_text_of_a_gene(write) -> None:
    texts = gene_texts(*write()).set_index("symbol")
    assert list(texts.index) == ["AAA1", "BARE", "RNA5", "ZZZ3"]
    assert texts["has_summary"].to_dict() == {
        "AAA1": True,
        "BARE": False,
        "RNA5": True,
        "ZZZ3": False,
    }
    text = {symbol: " ".join(text.split()) for symbol, text in texts["text"].items()}
    assert text["AAA1"] == 'first gene Binds "zinc in the nucleus. And copper.'
    assert text["ZZZ3"] == "zinc finger finger of zinc|ZZ"
    assert text["BARE"] == ""


@pytest.mark.parametrize(
    ("summary", "info", "said"),
    [
        (SUMMARY.replace("9606", "7955"), INFO, "expected rows of the human genome"),
        (SUMMARY, INFO.replace("Symbol", "Name"), "not readable"),
        (SUMMARY, "", "not readable"),
    ],
)
def test_other_tables_are_refused(write, summary: str, info: str, said: str) -> None:
    with pytest.raises(DataError, match=said):
        gene_texts(*write(summary, info))


@pytest.fixture
def small_world(write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A mirror of 40 genes, and an empty cache folder."""
    metals = ["zinc", "copper", "iron", "calcium", "sodium"]
    rows = [
        f"9606\t{n}\tG{n:02d}\t-\t{metals[n % 5]} gene of {metals[n % 3]}\t-\tprotein-coding\n"
        for n in range(40)
    ]
    write(SUMMARY.split("\n")[0] + "\n9606\t0\tRefSeq\tzinc\n", INFO.split("\n")[0] + "\n")
    write(
        SUMMARY.split("\n")[0] + "\n9606\t0\tRefSeq\tzinc\n",
        INFO.split("\n")[0] + "\n" + "".join(rows),
    )
    monkeypatch.setenv("PERTURB_EVALS_DATA", str(tmp_path))
    monkeypatch.setenv("PERTURB_EVALS_CACHE", str(tmp_path / "cache"))
    return tmp_path


def forget() -> None:
    gene_text._vectors.cache_clear()


def test_vectors_are_kept_in_the_cache(small_world: Path) -> None:
    first = text_vectors(2)
    assert text_vectors(2) is first
    assert first.matrix.shape == (40, 2)
    assert first.facts == {"genes": 40, "zero": 0, "without_summary": 39}
    (kept,) = (small_world / "cache" / "gene_text").iterdir()
    written = kept.stat().st_mtime_ns
    forget()
    again = text_vectors(2)
    assert kept.stat().st_mtime_ns == written
    assert (again.symbols, again.sha256, again.facts) == (first.symbols, first.sha256, first.facts)
    np.testing.assert_array_equal(again.matrix, first.matrix)
    forget()


def test_other_dimensions_and_other_sources_are_kept_apart(small_world: Path, write) -> None:
    first = text_vectors(2)
    assert text_vectors(1).sha256 != first.sha256
    path = small_world / "genes" / "gene_summary.gz"
    path.write_bytes(gzip.compress(gzip.decompress(path.read_bytes()) + b"9606\t1\tRefSeq\tiron\n"))
    second = text_vectors(2)
    assert second.sha256 != first.sha256
    assert second.facts["without_summary"] == 38
    assert len(list((small_world / "cache" / "gene_text").iterdir())) == 3


def test_a_damaged_kept_file_is_made_anew(small_world: Path, logged: Any) -> None:
    first = text_vectors(2)
    (kept,) = (small_world / "cache" / "gene_text").iterdir()
    for content in (b"", kept.read_bytes()[:200]):
        kept.write_bytes(content)
        forget()
        again = text_vectors(2)
        assert "it is made anew" in logged.text
        np.testing.assert_array_equal(again.matrix, first.matrix)
        assert kept.stat().st_size > 200


def test_a_cache_that_cannot_be_written_costs_time_only(small_world: Path, logged: Any) -> None:
    (small_world / "cache").write_text("no folder", encoding="utf-8")
    assert text_vectors(2).matrix.shape == (40, 2)
    assert "cannot be written" in logged.text


def test_texts_of_the_real_genes(real_data: Path) -> None:
    texts = gene_texts(
        real_data / "genes" / "gene_summary.gz", real_data / "genes" / "Homo_sapiens.gene_info.gz"
    )
    assert len(texts) == 21_984
    assert int((~texts["has_summary"]).sum()) == 6_864
    assert texts["symbol"].is_unique
    assert not texts["text"].str.contains("provided by RefSeq").any()


@pytest.mark.slow
def test_real_vectors_put_like_genes_together(
    real_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PERTURB_EVALS_CACHE", str(tmp_path))
    forget()
    vectors = text_vectors()
    assert vectors.matrix.shape == (21_984, DIMENSIONS)
    assert vectors.facts == {"genes": 21_984, "zero": 26, "without_summary": 6_864}
    names = ["AARS", "EPRS", "PSMA1", "PSMB2", "RPL3", "RPL4"]
    rows = vectors.unit_rows(names, human_aliases())
    cosine = rows @ rows.T
    np.fill_diagonal(cosine, -1)
    assert cosine.argmax(axis=1).tolist() == [1, 0, 3, 2, 5, 4]
    forget()
    np.testing.assert_array_equal(text_vectors().matrix, vectors.matrix)
