"""Files as anndata wrote them over the years: the same screen, or the way to go on."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import anndata
import h5py
import numpy as np
import pandas as pd
import pytest
from anndata.io import write_elem
from scipy.sparse import csr_matrix

from perturb_evals.datasets.screens.gears import is_gears, read_gears
from perturb_evals.datasets.screens.pseudobulk import read_pseudobulk
from perturb_evals.datasets.screens.screen import Screen, ScreenError

GENES, NAMES = [f"G{at}" for at in range(30)], [f"P{at}" for at in range(8)]
RNG = np.random.default_rng(0)
CONTROL = RNG.uniform(0.3, 4, 30)
ROWS = np.maximum(CONTROL + RNG.normal(0, 0.4, (8, 30)), 0.05)
BULK = np.vstack([CONTROL, ROWS]).astype("f4")
CONDITIONS = ["ctrl", *(f"{name}+ctrl" for name in NAMES)]
CELLS = np.repeat(BULK, 6, axis=0) + RNG.uniform(0, 0.1, (54, 30)).astype("f4")
OF_CELLS = {
    "condition": list(np.repeat(CONDITIONS, 6)),
    "condition_name": [f"K562_{name}_1" for name in np.repeat(CONDITIONS, 6)],
    "cell_type": ["K562"] * 54,
}
OF_BULK = {"perturbation": ["control", *NAMES]}
CELL_IDS, BULK_IDS = [f"c{at}" for at in range(54)], [f"r{at}" for at in range(9)]


def bulk(path: Path) -> Screen:
    return read_pseudobulk(path, name="mine", fingerprint="f")


def cells(path: Path) -> Screen:
    assert is_gears(path)
    return read_gears(path, name="mine", fingerprint="f")


def records(**columns: Any) -> Any:
    arrays = [
        np.array(v) if np.array(v).dtype.kind == "i" else np.array(v, "S40")
        for v in columns.values()
    ]
    return np.rec.fromarrays(arrays, names=list(columns))


def before_2020(
    path: Path, ids: list[str], obs: Mapping[str, Any], x: Any, *, coded: bool, sparse: bool
) -> None:
    """Compound datasets, categories in `uns`, sparse matrices by attributes of h5sparse."""
    with h5py.File(path, "w") as file:
        columns = {name: list(values) for name, values in obs.items()}
        if coded:
            for name, values in obs.items():
                found = sorted(set(values))
                columns[name] = [found.index(value) for value in values]
                file[f"uns/{name}_categories"] = np.array(found, "S40")
        file["obs"] = records(index=ids, **columns)
        file["var"] = records(index=GENES, gene_name=GENES)
        if not sparse:
            file["X"] = x
            return
        matrix, group = csr_matrix(x), file.create_group("X")
        group.attrs["h5sparse_format"], group.attrs["h5sparse_shape"] = "csr", matrix.shape
        for part in ("data", "indices", "indptr"):
            group[part] = getattr(matrix, part)


def of_2020(path: Path, ids: list[str], obs: Mapping[str, Any], x: Any) -> None:
    """The layout of 0.7: groups of columns, categories as references into `__categories`."""
    text = h5py.string_dtype()
    with h5py.File(path, "w") as file:
        for name, index, columns in (("obs", ids, obs), ("var", GENES, {"gene_name": GENES})):
            group = file.create_group(name)
            group.attrs.update({"encoding-type": "dataframe", "encoding-version": "0.1.0"})
            group.attrs["_index"] = "index"
            group.attrs["column-order"] = np.array(list(columns), dtype=text)
            group.create_dataset("index", data=index, dtype=text)
            for column, values in columns.items():
                found = sorted(set(values))
                codes = np.array([found.index(value) for value in values], "i1")
                coded = group.create_dataset(column, data=codes)
                there = group.create_dataset(f"__categories/{column}", data=found, dtype=text)
                there.attrs["ordered"] = False
                coded.attrs["categories"] = there.ref
        file["X"] = x


def modern(path: Path, ids: list[str], obs: Mapping[str, Any], x: Any, kind: str = "O") -> None:
    frame = pd.DataFrame(dict(obs), index=ids)
    var = pd.DataFrame({"gene_name": GENES}, index=GENES)
    if kind == "string":
        frame, var = frame.astype("string"), var.astype("string")
        frame.index, var.index = frame.index.astype("string"), var.index.astype("string")
    with anndata.settings.override(allow_write_nullable_strings=True):
        anndata.AnnData(x, obs=frame, var=var).write_h5ad(path)


@pytest.mark.parametrize("form", ["old", "old, coded", "old, sparse", "0.7", "nullable"])
@pytest.mark.parametrize("kind", ["bulk", "cells"])
def test_every_age_of_file_is_the_same_screen(tmp_path: Path, form: str, kind: str) -> None:
    read: Callable[[Path], Screen] = bulk if kind == "bulk" else cells
    content: Any = (BULK_IDS, OF_BULK, BULK) if kind == "bulk" else (CELL_IDS, OF_CELLS, CELLS)
    modern(tmp_path / "now.h5ad", *content)
    expected, path = read(tmp_path / "now.h5ad"), tmp_path / "then.h5ad"
    if form.startswith("old"):
        before_2020(path, *content, coded="coded" in form, sparse="sparse" in form)
    elif form == "0.7":
        of_2020(path, *content)
    else:
        modern(path, *content, kind="string")
    got = read(path)
    assert got.perturbations == expected.perturbations == tuple(NAMES)
    assert got.symbols == expected.symbols == tuple(GENES)
    np.testing.assert_array_equal(got.expression, expected.expression)
    np.testing.assert_array_equal(got.de_order, expected.de_order)


@pytest.mark.parametrize("kind", ["bulk", "cells"])
@pytest.mark.parametrize("null", ["no X", "X of nothing"])
def test_without_x_the_layers_are_named(tmp_path: Path, kind: str, null: str) -> None:
    path, columns = tmp_path / "mine.h5ad", OF_BULK if kind == "bulk" else OF_CELLS
    values, ids = (BULK, BULK_IDS) if kind == "bulk" else (CELLS, CELL_IDS)
    modern(path, ids, columns, values)
    with h5py.File(path, "a") as file:
        del file["X"]
        if null == "X of nothing":
            write_elem(file, "X", None)
        write_elem(file, "layers/logcounts", values)
        write_elem(file, "layers/scaled", values)
    with pytest.raises(ScreenError) as caught:
        (bulk if kind == "bulk" else cells)(path)
    said = str(caught.value)
    assert "X is empty" in said
    assert "layers['logcounts'], layers['scaled']" in said
    assert "a.X = a.layers['logcounts']; a.write_h5ad(" in said
    with h5py.File(path, "a") as file:
        del file["layers"]
    with pytest.raises(ScreenError, match="The file has no layers"):
        (bulk if kind == "bulk" else cells)(path)


def test_counts_of_cells_beside_logs_in_a_layer(tmp_path: Path) -> None:
    path = tmp_path / "mine.h5ad"
    modern(path, CELL_IDS, OF_CELLS, np.round(np.expm1(CELLS)))
    with h5py.File(path, "a") as file:
        write_elem(file, "layers/logcounts", CELLS)
    with pytest.raises(ScreenError, match=r"looks like counts.*in its layers: logcounts"):
        cells(path)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (pd.array([None, *range(30, 38)], dtype="Int64"), [30, 31, 32, 33, 34, 35, 36, 37]),
        (pd.Categorical([str(at) for at in range(30, 39)]), [31, 32, 33, 34, 35, 36, 37, 38]),
        ([*(str(at) for at in range(30, 38)), "unknown"], [31, 32, 33, 34, 35, 36, 37, np.nan]),
        ([*(float(at) for at in range(30, 38)), np.nan], [31, 32, 33, 34, 35, 36, 37, np.nan]),
    ],
)
def test_numbers_of_cells_in_any_form(tmp_path: Path, logged, given: Any, expected: Any) -> None:
    path = tmp_path / "mine.h5ad"
    obs = pd.DataFrame({**OF_BULK, "n_cells": given}, index=BULK_IDS)
    anndata.AnnData(BULK, obs=obs, var=pd.DataFrame(index=GENES)).write_h5ad(path)
    np.testing.assert_array_equal(bulk(path).n_cells, expected)
    assert ("'unknown'" in logged.text) == ("unknown" in list(map(str, given)))
