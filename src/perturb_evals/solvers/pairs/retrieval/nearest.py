"""The nearest evidence on both sides of a question: positive rows, and negative ones."""

from typing import Literal, get_args

import numpy as np

from perturb_evals.datasets.errors import ArgumentError
from perturb_evals.datasets.options import whole_number
from perturb_evals.datasets.pairs.evidence import PairsEvidence, TrainingRow
from perturb_evals.solvers.pairs.knn import DECIMALS
from perturb_evals.solvers.pairs.knowledge import Knowledge
from perturb_evals.solvers.pairs.retrieval.open_rows import Closest, OpenRows
from perturb_evals.solvers.pairs.retrieval.retriever import NEIGHBORS, Found

Side = Literal["positive", "negative"]
SIDES: tuple[Side, ...] = get_args(Side)
"""The label of a row, in the order in which they are shown."""

EACH = 3
GENE_FACTOR, PRIOR_NEARNESS = 0.5, 0.1
"""Looked at by cross-validation within training rows, `python benchmarks/settings.py`."""


def check_each(each: object) -> None:
    """Check how many rows of each side are shown.

    Raises:
        ArgumentError: No whole number, or one below 1.
    """
    if whole_number("each", each) < 1:
        raise ArgumentError(f"each must be at least 1; got {each}.")


class NearestOfEach:
    """Finds the training rows nearest to a question: positive ones, and negative ones.

    A row is near by the closeness of the perturbations, times 1 for the asked gene itself or, for
    one of the 10 genes closest to it, `gene_factor` times the closeness of the genes. Closeness is
    a share of the largest that two genes may have; that of the same perturbation, in another line,
    is 1. Of rows that are equally near the first is taken by perturbation, gene and line, the own
    line before others; the own line's row of the asked pair is never evidence.

    Args:
        evidence: Training rows, and the names of the questions.
        known: What is known of genes.
        each: How many rows of each label; 1 or more.
        gene_factor: How much rows of close genes count; from 0 to below 1.

    Raises:
        ArgumentError: An argument that is not allowed.
        EvidenceError: The track opens no rows.
        UnknownGenesError: The graph has none of the perturbations.
        DataError: A file cannot be had or read.
    """

    def __init__(
        self,
        evidence: PairsEvidence,
        known: Knowledge | None = None,
        each: int = EACH,
        gene_factor: float = GENE_FACTOR,
    ) -> None:
        check_each(each)
        self._rows, self._each, self._gene_factor = OpenRows(evidence), each, gene_factor
        known = known or Knowledge()
        self._largest = 1.0 + known.text_weight
        self._perts = Closest(self._rows.perts, known, evidence, perts=True)
        self._genes = Closest(self._rows.genes, known, evidence, NEIGHBORS)

    def rows(self, pert: str, gene: str) -> tuple[Found, ...]:
        """Return the nearest positive rows, then the nearest negative ones, the nearest first."""
        return tuple(Found(row, SIDES[1 - row.label]) for row, _ in self.nearest(pert, gene))

    def nearest(self, pert: str, gene: str) -> list[tuple[TrainingRow, float]]:
        """Return the same rows, each with how near it is: above 0, at most 1."""
        table = self._rows
        place, column = table.place_of_pert(pert), table.place_of_gene(gene)
        near_perts = self._perts.weights(pert) / self._largest
        near_genes = self._gene_factor * self._genes.weights(gene) / self._largest
        if place >= 0:
            near_perts[place] = 1.0
        if column >= 0:
            near_genes[column] = 1.0
        rows = table.of_genes([column, *self._genes.places(gene)])
        nearness = near_perts[table.pert[rows]] * near_genes[table.gene[rows]]
        nearness[np.isin(rows, table.itself(place, column))] = 0.0
        order = np.argsort(-nearness, kind="stable")
        order = order[nearness[order] > 0]
        positive = table.label[rows[order]] == 1
        shown = np.concatenate([order[side][: self._each] for side in (positive, ~positive)])
        return [(table.row(rows[at]), float(nearness[at])) for at in shown]


class Vote:
    """The positive rows' share of the nearness of all that are shown, drawn to one half.

    (sum of the positive ones + k / 2) / (sum of all + k), k being `prior_nearness`. As both sides
    show the same number of rows, one half is what says nothing; the share is no rate of positives.

    Args:
        nearest: Finds the rows that are shown.
        prior_nearness: k above, which weighs as a row that is so near; above 0.
    """

    def __init__(self, nearest: NearestOfEach, prior_nearness: float = PRIOR_NEARNESS) -> None:
        self._nearest, self._prior_nearness = nearest, prior_nearness

    def score(self, pert: str, gene: str) -> float | None:
        """Return the share, in (0, 1); None where nothing is near."""
        near, k = self._nearest.nearest(pert, gene), self._prior_nearness
        if not near:
            return None
        positive = sum(nearness for row, nearness in near if row.label)
        total = sum(nearness for _, nearness in near)
        return round((positive + k / 2) / (total + k), DECIMALS)

    def counted(self, pert: str, gene: str) -> tuple[TrainingRow, ...]:
        """Return the rows behind the score."""
        return tuple(found.row for found in self._nearest.rows(pert, gene))
