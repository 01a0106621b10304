"""Gene embeddings from files: four forms, one meaning, and no bad number that gets through."""

import pickle
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from anndata import AnnData
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.sparse import csr_matrix

from perturb_evals.datasets.genes.ncbi import Aliases
from perturb_evals.datasets.genes.symbols import UnknownGenesError, no_gene_known
from perturb_evals.datasets.genes.vectors import (
    GeneVectors,
    VectorsError,
    check_any_known,
    checked_vectors,
    load_vectors,
)
from perturb_evals.datasets.screens.evidence import HeldOut, expression_evidence
from perturb_evals.datasets.screens.load import ScreenRequest

SYMBOLS = ["TP53", "NA", "AARS1"]
VALUES = np.array([[3.0, 4.0], [0.0, 0.0], [-0.5, 0.1]])


def refused(path: Path) -> str:
    with pytest.raises(VectorsError) as caught:
        load_vectors(path)
    message = str(caught.value)
    assert message.startswith(str(path))
    return message


def save(path: Path, form: str) -> Path:
    frame = pd.DataFrame(VALUES, index=SYMBOLS)
    frame.columns = frame.columns.map(str)
    named = frame.rename_axis("symbol").reset_index()
    if form == "npz":
        np.savez(path / "a.npz", symbols=np.array(SYMBOLS), vectors=VALUES)
    elif form == "npz by gene":
        np.savez(path / "a.npz", **dict(zip(SYMBOLS, VALUES, strict=True)))
    elif form == "parquet":
        named.iloc[:, ::-1].to_parquet(path / "a.parquet")
    elif form == "parquet by index":
        frame.to_parquet(path / "a.parquet")
    elif form == "csv":
        named[["0", "symbol", "1"]].to_csv(path / "a.csv", index=False)
    elif form == "csv by first column":
        frame.to_csv(path / "a.csv")
    else:
        values = csr_matrix(VALUES) if "sparse" in form else VALUES
        AnnData(values, obs=pd.DataFrame(index=SYMBOLS)).write_h5ad(path / "a.h5ad")
    (written,) = path.iterdir()
    return written


@pytest.mark.parametrize(
    "form",
    [
        "npz",
        "npz by gene",
        "parquet by index",
        "csv",
        "csv by first column",
        "h5ad",
        "h5ad sparse",
    ],
)
def test_all_forms_mean_the_same(tmp_path: Path, form: str) -> None:
    vectors = load_vectors(save(tmp_path, form))
    assert vectors.symbols == tuple(SYMBOLS)
    assert vectors.matrix.dtype == np.float32
    np.testing.assert_array_equal(vectors.matrix, VALUES.astype(np.float32))
    assert vectors.facts == {"genes": 3, "zero": 1}
    assert len(vectors.sha256) == 64


def test_a_parquet_column_symbol_may_stand_anywhere(tmp_path: Path) -> None:
    vectors = load_vectors(save(tmp_path, "parquet"))
    assert vectors.symbols == tuple(SYMBOLS)
    np.testing.assert_array_equal(vectors.matrix, VALUES[:, ::-1].astype(np.float32))


def test_the_same_file_is_read_once_and_a_changed_one_again(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("symbol,x\nA,1\n", encoding="utf-8")
    first = load_vectors(path)
    assert load_vectors(path) is first
    path.write_text("symbol,x\nA,1\nB,2\n", encoding="utf-8")
    assert load_vectors(path).symbols == ("A", "B")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "not readable"),
        ("symbol,x\n", "got 0 genes"),
        ("symbol\nA\n", "shape (1, 0)"),
        ("symbol,x\nA,1\nA,2\n", "1 genes are given more than once, the first is 'A'"),
        ("symbol,x\nA,1\n ,2\n", "got ' ' at row 2"),
        ("symbol,x\nA,1\nB,nan\n", "the first is that of 'B'"),
        ("symbol,x\nA,1\nB,inf\n", "the first is that of 'B'"),
        ("symbol,x\nA,1\nB,1e300\n", "the first is that of 'B'"),
        ("symbol,x\nA,1\nB,\n", "the first is that of 'B'"),
        ("symbol,x\nA,1\nB,high\n", "expected numbers"),
        ("symbol,x\nA,0\nB,0\n", "every vector is zero"),
        ("symbol,symbol,x\nA,A,1\n", "expected one column symbol, got 2"),
    ],
)
def test_bad_tables_are_refused(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(text, encoding="utf-8")
    assert said in refused(path)


def embedding(n: int = 20) -> pd.DataFrame:
    values = np.random.default_rng(0).normal(0, 1, (n, 3))
    frame = pd.DataFrame(values, columns=["d0", "d1", "d2"])
    frame.insert(0, "symbol", [f"G{at}" for at in range(n)])
    return frame


@pytest.mark.parametrize("form", ["csv", "parquet"])
@pytest.mark.parametrize(
    "column",
    ["Unnamed: 0", "index", "entrez", "entrezgene", "gene_id", "ensembl_id", "level_0", "HGNC ID"],
)
@pytest.mark.parametrize("at", [0, 1, 4])
def test_row_numbers_and_ids_are_no_dimensions(
    tmp_path: Path, logged, form: str, column: str, at: int
) -> None:
    frame = embedding()
    numbers = range(20) if at else [f"ENSG{row}" for row in range(20)]
    frame.insert(at, column, numbers)
    path = tmp_path / f"a.{form}"
    frame.to_parquet(path) if form == "parquet" else frame.to_csv(path, index=False)
    vectors = load_vectors(path)
    assert vectors.symbols[:2] == ("G0", "G1")
    expected = embedding().drop(columns="symbol").to_numpy("f4")
    np.testing.assert_allclose(vectors.matrix, expected, rtol=1e-6)
    assert f"the columns {column!r} hold row numbers or ids" in logged.text
    assert "which has 3 dimensions" in logged.text


def test_the_index_of_pandas_is_no_dimension(tmp_path: Path, logged) -> None:
    embedding().to_csv(tmp_path / "a.csv")
    assert load_vectors(tmp_path / "a.csv").matrix.shape == (20, 3)
    assert "the columns '' hold row numbers" in logged.text


def test_a_column_that_counts_the_rows_is_left_out_whatever_its_name(
    tmp_path: Path, logged
) -> None:
    embedding().assign(nr=range(1, 21)).to_csv(tmp_path / "a.csv", index=False)
    assert load_vectors(tmp_path / "a.csv").matrix.shape == (20, 3)
    assert "'nr'" in logged.text


def test_ids_of_another_name_are_refused(tmp_path: Path) -> None:
    embedding().assign(locus=np.arange(20) * 977 + 5).to_csv(tmp_path / "a.csv", index=False)
    said = refused(tmp_path / "a.csv")
    assert "the column 'locus' looks like ids" in said
    assert "Leave it out" in said


def test_whole_numbers_may_be_dimensions(tmp_path: Path, logged) -> None:
    frame = embedding()
    frame[["d0", "d1", "d2"]] = np.random.default_rng(0).integers(0, 2000, (20, 3))
    frame.to_csv(tmp_path / "a.csv", index=False)
    assert load_vectors(tmp_path / "a.csv").matrix.shape == (20, 3)
    embedding().assign(known=[0, 1] * 10).to_csv(tmp_path / "b.csv", index=False)
    assert load_vectors(tmp_path / "b.csv").matrix.shape == (20, 4)
    assert logged.text == ""


@pytest.mark.parametrize("form", ["csv", "parquet"])
@pytest.mark.parametrize("name", ["gene", "Gene", "gene_symbol", "gene_name", "SYMBOL"])
def test_the_column_of_names_may_be_called_so(tmp_path: Path, form: str, name: str) -> None:
    frame = embedding().rename(columns={"symbol": name})[["d0", name, "d1", "d2"]]
    path = tmp_path / f"a.{form}"
    frame.to_parquet(path) if form == "parquet" else frame.to_csv(path, index=False)
    assert load_vectors(path).symbols[:2] == ("G0", "G1")


def test_text_among_the_numbers_is_refused_by_its_column(tmp_path: Path) -> None:
    embedding().assign(about="a gene").to_csv(tmp_path / "a.csv", index=False)
    assert "in the column 'about'" in refused(tmp_path / "a.csv")


def test_ragged_csv_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("symbol,x\nA,1,2\nB,3,4\n", encoding="utf-8")
    assert "not readable" in refused(path)


def test_pickled_objects_are_not_opened(tmp_path: Path) -> None:
    opened = tmp_path / "opened"

    class Trap:
        def __reduce__(self):
            return Path.touch, (opened,)

    np.savez(tmp_path / "a.npz", symbols=np.array(["A", Trap()], dtype=object), vectors=VALUES[:2])
    assert "not readable" in refused(tmp_path / "a.npz")
    (tmp_path / "b.npz").write_bytes(pickle.dumps(Trap()))
    assert "not readable" in refused(tmp_path / "b.npz")
    assert not opened.exists()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"A": np.ones(2), "B": np.ones(3)}, "or one array (d,) a gene"),
        ({"A": np.ones((2, 2))}, "or one array (d,) a gene"),
        ({}, "or one array (d,) a gene"),
        ({"symbols": np.array(["A"]), "vectors": np.ones((2, 2))}, "got 1 genes"),
        ({"symbols": np.array(["A"]), "vectors": np.ones(1)}, "shape (1,)"),
        ({"symbols": np.array([1]), "vectors": np.ones((1, 2))}, "got 1 at row 1"),
        ({"symbols": np.array(["A"]), "vectors": np.array([["x", "y"]])}, "expected numbers"),
        ({"symbols": np.array(["A"]), "vectors": np.array([[True, False]])}, "expected numbers"),
    ],
)
def test_bad_arrays_are_refused(tmp_path: Path, content: dict, said: str) -> None:
    np.savez(tmp_path / "a.npz", **content)
    assert said in refused(tmp_path / "a.npz")


def test_a_parquet_file_without_names_is_refused(tmp_path: Path) -> None:
    pd.DataFrame({"x": [1.0, 2.0]}).to_parquet(tmp_path / "a.parquet")
    assert "expected a gene symbol for each vector, got 0" in refused(tmp_path / "a.parquet")
    pd.DataFrame({"symbol": ["A"], "x": [[1.0, 2.0]]}).to_parquet(tmp_path / "b.parquet")
    assert "expected numbers" in refused(tmp_path / "b.parquet")


def test_no_such_file_and_no_such_form(tmp_path: Path) -> None:
    assert "there is no such file" in refused(tmp_path / "a.npz")
    assert "ending in .npz, .parquet, .csv, .h5ad" in refused(tmp_path / "a.txt")


def test_unit_rows_find_names_by_case_and_alias() -> None:
    vectors = checked_vectors(SYMBOLS, VALUES, "", "here")
    aliases = Aliases(current={"AARS1": (16,)}, synonyms={"AARS": (16,)})
    rows = vectors.unit_rows(["tp53", "AARS", "AARS1", "NA", "UNHEARD"], aliases)
    np.testing.assert_allclose(rows[0], [0.6, 0.8], rtol=1e-6)
    np.testing.assert_allclose(rows[1], rows[2])
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), [1, 1, 1, 0, 0])
    assert not vectors.unit_rows(["AARS"]).any()  # without aliases
    assert vectors.unit_rows([]).shape == (0, 2)


@given(
    values=arrays(
        np.float32, st.tuples(st.integers(1, 6), st.integers(1, 4)), elements=st.floats(width=32)
    )
)
@settings(max_examples=60)
def test_numbers_come_through_as_they_are_or_not_at_all(
    tmp_path_factory: pytest.TempPathFactory, values: np.ndarray
) -> None:
    path = tmp_path_factory.mktemp("vectors") / "a.npz"
    names = np.array([f"G{row}" for row in range(len(values))])
    np.savez(path, symbols=names, vectors=values)
    if np.isfinite(values).all() and values.any():
        vectors: GeneVectors = load_vectors(path)
        np.testing.assert_array_equal(vectors.matrix, values)
        length = np.linalg.norm(vectors.unit_rows(list(names)), axis=1)
        np.testing.assert_allclose(length, values.any(axis=1), atol=1e-6)
    else:
        refused(path)


TRAINING = expression_evidence(HeldOut(ScreenRequest("demo")))


def vectors_of(names, values=None):
    rows = np.ones((len(names), 2)) if values is None else np.array(values, dtype=float)
    return checked_vectors(names, rows, "", "file.npz")


def test_the_message_shows_three_plain_and_short_names_of_either_side():
    names = ["ENSG1", "\x1b[31mred", "\u202eturned" * 9, "ENSG4"]
    told = str(no_gene_known("file.npz", names, TRAINING.perturbations, TRAINING.screen))
    assert told.isprintable()
    assert told.startswith(f"file.npz: it knows none of the {len(TRAINING.perturbations)} training")
    assert r"'ENSG1', '\x1b[31mred', '\u202eturned" in told
    assert "ENSG4" not in told
    assert len(told) < 600
    assert ", ".join(map(repr, TRAINING.perturbations[:3])) + " ..." in told


def test_one_known_gene_is_enough_and_a_row_of_zeros_is_none():
    known = TRAINING.perturbations[5]
    check_any_known(vectors_of(["ENSG1", known]), TRAINING, None)
    check_any_known(vectors_of([known.lower()]), TRAINING, None)
    for vectors in (vectors_of(["ENSG1"]), vectors_of(["ENSG1", known], [[1, 0], [0, 0]])):
        with pytest.raises(UnknownGenesError, match=r"genes are 'ENSG1'; expected"):
            check_any_known(vectors, TRAINING, None)


def test_a_synonym_is_known_by_its_aliases():
    known = TRAINING.perturbations[5]
    aliases = Aliases(current={"NEWER1": (16,)}, synonyms={known: (16,)})
    check_any_known(vectors_of(["NEWER1"]), TRAINING, aliases)
    with pytest.raises(UnknownGenesError):
        check_any_known(vectors_of(["NEWER1"]), TRAINING, None)


def test_names_are_cleaned_and_odd_ones_told(tmp_path: Path, logged) -> None:
    path = tmp_path / "a.csv"
    path.write_text("symbol,0,1\n TP53\u00a0,1,2\n1-Mar,3,4\nnan,1,1\n", encoding="utf-8")
    assert load_vectors(path).symbols == ("TP53", "1-Mar", "nan")
    assert logged.text == (
        f"{path}: among its 3 genes are 1 words for nothing ('nan'), 1 dates ('1-Mar')."
    )
    path.write_text("symbol,0\nTP53,1\nTP53 ,2\n", encoding="utf-8")
    assert "1 genes are given more than once" in refused(path)


def test_embeddings_that_an_lpm_learned(tmp_path: Path, logged) -> None:
    """A column `symbol`, names that may be combinations, and columns by seed and number."""
    names = ["TP53", "CEBPA+CEBPB", "NA", "KRAS", "MYC", "MARCHF1"]
    values = np.random.default_rng(0).standard_normal((len(names), 4)).astype(np.float32)
    columns = ["seed13_0", "seed13_1", "seed14_0", "seed14_1"]
    path = tmp_path / "parts.parquet"
    frame = pd.DataFrame(values, columns=columns)
    frame.insert(0, "symbol", names)
    frame.to_parquet(path, index=False)
    vectors = load_vectors(path)
    assert vectors.symbols == tuple(names)
    np.testing.assert_array_equal(vectors.matrix, values)
    row = vectors.unit_rows(["CEBPA+CEBPB"])[0]
    np.testing.assert_allclose(row, values[1] / np.linalg.norm(values[1]), rtol=1e-6)
    assert "left out" not in logged.text
