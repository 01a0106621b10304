"""Gene texts from NCBI's tables, and their embeddings in the cache."""

import gzip
import math
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from perturb_evals.datasets.demo.knowledge import demo_texts
from perturb_evals.datasets.errors import DataError
from perturb_evals.datasets.genes import texts as gene_text
from perturb_evals.datasets.genes.ncbi import human_aliases
from perturb_evals.datasets.genes.texts import (
    COMMONEST,
    DIMENSIONS,
    RAREST,
    RAREST_WORD,
    GeneWords,
    embed_texts,
    gene_texts,
    gene_words,
    text_vectors,
    word_weights,
)

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


@pytest.mark.parametrize("written", ["-", "[provided by RefSeq, Jul 2008].", ""])
def test_a_summary_that_says_nothing_is_none(write, written: str) -> None:
    nothing = SUMMARY.replace("An RNA of the nucleolus.", written)
    texts = gene_texts(*write(nothing)).set_index("symbol")
    assert list(texts.index) == ["AAA1", "BARE", "ZZZ3"]  # RNA5 codes for no protein
    only = f"{SUMMARY.splitlines()[0]}\n9606\t7\tRefSeq\t{written}\n"
    texts = gene_texts(*write(only)).set_index("symbol")
    assert list(texts.index) == ["AAA1", "BARE", "ZZZ3"]
    assert not texts["has_summary"].any()
    assert texts["text"].str.strip().to_dict()["AAA1"] == "first gene"


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
    (kept,) = (small_world / "cache" / "gene_text").glob("*.npz")
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
    assert len(list((small_world / "cache" / "gene_text").glob("*.npz"))) == 3


def test_a_damaged_kept_file_is_made_anew(small_world: Path, logged: Any) -> None:
    first = text_vectors(2)
    (kept,) = (small_world / "cache" / "gene_text").glob("*.npz")
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


@pytest.fixture
def words_anew() -> Iterator[Callable[[], GeneWords]]:
    """Read the words as another process would: from the file that is kept, or from the texts."""

    def anew() -> GeneWords:
        gene_text._words.cache_clear()
        return gene_words()

    yield anew
    gene_text._words.cache_clear()


@pytest.fixture
def telling_world(small_world: Path) -> Path:
    """A mirror in which words are rare enough to count: each is in two of 60 texts."""
    info = [INFO.split("\n")[0]] + [
        f"9606\t{n}\tG{n:02d}\t-\tword{n % 30} of all\t-\tprotein-coding" for n in range(60)
    ]
    path = small_world / "genes" / "Homo_sapiens.gene_info.gz"
    path.write_bytes(gzip.compress("\n".join([*info, ""]).encode()))
    return small_world


def same_words(one: GeneWords, other: GeneWords) -> None:
    assert (one.symbols, one.sha256, one.where) == (other.symbols, other.sha256, other.where)
    np.testing.assert_array_equal(one.weights.toarray(), other.weights.toarray())


def test_words_are_kept_and_read_again(telling_world: Path, words_anew, logged: Any) -> None:
    first = words_anew()
    assert gene_words() is first
    assert first.symbols == tuple(f"G{n:02d}" for n in range(60))
    assert first.weights.shape == (60, 30)  # but for "of" and "all"
    alike = (first.weights @ first.weights.T).toarray()
    np.testing.assert_allclose(alike, np.tile(np.eye(30), (2, 2)), atol=1e-12)
    kept = sorted((telling_world / "cache" / "gene_words").iterdir())
    assert [path.suffix for path in kept] == [".npz", ".sha256"]
    written = [path.stat().st_mtime_ns for path in kept]
    (telling_world / "genes" / "gene_summary.gz").touch()
    same_words(words_anew(), first)
    assert [path.stat().st_mtime_ns for path in kept] == written
    assert logged.text == ""


def test_words_of_other_texts_are_kept_apart(telling_world: Path, words_anew) -> None:
    first = words_anew()
    path = telling_world / "genes" / "gene_summary.gz"
    told = gzip.decompress(path.read_bytes()) + b"9606\t1\tRefSeq\tword7\n"
    path.write_bytes(gzip.compress(told))
    second = words_anew()
    assert second.sha256 != first.sha256
    assert len(list((telling_world / "cache" / "gene_words").glob("*.npz"))) == 2


@pytest.mark.parametrize("suffix", [".npz", ".sha256"])
@pytest.mark.parametrize("damage", ["empty", "cut off", "gone", "other bytes"])
def test_damaged_words_are_made_anew(
    telling_world: Path, words_anew, logged: Any, suffix: str, damage: str
) -> None:
    first = words_anew()
    (kept,) = (telling_world / "cache" / "gene_words").glob(f"*{suffix}")
    content = kept.read_bytes()
    if damage == "gone":
        kept.unlink()
    else:
        kept.write_bytes({"empty": b"", "cut off": content[:40]}.get(damage, b"\xff\xfe" * 99))
    same_words(words_anew(), first)
    if (suffix, damage) != (".npz", "gone"):
        assert "it is made anew" in logged.text
    assert kept.read_bytes()[:99] == content[:99]
    assert kept.stat().st_size == len(content)


def test_words_that_cannot_be_kept_cost_time_only(
    telling_world: Path, words_anew, logged: Any
) -> None:
    (telling_world / "cache").write_text("no folder", encoding="utf-8")
    assert words_anew().weights.shape == (60, 30)
    assert "cannot be written" in logged.text


def test_the_words_of_the_demo_world_need_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PERTURB_EVALS_DATA", str(tmp_path / "no folder"))
    monkeypatch.setenv("PERTURB_EVALS_CACHE", str(tmp_path / "cache"))
    gene_text._simulated_words.cache_clear()
    words = gene_words(simulated=True)
    assert words.symbols == tuple(demo_texts())
    assert words.where == "the simulated texts of the demo world"
    expected = tfidf([*demo_texts().values()], RAREST_WORD, COMMONEST)
    np.testing.assert_allclose(words.weights.toarray(), expected, atol=1e-12)
    assert not list(tmp_path.iterdir())


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


WORDS = [f"word{number}" for number in range(60)]


@pytest.fixture(scope="module")
def texts() -> list[str]:
    rng = np.random.default_rng(0)
    lengths = rng.integers(3, 40, size=80)
    return [" ".join(rng.choice(WORDS, size)) for size in lengths] + ["", "A lone rareword, a-1."]


def tfidf(texts: list[str], rarest: int = RAREST, commonest: float = COMMONEST) -> np.ndarray:
    """The weights as the docstring defines them, word by word."""
    found = [re.findall("[a-z0-9]{2,}", text.lower()) for text in texts]
    n = len(texts)
    texts_with = {word: sum(word in words for words in found) for words in found for word in words}
    counting = sorted(word for word, m in texts_with.items() if rarest <= m <= commonest * n)
    weights = np.zeros((n, len(counting)))
    for row, words in enumerate(found):
        for column, word in enumerate(counting):
            if word in words:
                idf = 1 + math.log((1 + n) / (1 + texts_with[word]))
                weights[row, column] = (1 + math.log(words.count(word))) * idf
    length = np.linalg.norm(weights, axis=1, keepdims=True)
    return np.divide(weights, length, out=np.zeros_like(weights), where=length > 0)


@pytest.mark.parametrize(("rarest", "commonest"), [(2, 0.3), (5, 0.5), (1, 1.0)])
def test_weights_are_the_sums_by_hand(texts: list[str], rarest: int, commonest: float) -> None:
    found = word_weights(texts, rarest, commonest).toarray()
    np.testing.assert_allclose(found, tfidf(texts, rarest, commonest), atol=1e-12)


def test_inner_products_are_those_of_the_best_approximation(texts: list[str]) -> None:
    u, s, vt = np.linalg.svd(tfidf(texts), full_matrices=False)
    for dimensions in (1, 7, 30):
        vectors = embed_texts(texts, dimensions)
        assert vectors.shape == (len(texts), dimensions)
        best = (u[:, :dimensions] * s[:dimensions]) @ vt[:dimensions]
        np.testing.assert_allclose(vectors @ vectors.T, best @ best.T, atol=1e-5)
        np.testing.assert_allclose(np.linalg.norm(vectors, axis=0), s[:dimensions], rtol=1e-5)


def test_runs_agree(texts: list[str]) -> None:
    np.testing.assert_array_equal(embed_texts(texts, 10), embed_texts(texts, 10))


def test_a_text_without_counting_words_has_no_embedding(texts: list[str]) -> None:
    vectors = embed_texts(texts, 10)
    np.testing.assert_array_equal(vectors.any(axis=1), [True] * 80 + [False] * 2)


def test_case_and_punctuation_do_not_matter(texts: list[str]) -> None:
    shouted = [text.upper().replace(" ", " -- ") for text in texts]
    np.testing.assert_array_equal(embed_texts(shouted, 5), embed_texts(texts, 5))


@pytest.mark.parametrize("dimensions", [0, -1, 60, 1000])
def test_impossible_dimensions_are_refused(texts: list[str], dimensions: int) -> None:
    with pytest.raises(ValueError, match=f"below 60 for 82 texts .*got {dimensions}"):
        embed_texts(texts, dimensions)


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        ([], "5 or more; got 0"),
        (["too few texts"] * 4, "5 or more; got 4"),
        (["words that all texts have"] * 9, "no word counts"),
        (["", "-", "a", "b", "c"], "no word counts"),
    ],
)
def test_texts_without_any_counting_word_are_refused(texts: list[str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        embed_texts(texts, 1)
