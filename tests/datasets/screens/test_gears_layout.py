"""Reading the perturbation of every cell."""

import re
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perturb_evals.datasets.screens.gears_layout import (
    Conditions,
    condition_table,
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


@pytest.mark.each("condition", ["A+", "+A", "", "+", "A++ctrl", "A+ "])
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


@pytest.mark.each(
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
