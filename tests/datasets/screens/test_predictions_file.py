"""Predicted expression from files: the screen's order of genes, or a message that says why not."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from anndata import AnnData
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix

from perturb_evals.datasets.screens.predictions_file import (
    ExpressionError,
    ExpressionFile,
    read_expression,
)

GENES = ["ENSG2", "ENSG1", "ENSG3"]
PERTURBATIONS = ["AARS", "NA", "TP53", "ZW10"]
PREDICTED = pd.DataFrame(
    [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], index=["TP53", "NA"], columns=["ENSG1", "ENSG2", "ENSG3"]
)
FORMS = ["h5ad", "h5ad sparse", "h5ad obs", "parquet", "parquet index"]


def save(frame: pd.DataFrame, folder: Path, form: str = "h5ad") -> Path:
    path = folder / f"mine.{form.split()[0]}"
    if form == "parquet":
        frame.rename_axis("perturbation").reset_index().to_parquet(path)
    elif form == "parquet index":
        frame.to_parquet(path)
    else:
        obs = pd.DataFrame(index=frame.index)
        if form == "h5ad obs":
            obs = pd.DataFrame({"perturbation": list(frame.index)}, index=map(str, range(len(obs))))
        values = csr_matrix(frame.to_numpy()) if "sparse" in form else frame.to_numpy()
        AnnData(values, obs=obs, var=pd.DataFrame(index=frame.columns)).write_h5ad(path)
    return path


def read(path: Path) -> ExpressionFile:
    return read_expression(path, GENES, PERTURBATIONS)


def refused(path: Path) -> str:
    with pytest.raises(ExpressionError) as caught:
        read(path)
    message = str(caught.value)
    assert message.startswith(str(path))
    return message


@pytest.mark.parametrize("form", FORMS)
def test_all_forms_are_brought_into_the_order_of_the_screen(tmp_path: Path, form: str) -> None:
    expected = {"TP53": [2, 1, 3], "NA": [5, 4, 6]}
    file = read(save(PREDICTED, tmp_path, form))
    assert {name: vector.tolist() for name, vector in file.vectors.items()} == expected
    assert all(vector.dtype == np.float32 for vector in file.vectors.values())
    assert len(file.sha256) == 64


@pytest.mark.parametrize("form", FORMS)
def test_further_genes_are_ignored(tmp_path: Path, form: str) -> None:
    file = read(save(PREDICTED.assign(OTHER=np.nan), tmp_path, form))
    assert file.vectors["TP53"].tolist() == [2, 1, 3]


@pytest.mark.parametrize("form", FORMS)
def test_a_column_that_is_not_used_is_named(tmp_path: Path, form: str, logged) -> None:
    read(save(PREDICTED.assign(OTHER=1.0, MORE=2.0), tmp_path, form))
    assert "2 columns are no gene of the screen and are left out: MORE, OTHER." in logged.text


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("control", ["control", "ctrl", "non-targeting", "NT", "Non-Targeting"])
def test_rows_of_the_control_are_left_out(tmp_path: Path, form: str, control: str, logged) -> None:
    rows = pd.concat([PREDICTED.iloc[:1].rename({"TP53": control}), PREDICTED])
    file = read(save(rows, tmp_path, form))
    assert set(file.vectors) == {"TP53", "NA"}
    assert f"1 rows are of the control ({control!r})" in logged.text


@pytest.mark.parametrize("form", FORMS)
def test_names_of_gears_are_read(tmp_path: Path, form: str) -> None:
    rows = PREDICTED.rename({"TP53": "TP53+ctrl", "NA": "ctrl+NA"})
    assert set(read(save(rows, tmp_path, form)).vectors) == {"TP53", "NA"}


@pytest.mark.parametrize("kind", ["h5ad", "parquet"])
@pytest.mark.parametrize("column", ["target_gene", "condition", "gene", "index", "Unnamed: 0"])
def test_the_column_of_names_may_be_called_so(tmp_path: Path, kind: str, column: str) -> None:
    path = tmp_path / f"mine.{kind}"
    if kind == "parquet":
        PREDICTED.rename_axis(column).reset_index().to_parquet(path)
    else:
        obs = pd.DataFrame({column: list(PREDICTED.index)}, index=["r0", "r1"])
        AnnData(PREDICTED.to_numpy(), obs, pd.DataFrame(index=PREDICTED.columns)).write_h5ad(path)
    assert set(read(path).vectors) == {"TP53", "NA"}


def test_a_column_that_names_something_else_is_passed_by(tmp_path: Path) -> None:
    obs = pd.DataFrame({"condition": ["treated"] * 2}, index=PREDICTED.index)
    path = tmp_path / "mine.h5ad"
    AnnData(PREDICTED.to_numpy(), obs, pd.DataFrame(index=PREDICTED.columns)).write_h5ad(path)
    assert set(read(path).vectors) == {"TP53", "NA"}


def test_a_table_on_its_side_is_told(tmp_path: Path) -> None:
    assert "transpose it (df.T)" in refused(save(PREDICTED.T, tmp_path, "parquet index"))


@pytest.mark.parametrize("form", FORMS)
def test_what_is_refused(tmp_path: Path, form: str) -> None:
    def said(frame: pd.DataFrame) -> str:
        return refused(save(frame, tmp_path, form))

    missing = said(PREDICTED.drop(columns="ENSG1"))
    assert "1 of the screen's 3 genes are missing, the first is 'ENSG1'" in missing
    assert "begin with ENSG2, ENSG3" in missing
    renamed = said(PREDICTED.rename(index={"NA": "TP53+MYC"}))
    assert "1 of 2 rows are no perturbation of the screen, the first is 'TP53+MYC'" in renamed
    assert "close to it: TP53" in renamed
    assert "'tp53'" in said(PREDICTED.rename(index={"TP53": "tp53"}))
    assert "got none" in said(PREDICTED.iloc[:0])
    assert "not finite numbers, the first is nan for TP53 x ENSG2" in said(
        PREDICTED.assign(ENSG2=[np.nan, 1])
    )
    assert "the first is inf for NA x ENSG3" in said(PREDICTED.assign(ENSG3=[1, np.inf]))
    assert "the first is 2e+39 for TP53 x ENSG2" in said(PREDICTED * 1e39)


@pytest.mark.filterwarnings("ignore:Observation names are not unique")
@pytest.mark.filterwarnings("ignore:Variable names are not unique")
def test_repeated_names_are_refused(tmp_path: Path) -> None:
    for form in FORMS:
        twice = save(PREDICTED.rename(index={"NA": "TP53"}), tmp_path, form)
        assert "1 perturbations are given more than once, the first is 'TP53'" in refused(twice)
    genes = PREDICTED.set_axis(["ENSG1", "ENSG2", "ENSG2"], axis=1).assign(ENSG3=1.0)
    assert "1 of the screen's genes are given more than once" in refused(save(genes, tmp_path))
    extra = PREDICTED.assign(A=1.0, B=2.0).set_axis(
        ["ENSG1", "ENSG2", "ENSG3", "OTHER", "OTHER"], axis=1
    )
    assert read(save(extra, tmp_path)).vectors["TP53"].tolist() == [2, 1, 3]


@pytest.mark.parametrize("column", [["high", "low"], [True, False]])
def test_values_that_are_no_numbers_are_refused(tmp_path: Path, column: list) -> None:
    path = save(PREDICTED.assign(ENSG1=column), tmp_path, "parquet")
    assert "expected numbers for the genes" in refused(path)


def test_files_that_are_not_such_files(tmp_path: Path) -> None:
    assert "there is no such file" in refused(tmp_path / "a.h5ad")
    assert "ending in .h5ad or .parquet" in refused(tmp_path / "a.csv")
    for name in ("a.h5ad", "a.parquet"):
        (tmp_path / name).write_bytes(b"neither")
        assert "not readable as" in refused(tmp_path / name)


def test_the_same_file_is_read_once_and_a_changed_one_again(tmp_path: Path) -> None:
    path = save(PREDICTED, tmp_path)
    first = read(path)
    assert read(path) is first
    assert len(read_expression(path, GENES[:2], PERTURBATIONS).vectors["TP53"]) == 2
    assert set(read(save(PREDICTED.iloc[:1], tmp_path)).vectors) == {"TP53"}


@given(columns=st.permutations(["ENSG1", "ENSG2", "ENSG3", "X", "Y"]), seed=st.integers(0, 99))
@settings(max_examples=30)
def test_the_order_of_columns_and_rows_does_not_matter(
    tmp_path_factory: pytest.TempPathFactory, columns: list[str], seed: int
) -> None:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        rng.standard_normal((4, 5)).astype(np.float32),
        index=rng.permutation(PERTURBATIONS),
        columns=columns,
    )
    file = read(save(frame, tmp_path_factory.mktemp("orders"), "parquet"))
    for name in PERTURBATIONS:
        assert file.vectors[name].tolist() == [frame.loc[name, gene] for gene in GENES]


def test_blanks_around_names_are_taken_off(tmp_path: Path) -> None:
    renamed = PREDICTED.rename(index={"TP53": " TP53\u00a0"})
    assert set(read(save(renamed, tmp_path)).vectors) == {"TP53", "NA"}


def test_the_screens_name_of_a_gene_is_said(tmp_path: Path, real_data: Path) -> None:
    said = refused(save(PREDICTED.rename(index={"TP53": "AARS1", "NA": "KNTC1AP"}), tmp_path))
    assert "2 of 2 rows are no perturbation of the screen, the first is 'AARS1'" in said
    assert "'AARS1' is 'AARS' there" in said
