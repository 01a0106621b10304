"""The orders of genes that a file lists itself."""

from pathlib import Path

import anndata
import h5py
import numpy as np
import pandas as pd
import pytest
from anndata.io import write_elem
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from perturb_evals.datasets.screens.listed_orders import (
    ORDERS,
    completed,
    listed_orders,
    order_fault,
)

PATH = Path("cells.h5ad")

GENES = ["E1", "E2", "E3", "E4", "E5", "E6"]
SYMBOLS = ["S1", "S2", "S3", "S4", "TWICE", "TWICE"]


@pytest.fixture
def uns(tmp_path: Path):
    """Write lists into `uns` of a file and give the open group back."""
    files = []

    def write(lists: dict[str, list[str]], fixed: bool = False) -> h5py.Group:
        file = h5py.File(tmp_path / f"{len(files)}.h5", "w")
        files.append(file)
        for name, ids in lists.items():
            kind = "S4" if fixed else h5py.string_dtype()
            file.create_dataset(f"uns/{ORDERS}/{name}", data=np.array(ids, dtype=kind))
        return file["uns"]

    yield write
    for file in files:
        file.close()


@pytest.mark.parametrize("fixed", [False, True])
def test_orders_are_read_as_positions(uns, fixed: bool):
    group = uns({"K_A_1": ["E3", "E1", "E2", "E4"], "K_B_1": ["E4", "E2"], "other": ["x"]}, fixed)
    got = listed_orders(PATH, group, ["K_B_1", "K_A_1"], GENES, SYMBOLS)
    assert got is not None
    assert [order.tolist() for order in got] == [[3, 1], [2, 0, 1, 3]]


def test_no_orders_or_not_for_all(uns):
    group = uns({"K_A_1": ["E3"]})
    assert listed_orders(PATH, {}, ["K_A_1"], GENES, SYMBOLS) is None
    assert listed_orders(PATH, group, ["K_A_1", "K_B_1"], GENES, SYMBOLS) is None
    assert listed_orders(PATH, group, ["K_A_1", None], GENES, SYMBOLS) is None
    assert listed_orders(PATH, group, ["K_A_1"], GENES, SYMBOLS) is not None


def positions(uns, listed: dict[str, list[str]]) -> list[list[int]] | None:
    got = listed_orders(PATH, uns(listed), list(listed), GENES, SYMBOLS)
    return None if got is None else [order.tolist() for order in got]


def test_genes_that_were_filtered_out_later_are_passed_by(uns, logged):
    """The others keep their order: each was ranked for itself."""
    assert positions(uns, {"K_A_1": ["E1", "E9", "E3"], "K_B_1": ["E9", "E4"]}) == [[0, 2], [3]]
    assert "2 of 5 of the names listed are no gene of the file" in logged.text


def test_genes_named_by_symbol(uns):
    assert positions(uns, {"K_A_1": ["S3", "S1"], "K_B_1": ["S1"]}) == [[2, 0], [0]]


def test_a_symbol_of_two_genes_names_none(uns):
    assert positions(uns, {"K_A_1": ["S3", "TWICE", "S1"]}) == [[2, 0]]


@pytest.mark.parametrize(
    ("listed", "why"),
    [
        ({"K_A_1": ["E1", "TP53", "MYC"]}, "only 33% of the names listed are genes of the file"),
        ({"K_A_1": ["E1", "E2", "E1"]}, "in that of 'K_A_1' a gene stands more than once"),
    ],
)
def test_orders_that_cannot_be_used_are_said(uns, logged, listed, why: str):
    assert positions(uns, listed) is None
    assert why in logged.text
    assert "Genes rank by Welch's |t|." in logged.text


def test_an_order_for_some_perturbations_only_is_said(uns, logged):
    assert listed_orders(PATH, uns({"K_A_1": ["E1"]}), ["K_A_1", "K_B_1"], GENES, SYMBOLS) is None
    assert "no order for 1 of 2 perturbations, e.g. 'K_B_1'" in logged.text


def test_a_file_without_orders_says_nothing(logged):
    assert listed_orders(PATH, {}, ["K_A_1"], GENES, SYMBOLS) is None
    assert logged.text == ""


@pytest.mark.parametrize("missing", [False, True])
def test_an_order_of_nullable_strings(tmp_path: Path, missing: bool):
    """As anndata writes a column of pandas' own type of text."""
    ids = ["E3", None if missing else "E2", "E1"]
    nullable = anndata.settings.override(allow_write_nullable_strings=True)
    with nullable, h5py.File(tmp_path / "uns.h5", "w") as file:
        write_elem(file, f"uns/{ORDERS}/K_A_1", pd.array(ids, dtype="string"))
        got = listed_orders(PATH, file["uns"], ["K_A_1"], GENES, SYMBOLS)
    assert got is not None
    assert got[0].tolist() == ([2, 0] if missing else [2, 1, 0])


def ranked(seed: int, n: int = 20, genes: int = 40) -> NDArray[np.intp]:
    return np.argsort(np.random.default_rng(seed).random((n, genes)), axis=1)


def test_orders_of_the_cells_themselves_are_right():
    order = ranked(0)
    assert order_fault(list(order), order) == ""
    assert order_fault([row[:9] for row in order], order) == ""
    nearly = order.copy()
    nearly[:, [0, 1, 2, 3]] = order[:, [3, 1, 2, 0]]  # another test ranks a little otherwise
    assert order_fault(list(nearly), order) == ""


def test_orders_of_other_cells_are_told():
    assert "(by chance 50%)" in order_fault(list(ranked(1)), ranked(0))
    order = ranked(0)
    assert "(by chance 50%)" in order_fault(list(order[:, ::-1]), order)


def test_orders_of_other_perturbations_are_told():
    order = ranked(0)
    order[:, :12] = np.arange(12)[np.argsort(order[:, :12])]
    order[:, 12:] = np.arange(12, 40)  # all perturbations move the same genes
    assert order_fault(list(order), order) == ""
    assert "of its lists fit their own" in order_fault(list(np.roll(order, 3, axis=0)), order)


@settings(max_examples=100, deadline=None)
@given(st.permutations(range(7)), st.permutations(range(7)), st.integers(0, 7))
def test_completed_orders_are_permutations(first: list[int], order: list[int], length: int):
    got = completed([np.array(first[:length], dtype=int)], np.array([order], dtype=np.uint8))
    expected = first[:length] + [gene for gene in order if gene not in first[:length]]
    assert got.tolist() == [expected]
