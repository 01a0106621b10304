"""Values of (context, perturbation, readout): what is transferred between contexts."""

from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

NAMES = ("context", "perturbation", "readout")


@dataclass(frozen=True, eq=False)
class Triples:
    """n values, each of a context, a perturbation and a readout, given by their places.

    Attributes:
        contexts: Names of the contexts, sorted.
        perturbations: Names of the perturbations, sorted.
        readouts: Names of the readouts, sorted.
        context: (n,) places in `contexts`.
        perturbation: (n,) places in `perturbations`.
        readout: (n,) places in `readouts`.
        value: (n,) the values.
    """

    contexts: pd.Index
    perturbations: pd.Index
    readouts: pd.Index
    context: Ints
    perturbation: Ints
    readout: Ints
    value: Floats

    @classmethod
    def of(cls, rows: pd.DataFrame) -> "Triples":
        """Return the values of a table.

        Args:
            rows: Columns context, perturbation, readout (text) and value (finite), a triple at
                most once, any order.
        """
        (c, contexts), (p, perturbations), (r, readouts) = (
            pd.factorize(rows[name], sort=True) for name in NAMES
        )
        return cls(
            contexts=pd.Index(contexts),
            perturbations=pd.Index(perturbations),
            readouts=pd.Index(readouts),
            context=c,
            perturbation=p,
            readout=r,
            value=rows["value"].to_numpy(dtype=float),
        )

    def __len__(self) -> int:
        """Return the number of values."""
        return len(self.value)

    def take(self, chosen: NDArray[np.bool_] | Ints) -> "Triples":
        """Return some of the values, by mask or places; the names stay as they are."""
        return replace(
            self,
            context=self.context[chosen],
            perturbation=self.perturbation[chosen],
            readout=self.readout[chosen],
            value=self.value[chosen],
        )

    def places(self, rows: pd.DataFrame) -> tuple[Ints, Ints, Ints]:
        """Return (m,) places of the contexts, perturbations and readouts of a table's rows.

        A name that is not among these is at -1.
        """
        return (
            self.contexts.get_indexer(pd.Index(rows["context"])),
            self.perturbations.get_indexer(pd.Index(rows["perturbation"])),
            self.readouts.get_indexer(pd.Index(rows["readout"])),
        )


class TriplesModel(Protocol):
    """What was learned from values, and foretells others."""

    def predict(self, rows: pd.DataFrame) -> Floats:
        """Return (m,) predictions for the columns context, perturbation, readout.

        NaN where nothing that was learned tells of the row, as of a perturbation that no context
        has.
        """
        ...
