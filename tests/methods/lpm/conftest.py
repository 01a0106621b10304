"""Tables so small that an LPM is trained on them in a moment."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from perturb_evals.methods.lpm.settings import Settings
from perturb_evals.methods.triples import Triples


@pytest.fixture
def table() -> pd.DataFrame:
    """Three contexts, 12 perturbations, two of which are of two parts, and 10 readouts."""
    rng = np.random.default_rng(0)
    names = [*(f"P{i:02d}" for i in range(10)), "P01+P02", "P07+P03"]
    of_perturbation, of_readout = rng.normal(size=(12, 2)), rng.normal(size=(10, 2))
    rows = [
        (f"c{c}", names[p], f"r{r}", c + (1 + c) * of_perturbation[p] @ of_readout[r])
        for c in range(3)
        for p in range(12)
        for r in range(10)
    ]
    return pd.DataFrame(rows, columns=["context", "perturbation", "readout", "value"])


@pytest.fixture
def rows(table: pd.DataFrame) -> Triples:
    """The table as values."""
    return Triples.of(table)


@pytest.fixture
def small() -> Callable[..., Settings]:
    """Settings of a small network."""

    def small(**changed: object) -> Settings:
        usual = {
            "embedding": 4,
            "hidden": (8, 6),
            "learning_rate": 0.01,
            "batch": 64,
            "epochs": 4,
            "seeds": (1, 2),
        }
        return Settings(**{**usual, **changed})

    return small
