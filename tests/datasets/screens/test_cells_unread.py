"""Cells in another layout than GEARS's: told as such, with lines that make a pseudobulk file."""

import warnings

import numpy as np
import pandas as pd
import pytest
from anndata import AnnData
from scipy import sparse

from perturb_evals.datasets.screens.load import ScreenRequest, load_screen
from perturb_evals.datasets.screens.screen import ScreenError

GENES = ["GATA1", "MYC", "KLF1", "TP53", "RPL3", "RPL5", "HSPA5", "HSPA8"]
LABELS = [*GENES[:6], "non-targeting"]


@pytest.fixture(autouse=True)
def _cache(tmp_path, monkeypatch):
    monkeypatch.setenv("PERTURB_EVALS_CACHE", str(tmp_path / "cache"))


def cells(column: str, control: str = "non-targeting", counts: bool = True, n: int = 9) -> AnnData:
    rng = np.random.default_rng(0)
    labels = [control if label == "non-targeting" else label for label in LABELS for _ in range(n)]
    values = rng.poisson(3 + rng.gamma(2, 2, len(GENES)), (len(labels), len(GENES))).astype(float)
    if not counts:
        values = np.log1p(values / values.sum(axis=1, keepdims=True) * 40)
    index = [f"{'ACGT'[at % 4]}{at:05d}-1" for at in range(len(labels))]
    obs = pd.DataFrame({column: labels, "n_counts": values.sum(axis=1), "batch": "b1"}, index=index)
    return AnnData(sparse.csr_matrix(values.astype(np.float32)), obs, pd.DataFrame(index=GENES))


def refused(adata: AnnData, path, **options) -> str:
    adata.write_h5ad(path)
    with pytest.raises(ScreenError) as caught:
        load_screen(ScreenRequest(str(path), **options))
    return str(caught.value)


@pytest.mark.parametrize(
    ("column", "control"),
    [
        ("target_gene", "non-targeting"),
        ("gene", "NTC"),
        ("perturbation", "control"),
        ("guide_id", "non-targeting_0001"),
        ("gene_target", "ctrl"),
        ("perturbed_gene", "Non-Targeting"),
        ("condition", "control"),
        ("sgRNA", "safe-targeting"),
        ("Assign", "NegCtrl0"),
        ("treatment", "untreated"),
    ],
)
def test_cells_are_told_as_such(column, control, tmp_path):
    said = refused(cells(column, control), tmp_path / "cells.h5ad")
    assert "these are cells, or replicates: 63 rows x 8 genes" in said
    assert f"{column!r} (7 labels: {control!r}, " in said
    assert "import scanpy" in said
    assert f"-T perturbation_column={column} -T control={control}" in said
    assert "\n" not in said


def test_columns_are_shown_the_likeliest_first_and_one_can_be_named(tmp_path):
    adata = cells("target_gene")
    guides = [f"{name}_sg{at % 3}" for at, name in enumerate(adata.obs["target_gene"])]
    adata.obs["guide_id"] = pd.Categorical(guides)
    adata.obs["cell_type"] = ["K562", "RPE1", "K562"] * 21
    said = refused(adata, tmp_path / "cells.h5ad")
    assert said.index("'target_gene' (7 labels") < said.index("'guide_id' (21 labels")
    assert "first keep the cells of one line, as obs['cell_type'] has 'K562', 'RPE1'" in said
    said = refused(adata, tmp_path / "cells.h5ad", perturbation_column="guide_id")
    assert "by='guide_id'" in said
    assert "'target_gene' (" not in said
    named = refused(adata, tmp_path / "cells.h5ad", control="GATA1")
    assert "-T perturbation_column=target_gene -T control=GATA1" in named


def test_pseudobulk_with_a_column_of_few_values_is_no_cells(tmp_path):
    names = ["ctrl", *GENES]
    obs = pd.DataFrame({"perturbation": names, "gene_group": ["control"] * 5 + ["x"] * 4})
    obs.index = obs.index.astype(str)
    rows = np.random.default_rng(0).random((9, 8)).astype(np.float32)
    path = tmp_path / "rows.h5ad"
    AnnData(rows, obs, pd.DataFrame(index=GENES)).write_h5ad(path)
    assert len(load_screen(ScreenRequest(str(path), control="ctrl")).perturbations) == 8
    with pytest.raises(ScreenError, match="look like a control: 'ctrl'"):
        load_screen(ScreenRequest(str(path)))
    obs = obs.set_index("perturbation")
    AnnData(rows, obs, pd.DataFrame(index=GENES)).write_h5ad(path)
    with pytest.raises(
        ScreenError, match=r"index of obs, found 0\. Labels that look like a control"
    ):
        load_screen(ScreenRequest(str(path)))


@pytest.mark.parametrize("counts", [True, pytest.param(False, marks=pytest.mark.slow)])
def test_the_lines_of_scanpy_make_a_screen(counts, tmp_path):
    pytest.importorskip("scanpy")
    adata = cells("target_gene", counts=counts)
    said = refused(adata, tmp_path / "cells.h5ad")
    code = said.partition("with scanpy: ")[2].partition(" -- ")[0]
    assert ("log1p" in code) == counts
    with warnings.catch_warnings(action="ignore"):
        exec(code, {})
    made = tmp_path / "cells_by_target_gene.h5ad"
    screen = load_screen(ScreenRequest(str(made), "target_gene", "non-targeting"))
    assert screen.perturbations == tuple(sorted(GENES[:6]))
    assert screen.n_cells.tolist() == [9] * 6
    values = adata.X.toarray().astype(float)
    if counts:
        totals = values.sum(axis=1, keepdims=True)
        values = np.log1p(values / totals * np.median(totals))
    of_myc = (adata.obs["target_gene"] == "MYC").to_numpy()
    row = screen.expression[screen.perturbations.index("MYC")]
    np.testing.assert_allclose(row, values[of_myc].mean(axis=0), rtol=1e-4)
