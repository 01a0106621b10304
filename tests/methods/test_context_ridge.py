"""The ridge against scikit-learn's, and its errors on rows left out against leaving them out."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import Ridge

from perturb_evals.datasets.long_tables import read_long_table
from perturb_evals.methods import context_ridge
from perturb_evals.methods.context_ridge import ContextRidge
from perturb_evals.methods.triples import NAMES, Triples

PERTS = list("ABCDEFG")
READOUTS = list("xyz")
FEW_PENALTIES = (0.01, 0.3, 10.0)


def some_rows(seed: int, share: float, noise: float = 0.3) -> pd.DataFrame:
    """Rows of three contexts that a rank of two holds together, some of them left out."""
    random = np.random.default_rng(seed)
    factors = random.standard_normal((len(PERTS), 2))
    parts = []
    for context in "abc":
        values = factors @ random.standard_normal((2, len(READOUTS)))
        values += random.standard_normal(len(READOUTS)) + noise * random.standard_normal(
            values.shape
        )
        wide = pd.DataFrame(values, PERTS, READOUTS).rename_axis("perturbation")
        rows = wide.melt(ignore_index=False, var_name="readout").reset_index()
        parts.append(rows.assign(context=context))
    rows = pd.concat(parts, ignore_index=True)
    return rows[random.random(len(rows)) < share].reset_index(drop=True)


def profiles(rows: pd.DataFrame, target: str, by: list[str]) -> pd.DataFrame:
    """Deviations in the other contexts, a column each context and readout, missing as 0."""
    other = rows[rows["context"] != target]
    level = other.groupby(by)["value"].transform("mean")
    count = other.groupby(["context", "readout"])["value"].transform("size")
    weight = np.log(1 + rows["perturbation"].nunique() / (1 + count))
    return (
        other.assign(value=weight * (other["value"] - level))
        .pivot(index="perturbation", columns=["context", "readout"], values="value")
        .reindex(PERTS)
        .fillna(0.0)
    )


def by_hand(rows: pd.DataFrame, target: str) -> pd.DataFrame:
    """Predictions by scikit-learn, every setting tried by leaving each row out in turn."""
    own = rows[rows["context"] == target]
    tried = []
    for by in (["context", "readout"], ["context"]):
        plain = profiles(rows, target, by)
        length = np.linalg.norm(plain, axis=1)
        tried += [plain, plain.div(np.where(length > 0, length, 1.0), axis=0)]
    best, least = pd.DataFrame(), np.inf
    for x in tried:
        unit = (x.loc[own["perturbation"].unique()] ** 2).sum(axis=1).mean()
        for penalty in FEW_PENALTIES:
            error, found = 0.0, pd.DataFrame(index=PERTS)
            for readout, of_readout in own.groupby("readout"):
                y = of_readout.set_index("perturbation")["value"]
                for out in y.index if len(y) > 1 else ():
                    kept = y.drop(out)
                    model = Ridge(penalty * unit).fit(x.loc[kept.index].to_numpy(), kept)
                    error += (model.predict(x.loc[[out]].to_numpy())[0] - y[out]) ** 2
                whole = Ridge(penalty * unit).fit(x.loc[y.index].to_numpy(), y)
                found[readout] = whole.predict(x.to_numpy())
            if error < least:
                best, least = found, error
    return best


@pytest.mark.parametrize(("seed", "share"), [(0, 1.1), (1, 0.6)])
def test_it_is_the_ridge_of_least_error_on_rows_left_out(monkeypatch, seed: int, share: float):
    monkeypatch.setattr(context_ridge, "PENALTIES", FEW_PENALTIES)
    rows = some_rows(seed, share)
    wanted = by_hand(rows, "b")
    known = set(rows.loc[rows["context"] != "b", "perturbation"])
    model = ContextRidge(Triples.of(rows))
    for readout in wanted.columns:
        asked = pd.DataFrame({"context": "b", "perturbation": PERTS, "readout": readout})
        found = model.predict(asked)
        there = [pert in known for pert in PERTS]
        assert np.isnan(found).tolist() == [not here for here in there]
        assert found[there] == pytest.approx(wanted.loc[there, readout], abs=1e-6)


def test_what_nothing_tells_of_and_what_only_others_tell_of():
    rows = pd.DataFrame(
        [
            ("a", "A", "x", 1.0),
            ("a", "B", "x", 3.0),
            ("a", "C", "y", 5.0),
            ("b", "A", "x", 2.0),
            ("b", "D", "x", 4.0),
            ("b", "D", "y", 9.0),
            ("b", "A", "z", 6.0),
            ("c", "B", "y", 3.0),
        ],
        columns=[*NAMES, "value"],
    )
    model = ContextRidge(Triples.of(rows))
    asked = pd.DataFrame(
        [(c, p, r) for c in "aZ" for p in "ABCDZ" for r in "xyzZ"], columns=[*NAMES]
    )
    found = dict(zip(asked.itertuples(index=False, name=None), model.predict(asked), strict=True))
    told = {(c, p, r) for c, p, r in found if c == "a" and p in "ABD" and r in "xyz"}
    assert {row for row, value in found.items() if not np.isnan(value)} == told
    assert found["a", "D", "z"] == 6.0  # the level in b: a has no value
    assert found["a", "D", "y"] == 5.0  # a single value is the level
    alone = ContextRidge(Triples.of(rows[:2]))
    assert np.isnan(alone.predict(rows[[*NAMES]])).all()
    assert np.isnan(ContextRidge(Triples.of(rows[:0])).predict(rows[[*NAMES]])).all()
    assert model.predict(asked[:0]).shape == (0,)


def test_equal_values_are_foretold():
    rows = some_rows(0, 0.7).assign(value=2.5)
    assert ContextRidge(Triples.of(rows)).predict(rows) == pytest.approx(2.5)


def test_the_synthetic_table_comes_near_its_noise(real_data: Path):
    table = read_long_table(real_data / "lpm" / "table.parquet")
    test = table[table["split"] == "test"]
    found = ContextRidge(Triples.of(table[table["split"] == "train"])).predict(test)
    assert np.sqrt(np.mean((found - test["value"].to_numpy()) ** 2)) < 0.545  # noise: .5
