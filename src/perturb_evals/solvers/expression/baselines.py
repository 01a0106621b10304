"""Reference systems of the expression task: they run, log and rank as models do, without one."""

from pathlib import Path
from typing import TYPE_CHECKING

from inspect_ai.solver import Solver, solver

from perturb_evals.datasets.genes.ncbi import human_aliases
from perturb_evals.datasets.options import one_of, whole_number
from perturb_evals.datasets.screens.benchmark import ALIAS_SOURCES, AliasSource
from perturb_evals.datasets.screens.evidence import Training
from perturb_evals.methods.aggregation import AGGREGATIONS, Aggregation
from perturb_evals.replies.expression import ExpressionReply
from perturb_evals.solvers.expression.expression_methods import always, by_neighbors, by_vector
from perturb_evals.solvers.expression.neighbor_methods import (
    EmbeddingNeighbors,
    GraphNeighbors,
    K,
    RandomNeighbors,
)

if TYPE_CHECKING:
    from perturb_evals.datasets.genes.ncbi import Aliases
    from perturb_evals.datasets.genes.vectors import GeneVectors
    from perturb_evals.solvers.expression.gaussian_process import GaussianProcess

TEXT = "text"


@solver
def mean_effect() -> Solver:
    """Predict the mean of the training perturbations for everything."""
    return always("mean_effect", ExpressionReply("training_mean"))


@solver
def no_change() -> Solver:
    """Predict the control for everything."""
    return always("no_change", ExpressionReply("control"))


@solver
def oracle_neighbors(k: int = K, aggregation: Aggregation = "mean") -> Solver:
    """Average the training vectors nearest to the TRUE one: an approximate ceiling.

    Args:
        k: How many neighbors.
        aggregation: How their vectors become one: mean, median, rank or ridge. The oracle gives no
            similarities to weigh by.
    """
    how = _aggregation(aggregation)
    if how == "similarity":
        raise ValueError(
            "oracle_neighbors gives no similarities, so aggregation=similarity would be the mean; "
            "expected mean, median, rank or ridge."
        )
    return always("oracle_neighbors", ExpressionReply("oracle", how, _k(k)))


@solver
def random_neighbors(k: int = K, seed: int = 0, aggregation: Aggregation = "mean") -> Solver:
    """Average random training perturbations: what naming neighbors is worth by itself.

    Args:
        k: How many neighbors; take a model's `mean_k` for a fair comparison.
        seed: Seed of the draw.
        aggregation: How their vectors become one.
    """
    size, start = _k(k), whole_number("seed", seed)
    return by_neighbors(
        "random_neighbors",
        lambda training: RandomNeighbors(training, size, start),
        size,
        _aggregation(aggregation),
    )


@solver
def graph_neighbors(
    graph: str = "string",
    k: int = K,
    aggregation: Aggregation = "mean",
    aliases: AliasSource = "ncbi",
) -> Solver:
    """Average the training perturbations that share most partners in a graph of gene pairs.

    Args:
        graph: string, reactome, or a .csv, .tsv (also .gz) or .parquet file with the columns
            gene_a, gene_b and perhaps weight.
        k: The most neighbors.
        aggregation: How their vectors become one.
        aliases: ncbi or none: whether symbols are also matched as synonyms.
    """
    size, names = _k(k), one_of("aliases", aliases, ALIAS_SOURCES)

    def fit(training: Training) -> GraphNeighbors:
        from perturb_evals.datasets.genes.graphs import load_graph

        return GraphNeighbors(training, load_graph(graph), size, _aliases(names))

    return by_neighbors("graph_neighbors", fit, size, _aggregation(aggregation))


@solver
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
    size, names = _k(k), one_of("aliases", aliases, ALIAS_SOURCES)

    def fit(training: Training) -> EmbeddingNeighbors:
        return EmbeddingNeighbors(training, _vectors(embedding), size, _aliases(names))

    return by_neighbors("embedding_neighbors", fit, size, _aggregation(aggregation))


@solver
def gaussian_process(embedding: str | list[str] = TEXT, aliases: AliasSource = "ncbi") -> Solver:
    """Predict with a Gaussian process from gene embeddings to the change in expression.

    Args:
        embedding: text, or a file of vectors as for `embedding_neighbors`; several, separated by
            commas, add up their kernels.
        aliases: ncbi or none: whether symbols are also matched as synonyms.
    """
    wanted = embedding.split(",") if isinstance(embedding, str) else list(embedding)
    names = one_of("aliases", aliases, ALIAS_SOURCES)

    def fit(training: Training) -> "GaussianProcess":
        from perturb_evals.solvers.expression import gaussian_process as process

        sets = [_vectors(name.strip()) for name in wanted]
        return process.GaussianProcess(training, sets, _aliases(names))

    return by_vector("gaussian_process", fit)


def _vectors(embedding: str) -> "GeneVectors":
    if embedding == TEXT:
        from perturb_evals.datasets.genes.texts import text_vectors

        return text_vectors()
    from perturb_evals.datasets.genes.vectors import load_vectors

    return load_vectors(Path(embedding).expanduser())


def _aliases(source: AliasSource) -> "Aliases | None":
    return human_aliases() if source == "ncbi" else None


def _k(k: int) -> int:
    if whole_number("k", k) < 1:
        raise ValueError(f"k must be at least 1; got {k}.")
    return k


def _aggregation(aggregation: str) -> Aggregation:
    return one_of("aggregation", aggregation, AGGREGATIONS)
