"""Baselines of yes/no questions by the gene's labels under knock-downs that are alike.

Two knock-downs are alike that act alike in other lines, or whose genes are alike by what is known
of them.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Protocol, TypeVar

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
Row = TypeVar("Row")
PRIOR_WEIGHT = 0.1
BLOCK, BLOCKS_KEPT = 128, 4

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
        self._row = rows_in_blocks(evidence, self._make_rows)

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

    def _make_rows(self, perts: Sequence[str]) -> Iterator[tuple[Floats, Floats]]:
        """Yield (G,) scores, and (G,) weights of the training rows behind them."""
        votes, heard = self._labels.votes(self._alike.weights(perts), self._prior_weight)
        return zip(np.round(self._labels.rates + votes, DECIMALS), heard, strict=True)


def rows_in_blocks(
    evidence: PairsEvidence, make: Callable[[Sequence[str]], Iterable[Row]]
) -> Callable[[str], Row]:
    """Return what gives a perturbation's row: for those that are asked about made in blocks.

    One matrix product for many perturbations costs little more than one for a single one.

    Args:
        evidence: Names the questions.
        make: Makes a row each for some perturbations.
    """
    names = sorted({pert for pert, _ in evidence.question_pairs()})
    block_of = {pert: place // BLOCK for place, pert in enumerate(names)}

    # Questions come perturbation by perturbation, so a few blocks are enough.
    @lru_cache(maxsize=BLOCKS_KEPT)
    def block(number: int) -> dict[str, Row]:
        own = names[number * BLOCK : (number + 1) * BLOCK]
        return dict(zip(own, make(own), strict=True))

    @lru_cache(maxsize=BLOCK)
    def alone(pert: str) -> Row:
        return next(iter(make([pert])))

    def row(pert: str) -> Row:
        number = block_of.get(pert)
        return alone(pert) if number is None else block(number)[pert]

    return row


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


@baseline(reads="track", needs="cross")
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
    return LabelKNN(evidence, lambda own: known.of_perturbations(evidence, own), prior_weight)
