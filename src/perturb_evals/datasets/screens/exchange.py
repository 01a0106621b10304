"""The expression of test perturbations, exchanged: who reads none of it answers the same."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager

import numpy as np

from perturb_evals.datasets.exchange import standing_in
from perturb_evals.datasets.screens.evidence import HeldOut, expression_evidence, fold_of
from perturb_evals.datasets.screens.load import load_screen
from perturb_evals.datasets.screens.oracle import truly_nearest
from perturb_evals.datasets.screens.screen import Screen

MEANS = ("half_1", "half_2")
"""Layers on the scale of expression."""

SHARE = 0.5
"""What is left of a change from the control: where rows only changed places, their mean and their
spread would be what they were, and whoever reads no more than these would not show."""


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


@contextmanager
def vectors_exchanged(held_out: HeldOut) -> Iterator[None]:
    """Exchange the expression of a fold's test perturbations, wherever it is read, for a while."""
    names = frozenset(fold_of(held_out).test)
    fingerprint = load_screen(held_out.request).fingerprint
    try:
        with standing_in({fingerprint: lambda screen: exchanged_screen(screen, names)}):
            _forget()
            yield
    finally:
        _forget()


def _forget() -> None:
    load_screen.cache_clear()
    expression_evidence.cache_clear()
    truly_nearest.cache_clear()
