"""The conserved effect against explicit loops, and a row that was computed elsewhere."""

from pathlib import Path
from statistics import fmean

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perturb_evals.datasets.long_tables import read_long_table
from perturb_evals.methods.conserved import Conserved
from perturb_evals.methods.triples import NAMES, Triples

Rows = list[tuple[str, str, str, float]]
NAMED = (st.sampled_from("abc"), st.sampled_from("ABCD"), st.sampled_from("xyz"))
ROWS = st.lists(
    st.tuples(*NAMED, st.integers(-4, 4).map(float)),
    min_size=1,
    max_size=30,
    unique_by=lambda row: row[:3],
)


def by_loops(rows: Rows, c: str, p: str, r: str, prior: float) -> float:
    def mean(context: str) -> float:
        found = [v for c2, _, r2, v in rows if (c2, r2) == (context, r)]
        return fmean(found) if found else np.nan

    levels = {context: mean(context) for context in "abc"}
    known = [level for level in levels.values() if not np.isnan(level)]
    if not known or c not in {row[0] for row in rows}:
        return np.nan
    level = fmean(known) if np.isnan(levels[c]) else levels[c]

    def deviations(same_readout: bool) -> list[float]:
        found = []
        for c2, p2, r2, v in rows:
            if c2 != c and p2 == p and (r2 == r or not same_readout):
                of = [v3 for c3, _, r3, v3 in rows if (c3, r3) == (c2, r2)]
                found.append(v - fmean(of))
        return found

    if pair := deviations(same_readout=True):
        return level + fmean(pair)
    if any_readout := deviations(same_readout=False):
        return level + sum(any_readout) / (len(any_readout) + prior)
    return np.nan


@given(ROWS, st.sampled_from([0.0, 1.0, 7.5]))
def test_it_is_what_loops_give(rows: Rows, prior: float):
    triples = Triples.of(pd.DataFrame(rows, columns=[*NAMES, "value"]))
    asked = [(c, p, r) for c in "abcZ" for p in "ABCDZ" for r in "xyzZ"]
    found = Conserved(triples, prior).predict(pd.DataFrame(asked, columns=[*NAMES]))
    wanted = [by_loops(rows, *row, prior) for row in asked]
    assert found == pytest.approx(wanted, abs=1e-9, nan_ok=True)


def test_no_values_and_no_rows():
    rows = pd.DataFrame([("a", "A", "x", 1.0)], columns=[*NAMES, "value"])
    assert np.isnan(Conserved(Triples.of(rows[:0])).predict(rows)).all()
    assert Conserved(Triples.of(rows)).predict(rows[:0]).shape == (0,)


def test_the_row_of_the_synthetic_table(real_data: Path):
    table = read_long_table(real_data / "lpm" / "table.parquet")
    test = table[table["split"] == "test"]
    found = Conserved(Triples.of(table[table["split"] == "train"])).predict(test)
    error = found - test["value"].to_numpy()
    assert np.sqrt(np.mean(error**2)) == pytest.approx(0.6849216, abs=1e-6)
    assert np.corrcoef(found, test["value"])[0, 1] == pytest.approx(0.8647524, abs=1e-6)
