"""The two-way additive model: a level by context and readout, and a shift by perturbation."""

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from perturb_evals.methods.levels import Levels
from perturb_evals.methods.triples import Floats, Triples

PENALTY = 1.0
TOLERANCE = 1e-10


class Additive:
    """value = level[context, readout] + shift[perturbation], by least squares.

    The sum of squares over all values plus penalty * sum(shift ** 2) is minimized. Levels are free;
    one of a readout that the context has no value of is the mean of its other levels.

    Args:
        triples: The values.
        penalty: As of so many values that show no shift; above 0.

    Raises:
        ValueError: The shifts are not found, for values of very different sizes.
    """

    def __init__(self, triples: Triples, penalty: float = PENALTY) -> None:
        self._triples = triples
        n_perturbations, n_readouts = len(triples.perturbations), len(triples.readouts)
        cells = len(triples.contexts) * n_readouts
        cell, pert, value = (
            triples.context * n_readouts + triples.readout,
            triples.perturbation,
            triples.value,
        )
        count = np.bincount(cell, minlength=cells)
        in_cell = 1.0 / np.maximum(count, 1)
        rows_of = np.bincount(pert, minlength=n_perturbations).astype(float)
        has = csr_array((np.ones(len(cell)), (cell, pert)), shape=(cells, n_perturbations))
        has_of = csr_array(has.T)

        # With the levels solved for, an equation for each shift is left.
        def reduced(shift: Floats) -> Floats:
            shift = np.ravel(shift)
            found: Floats = (rows_of + penalty) * shift - has_of @ (in_cell * (has @ shift))
            return found

        mean = np.bincount(cell, weights=value, minlength=cells) * in_cell
        left = np.bincount(pert, weights=value - mean[cell], minlength=n_perturbations)
        square = (n_perturbations, n_perturbations)
        self.shift: Floats = np.zeros(n_perturbations)
        if left.any():
            from scipy.sparse.linalg import LinearOperator, cg

            self.shift, iterations = cg(
                LinearOperator(square, matvec=reduced, dtype=float),
                left,
                rtol=TOLERANCE,
                M=LinearOperator(square, matvec=lambda r: np.ravel(r) / (rows_of + penalty)),
            )
            if iterations:  # none are told where it converged
                raise ValueError(
                    f"the shifts of {n_perturbations} perturbations were not found to within "
                    f"{TOLERANCE} in {iterations} steps; values of very different sizes do that."
                )
        self.known = rows_of > 0
        shape = (len(triples.contexts), n_readouts)
        level = mean - in_cell * (has @ self.shift)
        self.levels = Levels.where(level.reshape(shape), count.reshape(shape) > 0)

    def predict(self, rows: pd.DataFrame) -> Floats:
        """Return (m,) level + shift; NaN where no context has the perturbation or the readout."""
        context, pert, readout = self._triples.places(rows)
        if not len(self.shift):
            return np.full(len(rows), np.nan)
        shift = np.where((pert >= 0) & self.known[pert], self.shift[pert], np.nan)
        return np.asarray(self.levels.at(context, readout) + shift)
