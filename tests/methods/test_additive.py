"""The additive model against least squares over all its columns at once."""

import numpy as np
import pandas as pd
import pytest

from perturb_evals.methods.additive import Additive
from perturb_evals.methods.triples import NAMES, Triples


def sparse_rows(seed: int, share: float = 0.5) -> pd.DataFrame:
    """Some values of 3 contexts x 7 perturbations x 5 readouts."""
    random = np.random.default_rng(seed)
    every = pd.MultiIndex.from_product([list("abc"), list("ABCDEFG"), list("vwxyz")], names=NAMES)
    rows = every.to_frame(index=False).assign(value=random.standard_normal(len(every)))
    return rows[random.random(len(rows)) < share].sample(frac=1, random_state=seed)


def dense_solution(rows: pd.DataFrame, penalty: float) -> tuple[pd.Series, pd.Series]:
    """Levels and shifts by NumPy's least squares, the penalty as rows below the others."""
    cells = pd.get_dummies(rows["context"] + "/" + rows["readout"], dtype=float)
    perts = pd.get_dummies(rows["perturbation"], dtype=float)
    left = np.hstack([cells, perts])
    below = np.hstack(
        [np.zeros((perts.shape[1], cells.shape[1])), np.sqrt(penalty) * np.eye(perts.shape[1])]
    )
    right = np.concatenate([rows["value"], np.zeros(perts.shape[1])])
    found, *_ = np.linalg.lstsq(np.vstack([left, below]), right, rcond=None)
    return (
        pd.Series(found[: cells.shape[1]], cells.columns),
        pd.Series(found[cells.shape[1] :], perts.columns),
    )


@pytest.mark.each("penalty", [0.01, 1.0, 30.0])
@pytest.mark.each("seed", range(3))
def test_it_is_the_least_squares_solution(seed: int, penalty: float):
    rows = sparse_rows(seed)
    levels, shifts = dense_solution(rows, penalty)
    asked = sparse_rows(seed, share=1.1)[[*NAMES]]
    found = Additive(Triples.of(rows), penalty).predict(asked)
    for value, (context, pert, readout) in zip(found, asked.itertuples(index=False), strict=True):
        own = levels.get(f"{context}/{readout}")
        if own is None:
            own = np.mean([levels[c] for c in levels.index if c.endswith(f"/{readout}")])
        assert value == pytest.approx(own + shifts[pert], abs=1e-8)


def test_values_that_are_additive_are_found():
    rows = sparse_rows(0, share=1.1)
    level = rows["context"].map(ord) + 3.0 * rows["readout"].map(ord)
    rows["value"] = level + 0.1 * rows["perturbation"].map(ord)
    asked = rows[rows["context"].eq("a") & rows["perturbation"].eq("B")]
    found = Additive(Triples.of(rows.drop(asked.index)), 1e-9).predict(asked)
    assert found == pytest.approx(asked["value"], abs=1e-6)


def test_what_nothing_tells_of():
    rows = pd.DataFrame(
        [("a", "A", "v", 1.0), ("a", "B", "v", 3.0), ("b", "A", "w", 7.0)],
        columns=[*NAMES, "value"],
    )
    model = Additive(Triples.of(rows).take(np.array([0, 1])), 1.0)
    asked = [("a", "A", "v"), ("a", "A", "w"), ("b", "A", "v"), ("a", "Z", "v"), ("z", "A", "v")]
    found = model.predict(pd.DataFrame(asked, columns=[*NAMES]))
    assert np.isnan(found).tolist() == [False, True, False, True, True]
    assert found[0] == found[2] == pytest.approx(1.5)


def test_equal_values_and_no_values():
    rows = sparse_rows(0).assign(value=2.5)
    assert (Additive(Triples.of(rows)).predict(rows) == 2.5).all()
    none = Additive(Triples.of(rows[:0])).predict(rows[[*NAMES]])
    assert np.isnan(none).all()
    assert Additive(Triples.of(rows)).predict(rows[:0]).shape == (0,)
