"""The names that an LPM has learned, and rows as places among them."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from perturb_evals.methods.triples import NAMES, Ints, Triples

JOINT = "+"
"""Joins the parts of a perturbation of several: two genes knocked down at once are `A+B`."""

Coded = tuple[Ints, Any]
"""(m,) places of names, -1 for none, and the names."""


@dataclass(frozen=True, eq=False)
class Places:
    """m rows as places in a vocabulary.

    Attributes:
        context: (m,) places of contexts.
        perturbation: (m,) places in `parts`.
        readout: (m,) places of readouts.
        parts: By perturbation the places of its parts, sorted; (u,) arrays.
        known: (m,) whether all names are known; the places of other rows mean nothing.
    """

    context: Ints
    perturbation: Ints
    readout: Ints
    parts: list[Ints]
    known: NDArray[np.bool_]

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.context)

    def of_known(self) -> "Places":
        """Return the rows all of whose names are known."""
        return Places(
            self.context[self.known],
            self.perturbation[self.known],
            self.readout[self.known],
            self.parts,
            self.known[self.known],
        )


@dataclass(frozen=True)
class Vocabulary:
    """Names that were trained on, each kind sorted.

    Attributes:
        contexts: Names of contexts.
        parts: Names of what perturbations are made of; most are made of one part.
        readouts: Names of readouts.
    """

    contexts: tuple[str, ...]
    parts: tuple[str, ...]
    readouts: tuple[str, ...]

    @classmethod
    def of(cls, rows: Triples) -> "Vocabulary":
        """Return the names that rows are about; names without a row are left out."""
        used = (
            np.asarray(names)[np.unique(places)].tolist()
            for names, places in (
                (rows.contexts, rows.context),
                (rows.perturbations, rows.perturbation),
                (rows.readouts, rows.readout),
            )
        )
        contexts, perturbations, readouts = used
        parts = sorted({part for name in perturbations for part in name.split(JOINT)})
        return cls(tuple(contexts), tuple(parts), tuple(readouts))

    def places(self, rows: pd.DataFrame) -> Places:
        """Return the places of a table's rows.

        A perturbation is known where all its parts are, whichever were trained on together.

        Args:
            rows: Columns context, perturbation, readout.
        """
        return self._places(*(pd.factorize(rows[name]) for name in NAMES))

    def places_of(self, rows: Triples) -> Places:
        """Return the places of values."""
        return self._places(
            (rows.context, rows.contexts),
            (rows.perturbation, rows.perturbations),
            (rows.readout, rows.readouts),
        )

    def unknown(self, rows: pd.DataFrame) -> dict[str, list[str]]:
        """Return the names in a table that are not known, sorted: contexts, parts, readouts."""
        parts = {part for name in rows["perturbation"].unique() for part in name.split(JOINT)}
        return {
            "contexts": sorted(set(rows["context"]) - set(self.contexts)),
            "parts": sorted(parts - set(self.parts)),
            "readouts": sorted(set(rows["readout"]) - set(self.readouts)),
        }

    def _places(self, contexts: Coded, perturbations: Coded, readouts: Coded) -> Places:
        codes, names = perturbations
        part_of = {part: place for place, part in enumerate(self.parts)}
        parts = [
            np.sort([part_of.get(part, -1) for part in str(name).split(JOINT)]) for name in names
        ]
        context, readout = _found(contexts, self.contexts), _found(readouts, self.readouts)
        are_known = np.array([found[0] >= 0 for found in parts], dtype=bool)
        known = (context >= 0) & (readout >= 0) & (codes >= 0)
        known[known] = are_known[codes[known]]
        return Places(context, codes, readout, parts, known)


def _found(coded: Coded, names: tuple[str, ...]) -> Ints:
    """Return (m,) places of names among others, -1 for none."""
    codes, given = coded
    places = pd.Index(names, dtype=object).get_indexer(pd.Index(given, dtype=object))
    return np.where(codes >= 0, np.append(places, -1)[codes], -1)
