"""The training rows that a track opens, found by perturbation and by gene."""

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from perturb_evals.datasets.pairs.evidence import PairsEvidence, TrainingRow
from perturb_evals.solvers.pairs.knn import DECIMALS
from perturb_evals.solvers.pairs.knowledge import Knowledge

Rows = NDArray[np.intp]
"""Places of some rows, in the order of the table."""

Floats = NDArray[np.float64]
BLOCK = 128


class OpenRows:
    """All training rows that may be read, in an order that files do not settle.

    They stand by perturbation, then gene, then line, the own line before others.

    Args:
        evidence: Training rows.

    Attributes:
        perts: Names of the perturbations, sorted, and genes those of the genes.
        pert: (n,) places in `perts` of the n rows, and gene (n,) places in `genes`.
        label: (n,) 0 or 1.
    """

    def __init__(self, evidence: PairsEvidence) -> None:
        rows = evidence.opened()
        other = rows["line"] != evidence.cell_line
        rows = rows.assign(other=other).sort_values(
            ["pert", "gene", "other", "line"], ignore_index=True
        )
        # Rows come by thousands, names by hundreds: each name is kept once.
        self.pert, perts = pd.factorize(rows["pert"], sort=True)
        self.gene, genes = pd.factorize(rows["gene"], sort=True)
        self.perts, self.genes = tuple(map(str, perts)), tuple(map(str, genes))
        self.label = rows["label"].to_numpy(dtype=np.int8)
        self._is_own = ~rows["other"].to_numpy()
        self._line, lines = pd.factorize(rows["line"])
        self._lines = tuple(map(str, lines))
        self._pert_places = {name: place for place, name in enumerate(self.perts)}
        self._gene_places = {name: place for place, name in enumerate(self.genes)}
        self._by_gene = np.argsort(self.gene, kind="stable")
        self._pert_ends = [0, *np.cumsum(np.bincount(self.pert)).tolist()]
        self._gene_ends = [0, *np.cumsum(np.bincount(self.gene)).tolist()]

    def place_of_pert(self, pert: str) -> int:
        """Return the place of a perturbation in `perts`; -1 for one without rows."""
        return self._pert_places.get(pert, -1)

    def place_of_gene(self, gene: str) -> int:
        """Return the place of a gene in `genes`; -1 for one without rows."""
        return self._gene_places.get(gene, -1)

    def of_perts(self, places: Iterable[int]) -> Rows:
        """Return the rows of some perturbations, by their places; none for -1."""
        ends = self._pert_ends
        return _joined([np.arange(ends[at], ends[at + 1]) for at in places if at >= 0])

    def of_genes(self, places: Iterable[int]) -> Rows:
        """Return the rows of some genes, by their places; none for -1."""
        ends = self._gene_ends
        return _joined([self._by_gene[ends[at] : ends[at + 1]] for at in places if at >= 0])

    def itself(self, pert: int, gene: int) -> list[int]:
        """Return the own line's row of the very pair, by places: of a question that is no test row.

        It is never evidence: it is the answer.
        """
        rows = self.of_perts([pert])
        same = (self.gene[rows] == gene) & self._is_own[rows]
        found: list[int] = rows[same].tolist()
        return found

    def row(self, place: int) -> TrainingRow:
        """Return one row as it stands in its table."""
        return TrainingRow(
            self._lines[self._line[place]],
            self.perts[self.pert[place]],
            self.genes[self.gene[place]],
            int(self.label[place]),
        )


class Closest:
    """The k closest of n known names to any other.

    Closest means of the largest weight, above 0; of equal ones the first by name, and never the
    name itself. Weights that agree to 12 decimals are equal.

    Args:
        names: The n names, sorted.
        known: What is known of genes.
        evidence: Says whose names these are, and which will be asked about: many are answered at
            once.
        k: How many, 1 or more; None for all.
        perts: Whether the names are perturbations, of which the graph has to know some.

    Raises:
        UnknownGenesError: The graph has none of the perturbations.
        DataError: A file cannot be had or read.
    """

    def __init__(
        self,
        names: Sequence[str],
        known: Knowledge,
        evidence: PairsEvidence,
        k: int | None = None,
        *,
        perts: bool = False,
    ) -> None:
        make = known.of_perturbations if perts else known.closeness
        self._closeness = make(evidence, names)
        self._names, self._k = names, k
        self._place = {name: place for place, name in enumerate(names)}
        role = 0 if perts else 1
        self._asked = sorted({pair[role] for pair in evidence.question_pairs()})
        self._block = {name: place // BLOCK for place, name in enumerate(self._asked)}
        self._found: dict[str, tuple[Rows, Floats]] = {}

    def places(self, name: str) -> Rows:
        """Return the places of the closest names, the closest first."""
        return self._of(name)[0]

    def weights(self, name: str) -> Floats:
        """Return (n,) weights, 0 for all but the closest."""
        weights = np.zeros(len(self._names))
        places, found = self._of(name)
        weights[places] = found
        return weights

    def _of(self, name: str) -> tuple[Rows, Floats]:
        if name not in self._found:
            block = self._block.get(name)
            # One matrix product for many names costs little more than one for a single one.
            start = 0 if block is None else block * BLOCK
            names = [name] if block is None else self._asked[start : start + BLOCK]
            for own, weights in zip(names, self._closeness.weights(names), strict=True):
                self._found[own] = self._first(own, weights.round(DECIMALS))
        return self._found[name]

    def _first(self, name: str, weights: Floats) -> tuple[Rows, Floats]:
        if name in self._place:
            weights[self._place[name]] = 0.0
        places = np.flatnonzero(weights)
        if self._k is not None and len(places) > self._k:
            least = np.partition(weights[places], -self._k)[-self._k]
            places = places[weights[places] >= least]
        places = places[np.argsort(-weights[places], kind="stable")][: self._k]
        return places, weights[places]


def _joined(rows: Sequence[Rows]) -> Rows:
    """Return all rows in the order of the table."""
    return np.sort(np.concatenate(rows)) if rows else np.empty(0, dtype=np.intp)
