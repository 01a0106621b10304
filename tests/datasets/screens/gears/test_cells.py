"""Reading the perturbation of every cell."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perturb_evals.datasets.screens.gears.cells import Conditions, condition_table
from perturb_evals.datasets.screens.screen import ScreenError

PATH = Path("cells.h5ad")


def table(conditions: list[str], **columns: object) -> pd.DataFrame:
    names = [f"K562_{condition}_1" for condition in conditions]
    return pd.DataFrame(
        {"condition": conditions, "condition_name": names, "cell_type": "K562"} | columns
    )


def read(conditions: list[str], **columns: object) -> Conditions:
    return condition_table(PATH, table(conditions, **columns))


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
    assert got.groups.tolist() == [0, 0, 1, 1, -1, -1, -1, -1, -1]
    assert got.excluded == {"combination": 3, "one_cell": 1}
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


@pytest.mark.parametrize("condition", ["A", "control", "A+", "+A", "", "+", "A++ctrl", "A+ "])
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
    got = read(["ctrl", "ctrl", *conditions, *conditions])
    assert got.perturbations == tuple(sorted(set(genes)))
    assert got.groups.tolist()[:2] == [0, 0]
    found = [got.perturbations[group - 1] for group in got.groups[2:]]
    assert found == genes * 2
