"""A mixture of baselines: the mean of their ranks within a gene."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import pandas as pd
from inspect_ai.solver import Solver, solver

from perturb_evals.datasets.errors import ArgumentError
from perturb_evals.datasets.evidence import NoRowsError
from perturb_evals.datasets.genes.graphs import check_graph
from perturb_evals.datasets.options import named_arguments, one_of, text
from perturb_evals.datasets.pairs.evidence import PairsEvidence
from perturb_evals.solvers.baseline import baseline, needed_track
from perturb_evals.solvers.pairs.baselines import (
    GeneFrequency,
    PerturbationRate,
    SamePair,
    numeric,
)
from perturb_evals.solvers.pairs.factor_model import by_factors
from perturb_evals.solvers.pairs.graph_factor import GraphFactor
from perturb_evals.solvers.pairs.knn import DECIMALS, by_knowledge, by_other_lines
from perturb_evals.solvers.pairs.knowledge import GRAPH, Knowledge

USUAL = "cross_line_knn,factor_model,graph_factor,same_pair"
PARTS = tuple(USUAL.split(","))


class Part(Protocol):
    """A predictor that says on which pairs it knows more than the gene's rate."""

    def score(self, pert: str, gene: str) -> float | None:
        """Return the score of a pair; None for none."""
        ...

    def informed(self, pert: str, gene: str) -> bool:
        """Whether it has something to say of a pair."""
        ...


MAKES: Mapping[str, Callable[[PairsEvidence, str], Part]] = {
    "cross_line_knn": lambda evidence, graph: by_other_lines(evidence),
    "factor_model": lambda evidence, graph: by_factors(evidence),
    "graph_knn": lambda evidence, graph: by_knowledge(evidence, Knowledge(graph)),
    "graph_factor": lambda evidence, graph: GraphFactor(evidence, Knowledge(graph)),
    "same_pair": lambda evidence, graph: SamePair(evidence),
    "perturbation_rate": lambda evidence, graph: PerturbationRate(evidence),
}
"""What can be a part: made from the evidence and the gene graph, else with its default settings."""


class Combined:
    """The mean rank of a pair within its gene, over the parts that have something to say of it.

    A part ranks all questions of the gene that the table has, whichever are asked: those it has
    nothing to say of as by the gene's training rate, or the line's for a gene whose rows are
    hidden. Ranks are (midrank - 1/2) / n, in (0, 1). A part whose rows a user's tables do not have,
    as where the other lines lack a table of directions, has nothing to say of any pair.

    Args:
        evidence: Training rows, and the names of the questions.
        parts: Names of the parts, keys of `MAKES`; by default those of `PARTS`.
        graph: The gene graph of those that read one.
    """

    def __init__(
        self, evidence: PairsEvidence, parts: Sequence[str] = PARTS, graph: str = GRAPH
    ) -> None:
        pairs = sorted(evidence.question_pairs())
        rate = GeneFrequency(evidence)
        genes = pd.Series([gene for _, gene in pairs], dtype=object)
        total, speaking = np.zeros(len(pairs)), np.zeros(len(pairs))
        for part in _made(evidence, parts, graph):
            informed = np.array([part.informed(*pair) for pair in pairs], dtype=bool)
            scores = [
                part.score(*pair) if says else rate.score(*pair)
                for pair, says in zip(pairs, informed, strict=True)
            ]
            filled = pd.Series(scores, dtype=float).fillna(rate.line_rate)
            by_gene = filled.groupby(genes)
            ranks = (by_gene.rank() - 0.5) / by_gene.transform("size")
            total += np.where(informed, ranks, 0.0)
            speaking += informed
        self._mean = {
            pair: round(mean / n, DECIMALS)
            for pair, mean, n in zip(pairs, total.tolist(), speaking.tolist(), strict=True)
            if n
        }
        self._hidden = evidence.hidden_genes

    def score(self, pert: str, gene: str) -> float | None:
        """Return the mean rank, in (0, 1); one half where no part has anything to say.

        None in that case for a gene whose rows are hidden.
        """
        found = self._mean.get((pert, gene))
        return 0.5 if found is None and gene not in self._hidden else found


def _made(evidence: PairsEvidence, names: Sequence[str], graph: str) -> list[Part]:
    """Return the parts that find rows to read.

    Raises:
        NoRowsError: None does.
        EvidenceError: The track does not open what a part reads.
    """
    found: list[Part] = []
    lacking: list[NoRowsError] = []
    for name in names:
        try:
            found.append(MAKES[name](evidence, graph))
        except NoRowsError as error:
            lacking.append(error)
    if not found:
        raise lacking[0]
    return found


def _needed(arguments: Mapping[str, Any]) -> str:
    """Return the track that the parts need; the gene's rate needs the own line's rows."""
    parts = arguments.get("parts", USUAL)
    names = parts.split(",") if isinstance(parts, str) else parts
    others = any(needed_track(str(name).strip(), {}) == "cross" for name in names)
    return "cross" if others else "within"


@baseline(reads="track", needs=_needed)
@solver
@named_arguments
def combined(parts: str | list[str] = USUAL, graph: str = GRAPH) -> Solver:
    """Score by the mean of several baselines' ranks within a gene. Needs the evidence of its parts.

    Args:
        parts: Baselines, separated by commas: cross_line_knn, factor_model (where some line knows
            the knock-down), graph_knn, graph_factor, same_pair (where the very pair is known),
            perturbation_rate. Each counts where it has something to say. Another mixture is another
            system.
        graph: As for graph_knn, for the parts that read one.

    Raises:
        ValueError: A part that there is not, or one given twice.
    """
    given = parts if isinstance(parts, list) else text("parts", parts).split(",")
    names = [one_of("parts", text("parts", name).strip(), MAKES) for name in given]
    if len(set(names)) != len(names) or not names:
        raise ArgumentError(f"parts must be different baselines; got {', '.join(names) or 'none'}.")
    check_graph(graph)
    return numeric("combined", lambda evidence: Combined(evidence, names, graph))
