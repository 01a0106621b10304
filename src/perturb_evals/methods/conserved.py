"""The conserved effect: what a perturbation does to a readout in the other contexts."""

import numpy as np
import pandas as pd

from perturb_evals.methods.levels import Levels
from perturb_evals.methods.triples import Floats, Ints, Triples

PRIOR_ROWS = 30.0


class Conserved:
    """The readout's level in the context, plus how far it is from its level in other contexts.

    A deviation is a value minus the mean of its context and readout. Of the deviations of the very
    perturbation and readout in other contexts the mean is taken; where there is none, that of all
    readouts under the perturbation in other contexts, drawn towards 0: sum / (n + prior_rows).

    Args:
        triples: The values.
        prior_rows: So many rows without deviation are added to those of the perturbation; 0 or
            more.
    """

    def __init__(self, triples: Triples, prior_rows: float = PRIOR_ROWS) -> None:
        self._triples = triples
        self._prior_rows = prior_rows
        self._levels = Levels.means(triples)
        own = self._levels.at(triples.context, triples.readout)
        deviation = triples.value - own
        c, p, r = triples.context, triples.perturbation, triples.readout
        self._of_row = _Sums(self._key(c, p, r), deviation)
        self._of_pair = _Sums(self._key(0 * c, p, r), deviation)
        self._of_pert_here = _Sums(self._key(c, p, 0 * r), deviation)
        self._of_pert = _Sums(self._key(0 * c, p, 0 * r), deviation)

    def _key(self, context: Ints, pert: Ints, readout: Ints) -> Ints:
        n_perts, n_readouts = len(self._triples.perturbations), len(self._triples.readouts)
        return np.asarray((context * n_perts + pert) * n_readouts + readout)

    def predict(self, rows: pd.DataFrame) -> Floats:
        """Return (m,) level + deviation.

        NaN where no other context has the perturbation, or no context the readout.
        """
        c, p, r = self._triples.places(rows)
        level = self._levels.at(c, r)
        there = ~np.isnan(level) & (p >= 0)
        c, p, r = c[there], p[there], r[there]

        def elsewhere(everywhere: "_Sums", here: "_Sums", readout: Ints) -> tuple[Floats, Floats]:
            total, count = everywhere.at(self._key(0 * c, p, readout))
            total_here, count_here = here.at(self._key(c, p, readout))
            return total - total_here, count - count_here

        pair, n_pair = elsewhere(self._of_pair, self._of_row, r)
        pert, n_pert = elsewhere(self._of_pert, self._of_pert_here, 0 * r)
        deviation = np.full(len(p), np.nan)
        np.divide(pert, n_pert + self._prior_rows, out=deviation, where=n_pert > 0)
        np.divide(pair, n_pair, out=deviation, where=n_pair > 0)
        level[there] += deviation
        level[~there] = np.nan
        return level


class _Sums:
    """Sums and counts of values by key."""

    def __init__(self, keys: Ints, values: Floats) -> None:
        self._keys, place, count = np.unique(keys, return_inverse=True, return_counts=True)
        self._count = count.astype(float)
        self._total = np.bincount(place, weights=values, minlength=len(count))

    def at(self, keys: Ints) -> tuple[Floats, Floats]:
        """Return (m,) sums and counts; 0 for a key that has none."""
        if not len(self._keys):
            return np.zeros(len(keys)), np.zeros(len(keys))
        place = np.minimum(np.searchsorted(self._keys, keys), len(self._keys) - 1)
        found = self._keys[place] == keys
        return np.where(found, self._total[place], 0.0), np.where(found, self._count[place], 0.0)
