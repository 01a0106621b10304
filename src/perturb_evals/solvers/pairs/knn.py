"""Baselines of yes/no questions by the gene's labels under knock-downs that are alike.

Two knock-downs are alike that act alike in other lines, or whose genes are alike by what is known
of them.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Protocol

import numpy as np
import pandas as pd
from inspect_ai.solver import Solver, solver
from numpy.typing import NDArray
from scipy.sparse import csr_array

from perturb_evals.datasets.genes.closeness import Shared
from perturb_evals.datasets.options import named_arguments, number
from perturb_evals.datasets.pairs.evidence import PairsEvidence
from perturb_evals.methods.label_neighbors import TrainingLabels
from perturb_evals.solvers.baseline import baseline
from perturb_evals.solvers.pairs.baselines import numeric
from perturb_evals.solvers.pairs.knowledge import GRAPH, POWER, TEXT_WEIGHT, Knowledge

Floats = NDArray[np.float64]
PRIOR_WEIGHT = 0.1
ROWS_KEPT = 512

DECIMALS = 12
"""Scores that agree to so many decimals are tied: the rest is rounding error, and of 5 to 8 rows a
gene a tie that falls this way or that moves the headline by .001."""


class Likeness(Protocol):
    """How alike n training perturbations are to any other."""

    def weights(self, others: Sequence[str]) -> Floats:
        """Return (k, n) weights for k others, 0 or more."""
        ...


class LabelKNN:
    """Own-line labels of the gene, weighted by how alike the perturbations are.

    The score of a pair is (sum w * label + k * prior) / (sum w + k) over the own line's training
    perturbations that have the gene, w being how alike they are, and prior the gene's training
    rate. A gene without training rows gets the line's rate, one whose rows are hidden no score.

    Args:
        evidence: Training rows.
        alike: Makes the likeness to the training perturbations, given by name.
        prior_weight: k above; above 0.
    """

    def __init__(
        self,
        evidence: PairsEvidence,
        alike: Callable[[Sequence[str]], Likeness],
        prior_weight: float = PRIOR_WEIGHT,
    ) -> None:
        self._labels = TrainingLabels.of(evidence.own())
        self._hidden = evidence.hidden_genes
        self._column = {gene: column for column, gene in enumerate(self._labels.genes)}
        self._alike = alike(list(self._labels.perts))
        self._prior_weight = prior_weight
        # Questions come perturbation by perturbation, so a few rows are enough.
        self._row = lru_cache(maxsize=ROWS_KEPT)(self._make_row)

    def score(self, pert: str, gene: str) -> float | None:
        """Return the weighted label mean, in [0, 1]; the prior where nothing is alike.

        None for a gene whose rows are hidden.
        """
        if gene in self._hidden:
            return None
        column = self._column.get(gene)
        return self._labels.rate if column is None else float(self._row(pert)[0][column])

    def informed(self, pert: str, gene: str) -> bool:
        """Whether a training row of the gene is of a perturbation that is alike."""
        column = self._column.get(gene)
        return column is not None and bool(self._row(pert)[1][column] > 0)

    def _make_row(self, pert: str) -> tuple[Floats, Floats]:
        """Return (G,) scores, and (G,) weights of the training rows behind them."""
        votes, heard = self._labels.votes(self._alike.weights([pert]), self._prior_weight)
        return np.round(self._labels.rates + votes[0], DECIMALS), heard[0]


class LineProfiles:
    """How alike perturbations act in other lines.

    A perturbation's profile is the sum over other lines of its signed direction rows (+1 up, -1
    down) by gene, each gene weighted by log(1 + N / (1 + df)), N being the number of perturbations
    among the own line's and the other lines' training rows and df the number of them whose profile
    has the gene. Two are alike by max(cosine, 0) ** power.

    Args:
        direction: Training rows of other lines, columns pert, gene, label (1 up, 0 down).
        own: The own line's training perturbations.
        power: Exponent; above 0.
    """

    def __init__(self, direction: pd.DataFrame, own: Sequence[str], power: float = 2.0) -> None:
        self.index = pd.Index(pd.unique(np.concatenate([own, direction["pert"].to_numpy(object)])))
        self.power = power
        genes, names = pd.factorize(direction["gene"])
        signs = 2.0 * direction["label"].to_numpy(dtype=float) - 1.0
        shape = (len(self.index), len(names))
        summed = csr_array(
            (signs, (self.index.get_indexer(pd.Index(direction["pert"])), genes)), shape=shape
        )
        summed.sum_duplicates()
        summed.eliminate_zeros()
        df = np.bincount(summed.indices, minlength=len(names))
        summed = summed.multiply(np.log1p(len(self.index) / (1.0 + df))[None, :]).tocsr()
        length = np.sqrt(summed.multiply(summed).sum(axis=1))
        unit = np.divide(1.0, length, out=np.zeros_like(length), where=length > 0)
        self.matrix = csr_array(summed.multiply(unit[:, None]))
        self._own = csr_array(self.matrix[self.index.get_indexer(pd.Index(own))].T)

    def weights(self, others: Sequence[str]) -> Floats:
        """Return (k, n) how alike the own training perturbations are; 0 for an unknown one."""
        rows = self.index.get_indexer(pd.Index(others))
        found: Floats = (self.matrix[np.maximum(rows, 0)] @ self._own).toarray()
        found[rows < 0] = 0.0
        return np.maximum(found, 0.0) ** self.power


@baseline(reads="track")
@solver
@named_arguments
def cross_line_knn(power: float = 2.0, prior_weight: float = PRIOR_WEIGHT) -> Solver:
    """Score by own-line labels under perturbations that act alike elsewhere. Needs evidence=cross.

    Args:
        power: Exponent of the cosine in a neighbour's weight; above 0.
        prior_weight: Weight of the gene's training rate against the neighbours; above 0.

    Raises:
        ValueError: An argument that is not a finite number above 0.
    """
    number("power", power)
    number("prior_weight", prior_weight)
    return numeric("cross_line_knn", lambda evidence: by_other_lines(evidence, power, prior_weight))


def by_other_lines(
    evidence: PairsEvidence, power: float = 2.0, prior_weight: float = PRIOR_WEIGHT
) -> LabelKNN:
    """Return the kNN over how perturbations act in other lines, see `LineProfiles`."""
    direction = evidence.others("direction")
    return LabelKNN(evidence, lambda own: LineProfiles(direction, own, power), prior_weight)


@baseline(reads="within")
@solver
@named_arguments
def graph_knn(
    graph: str = GRAPH,
    max_degree: int | None = None,
    shared: Shared = "partners",
    text_weight: float = TEXT_WEIGHT,
    power: float = POWER,
    prior_weight: float = PRIOR_WEIGHT,
) -> Solver:
    """Score by own-line labels under knock-downs of like genes. Needs evidence=within or cross.

    Args:
        graph: What is known of genes: string, reactome, string_links (STRING's own files, a
            download of 80 MB), or a file: pairs (.csv, .tsv, .parquet) or gene sets (.gmt).
        max_degree: Drop genes of the graph that have more partners than this; none by default.
        shared: partners (genes are alike that share partners, each counting by its rarity) or pair
            (genes are alike that are a pair, by its weight).
        text_weight: Weight of what NCBI writes about the genes, beside 1 for the graph; 0 for none.
        power: Exponent of the likeness in a neighbor's weight; above 0.
        prior_weight: Weight of the gene's training rate against the neighbors; above 0.

    Raises:
        ValueError: An argument that is not allowed.
    """
    number("prior_weight", prior_weight)
    known = Knowledge(graph, max_degree, text_weight, shared, power)
    return numeric("graph_knn", lambda evidence: by_knowledge(evidence, known, prior_weight))


def by_knowledge(
    evidence: PairsEvidence, known: Knowledge, prior_weight: float = PRIOR_WEIGHT
) -> LabelKNN:
    """Return the kNN over what is known of the perturbed genes."""
    return LabelKNN(evidence, lambda own: known.closeness(evidence, own), prior_weight)
