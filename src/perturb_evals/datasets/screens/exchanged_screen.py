"""A screen in which some perturbations have each other's expression."""

from collections.abc import Collection

import numpy as np

from perturb_evals.datasets.exchange import SHARE
from perturb_evals.datasets.screens.screen import Screen

MEANS = ("half_1", "half_2")
"""Layers on the scale of expression."""


def exchanged_screen(screen: Screen, names: Collection[str]) -> Screen:
    """Return a screen in which some perturbations have each other's expression.

    It is drawn to the control too, see `SHARE`. The fingerprint and all names stay as they are.

    Args:
        screen: The screen.
        names: The perturbations, two or more of them.
    """
    adata = screen.adata.copy()
    rows = np.array([row for row, name in enumerate(screen.perturbations) if name in names])
    others = np.roll(rows, 1)
    control = screen.control

    def drawn(values: np.ndarray) -> np.ndarray:
        found = np.array(values)
        found[rows] = control + SHARE * (found[others] - control)
        return found

    adata.X = drawn(screen.expression)
    adata.obsm["de_order"][rows] = screen.de_order[others]
    for column in ("n_ranked", "n_cells"):
        values = np.array(adata.obs[column])
        values[rows] = values[others]
        adata.obs[column] = values
    for name in adata.layers:
        values = np.array(adata.layers[name])
        values[rows] = values[others]
        adata.layers[name] = drawn(adata.layers[name]) if name in MEANS else values
    return Screen(adata)
