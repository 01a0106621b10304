import numpy as np
import pandas as pd
import pytest
from anndata import AnnData
from scipy.stats import ttest_ind

from perturb_evals.datasets.screens.gears.screens import read_gears
from perturb_evals.datasets.screens.other_orders import ranked_by_size, ranked_by_welch
from perturb_evals.datasets.screens.screen import ScreenError

GENES = 12
NAMES = ("AARS", "HSPA5", "SMG5")


def cells(names=NAMES):
    """Cells of a few perturbations, and orders in `uns` that no test gives."""
    rng = np.random.default_rng(1)
    conditions = np.repeat(["ctrl", *(f"{name}+ctrl" for name in names)], 25)
    values = rng.gamma(2.0, 0.3, (len(conditions), GENES)).astype(np.float32)
    values += 0.2 * rng.random((len(names) + 1, GENES)).repeat(25, axis=0).astype(np.float32)
    called = np.array([f"K562_{condition}" for condition in conditions])
    genes = [f"ENSG{i}" for i in range(GENES)]
    orders = {name: np.array(genes)[rng.permutation(GENES)] for name in set(called)}
    return AnnData(
        X=values,
        obs=pd.DataFrame(
            {"condition": conditions, "condition_name": called, "cell_type": "K562"},
            index=[f"cell{i}" for i in range(len(conditions))],
        ),
        var=pd.DataFrame({"gene_name": [f"G{i}" for i in range(GENES)]}, index=genes),
        uns={"rank_genes_groups_cov_all": orders},
    )


@pytest.fixture
def screen_and_path(tmp_path):
    path = tmp_path / "cells.h5ad"
    cells().write_h5ad(path)
    return read_gears(path, name="cells", fingerprint="0" * 64), path


def test_the_order_of_welch_is_computed_from_the_cells(screen_and_path):
    screen, path = screen_and_path
    assert screen.order_kind == "uns"
    ranked = ranked_by_welch(screen, path)
    adata = cells()
    control = adata.X[adata.obs["condition"] == "ctrl"]
    for name, order in zip(ranked.perturbations, ranked.de_order, strict=True):
        group = adata.X[adata.obs["condition"] == f"{name}+ctrl"]
        t = ttest_ind(group, control, equal_var=False).statistic
        assert order.tolist() == np.argsort(-np.abs(t)).tolist()
    assert ranked.order_kind == "welch_t"
    same_but_for_the_order(screen, ranked)


def test_the_order_by_size(screen_and_path):
    screen, _ = screen_and_path
    ranked = ranked_by_size(screen)
    assert (np.diff(np.abs(np.take_along_axis(ranked.delta, ranked.de_order, 1))) <= 0).all()
    assert ranked.order_kind == "abs_delta"
    same_but_for_the_order(screen, ranked)


def same_but_for_the_order(screen, ranked):
    assert (ranked.perturbations, ranked.genes) == (screen.perturbations, screen.genes)
    assert ranked.symbols == screen.symbols
    np.testing.assert_array_equal(ranked.expression, screen.expression)
    np.testing.assert_array_equal(ranked.n_cells, screen.n_cells)
    assert (ranked.de_order != screen.de_order).any()


def test_cells_of_another_screen(screen_and_path, tmp_path):
    screen, _ = screen_and_path
    other = tmp_path / "other.h5ad"
    cells(("AARS", "RPL3")).write_h5ad(other)
    with pytest.raises(ScreenError, match=r"other\.h5ad holds other perturbations than .* cells"):
        ranked_by_welch(screen, other)
