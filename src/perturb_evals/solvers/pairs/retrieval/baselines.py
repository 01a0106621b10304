"""What can be had without a model of the rows that are shown to one: their labels, counted."""

from inspect_ai.solver import Solver, solver

from perturb_evals.datasets.options import named_arguments
from perturb_evals.datasets.pairs.evidence import PairsEvidence, TrainingRow
from perturb_evals.solvers.baseline import baseline
from perturb_evals.solvers.pairs.baselines import numeric
from perturb_evals.solvers.pairs.knowledge import GRAPH, Knowledge
from perturb_evals.solvers.pairs.retrieval.nearest import EACH, NearestOfEach, Vote, check_each
from perturb_evals.solvers.pairs.retrieval.retriever import (
    BUDGET,
    NEIGHBORS,
    Retriever,
    check_retrieval,
)


class MeanLabel:
    """The mean label of the rows that are retrieved, whichever their kind.

    Args:
        retriever: Finds the rows.
    """

    def __init__(self, retriever: Retriever) -> None:
        self._retriever = retriever

    def score(self, pert: str, gene: str) -> float | None:
        """Return the mean label, in [0, 1]; None where no row is found."""
        rows = self.counted(pert, gene)
        return sum(row.label for row in rows) / len(rows) if rows else None

    def counted(self, pert: str, gene: str) -> tuple[TrainingRow, ...]:
        """Return the rows behind the score."""
        return tuple(found.row for found in self._retriever.rows(pert, gene))


@baseline(reads="track", needs="within")
@solver
@named_arguments
def retrieval_only(
    graph: str = GRAPH, neighbors: int = NEIGHBORS, budget: int = BUDGET, seed: int = 0
) -> Solver:
    """Score by the mean label of what summer shows a model. Needs evidence=within or cross.

    Args:
        graph: As for graph_knn.
        neighbors: How many genes are close to one; 1 or more.
        budget: How many rows of each kind are shown; 1 or more.
        seed: Seed of the rows that are drawn.

    Raises:
        ValueError: An argument that is not allowed.
    """
    check_retrieval(neighbors, budget, seed)
    known = Knowledge(graph)

    def fit(evidence: PairsEvidence) -> MeanLabel:
        return MeanLabel(Retriever(evidence, known, neighbors, budget, seed))

    return numeric("retrieval_only", fit)


@baseline(reads="track", needs="within")
@solver
@named_arguments
def contrast_vote(graph: str = GRAPH, each: int = EACH) -> Solver:
    """Score by the rows that contrast shows a model, as they are near. Needs within or cross.

    Args:
        graph: As for graph_knn.
        each: How many positive and how many negative rows are shown; 1 or more.

    Raises:
        ValueError: An argument that is not allowed.
    """
    check_each(each)
    known = Knowledge(graph)
    return numeric("contrast_vote", lambda evidence: Vote(NearestOfEach(evidence, known, each)))
