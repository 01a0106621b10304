"""The strongest baseline of the own line: neighbors in a gene graph, and genes that go together.

Its settings were chosen by cross-validation within training rows, `python benchmarks/settings.py`.
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import pandas as pd
from inspect_ai.solver import Solver, solver
from numpy.typing import NDArray
from scipy.sparse import csr_array

from perturb_evals.datasets.evidence import NoRowsError
from perturb_evals.datasets.genes.closeness import Closeness
from perturb_evals.datasets.options import named_arguments
from perturb_evals.datasets.pairs.evidence import PairsEvidence
from perturb_evals.datasets.pairs.questions import KINDS, Kind
from perturb_evals.methods.label_neighbors import Factors, TrainingLabels
from perturb_evals.solvers.baseline import baseline
from perturb_evals.solvers.pairs.baselines import numeric
from perturb_evals.solvers.pairs.knn import DECIMALS, PRIOR_WEIGHT, rows_in_blocks
from perturb_evals.solvers.pairs.knowledge import GRAPH, TEXT_WEIGHT, Knowledge

Floats = NDArray[np.float64]
RANK = 20
ROWS_AT_ONCE, GENES_KEPT = 256, 1024
ROUNDING = 1e-12


@dataclass(frozen=True)
class Mixture:
    """How much each part of `GraphFactor` counts, beside the neighbors' votes with 1.

    Attributes:
        tendency: The neighbors' overall tendency, on the scale of the votes.
        signed: The projected signed responses, both sums being scaled to a standard deviation of 1.
        projected: The projected departures of labels, scaled alike.
    """

    tendency: float
    signed: float
    projected: float


MIXTURES: dict[Kind, Mixture] = {
    "de": Mixture(tendency=1.0, signed=2.0, projected=1.0),
    "direction": Mixture(tendency=0.0, signed=2.0, projected=0.0),
}


class GraphFactor:
    """What close perturbations did to the gene, to genes that respond alike, and to all genes.

    The score of a pair is the gene's training rate + A + SD(A) * (signed * B / SD(B) + projected *
    C / SD(C)):

    - A is the vote of graph_knn as a departure from the gene's rate, + tendency * the mean
      departure of all rows of close perturbations, since some knock-downs move many genes;
    - B is the mean signed response to close perturbations (1 up and -1 down, by the line's
      direction table, else 0), projected onto the leading `rank` singular vectors of all training
      responses, so that it speaks of genes too that no close one was asked about; for DE its size;
    - C is the same projection of the departures of the labels.

    SD is over the training rows, each foretold without its own perturbation. Of a gene without
    training rows, or whose rows are hidden, the score is the line's rate + sum(v * d) / (sum(v) +
    1/10), d being what the score of a gene that has rows departs from its rate, and v how close it
    is to that gene; without a close one the line's rate + the mean departure of all rows.

    Args:
        evidence: Training rows.
        known: What is known of genes.
        mixture: How much each part counts; by default as in `MIXTURES`.
        rank: Number of singular vectors, 1 or more.
    """

    def __init__(
        self,
        evidence: PairsEvidence,
        known: Knowledge | None = None,
        mixture: Mixture | None = None,
        rank: int = RANK,
    ) -> None:
        self._kind, self._hidden = evidence.kind, evidence.hidden_genes
        self._mixture = mixture or MIXTURES[evidence.kind]
        rows = _own_rows(evidence)
        self._labels = TrainingLabels.of(rows[evidence.kind])
        self._column = {gene: column for column, gene in enumerate(self._labels.genes)}
        names = pd.Index(sorted({pert for own in rows.values() for pert in own["pert"]}))
        self._asked = names.get_indexer(self._labels.perts)
        self._evidence, self._known = evidence, known or Knowledge()
        self._closeness = self._known.of_perturbations(evidence, list(names))
        signed = _signed(rows.get("direction"), names, self._labels.genes)
        self._signed = Factors(signed, rank)
        self._projected = Factors(self._labels.departures, rank)
        self._scale = self._scales(names)
        self._row = rows_in_blocks(evidence, self._make_rows)
        self._near = lru_cache(maxsize=GENES_KEPT)(self._weights_of_genes)

    def score(self, pert: str, gene: str) -> float | None:
        """Return a finite score; None for a gene whose rows are hidden, where nothing is close."""
        scores, tendency, is_close = self._row(pert)
        column = self._column.get(gene)
        if column is not None:
            return float(scores[column])
        if gene in self._hidden and not is_close:
            return None
        near = self._near(gene)
        departure = near @ (scores - self._labels.rates) if near.any() else tendency
        return round(self._labels.rate + float(departure), DECIMALS)

    def informed(self, pert: str, gene: str) -> bool:
        """Whether any training perturbation is close."""
        return self._row(pert)[2]

    @cached_property
    def _genes(self) -> Closeness:
        """The closeness to the genes that have training rows; only genes that have none need it."""
        return self._known.closeness(self._evidence, list(self._labels.genes))

    def _weights_of_genes(self, gene: str) -> Floats:
        """Return (G,) how much each gene that has rows tells of another one."""
        weights = self._genes.weights([gene])[0]
        return np.asarray(weights / (weights.sum() + PRIOR_WEIGHT))

    def _make_rows(self, perts: Sequence[str]) -> Iterator[tuple[Floats, float, bool]]:
        """Yield (G,) scores, the tendency, and whether any training perturbation is close."""
        weights = self._closeness.weights(perts)
        votes, signed, projected = self._parts(weights)
        found = votes + self._scale[0] * signed + self._scale[1] * projected
        scores = np.round(self._labels.rates + found, DECIMALS)
        tendencies = self._labels.tendencies(weights[:, self._asked], PRIOR_WEIGHT)
        is_close = weights.sum(axis=1) > 0
        return zip(scores, tendencies.tolist(), is_close.tolist(), strict=True)

    def _parts(self, weights: Floats) -> tuple[Floats, Floats, Floats]:
        """Return A, B and C, each (k, G), for (k, names) weights."""
        asked = weights[:, self._asked]
        votes, _ = self._labels.votes(asked, PRIOR_WEIGHT)
        tendency = self._labels.tendencies(asked, PRIOR_WEIGHT)
        signed = self._signed.project(weights, PRIOR_WEIGHT)
        return (
            votes + self._mixture.tendency * tendency[:, None],
            np.abs(signed) if self._kind == "de" else signed,
            self._projected.project(asked, PRIOR_WEIGHT),
        )

    def _scales(self, names: pd.Index) -> Floats:
        """Return (2,) what B and C are multiplied with; 0 for one that does not vary."""
        at = self._labels.has
        sums, squares, n = np.zeros(3), np.zeros(3), at.count_nonzero()
        for start in range(0, len(self._labels.perts), ROWS_AT_ONCE):
            chosen = self._asked[start : start + ROWS_AT_ONCE]
            weights = self._closeness.weights(list(names[chosen]))
            weights[np.arange(len(chosen)), chosen] = 0.0  # none foretells itself
            rows = at[start : start + len(chosen)].nonzero()
            found = np.stack([part[rows] for part in self._parts(weights)])
            sums += found.sum(axis=1)
            squares += (found**2).sum(axis=1)
        sd = np.sqrt(np.maximum(squares / n - (sums / n) ** 2, 0.0))
        wanted = np.array([self._mixture.signed, self._mixture.projected])
        # A spread at the level of rounding is none.
        scales: Floats = np.zeros(2)
        np.divide(wanted * sd[0], sd[1:], out=scales, where=sd[1:] > ROUNDING)
        return scales


def _own_rows(evidence: PairsEvidence) -> dict[Kind, pd.DataFrame]:
    """Return the own line's training rows of both kinds; a user's line may lack the other one."""
    found = {evidence.kind: evidence.own()}
    for kind in KINDS:
        if kind != evidence.kind:
            with suppress(NoRowsError):
                found[kind] = evidence.own(kind)
    return found


def _signed(rows: pd.DataFrame | None, perts: pd.Index, genes: pd.Index) -> csr_array:
    """Return (perts, genes) 1 for what goes up, -1 for what goes down, 0 for all else.

    Args:
        rows: Of a direction table; None for none. Genes that are not among `genes` are left out.
        perts: All its perturbations, and others.
        genes: What is asked about.
    """
    shape = (len(perts), len(genes))
    if rows is None:
        return csr_array(shape)
    columns = genes.get_indexer(pd.Index(rows["gene"]))
    rows, columns = rows[columns >= 0], columns[columns >= 0]
    signs = 2.0 * rows["label"].to_numpy(dtype=float) - 1.0
    return csr_array((signs, (perts.get_indexer(pd.Index(rows["pert"])), columns)), shape=shape)


@baseline(reads="within")
@solver
@named_arguments
def graph_factor(
    graph: str = GRAPH, max_degree: int | None = None, text_weight: float = TEXT_WEIGHT
) -> Solver:
    """Score by what like knock-downs do to like genes. Needs evidence=within or cross.

    Args:
        graph: As for graph_knn.
        max_degree: As for graph_knn.
        text_weight: As for graph_knn.

    Raises:
        ValueError: An argument that is not allowed.
    """
    known = Knowledge(graph, max_degree, text_weight)
    return numeric("graph_factor", lambda evidence: GraphFactor(evidence, known))
