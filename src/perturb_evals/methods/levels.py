"""Levels of readouts by context: what is left when nothing is known of a perturbation."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from perturb_evals.methods.triples import Floats, Ints, Triples


@dataclass(frozen=True, eq=False)
class Levels:
    """A level of each readout in each context.

    Attributes:
        table: (C, R) levels; a readout that a context has no value of has the mean of its levels in
            the contexts that have one, and NaN where no context has.
    """

    table: Floats

    @classmethod
    def means(cls, triples: Triples) -> "Levels":
        """Return the mean values."""
        shape = (len(triples.contexts), len(triples.readouts))
        cell = triples.context * shape[1] + triples.readout
        total = np.bincount(cell, weights=triples.value, minlength=shape[0] * shape[1])
        count = np.bincount(cell, minlength=shape[0] * shape[1])
        return cls.where((total / np.maximum(count, 1)).reshape(shape), count.reshape(shape) > 0)

    @classmethod
    def where(cls, found: Floats, known: NDArray[np.bool_]) -> "Levels":
        """Return (C, R) levels, those that are not known filled from the other contexts."""
        contexts = known.sum(axis=0)
        mean = np.full(found.shape[1], np.nan)
        total = np.where(known, found, 0.0).sum(axis=0)
        np.divide(total, contexts, out=mean, where=contexts > 0)
        return cls(np.where(known, found, mean))

    def at(self, context: Ints, readout: Ints) -> Floats:
        """Return (m,) levels by places; NaN where either is -1 or nothing is known."""
        if not self.table.size:
            return np.full(len(context), np.nan)
        return np.where((context < 0) | (readout < 0), np.nan, self.table[context, readout])
