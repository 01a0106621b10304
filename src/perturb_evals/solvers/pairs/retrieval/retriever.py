"""The training rows that SUMMER shows for a question: by kinds, each with a budget."""

import random
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Literal, NamedTuple, get_args

import numpy as np

from perturb_evals.datasets.errors import ArgumentError
from perturb_evals.datasets.options import whole_number
from perturb_evals.datasets.pairs.evidence import PairsEvidence, TrainingRow
from perturb_evals.solvers.pairs.knowledge import Knowledge
from perturb_evals.solvers.pairs.retrieval.open_rows import Closest, Floats, OpenRows, Rows

NEIGHBORS, BUDGET = 10, 5
"""As published for SUMMER."""

RowKind = Literal[
    "same_pair",
    "same_pert_close_gene",
    "close_pert_same_gene",
    "close_pert_close_gene",
    "same_pert_random_gene",
    "random_pert_same_gene",
    "close_pert_random_gene",
    "random_pert_close_gene",
]
ROW_KINDS: tuple[RowKind, ...] = get_args(RowKind)
"""What a row has in common with a question, in the order in which they are shown. The same pair is
one of another line."""


class Found(NamedTuple):
    """A training row that was found for a question.

    Attributes:
        row: The row, as it stands in its table.
        kind: Why it was found, such as one of `ROW_KINDS`.
    """

    row: TrainingRow
    kind: str


def check_retrieval(neighbors: object, budget: object, seed: object) -> None:
    """Check arguments of `Retriever`.

    Raises:
        ArgumentError: A number that is not whole, or neighbors or budget below 1.
    """
    whole_number("seed", seed)
    for name, value in (("neighbors", neighbors), ("budget", budget)):
        if whole_number(name, value) < 1:
            raise ArgumentError(f"{name} must be at least 1; got {value}.")


class Retriever:
    """Finds the rows of each kind, up to a budget; none twice.

    Close are the `neighbors` closest names that have rows, by what is known of genes, never the
    asked one itself; within a kind the closest rows come first (by the product of both weights
    where both are close), of equal ones by name, then line, the own one before others. Random are
    any but the asked one, drawn by the question and the seed alone, the same on every machine. A
    kind without rows stays empty: within the own line those of a held-out perturbation, those of a
    hidden gene, and what is close to a name of which nothing is known, such as a gene set's.

    Args:
        evidence: Training rows, and the names of the questions.
        known: What is known of genes.
        neighbors: How many names are close; 1 or more.
        budget: How many rows of a kind; 1 or more.
        seed: Seed of what is drawn.

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
        neighbors: int = NEIGHBORS,
        budget: int = BUDGET,
        seed: int = 0,
    ) -> None:
        check_retrieval(neighbors, budget, seed)
        self._rows, self._budget = OpenRows(evidence), budget
        self._question = f"{seed}/{evidence.cell_line}/{evidence.kind}"
        known = known or Knowledge()
        self._perts = Closest(self._rows.perts, known, evidence, neighbors, perts=True)
        self._genes = Closest(self._rows.genes, known, evidence, neighbors)

    def rows(self, pert: str, gene: str) -> tuple[Found, ...]:
        """Return the rows to be shown, in the order of `ROW_KINDS`; never the asked one itself."""
        places = self._rows.place_of_pert(pert), self._rows.place_of_gene(gene)
        shown, found = set(self._rows.itself(*places)), []
        for kind, candidates in self._candidates(pert, gene):
            new = (place for place in candidates if place not in shown)
            chosen = list(islice(new, self._budget))
            shown.update(chosen)
            found += [Found(self._rows.row(place), kind) for place in chosen]
        return tuple(found)

    def _candidates(self, pert: str, gene: str) -> Iterator[tuple[RowKind, Iterable[int]]]:
        """Yield all rows of each kind in the order in which they are taken."""
        rows = self._rows
        place, column = rows.place_of_pert(pert), rows.place_of_gene(gene)
        near_perts, near_genes = self._perts.weights(pert), self._genes.weights(gene)
        of_pert, of_gene = rows.of_perts([place]), rows.of_genes([column])
        of_close_perts = rows.of_perts(self._perts.places(pert))
        of_close_genes = rows.of_genes(self._genes.places(gene))

        def drawn(kind: RowKind, candidates: Rows) -> tuple[RowKind, Iterator[int]]:
            return kind, _dealt(candidates, f"{self._question}/{pert}>{gene}/{kind}")

        yield "same_pair", of_pert[rows.gene[of_pert] == column].tolist()
        yield "same_pert_close_gene", _closest(of_pert, near_genes[rows.gene[of_pert]])
        yield "close_pert_same_gene", _closest(of_gene, near_perts[rows.pert[of_gene]])
        weights = near_perts[rows.pert[of_close_perts]] * near_genes[rows.gene[of_close_perts]]
        yield "close_pert_close_gene", _closest(of_close_perts, weights)
        yield drawn("same_pert_random_gene", of_pert[rows.gene[of_pert] != column])
        yield drawn("random_pert_same_gene", of_gene[rows.pert[of_gene] != place])
        yield drawn("close_pert_random_gene", of_close_perts[rows.gene[of_close_perts] != column])
        yield drawn("random_pert_close_gene", of_close_genes[rows.pert[of_close_genes] != place])


def _closest(rows: Rows, weights: Floats) -> list[int]:
    """Return the rows of a weight above 0, the largest first, of equal ones the first."""
    rows, weights = rows[weights > 0], weights[weights > 0]
    found: list[int] = rows[np.argsort(-weights, kind="stable")].tolist()
    return found


def _dealt(rows: Rows, seed: str) -> Iterator[int]:
    """Yield rows in an order that the seed alone settles, as far as it is asked for."""
    deck: list[int] = rows.tolist()
    # Python promises to keep the stream of random() for a text as seed.
    rng = random.Random(seed)
    for left in range(len(deck), 0, -1):
        at = int(rng.random() * left)
        yield deck[at]
        deck[at] = deck[left - 1]
