"""Neighbors without a model: which training perturbations resemble one that was not trained on.

Each method is made from `ExpressionEvidence`, which holds nothing of the test perturbations, and
gives for a name its neighbors, the most similar first. Where it has none it gives the reason, so
that the caller can predict the training mean and count it.
"""

import random
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from perturb_evals.datasets.genes.symbols import SymbolResolver, no_gene_known
from perturb_evals.datasets.genes.vectors import check_any_known
from perturb_evals.datasets.options import whole_number
from perturb_evals.replies.expression import NoAnswer

if TYPE_CHECKING:
    from perturb_evals.datasets.genes.graphs import Graph
    from perturb_evals.datasets.genes.ncbi import Aliases
    from perturb_evals.datasets.genes.vectors import GeneVectors
    from perturb_evals.datasets.screens.evidence import ExpressionEvidence

K = 5
"""Number of neighbors, the smaller of those that the paper gives its oracle. From 3 to 10 the error
hardly changes, with STRING pairs as with gene texts."""

DECIMALS = 12
"""Similarities that agree to so many decimals are tied: the rest is rounding error."""

Neighbors = list[tuple[str, float]]


class RandomNeighbors:
    """The negative control: k training perturbations at random, all with similarity 1.

    Which ones depends on the seed, the name asked about and the training perturbations, not on the
    order of the questions.

    Args:
        training: The training perturbations.
        k: Number of neighbors; all training perturbations where there are fewer.
        seed: Seed of the draws.

    Raises:
        ValueError: `k` is below 1.
    """

    def __init__(self, training: "ExpressionEvidence", k: int = K, seed: int = 0) -> None:
        self._names = training.perturbations
        self._k = _at_least_one(k)
        self._seed = whole_number("seed", seed)

    def neighbors(self, perturbation: str) -> Neighbors:
        """Return the k drawn names, in the order they were drawn."""
        draw = random.Random(f"{self._seed}/{perturbation}")
        k = min(self._k, len(self._names))
        return [(name, 1.0) for name in draw.sample(self._names, k)]


class GraphNeighbors:
    """The training perturbations that share most partners in a graph of gene pairs.

    Similarity is the cosine of two genes' rows of pair weights, each gene counting as a partner of
    itself (weight 1, that of the strongest pair). In an unweighted graph that is
    (number of common partners + 2 if they are a pair) / sqrt((1 + degree) * (1 + degree)):
    members of one complex come first, a pair without common partners still counts, and a hub is
    like nothing in particular. Two other ways, to weight common partners by their rarity within
    the cosine and to rank all pairs first, did as well on two real screens; a sum over common
    partners that leaves the degrees out (Adamic-Adar) did worse on the larger one.

    Args:
        training: The training perturbations.
        graph: The gene pairs.
        k: Number of neighbors. Training perturbations without similarity are no neighbors, so
            there may be fewer.
        aliases: What names mean, where the graph and the screen use symbols of different years.

    Raises:
        ValueError: `k` is below 1.
    """

    def __init__(
        self,
        training: "ExpressionEvidence",
        graph: "Graph",
        k: int = K,
        aliases: "Aliases | None" = None,
    ) -> None:
        self._k = _at_least_one(k)
        self._graph, self._profiles = graph, graph.profiles
        self._resolver = SymbolResolver(graph.symbols, aliases)
        self._row_of = {symbol: row for row, symbol in enumerate(graph.symbols)}
        rows = {name: self._row(name) for name in training.perturbations}
        self._names = [name for name, row in rows.items() if row is not None]
        self._known = self._profiles[[row for row in rows.values() if row is not None]]

    def check(self, training: "ExpressionEvidence") -> None:
        """Make sure that the graph has some training perturbation of all those of a fold.

        Raises:
            UnknownGenesError: It has none.
        """
        if all(self._row(name) is None for name in training.perturbations):
            raise no_gene_known(self._graph.where, self._graph.symbols, training)

    def neighbors(self, perturbation: str) -> Neighbors | NoAnswer:
        """Return up to k names and similarities above 0 to 1, ties by name, or why there are none.

        A name that fits several genes of the graph is unknown.
        """
        row = self._row(perturbation)
        if row is None:
            return "unknown_gene"
        similarity = (self._known @ self._profiles[[row]].T).toarray().ravel()
        return _best(self._names, similarity, self._k) or "no_partner"

    def _row(self, name: str) -> int | None:
        symbol = self._resolver.resolve(name).symbol
        return None if symbol is None else self._row_of[symbol]


class EmbeddingNeighbors:
    """The training perturbations whose gene embeddings point in the most similar direction.

    Args:
        training: The training perturbations.
        vectors: Gene embeddings.
        k: Number of neighbors. Training perturbations without an embedding, or with a cosine that
            is not above 0, are no neighbors, so there may be fewer.
        aliases: What names mean, where the embeddings and the screen use symbols of different
            years.

    Raises:
        ValueError: `k` is below 1.
    """

    def __init__(
        self,
        training: "ExpressionEvidence",
        vectors: "GeneVectors",
        k: int = K,
        aliases: "Aliases | None" = None,
    ) -> None:
        self._k = _at_least_one(k)
        self._vectors, self._aliases = vectors, aliases
        self._names = training.perturbations
        self._rows = vectors.unit_rows(self._names, aliases)

    def check(self, training: "ExpressionEvidence") -> None:
        """Make sure that some training perturbation of all those of a fold has an embedding.

        Raises:
            UnknownGenesError: None has.
        """
        check_any_known(self._vectors, training, self._aliases)

    def neighbors(self, perturbation: str) -> Neighbors | NoAnswer:
        """Return up to k names and cosines above 0, ties by name, or why there are none.

        A gene without an embedding, or with one of zeros, is unknown.
        """
        row = self._vectors.unit_rows([perturbation], self._aliases)[0]
        if not row.any():
            return "unknown_gene"
        return _best(self._names, self._rows @ row, self._k) or "no_partner"


def _best(names: Sequence[str], similarity: NDArray[np.float64], k: int) -> Neighbors:
    """Return the k most similar of the names, which are sorted, without those at 0 or below."""
    rounded = np.round(similarity, DECIMALS)
    order = np.argsort(-rounded, kind="stable")[:k]
    return [(names[place], float(rounded[place])) for place in order if rounded[place] > 0]


def _at_least_one(k: int) -> int:
    if whole_number("k", k) < 1:
        raise ValueError(f"k must be at least 1, got {k}.")
    return k
