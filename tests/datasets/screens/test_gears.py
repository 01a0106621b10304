"""Cells in GEARS's layout, through the real loader, against scanpy."""

import hashlib
import json
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pytest
from anndata import AnnData
from anndata.io import write_elem
from scipy import sparse
from scipy.stats import ttest_ind

from perturb_evals.datasets.genes.ncbi import read_aliases
from perturb_evals.datasets.screens.cell_sums import random_halves
from perturb_evals.datasets.screens.gears import (
    GEARS_SCREENS,
    is_gears,
    ranked_by_welch,
    read_gears,
)
from perturb_evals.datasets.screens.gears_layout import condition_table
from perturb_evals.datasets.screens.load import ScreenRequest, load_screen
from perturb_evals.datasets.screens.make_screen import ranked_by_size
from perturb_evals.datasets.screens.screen import Screen, ScreenError

FINGERPRINT = "f" * 64
N_GENES = 80
# Both spellings, a combination, one cell of LONE, and enough cells for all else.
CELLS = {
    "ctrl": 150,
    "AARS+ctrl": 40,
    "ctrl+RPL3": 35,
    "SMG5+ctrl": 60,
    "MED12+ctrl": 21,
    "ctrl+HSPA5": 30,
    "AARS+SMG5": 12,
    "LONE+ctrl": 1,
}
SINGLE = ["AARS", "HSPA5", "MED12", "RPL3", "SMG5"]


def simulated(cells: dict[str, int] = CELLS) -> AnnData:
    """Cells as GEARS writes them, without `uns`."""
    rng = np.random.default_rng(3)
    conditions = np.array([name for name, count in cells.items() for _ in range(count)])
    rng.shuffle(conditions)
    rate = 0.3 + rng.gamma(0.6, 2.0, N_GENES)
    effect = {name: np.exp(0.5 * rng.standard_normal(N_GENES)) for name in cells}
    counts = rng.poisson([rate * (1 if name == "ctrl" else effect[name]) for name in conditions])
    counts[:, 7] = 0  # a gene that no cell shows
    totals = counts.sum(axis=1, keepdims=True)
    values = np.log1p(counts / totals * np.median(totals)).astype(np.float32)
    is_control = conditions == "ctrl"
    dose = np.where(is_control, "1", "1+1")
    names = [f"K562_{name}_{amount}" for name, amount in zip(conditions, dose, strict=True)]
    obs = pd.DataFrame(
        {
            "condition": conditions,
            "cell_type": "K562",
            "dose_val": dose,
            "control": is_control.astype(int),
            "condition_name": names,
            "cov_drug_dose_name": names,
        },
        index=[f"CELL{at:04d}-1" for at in range(len(conditions))],
    ).astype(dict.fromkeys(("condition", "cell_type", "condition_name"), "category"))
    symbols = [f"G{at}" for at in range(N_GENES)]
    symbols[20] = symbols[21]  # two ids of one symbol do occur
    var = pd.DataFrame(
        {"gene_name": symbols}, index=[f"ENSG{at:011d}" for at in rng.permutation(N_GENES)]
    )
    return AnnData(X=sparse.csr_matrix(values), obs=obs, var=var)


def with_uns(adata: AnnData) -> AnnData:
    """Add what GEARS writes beside the orders of genes."""
    names = adata.obs["condition_name"].unique()
    lists = {name: adata.var_names.to_numpy()[:20].astype(str) for name in names}
    indices = {name: np.arange(20) for name in names}
    adata = adata.copy()
    adata.uns["top_non_dropout_de_20"] = adata.uns["top_non_zero_de_20"] = lists
    adata.uns["non_dropout_gene_idx"] = adata.uns["non_zeros_gene_idx"] = indices
    return adata


def write_zip(adata: AnnData, path: Path) -> Path:
    """Write the zip that GEARS publishes, with what a Mac adds to it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    inner = path.with_name("inner.h5ad")
    with_uns(adata).write_h5ad(inner)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(inner, "replogle_k562_essential/perturb_processed.h5ad")
        archive.writestr("__MACOSX/replogle_k562_essential/._perturb_processed.h5ad", b"x")
        archive.writestr("replogle_k562_essential/", b"")
    inner.unlink()
    return path


@pytest.fixture(scope="module")
def ranked() -> tuple[AnnData, pd.DataFrame, pd.DataFrame]:
    """The cells, scanpy's gene names and scores by |t| (rows: ranks; columns: condition names)."""
    sc = pytest.importorskip("scanpy")
    adata = simulated()
    # The way GEARS calls it; scanpy has no t-test for a single cell.
    lone = adata.obs["condition"] == "LONE+ctrl"
    tested = adata[~lone].copy()
    tested.uns["log1p"] = {"base": None}
    sc.tl.rank_genes_groups(
        tested,
        "condition_name",
        reference="K562_ctrl_1",
        method="t-test",
        rankby_abs=True,
        n_genes=N_GENES,
        use_raw=False,
    )
    found = tested.uns["rank_genes_groups"]
    return adata, pd.DataFrame(found["names"]), pd.DataFrame(found["scores"])


def condition_name(symbol: str, names: pd.Index) -> str:
    both = f"K562_{symbol}+ctrl_1+1", f"K562_ctrl+{symbol}_1+1"
    return next(name for name in both if name in names)


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[AnnData], Screen]]:
    """The real loader: a zip in a mirror folder, fetched by the name of the screen."""
    monkeypatch.setenv("PERTURB_EVALS_DATA", str(tmp_path / "mirror"))
    monkeypatch.setenv("PERTURB_EVALS_CACHE", str(tmp_path / "cache"))

    def load(adata: AnnData, *, halves: bool = False) -> Screen:
        known = GEARS_SCREENS["replogle_k562"]
        write_zip(adata, tmp_path / "mirror" / known.source)
        expected = replace(
            known, cells=adata.n_obs, genes=adata.n_vars, perturbations=6, control_cells=150
        )
        monkeypatch.setitem(GEARS_SCREENS, "replogle_k562", expected)
        load_screen.cache_clear()
        return load_screen(ScreenRequest("replogle_k562"), halves=halves)

    yield load
    load_screen.cache_clear()


def test_means_and_control_are_those_of_scanpy(load, ranked, tmp_path: Path):
    sc = pytest.importorskip("scanpy")
    adata = ranked[0]
    screen = load(adata)
    bulk = sc.get.aggregate(adata, by="condition", func="mean")
    means = pd.DataFrame(bulk.layers["mean"], index=bulk.obs_names, columns=bulk.var_names)
    assert screen.perturbations == tuple(SINGLE)
    assert screen.genes == tuple(adata.var_names)
    assert screen.symbols == tuple(adata.var["gene_name"])
    np.testing.assert_allclose(screen.control, means.loc["ctrl"], atol=1e-6, rtol=0)
    for row, symbol in enumerate(SINGLE):
        condition = f"{symbol}+ctrl" if f"{symbol}+ctrl" in CELLS else f"ctrl+{symbol}"
        np.testing.assert_allclose(screen.expression[row], means.loc[condition], atol=1e-6, rtol=0)
        assert screen.n_cells[row] == CELLS[condition]
    assert screen.excluded == {"combination": 1, "one_cell": 1}
    assert (screen.name, screen.cell_line) == ("replogle_k562", "k562")
    assert screen.adata.uns["licence"] == "CC BY 4.0"
    assert "Replogle" in screen.adata.uns["citation"]
    # What was unpacked is gone; only the small cached screen stays.
    left = [path.name for path in (tmp_path / "cache").rglob("*") if path.is_file()]
    assert sorted(name.partition(".")[2] for name in left) == ["h5ad", "h5ad.sha256"]


def test_the_order_is_that_of_scanpy(load, ranked):
    adata, names, scores = ranked
    screen = load(adata)
    assert screen.order_kind == "welch_t"
    for row, symbol in enumerate(SINGLE):
        key = condition_name(symbol, names.columns)
        size = np.abs(scores[key].to_numpy())
        # scanpy leaves tied genes in no fixed order; here they are the genes nobody shows.
        distinct = np.concatenate([-np.diff(size) > 1e-9, [True]])
        distinct &= np.concatenate([[True], -np.diff(size) > 1e-9])
        assert distinct.sum() >= N_GENES - 2
        ours = np.array(screen.genes)[screen.de_order[row]]
        assert ours[distinct].tolist() == names[key][distinct].tolist()
        assert screen.n_ranked[row] == N_GENES - 1
        assert screen.de_order[row, -1] == 7


def test_adjusted_p_of_half_2_is_that_of_scanpy_on_its_cells(load, ranked):
    sc = pytest.importorskip("scanpy")
    adata = ranked[0]
    padj = load(adata, halves=True).layer("padj_half_2")
    table = condition_table(Path("simulated"), adata.obs)
    half_2 = (random_halves(table.groups) == 1) & (table.groups >= 0)
    tested = adata[half_2].copy()
    names = np.array(["ctrl", *table.perturbations])
    tested.obs["group"] = pd.Categorical(names[table.groups[half_2]])
    tested.uns["log1p"] = {"base": None}
    sc.tl.rank_genes_groups(
        tested, "group", reference="ctrl", method="t-test", use_raw=False, n_genes=N_GENES
    )
    for row, symbol in enumerate(table.perturbations):
        theirs = sc.get.rank_genes_groups_df(tested, symbol).set_index("names")["pvals_adj"]
        expected = theirs.loc[list(adata.var_names)].fillna(1)
        np.testing.assert_allclose(padj[row], expected, atol=1e-6, rtol=1e-5)


def test_the_orders_of_the_file_are_used(load, ranked):
    adata, names, _ = ranked
    # An order of its own, so that nothing but the file can give it; one list is cut short.
    own = {key: names[key].to_numpy()[::-1].astype(str) for key in names}
    cut = condition_name("SMG5", names.columns)
    own[cut] = own[cut][:30]
    with_orders = adata.copy()
    with_orders.uns["rank_genes_groups_cov_all"] = own
    screen, welch = load(with_orders), load(adata)
    assert (screen.order_kind, welch.order_kind) == ("uns", "welch_t")
    genes = np.array(screen.genes)
    unseen = genes[7]  # without any change it ranks last, wherever the file has it
    for row, symbol in enumerate(SINGLE):
        listed = own[condition_name(symbol, names.columns)]
        rest = [gene for gene in genes[welch.de_order[row]] if gene not in listed]
        expected = [gene for gene in [*listed, *rest] if gene != unseen]
        assert genes[screen.de_order[row]].tolist() == [*expected, unseen]


def test_an_order_for_some_perturbations_only_is_not_used(load, ranked):
    adata, names, _ = ranked
    some = adata.copy()
    some.uns["rank_genes_groups_cov_all"] = {"K562_AARS+ctrl_1+1": names.iloc[:, 0].to_numpy(str)}
    assert load(some).order_kind == "welch_t"


def test_halves_are_means_of_halves_of_the_cells(load, ranked):
    adata = ranked[0]
    plain, screen = load(adata), load(adata, halves=True)
    assert plain.layer("half_1") is None
    np.testing.assert_allclose(screen.expression, plain.expression, atol=1e-6)
    np.testing.assert_array_equal(screen.de_order, plain.de_order)
    first, second = screen.layer("half_1"), screen.layer("half_2")
    n = screen.n_cells[:, None]
    larger, smaller = np.ceil(n / 2), np.floor(n / 2)
    whole = (larger * first + smaller * second) / n
    np.testing.assert_allclose(whole, screen.expression, atol=1e-5)
    assert np.abs(first - second).max() > 0.01


def test_both_spellings_of_one_gene_are_one_perturbation(tmp_path: Path):
    adata = simulated({"ctrl": 50, "AARS+ctrl": 20, "ctrl+AARS": 1, "SMG5+ctrl": 20})
    # An order of the cells of one spelling is not the order of all its cells.
    own = {name: adata.var_names.to_numpy(str) for name in adata.obs["condition_name"].unique()}
    adata.uns["rank_genes_groups_cov_all"] = own
    path = tmp_path / "cells.h5ad"
    adata.write_h5ad(path)
    screen = read_gears(path, name="cells", fingerprint=FINGERPRINT)
    assert screen.perturbations == ("AARS", "SMG5")
    assert screen.n_cells.tolist() == [21, 20]
    of = adata.obs["condition"].isin(["AARS+ctrl", "ctrl+AARS"]).to_numpy()
    np.testing.assert_allclose(screen.expression[0], adata.X.toarray()[of].mean(axis=0), atol=1e-6)
    assert (screen.cell_line, screen.order_kind, screen.excluded) == ("k562", "welch_t", {})


@pytest.mark.parametrize("layout", ["csc", "dense"])
def test_any_layout_of_x_gives_the_same(tmp_path: Path, layout: str):
    adata = simulated()
    rows = tmp_path / "rows.h5ad"
    adata.write_h5ad(rows)
    adata.X = adata.X.tocsc() if layout == "csc" else adata.X.toarray()
    other = tmp_path / "other.h5ad"
    adata.write_h5ad(other)
    one, two = (
        read_gears(p, name="c", fingerprint=FINGERPRINT, halves=True) for p in (rows, other)
    )
    np.testing.assert_allclose(one.expression, two.expression, atol=1e-6)
    np.testing.assert_allclose(one.layer("half_1"), two.layer("half_1"), atol=1e-6)
    np.testing.assert_allclose(one.layer("t_others"), two.layer("t_others"), rtol=1e-4, atol=1e-5)


@pytest.mark.filterwarnings("ignore:Element")  # anndata says that the layout is old
def test_tables_as_anndata_0_7_wrote_them(tmp_path: Path):
    path = tmp_path / "cells.h5ad"
    simulated().write_h5ad(path)
    today = read_gears(path, name="c", fingerprint=FINGERPRINT)
    with h5py.File(path, "r+") as file:
        obs = file["obs"]
        categories = obs.create_group("__categories")
        for column in ("condition", "condition_name", "cell_type"):
            codes, names = obs[column]["codes"][:], obs[column]["categories"][:]
            del obs[column]
            categories.create_dataset(column, data=names, dtype=h5py.string_dtype())
            obs.create_dataset(column, data=codes)
            obs[column].attrs["categories"] = categories[column].ref
        for table in (obs, file["var"]):
            table.attrs["encoding-version"] = "0.1.0"
    assert is_gears(path)
    old = read_gears(path, name="c", fingerprint=FINGERPRINT)
    assert (old.perturbations, old.excluded) == (today.perturbations, today.excluded)
    np.testing.assert_array_equal(old.expression, today.expression)


def test_a_fetched_file_that_is_another_one_is_told_by_its_counts(tmp_path: Path):
    path = write_zip(simulated(), tmp_path / "cells.zip")
    with pytest.raises(ScreenError) as caught:
        read_gears(path, name="replogle_k562", fingerprint=FINGERPRINT)
    assert "expected 162,751 cells for replogle_k562, got 349" in str(caught.value)


@pytest.mark.parametrize(
    ("field", "message"),
    [
        ("cells", "expected 1 cells for replogle_rpe1, got 349"),
        ("genes", "expected 1 genes for replogle_rpe1, got 80"),
        ("perturbations", "expected 1 perturbations for replogle_rpe1, got 6"),
        ("control_cells", "expected 1 control cells for replogle_rpe1, got 150"),
    ],
)
def test_every_count_of_a_known_screen_is_checked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, field: str, message: str
):
    path = tmp_path / "cells.h5ad"
    simulated().write_h5ad(path)
    right = {"cells": 349, "genes": 80, "perturbations": 6, "control_cells": 150}
    known = replace(GEARS_SCREENS["replogle_rpe1"], **right)
    monkeypatch.setitem(GEARS_SCREENS, "replogle_rpe1", known)
    assert read_gears(path, name="replogle_rpe1", fingerprint=FINGERPRINT).cell_line == "rpe1"
    monkeypatch.setitem(GEARS_SCREENS, "replogle_rpe1", replace(known, **{field: 1}))
    with pytest.raises(ScreenError, match=message):
        read_gears(path, name="replogle_rpe1", fingerprint=FINGERPRINT)


def test_the_known_screens_are_those_of_the_paper():
    k562, rpe1 = GEARS_SCREENS["replogle_k562"], GEARS_SCREENS["replogle_rpe1"]
    assert (k562.cells, k562.genes, k562.perturbations, k562.control_cells) == (
        162_751,
        5_000,
        1_092,
        10_691,
    )
    assert (rpe1.cells, rpe1.genes, rpe1.perturbations, rpe1.control_cells) == (
        162_733,
        5_000,
        1_543,
        11_485,
    )


# --- what cannot be a screen ----------------------------------------------------------------------


def refused(adata: AnnData, tmp_path: Path, *, halves: bool = False) -> str:
    path = tmp_path / "bad.h5ad"
    adata.write_h5ad(path)
    with pytest.raises(ScreenError) as caught:
        read_gears(path, name="bad", fingerprint=FINGERPRINT, halves=halves)
    assert str(path) in str(caught.value)
    return str(caught.value)


def test_counts_are_detected(tmp_path: Path):
    adata = simulated()
    adata.X = sparse.csr_matrix(np.round(adata.X.toarray() * 3))
    assert "looks like counts" in refused(adata, tmp_path)
    assert "all values above 1 are whole numbers" in refused(adata, tmp_path)


def test_normalised_counts_without_a_logarithm_are_detected(tmp_path: Path):
    adata = simulated()
    adata.X = sparse.csr_matrix(np.expm1(adata.X.toarray()) * 10)
    text = refused(adata, tmp_path)
    assert "looks like counts" in text
    assert "whole" not in text


@pytest.mark.parametrize("halves", [False, True])
@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize(("condition", "who"), [("ctrl", "the control"), ("SMG5+ctrl", "SMG5")])
def test_a_number_that_is_not_finite_is_placed(
    tmp_path: Path, value: float, condition: str, who: str, halves: bool
):
    adata = simulated()
    values = adata.X.toarray()
    values[np.flatnonzero(adata.obs["condition"] == condition)[3], 11] = value
    adata.X = sparse.csr_matrix(values)
    assert f"in the cells of {who}, gene {adata.var_names[11]}" in refused(
        adata, tmp_path, halves=halves
    )


def test_duplicated_gene_ids(tmp_path: Path):
    adata = simulated()
    ids = adata.var_names.tolist()
    ids[5] = ids[2]
    adata.var_names = ids
    assert f"1 gene ids stand more than once in the index of var, the first is '{ids[2]}'" in (
        refused(adata, tmp_path)
    )


def test_no_symbols(tmp_path: Path):
    adata = simulated()
    adata.var = adata.var.rename(columns={"gene_name": "label"})
    assert "no column 'gene_name' in var; it has label" in refused(adata, tmp_path)


def test_missing_symbols(tmp_path: Path):
    adata = simulated()
    adata.var["gene_name"] = pd.Categorical(adata.var["gene_name"]).remove_categories(["G3", "G4"])
    assert "2 genes have no symbol" in refused(adata, tmp_path)


@pytest.mark.parametrize("column", ["condition", "condition_name", "cell_type"])
def test_a_missing_column(tmp_path: Path, column: str):
    adata = simulated()
    del adata.obs[column]
    assert f"no column {column!r} in obs" in refused(adata, tmp_path)


def test_an_order_of_other_genes_is_not_used(tmp_path: Path, logged):
    adata = simulated({"ctrl": 50, "AARS+ctrl": 20})
    adata.uns["rank_genes_groups_cov_all"] = {"K562_AARS+ctrl_1+1": np.array(["TP53", "MYC"])}
    adata.write_h5ad(tmp_path / "cells.h5ad")
    screen = read_gears(tmp_path / "cells.h5ad", name="cells", fingerprint=FINGERPRINT)
    assert screen.order_kind == "welch_t"
    assert "only 0% of the names listed are genes of the file" in logged.text


def test_an_order_of_other_cells_is_not_used(tmp_path: Path, logged):
    conditions = {f"P{at}+ctrl": 12 for at in range(12)}
    adata = simulated({"ctrl": 50, **conditions})
    rng = np.random.default_rng(0)
    adata.uns["rank_genes_groups_cov_all"] = {
        f"K562_{name}_1+1": rng.permutation(adata.var_names) for name in conditions
    }
    adata.write_h5ad(tmp_path / "cells.h5ad")
    screen = read_gears(tmp_path / "cells.h5ad", name="cells", fingerprint=FINGERPRINT)
    assert screen.order_kind == "welch_t"
    assert "is of other cells or perturbations" in logged.text


def test_entries_stored_in_parts_give_what_anndata_reads(tmp_path: Path):
    adata = simulated()
    whole = sparse.csr_matrix(adata.X)
    parts = sparse.csr_matrix(
        (np.repeat(whole.data / 2, 2), np.repeat(whole.indices, 2), whole.indptr * 2), whole.shape
    )
    screens = []
    for name, matrix in (("whole", whole), ("parts", parts)):
        adata.X = matrix
        adata.write_h5ad(tmp_path / f"{name}.h5ad")
        path = tmp_path / f"{name}.h5ad"
        screens.append(read_gears(path, name=name, fingerprint=FINGERPRINT))
    np.testing.assert_allclose(screens[0].expression, screens[1].expression, rtol=1e-6)
    np.testing.assert_array_equal(screens[0].de_order, screens[1].de_order)
    np.testing.assert_allclose(screens[0].layer("t_others"), screens[1].layer("t_others"), 1e-5)


def test_a_matrix_of_another_shape(tmp_path: Path):
    path = tmp_path / "bad.h5ad"
    simulated().write_h5ad(path)
    with h5py.File(path, "r+") as file:
        del file["X"]
        write_elem(file, "X", sparse.csr_matrix((10, N_GENES), dtype=np.float32))
    with pytest.raises(ScreenError, match="for each of the 10 cells"):
        read_gears(path, name="bad", fingerprint=FINGERPRINT)


def test_a_file_without_x(tmp_path: Path):
    path = tmp_path / "bad.h5ad"
    simulated().write_h5ad(path)
    with h5py.File(path, "r+") as file:
        del file["X"]
    with pytest.raises(ScreenError, match="X is empty"):
        read_gears(path, name="bad", fingerprint=FINGERPRINT)


@pytest.mark.parametrize("kind", ["empty", "text", "cut", "absent"])
def test_what_is_no_h5ad(tmp_path: Path, kind: str):
    path = tmp_path / "bad.h5ad"
    if kind == "cut":
        simulated().write_h5ad(path)
        path.write_bytes(path.read_bytes()[:5000])
    elif kind != "absent":
        path.write_bytes(b"" if kind == "empty" else b"pert,gene\n")
    assert not is_gears(path)
    with pytest.raises(ScreenError, match=r"damaged, or no \.h5ad"):
        read_gears(path, name="bad", fingerprint=FINGERPRINT)


def test_is_gears_tells_cells_from_pseudobulk(tmp_path: Path):
    adata = simulated()
    adata.write_h5ad(tmp_path / "cells.h5ad")
    assert is_gears(tmp_path / "cells.h5ad")
    adata.obs = adata.obs.rename(columns={"condition": "perturbation"})
    adata.write_h5ad(tmp_path / "other.h5ad")
    assert not is_gears(tmp_path / "other.h5ad")


@pytest.mark.parametrize("left_out", ["condition_name", "cell_type"])
def test_cells_without_a_column_are_told_which(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, left_out: str
):
    monkeypatch.setenv("PERTURB_EVALS_CACHE", str(tmp_path / "cache"))
    adata = simulated()
    del adata.obs[left_out]
    adata.write_h5ad(tmp_path / "cells.h5ad")
    with pytest.raises(ScreenError, match=f"there is no column '{left_out}' in obs"):
        load_screen(ScreenRequest(str(tmp_path / "cells.h5ad")))


def test_cells_without_a_control_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PERTURB_EVALS_CACHE", str(tmp_path / "cache"))
    adata = simulated()
    adata = adata[adata.obs["condition"] != "ctrl"].copy()
    adata.write_h5ad(tmp_path / "cells.h5ad")
    with pytest.raises(ScreenError, match="expected control cells, of the condition 'ctrl'"):
        load_screen(ScreenRequest(str(tmp_path / "cells.h5ad")))


def pseudobulk() -> AnnData:
    """Five perturbations and the control, named as GEARS names them, one row each."""
    rng = np.random.default_rng(5)
    names = ["ctrl", *(f"P{at}+ctrl" for at in range(5))]
    obs = pd.DataFrame({"condition": names, "condition_name": names, "cell_type": "K562"})
    obs.index = obs.index.astype(str)
    var = pd.DataFrame(index=[f"g{at}" for at in range(8)])
    return AnnData(X=rng.random((6, 8)).astype(np.float32), obs=obs, var=var)


def test_a_pseudobulk_with_names_of_gears_is_no_cells(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("PERTURB_EVALS_CACHE", str(tmp_path / "cache"))
    adata, path = pseudobulk(), tmp_path / "rows.h5ad"
    adata.write_h5ad(path)
    assert not is_gears(path)
    screen = load_screen(ScreenRequest(str(path), "condition", "ctrl"))
    assert screen.perturbations == ("P0", "P1", "P2", "P3", "P4")
    np.testing.assert_array_equal(screen.control, adata.X[0])


def test_a_named_column_or_control_selects_the_pseudobulk_reader(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("PERTURB_EVALS_CACHE", str(tmp_path / "cache"))
    adata, path = pseudobulk(), tmp_path / "rows.h5ad"
    adata.obs["my_name"] = ["none", *"ABCDE"]
    adata.obs["condition"] = "ctrl"
    adata.write_h5ad(path)
    assert is_gears(path)
    screen = load_screen(ScreenRequest(str(path), "my_name", "none"))
    assert screen.perturbations == tuple("ABCDE")
    with pytest.raises(ScreenError, match="expected one row of the control 'x'"):
        load_screen(ScreenRequest(str(path), control="x"))


def test_the_real_screens_are_not_cells(real_data: Path):
    screens = list((real_data / "screens").glob("*.h5ad"))
    assert screens
    assert not any(map(is_gears, screens))


GENES = 12
NAMES = ("AARS", "HSPA5", "SMG5")


def cells(names=NAMES):
    """Cells of a few perturbations, and orders in `uns` that no test gives."""
    rng = np.random.default_rng(1)
    conditions = np.repeat(["ctrl", *(f"{name}+ctrl" for name in names)], 25)
    values = rng.gamma(2.0, 0.3, (len(conditions), GENES)).astype(np.float32)
    values += 0.2 * rng.random((len(names) + 1, GENES)).repeat(25, axis=0).astype(np.float32)
    called = np.array([f"K562_{condition}" for condition in conditions])
    genes = [f"ENSG{i}" for i in range(GENES)]
    orders = {name: np.array(genes)[rng.permutation(GENES)] for name in set(called)}
    return AnnData(
        X=values,
        obs=pd.DataFrame(
            {"condition": conditions, "condition_name": called, "cell_type": "K562"},
            index=[f"cell{i}" for i in range(len(conditions))],
        ),
        var=pd.DataFrame({"gene_name": [f"G{i}" for i in range(GENES)]}, index=genes),
        uns={"rank_genes_groups_cov_all": orders},
    )


@pytest.fixture
def screen_and_path(tmp_path):
    path = tmp_path / "cells.h5ad"
    cells().write_h5ad(path)
    return read_gears(path, name="cells", fingerprint="0" * 64), path


def test_the_order_of_welch_is_computed_from_the_cells(screen_and_path):
    screen, path = screen_and_path
    assert screen.order_kind == "uns"
    ranked = ranked_by_welch(screen, path)
    adata = cells()
    control = adata.X[adata.obs["condition"] == "ctrl"]
    for name, order in zip(ranked.perturbations, ranked.de_order, strict=True):
        group = adata.X[adata.obs["condition"] == f"{name}+ctrl"]
        t = ttest_ind(group, control, equal_var=False).statistic
        assert order.tolist() == np.argsort(-np.abs(t)).tolist()
    assert ranked.order_kind == "welch_t"
    same_but_for_the_order(screen, ranked)


def test_the_order_by_size(screen_and_path):
    screen, _ = screen_and_path
    ranked = ranked_by_size(screen)
    assert (np.diff(np.abs(np.take_along_axis(ranked.delta, ranked.de_order, 1))) <= 0).all()
    assert ranked.order_kind == "abs_delta"
    same_but_for_the_order(screen, ranked)


def same_but_for_the_order(screen, ranked):
    assert (ranked.perturbations, ranked.genes) == (screen.perturbations, screen.genes)
    assert ranked.symbols == screen.symbols
    np.testing.assert_array_equal(ranked.expression, screen.expression)
    np.testing.assert_array_equal(ranked.n_cells, screen.n_cells)
    assert (ranked.de_order != screen.de_order).any()


def test_cells_of_another_screen(screen_and_path, tmp_path):
    screen, _ = screen_and_path
    other = tmp_path / "other.h5ad"
    cells(("AARS", "RPL3")).write_h5ad(other)
    with pytest.raises(ScreenError, match=r"other\.h5ad holds other perturbations than .* cells"):
        ranked_by_welch(screen, other)


def test_a_twin_in_a_published_screen_is_shown_and_its_folds_stay(load, real_data, monkeypatch):
    adata = simulated()
    conditions = adata.obs["condition"].astype(str).replace({"SMG5+ctrl": "AARS1+ctrl"})
    adata.obs["condition"] = conditions.replace({"AARS+SMG5": "AARS+AARS1"})
    table = real_data / "genes" / "Homo_sapiens.gene_info.gz"
    monkeypatch.setattr(
        "perturb_evals.datasets.screens.gears.aliases_at_hand", lambda: read_aliases(table)
    )
    screen = load(adata)
    assert screen.same_gene == ()
    (said,) = screen.remarks
    assert said == (
        "1 genes stand under several names ('AARS = AARS1'): the published folds take them for "
        "different ones."
    )


def test_the_fingerprint_of_a_published_screen_is_that_of_its_reader(load, tmp_path: Path):
    """Its boards go on as long as its numbers do, whatever own files are read like."""
    screen = load(simulated())
    source = tmp_path / "mirror" / GEARS_SCREENS["replogle_k562"].source
    sha256 = hashlib.sha256(source.read_bytes()).hexdigest()
    text = json.dumps([sha256, None, None, 4])
    assert screen.fingerprint == hashlib.sha256(text.encode()).hexdigest()


def test_symbols_may_stand_under_feature_name(tmp_path: Path):
    adata = simulated({"ctrl": 20, "G3+ctrl": 9, "G4+ctrl": 9})
    adata.var = adata.var.rename(columns={"gene_name": "feature_name"})
    adata.write_h5ad(tmp_path / "cells.h5ad")
    screen = read_gears(tmp_path / "cells.h5ad", name="mine", fingerprint=FINGERPRINT)
    assert screen.symbols == tuple(adata.var["feature_name"])
    assert screen.targets == ("G3", "G4")
