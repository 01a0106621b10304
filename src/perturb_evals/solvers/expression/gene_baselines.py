"""Baselines of expression that know which genes are alike, from a graph or from embeddings.

Each method is made from an `ExpressionEvidence`. Where it knows nothing of a perturbation it gives
the reason, so that the training mean is predicted and counted.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from inspect_ai.solver import Solver, solver
from numpy.typing import NDArray

from perturb_evals.datasets.demo.world import SIMULATED
from perturb_evals.datasets.genes.ncbi import human_aliases
from perturb_evals.datasets.genes.symbols import SymbolResolver, no_gene_known
from perturb_evals.datasets.genes.vectors import check_any_known
from perturb_evals.datasets.options import file_path, named_arguments, one_of, text
from perturb_evals.datasets.screens.benchmark import ALIAS_SOURCES, AliasSource
from perturb_evals.datasets.screens.evidence import ExpressionEvidence
from perturb_evals.methods.aggregation import Aggregation
from perturb_evals.methods.gaussian_process import GaussianProcess
from perturb_evals.replies.expression import NoAnswer
from perturb_evals.solvers.baseline import baseline
from perturb_evals.solvers.expression.baselines import (
    K,
    Neighbors,
    checked_aggregation,
    checked_k,
)
from perturb_evals.solvers.expression.computed import by_neighbors, by_vector

if TYPE_CHECKING:
    from perturb_evals.datasets.genes.graphs import Graph
    from perturb_evals.datasets.genes.ncbi import Aliases
    from perturb_evals.datasets.genes.vectors import GeneVectors

TEXT = "text"

DECIMALS = 12
"""Similarities that agree to so many decimals are tied: the rest is rounding error."""


class GraphNeighbors:
    """The training perturbations that share most partners in a graph of gene pairs.

    Similarity is the cosine of two genes' rows of pair weights, each gene counting as a partner of
    itself (weight 1, that of the strongest pair). In an unweighted graph that is
    (number of common partners + 2 if they are a pair) / sqrt((1 + degree) * (1 + degree)):
    members of one complex come first, a pair without common partners still counts, and a hub is
    like nothing in particular. Two other ways, to weight common partners by their rarity within
    the cosine and to rank all pairs first, did as well on two real screens; a sum over common
    partners that leaves the degrees out (Adamic-Adar) did worse on the larger one.

    Training perturbations without similarity are no neighbors, so there may be fewer than k.
    `aliases` says what names mean where graph and screen use symbols of different years.
    """

    def __init__(
        self,
        evidence: ExpressionEvidence,
        graph: "Graph",
        k: int = K,
        aliases: "Aliases | None" = None,
    ) -> None:
        self._k = checked_k(k)
        self._graph, self._profiles = graph, graph.profiles
        self._gene_of = evidence.gene_of
        self._resolver = SymbolResolver(graph.symbols, aliases)
        self._row_of = {symbol: row for row, symbol in enumerate(graph.symbols)}
        rows = {name: self._row(name) for name in evidence.perturbations}
        self._names = [name for name, row in rows.items() if row is not None]
        self._known = self._profiles[[row for row in rows.values() if row is not None]]

    def check(self, evidence: ExpressionEvidence) -> None:
        """Raise an UnknownGenesError if the graph has none of a fold's training perturbations."""
        if all(self._row(name) is None for name in evidence.perturbations):
            raise no_gene_known(
                self._graph.where, self._graph.symbols, evidence.perturbations, evidence.screen
            )

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
        symbol = self._resolver.resolve(self._gene_of(name)).symbol
        return None if symbol is None else self._row_of[symbol]


def fit_graph_neighbors(
    evidence: ExpressionEvidence,
    graph: str = "string",
    k: int = K,
    aliases: AliasSource = "ncbi",
) -> GraphNeighbors:
    """Return the method that the solver of its name runs; see there for the arguments.

    The simulated pairs of the demo world have its own symbols, and need no aliases.

    Raises:
        DataError: The graph or the aliases cannot be had.
    """
    from perturb_evals.datasets.genes.graphs import load_graph

    simulated = evidence.screen in SIMULATED
    known = None if simulated and graph == "string" else _aliases(aliases)
    return GraphNeighbors(evidence, load_graph(graph, simulated=simulated), k, known)


@baseline(reads="track")
@solver
@named_arguments
def graph_neighbors(
    graph: str = "string",
    k: int = K,
    aggregation: Aggregation = "mean",
    aliases: AliasSource = "ncbi",
) -> Solver:
    """Average the training perturbations that share most partners in a graph of gene pairs.

    Args:
        graph: string, reactome, string_links (STRING's own files, a download of 80 MB), or a file:
            pairs (.csv, .tsv, .parquet; columns gene_a, gene_b and perhaps weight) or sets (.gmt).
        k: The most neighbors.
        aggregation: How their vectors become one.
        aliases: ncbi or none: whether symbols are also matched as synonyms.
    """
    from perturb_evals.datasets.genes.graphs import check_graph

    size, names = checked_k(k), one_of("aliases", aliases, ALIAS_SOURCES)
    check_graph(graph)

    def fit(evidence: ExpressionEvidence) -> GraphNeighbors:
        return fit_graph_neighbors(evidence, graph, size, names)

    return by_neighbors("graph_neighbors", fit, size, checked_aggregation(aggregation))


class EmbeddingNeighbors:
    """The training perturbations whose gene embeddings point in the most similar direction.

    Those without an embedding, or with a cosine that is not above 0, are no neighbors, so there may
    be fewer than k. `aliases` says what names mean where embeddings and screen use symbols of
    different years.
    """

    def __init__(
        self,
        evidence: ExpressionEvidence,
        vectors: "GeneVectors",
        k: int = K,
        aliases: "Aliases | None" = None,
    ) -> None:
        self._k = checked_k(k)
        self._vectors, self._aliases = vectors, aliases
        self._names, self._gene_of = evidence.perturbations, evidence.gene_of
        self._rows = vectors.unit_rows([*map(self._gene_of, self._names)], aliases)

    def check(self, evidence: ExpressionEvidence) -> None:
        """Raise an UnknownGenesError if none of a fold's training perturbations is embedded."""
        check_any_known(self._vectors, evidence, self._aliases)

    def neighbors(self, perturbation: str) -> Neighbors | NoAnswer:
        """Return up to k names and cosines above 0, ties by name, or why there are none.

        A gene without an embedding, or with one of zeros, is unknown.
        """
        row = self._vectors.unit_rows([self._gene_of(perturbation)], self._aliases)[0]
        if not row.any():
            return "unknown_gene"
        return _best(self._names, self._rows @ row, self._k) or "no_partner"


@baseline(reads="track")
@solver
@named_arguments
def embedding_neighbors(
    embedding: str = TEXT,
    k: int = K,
    aggregation: Aggregation = "mean",
    aliases: AliasSource = "ncbi",
) -> Solver:
    """Average the training perturbations whose gene embeddings are most similar.

    Args:
        embedding: text (TF-IDF and SVD of NCBI's gene summaries, built here), or a file of vectors:
            .npz, .parquet, .csv or .h5ad.
        k: The most neighbors.
        aggregation: How their vectors become one.
        aliases: ncbi or none: whether symbols are also matched as synonyms.
    """
    size, names = checked_k(k), one_of("aliases", aliases, ALIAS_SOURCES)
    _check_embedding(embedding)

    def fit(evidence: ExpressionEvidence) -> EmbeddingNeighbors:
        return EmbeddingNeighbors(evidence, _vectors(embedding), size, _aliases(names))

    return by_neighbors("embedding_neighbors", fit, size, checked_aggregation(aggregation))


class EmbeddingProcess:
    """A Gaussian process from one or more sets of gene embeddings to expression.

    Training perturbations without any embedding count in the mean only. `aliases` says what names
    mean where embeddings and screen use symbols of different years.
    """

    def __init__(
        self,
        evidence: ExpressionEvidence,
        embeddings: Sequence["GeneVectors"],
        aliases: "Aliases | None" = None,
    ) -> None:
        if not embeddings:
            raise ValueError("a Gaussian process needs at least one set of gene embeddings.")
        self._embeddings, self._aliases = tuple(embeddings), aliases
        self._gene_of = evidence.gene_of
        rows = self._unit_rows(evidence.perturbations)
        self.process = GaussianProcess(rows, evidence.expression, evidence.mean)

    def check(self, evidence: ExpressionEvidence) -> None:
        """Raise an UnknownGenesError if a set embeds none of a fold's training perturbations."""
        for vectors in self._embeddings:
            check_any_known(vectors, evidence, self._aliases)

    def predict(self, perturbation: str) -> NDArray[np.float32] | NoAnswer:
        """Return the (G,) posterior mean, or why there is none.

        A gene without any embedding is unknown. Where fewer than two training perturbations have
        one, there is nothing to learn from: no partner.
        """
        rows = [vectors[0] for vectors in self._unit_rows([perturbation])]
        if not any(row.any() for row in rows):
            return "unknown_gene"
        if self.process.n_fitted < 2:
            return "no_partner"
        return self.process.predict(rows)

    def _unit_rows(self, names: Sequence[str]) -> list[NDArray[np.float64]]:
        genes = [*map(self._gene_of, names)]
        return [vectors.unit_rows(genes, self._aliases) for vectors in self._embeddings]


@baseline(reads="track")
@solver
@named_arguments
def gaussian_process(embedding: str | list[str] = TEXT, aliases: AliasSource = "ncbi") -> Solver:
    """Predict with a Gaussian process from gene embeddings to the change in expression.

    Args:
        embedding: text, or a file of vectors as for `embedding_neighbors`; several, separated by
            commas, add up their kernels.
        aliases: ncbi or none: whether symbols are also matched as synonyms.
    """
    given = embedding if isinstance(embedding, list) else text("embedding", embedding).split(",")
    wanted = [text("embedding", name).strip() for name in given]
    names = one_of("aliases", aliases, ALIAS_SOURCES)
    for name in wanted:
        _check_embedding(name)

    def fit(evidence: ExpressionEvidence) -> EmbeddingProcess:
        sets = [_vectors(name) for name in wanted]
        return EmbeddingProcess(evidence, sets, _aliases(names))

    return by_vector("gaussian_process", fit)


def _best(names: Sequence[str], similarity: NDArray[np.float64], k: int) -> Neighbors:
    """Return the k most similar of the names, which are sorted, without those at 0 or below."""
    rounded = np.round(similarity, DECIMALS)
    order = np.argsort(-rounded, kind="stable")[:k]
    return [(names[place], float(rounded[place])) for place in order if rounded[place] > 0]


def _check_embedding(embedding: object) -> None:
    if embedding != TEXT:
        file_path("embedding", embedding, [TEXT])


def _vectors(embedding: str) -> "GeneVectors":
    if embedding == TEXT:
        from perturb_evals.datasets.genes.texts import text_vectors

        return text_vectors()
    from perturb_evals.datasets.genes.vectors import load_vectors

    return load_vectors(Path(embedding).expanduser())


def _aliases(source: AliasSource) -> "Aliases | None":
    return human_aliases() if source == "ncbi" else None
