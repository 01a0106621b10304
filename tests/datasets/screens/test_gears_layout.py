"""Reading the perturbation of every cell."""

import re
import zipfile
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

from perturb_evals.datasets.screens.gears_layout import (
    ORDERS,
    Conditions,
    completed,
    condition_table,
    listed_orders,
    order_fault,
    unpacked,
)
from perturb_evals.datasets.screens.screen import ScreenError

PATH = Path("cells.h5ad")


def words(text: str) -> list[str]:
    """Labels that stand apart by two blanks or a line break."""
    return re.split(r"  |\n", text.strip("\n"))


def table(conditions: list[str], **columns: object) -> pd.DataFrame:
    names = [f"K562_{condition}_1" for condition in conditions]
    return pd.DataFrame(
        {"condition": conditions, "condition_name": names, "cell_type": "K562"} | columns
    )


def read(conditions: list[str], *, as_written: bool = False, **columns: object) -> Conditions:
    return condition_table(PATH, table(conditions, **columns), as_written=as_written)


def refused(conditions: list[str], **columns: object) -> str:
    with pytest.raises(ScreenError) as caught:
        read(conditions, **columns)
    assert str(caught.value).startswith("cells.h5ad: ")
    return str(caught.value)


def test_cells_and_names_of_each_perturbation():
    conditions = ["SMG5+ctrl", "ctrl", "ctrl+AARS", "ctrl", "SMG5+ctrl", "ctrl+AARS"]
    got = read(conditions)
    assert got.perturbations == ("AARS", "SMG5")
    assert got.condition_names == ("K562_ctrl+AARS_1", "K562_SMG5+ctrl_1")
    assert got.groups.tolist() == [2, 0, 1, 0, 2, 1]
    assert (got.cell_type, got.n_single) == ("K562", 2)
    assert got.excluded == {"combination": 0, "one_cell": 0}


def test_what_is_kept_out_is_counted_once():
    conditions = ["ctrl"] * 2 + ["A+ctrl"] * 2 + ["A+B", "B+A", "A+A", "A+B+C", "LONE+ctrl"]
    got = read(conditions)
    assert got.perturbations == ("A",)
    # Two guides of one gene are no combination.
    assert got.groups.tolist() == [0, 0, 1, 1, -1, -1, 1, -1, -1]
    assert got.excluded == {"combination": 2, "one_cell": 1}
    assert got.n_single == 2


def test_two_spellings_are_one_perturbation_without_a_single_name():
    got = read(["ctrl", "ctrl", "A+ctrl", "ctrl+A", "B+ctrl", "B+ctrl"])
    assert got.perturbations == ("A", "B")
    assert got.condition_names == (None, "K562_B+ctrl_1")
    assert got.groups.tolist() == [0, 0, 1, 1, 2, 2]


def test_categories_without_cells_do_not_count():
    conditions = pd.Categorical(
        ["ctrl", "ctrl", "A+ctrl", "A+ctrl"], categories=["B+ctrl", "A+ctrl", "ctrl", "odd"]
    )
    assert read(list(conditions), condition=conditions).perturbations == ("A",)


@pytest.mark.parametrize("condition", ["A+", "+A", "", "+", "A++ctrl", "A+ "])
def test_a_condition_that_is_not_understood(condition: str):
    text = refused(["ctrl", "ctrl", "A+ctrl", "A+ctrl", condition])
    assert f"the condition {condition!r} is not understood" in text


@pytest.mark.parametrize("n", [0, 1])
def test_no_control(n: int):
    text = refused(["A+ctrl", "A+ctrl", *["ctrl"] * n])
    assert f"expected control cells, of the condition 'ctrl'; found {n}. Conditions are e.g. A" in (
        text
    )


def test_nothing_but_control_and_combinations():
    assert "no perturbation of a single gene" in refused(["ctrl", "ctrl", "A+B", "LONE+ctrl"])


def test_several_cell_types():
    text = refused(["ctrl", "ctrl", "A+ctrl"], cell_type=["K562", "RPE1", "K562"])
    assert "expected cells of one type, got 2: K562, RPE1" in text


@pytest.mark.parametrize("column", ["condition", "condition_name", "cell_type"])
def test_missing_columns_and_values(column: str):
    obs = table(["ctrl", "ctrl", "A+ctrl", "A+ctrl"])
    obs.loc[1:2, column] = np.nan
    with pytest.raises(ScreenError, match=rf"2 cells have no value in obs\['{column}'\]"):
        condition_table(PATH, obs)
    with pytest.raises(ScreenError, match=f"no column '{column}' in obs; it has "):
        condition_table(PATH, obs.drop(columns=column))


def test_no_columns_at_all():
    with pytest.raises(ScreenError, match="it has none"):
        condition_table(PATH, pd.DataFrame(index=["a"]))


symbols = st.text("ABCDEF123.-", min_size=1, max_size=6)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(symbols, st.booleans()), min_size=1, max_size=12))
def test_every_cell_finds_its_perturbation(chosen: list[tuple[str, bool]]):
    conditions = [f"{name}+ctrl" if left else f"ctrl+{name}" for name, left in chosen]
    genes = [name for name, _ in chosen]
    got = read(["ctrl", "ctrl", *conditions, *conditions], as_written=True)
    assert got.perturbations == tuple(sorted(set(genes)))
    assert got.groups.tolist()[:2] == [0, 0]
    found = [got.perturbations[group - 1] for group in got.groups[2:]]
    assert found == genes * 2


@pytest.mark.parametrize(
    "condition",
    [
        *words(
            """
A+ctrl  ctrl+A  A+Ctrl  A+control  Control+A  A+CTRL  A+non-targeting  A+NT  A+ctrl+ctrl
A+A  A+nan  A  A + ctrl
"""
        ),
        " A+ctrl",
        "A\xa0+ctrl",
    ],
)
def test_a_gene_beside_any_control_is_a_single_perturbation(condition: str):
    got = read(["ctrl", "ctrl", "ctrl+ctrl", condition, condition, "BC+ctrl", "BC+ctrl"])
    assert got.perturbations == ("A", "BC")
    assert got.groups.tolist() == [0, 0, 0, 1, 1, 2, 2]
    assert got.excluded == {"combination": 0, "one_cell": 0}


def test_what_is_no_gene_is_left_out_under_its_true_reason():
    odd = ["nan+ctrl", "*+ctrl", "None+ctrl", "non-targeting+ctrl", "control", "1-Mar+ctrl", "7"]
    got = read(["ctrl", "ctrl", "A+ctrl", "A+ctrl", "B+ctrl", "B+ctrl", *odd, *odd])
    assert got.perturbations == ("A", "B")
    expected = {"nothing": 3, "other_control": 2, "date": 1, "number": 1}
    assert got.excluded == {"combination": 0, "one_cell": 0, **expected}


def test_guides_are_perturbations_of_one_gene():
    guides = ["SPI1_pDS255+ctrl", "SPI1_pBA120+ctrl", "MYC+ctrl"]
    got = read(["ctrl", "ctrl", *guides, *guides])
    assert got.perturbations == ("MYC", "SPI1_pBA120", "SPI1_pDS255")
    assert got.look is not None
    assert got.look.same_gene == (("SPI1_pBA120", "SPI1_pDS255"),)


def test_labels_that_are_numbers_are_refused():
    labels = [f"{number}+ctrl" for number in range(4)] * 2
    with pytest.raises(ScreenError, match="got numbers in 4 of 4 labels"):
        read(["ctrl", "ctrl", *labels])


def test_published_names_are_taken_as_they_stand():
    got = read(["ctrl", "ctrl", *["nan+ctrl"] * 2, *["RPS10-NUDT3+ctrl"] * 2], as_written=True)
    assert got.perturbations == ("RPS10-NUDT3", "nan")
    assert got.look is None


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


CONTENT = bytes(range(256)) * 1000


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PERTURB_EVALS_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def zipped(path: Path, **members: bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def opened(path: Path) -> str:
    with pytest.raises(ScreenError) as caught, unpacked(path):
        raise AssertionError("nothing should be given")
    assert str(path) in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("folder", ["", "replogle_k562_essential/", "a/b/"])
def test_the_file_is_there_and_then_gone(tmp_path: Path, cache: Path, folder: str):
    members = {f"{folder}perturb_processed.h5ad": CONTENT, "__MACOSX/._perturb_processed.h5ad": b""}
    with unpacked(zipped(tmp_path / "cells.zip", **members)) as file:
        assert file.read_bytes() == CONTENT
        assert file.is_relative_to(cache)
    assert list(cache.iterdir()) == []


def test_it_is_removed_when_reading_fails(tmp_path: Path, cache: Path):
    path = zipped(tmp_path / "cells.zip", **{"perturb_processed.h5ad": CONTENT})
    with pytest.raises(OSError, match="of the reader"), unpacked(path):
        raise OSError("of the reader")  # passed on as it is
    assert list(cache.iterdir()) == []


def test_an_h5ad_is_given_as_it_is(tmp_path: Path, cache: Path):
    with unpacked(tmp_path / "cells.h5ad") as file:
        assert file == tmp_path / "cells.h5ad"
    assert not cache.exists()


def test_a_zip_without_the_file_or_with_two(tmp_path: Path, cache: Path):
    text = opened(zipped(tmp_path / "none.zip", **{"a.txt": b"", "b.h5ad": b""}))
    assert "expected one perturb_processed.h5ad in the zip, found 0 among a.txt, b.h5ad." in text
    assert "among no files" in opened(zipped(tmp_path / "empty.zip"))
    two = {f"{folder}/perturb_processed.h5ad": CONTENT for folder in "ab"}
    assert "found 2" in opened(zipped(tmp_path / "two.zip", **two))
    assert list(cache.iterdir()) == []


def test_a_damaged_zip(tmp_path: Path, cache: Path):
    path = zipped(tmp_path / "cells.zip", **{"perturb_processed.h5ad": CONTENT})
    content = bytearray(path.read_bytes())
    content[200] ^= 255
    path.write_bytes(content)
    assert "the zip is damaged" in opened(path)
    path.write_bytes(content[:300])
    assert "the zip is damaged" in opened(path)
    assert list(cache.iterdir()) == []


def test_a_folder_that_cannot_be_written(tmp_path: Path, cache: Path):
    cache.touch()
    path = zipped(tmp_path / "cells.zip", **{"perturb_processed.h5ad": CONTENT})
    assert f"cannot be unpacked to {cache}" in opened(path)
