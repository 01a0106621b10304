"""Baselines of expression: how each predicts without a model, and the solvers that run them.

They run, log and rank as models do, with `--model none/none`. Each method is made from an
`ExpressionEvidence`, which holds nothing of the test perturbations. Where it knows nothing of one
it gives the reason, so that the training mean is predicted and counted.
"""

import random

from inspect_ai.solver import Solver, solver

from perturb_evals.datasets.errors import ArgumentError
from perturb_evals.datasets.options import named_arguments, one_of, whole_number
from perturb_evals.datasets.screens.evidence import ExpressionEvidence
from perturb_evals.methods.aggregation import AGGREGATIONS, Aggregation
from perturb_evals.replies.expression import ExpressionReply
from perturb_evals.solvers.baseline import baseline
from perturb_evals.solvers.expression.computed import always, by_neighbors

K = 5
"""Number of neighbors, the smaller of those that the paper gives its oracle. From 3 to 10 the error
hardly changes, with STRING pairs as with gene texts."""

Neighbors = list[tuple[str, float]]


@baseline(reads="track")
@solver
@named_arguments
def mean_effect() -> Solver:
    """Predict the mean of the training perturbations for everything."""
    return always("mean_effect", ExpressionReply("training_mean"))


@baseline(reads="track")
@solver
@named_arguments
def no_change() -> Solver:
    """Predict the control for everything."""
    return always("no_change", ExpressionReply("control"))


@baseline(reads="truth")
@solver
@named_arguments
def oracle_neighbors(k: int = K, aggregation: Aggregation = "mean") -> Solver:
    """Average the training vectors nearest to the TRUE one: an approximate ceiling.

    Args:
        k: How many neighbors.
        aggregation: How their vectors become one: mean, median, rank or ridge. The oracle gives no
            similarities to weigh by.
    """
    how = checked_aggregation(aggregation)
    if how == "similarity":
        raise ArgumentError(
            "oracle_neighbors gives no similarities, so aggregation=similarity would be the mean; "
            "expected mean, median, rank or ridge."
        )
    return always("oracle_neighbors", ExpressionReply("oracle", how, checked_k(k)))


class RandomNeighbors:
    """The negative control: k training perturbations at random, all with similarity 1.

    Which ones depends on the seed, the name asked about and the training perturbations, not on the
    order of the questions. All are drawn where there are no more than k.
    """

    def __init__(self, evidence: ExpressionEvidence, k: int = K, seed: int = 0) -> None:
        self._names = evidence.perturbations
        self._k = checked_k(k)
        self._seed = whole_number("seed", seed)

    def neighbors(self, perturbation: str) -> Neighbors:
        """Return the k drawn names, in the order they were drawn."""
        draw = random.Random(f"{self._seed}/{perturbation}")
        k = min(self._k, len(self._names))
        return [(name, 1.0) for name in draw.sample(self._names, k)]


@baseline(reads="track")
@solver
@named_arguments
def random_neighbors(k: int = K, seed: int = 0, aggregation: Aggregation = "mean") -> Solver:
    """Average random training perturbations: what naming neighbors is worth by itself.

    Args:
        k: How many neighbors; take a model's `mean_k` for a fair comparison.
        seed: Seed of the draw.
        aggregation: How their vectors become one.
    """
    size, start = checked_k(k), whole_number("seed", seed)
    return by_neighbors(
        "random_neighbors",
        lambda evidence: RandomNeighbors(evidence, size, start),
        size,
        checked_aggregation(aggregation),
    )


def checked_k(k: int) -> int:
    """Return a number of neighbors, at least 1.

    Raises:
        ArgumentError: It is no whole number, or below 1.
    """
    if whole_number("k", k) < 1:
        raise ArgumentError(f"k must be at least 1; got {k}.")
    return k


def checked_aggregation(aggregation: str) -> Aggregation:
    """Return one of `AGGREGATIONS`.

    Raises:
        ArgumentError: It is none.
    """
    return one_of("aggregation", aggregation, AGGREGATIONS)
