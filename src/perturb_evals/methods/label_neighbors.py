"""What similar perturbations say of a pair: votes of labeled rows, tendencies, and factors."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array

Floats = NDArray[np.float64]

SMALL = 500
"""Up to so many perturbations, or genes, singular vectors come from LAPACK: ARPACK is faster for
larger tables, but of directions that lead alike, which small ones have, gives others at every call.
"""


@dataclass(frozen=True, eq=False)
class TrainingLabels:
    """The labels of n training perturbations by G genes, of which a row each is known in part.

    Attributes:
        perts: The n perturbations, sorted.
        genes: The G genes that have a row, sorted.
        has: (n, G) a 1 for each row that there is.
        departures: (n, G) label minus `rates` of its gene, for each row that there is.
        rates: (G,) share of positive labels of each gene.
        rate: Share of positive labels of all rows, for a gene without rows.
    """

    perts: pd.Index
    genes: pd.Index
    has: csr_array
    departures: csr_array
    rates: Floats
    rate: float

    @classmethod
    def of(cls, rows: pd.DataFrame) -> "TrainingLabels":
        """Return the labels of a table: columns pert, gene, label (0 or 1), a pair at most once."""
        p, perts = pd.factorize(rows["pert"], sort=True)
        g, genes = pd.factorize(rows["gene"], sort=True)
        labels = rows["label"].to_numpy(dtype=float)
        rates = np.bincount(g, weights=labels) / np.bincount(g)
        shape = (len(perts), len(genes))
        return cls(
            pd.Index(perts),
            pd.Index(genes),
            csr_array((np.ones(len(rows)), (p, g)), shape=shape),
            csr_array((labels - rates[g], (p, g)), shape=shape),
            rates,
            float(labels.mean()),
        )

    def votes(self, weights: Floats, prior_weight: float) -> tuple[Floats, Floats]:
        """Return the mean departure of each gene over similar perturbations, drawn towards 0.

        Args:
            weights: (k, n) how similar each training perturbation is to k others; 0 or more.
            prior_weight: Weight of the gene's rate among them; above 0.

        Returns:
            (k, G) sum(w * departure) / (sum(w) + prior_weight), the sums over the perturbations
            that have a row of the gene, and (k, G) that sum(w). Both are 0 where none is similar.
        """
        said = (self.departures.T @ weights.T).T
        heard = (self.has.T @ weights.T).T
        return np.asarray(said / (heard + prior_weight)), np.asarray(heard)

    def tendencies(self, weights: Floats, prior_weight: float) -> Floats:
        """Return (k,) the mean departure of similar perturbations over all genes, as `votes`.

        sum(w * m) / (sum(w) + prior_weight), m being the mean departure of a perturbation's rows.
        """
        return np.asarray(weights @ self._tendency / (weights.sum(axis=1) + prior_weight))

    @cached_property
    def _tendency(self) -> Floats:
        departures: Floats = np.asarray(self.departures.sum(axis=1)).ravel()
        counts: Floats = np.asarray(self.has.sum(axis=1)).ravel()
        return np.asarray(departures / counts)


class Factors:
    """Rows of similar perturbations, averaged and projected onto the leading directions of all.

    What many perturbations do alike stays, also for genes of which no similar one has a row; what
    one of them does alone goes.

    Args:
        rows: (n, G) rows of the training perturbations; what is not known of them is 0.
        rank: How many directions, the leading right singular vectors of `rows`; fewer where the
            rows have not so many, none where all are 0.
    """

    def __init__(self, rows: csr_array, rank: int) -> None:
        self.directions = _leading_directions(rows, rank)
        self._loadings = np.asarray(rows @ self.directions)

    def project(self, weights: Floats, prior_weight: float) -> Floats:
        """Return (k, G) the projected mean row of similar perturbations, drawn towards 0.

        Args:
            weights: (k, n) how similar each training perturbation is to k others; 0 or more.
            prior_weight: Weight of a row of zeros among them; above 0.
        """
        mean = weights @ self._loadings / (weights.sum(axis=1, keepdims=True) + prior_weight)
        return np.asarray(mean @ self.directions.T)


def _leading_directions(rows: csr_array, rank: int) -> Floats:
    """Return (G, rank or fewer) leading right singular vectors, without those of no length."""
    if not rows.count_nonzero():
        return np.zeros((rows.shape[1], 0))
    if min(rows.shape) <= max(SMALL, rank):
        _, lengths, found = np.linalg.svd(rows.toarray(), full_matrices=False)
    else:
        from scipy.sparse.linalg import svds

        # ARPACK starts with a vector. It must not be one that `rows` take to 0, as they do with
        # that of ones: departures from a gene's rate sum to 0.
        start = np.random.default_rng(0).standard_normal(min(rows.shape))
        _, lengths, found = svds(rows, k=rank, v0=start, return_singular_vectors="vh")
        order = np.argsort(-lengths)
        found, lengths = found[order], lengths[order]
    there = lengths[:rank] > lengths[0] * max(rows.shape) * np.finfo(float).eps
    return np.asarray(found[:rank][there].T)
