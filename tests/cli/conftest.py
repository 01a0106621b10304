"""A screen so small that a run on it takes a second."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from anndata import AnnData

N, GENES = 20, 12


@pytest.fixture(scope="session")
def small_screen(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """20 perturbations P00 to P19 of 12 genes, in four groups that act alike."""
    rng = np.random.default_rng(0)
    effect = rng.normal(size=(4, GENES))[np.arange(N) % 4] + 0.3 * rng.normal(size=(N, GENES))
    path = tmp_path_factory.mktemp("screen") / "small.h5ad"
    AnnData(
        X=np.vstack([np.zeros(GENES), effect]).astype(np.float32),
        obs=pd.DataFrame(index=["control", *(f"P{i:02d}" for i in range(N))]),
        var=pd.DataFrame(index=[f"g{i}" for i in range(GENES)]),
    ).write_h5ad(path)
    return path
