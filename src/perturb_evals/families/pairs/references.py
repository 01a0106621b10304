"""Rows that every board of pairs has, computed from its own tables: the reference methods.

They read training rows, graphs and texts through the same doors as the solvers of the same names,
with their default settings.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from perturb_evals.datasets.errors import DataError
from perturb_evals.datasets.genes.ncbi import GENE_INFO, GENE_SUMMARY
from perturb_evals.datasets.pairs.benchmark import PairsBenchmark, pairs_benchmark
from perturb_evals.datasets.pairs.evidence import PairsEvidence, lines_read, pairs_evidence
from perturb_evals.datasets.pairs.load import cell_lines, named_dataset, why_not_here
from perturb_evals.datasets.pairs.questions import Kind
from perturb_evals.families.known_graph import graph_settings, lacking_knowledge
from perturb_evals.families.pairs.outcome import AnswersOutcome, sorted_answers
from perturb_evals.families.references import (
    BoardAtHand,
    LackingReference,
    NoReferencesError,
    Reference,
    same_data,
    same_parts,
)
from perturb_evals.metrics.pairs.predictions import Abstention, Predictions
from perturb_evals.solvers.pairs.baselines import GeneFrequency, PerturbationRate, Predictor
from perturb_evals.solvers.pairs.combined import Combined
from perturb_evals.solvers.pairs.graph_factor import GraphFactor
from perturb_evals.solvers.pairs.knowledge import GRAPH, Knowledge


def _nothing(evidence: PairsEvidence) -> str:
    return ""


def _as_by_default(evidence: PairsEvidence) -> Mapping[str, Any]:
    return {}


@dataclass(frozen=True)
class ComputedMethod:
    """A method whose row boards of pairs have even when nobody ran it.

    Attributes:
        name: Of its solver.
        track: The evidence that it reads.
        fit: Makes its predictor from the evidence and `settings`, else with the solver's defaults.
        lacking: Says which other files it needs that are not here, and how to get them, in a
            sentence; empty where it can be computed without a download.
        settings: Arguments of its solver, for a row that has to do with other files than those of
            the default.
        on_all: Whether boards have it that have no such track, for the tracks that show it
            unranked; else it is computed for the tracks that there are.
    """

    name: str
    track: Literal["within", "cross"]
    fit: Callable[..., Predictor]
    lacking: Callable[[PairsEvidence], str] = _nothing
    settings: Callable[[PairsEvidence], Mapping[str, Any]] = _as_by_default
    on_all: bool = True


def _lacking_knowledge(evidence: PairsEvidence) -> str:
    """Return how to get the graph and the texts of genes, if any of them is not here."""
    return lacking_knowledge(evidence.dataset, GENE_INFO, GENE_SUMMARY)


def _graph(evidence: PairsEvidence) -> Mapping[str, Any]:
    return graph_settings(evidence.dataset)


def _graph_factor(evidence: PairsEvidence, graph: str = GRAPH) -> GraphFactor:
    return GraphFactor(evidence, Knowledge(graph))


COMPUTED = (
    ComputedMethod("gene_frequency", "within", GeneFrequency),
    ComputedMethod("perturbation_rate", "cross", PerturbationRate),
    ComputedMethod("graph_factor", "within", _graph_factor, _lacking_knowledge, _graph),
    ComputedMethod("combined", "cross", Combined, _lacking_knowledge, _graph, on_all=False),
)


def computed_rows(kind: Kind, of: BoardAtHand) -> list[Reference | LackingReference]:
    """Compute the rows of `COMPUTED`; see `Family.references`.

    Where a board has no track cross, a row of that track reads all lines whose tables are here.
    """
    given = {
        name: of.task_args[name] for name in ("dataset", "cell_line", "questions", "genes", "seed")
    }
    given["holdout"] = of.task_args.get("holdout", "perturbation")  # older logs have none
    source = named_dataset(given["dataset"])
    if lacking := why_not_here(source, given["cell_line"] or str(of.parts["context"]), kind):
        raise NoReferencesError(lacking)
    asked = pairs_benchmark(kind, **given)
    same_data(asked.table.sha256, of.data_sha256)
    same_parts(asked.board, of, "context", "questions")
    return [
        _computed(asked, of, method, lines)
        for method in COMPUTED
        for lines in _lines(asked, of, method)
        if of.wanted(method.name, method.track, lines)
    ]


def _lines(
    asked: PairsBenchmark, of: BoardAtHand, method: ComputedMethod
) -> Iterator[tuple[str, ...]]:
    """Yield the cell lines of each row that a method has on a board; none name the own line."""
    if method.track == "within":
        yield ()
        return
    unasked = [_lines_here(asked)] if method.on_all else []
    # What is learned is that of other lines: without one there is nothing.
    yield from (lines for lines in sorted(of.line_sets) or unasked if len(lines) > 1)


def _lines_here(asked: PairsBenchmark) -> tuple[str, ...]:
    """Return the lines of the track cross whose tables are here."""
    about = asked.evidence
    if len(cell_lines(about.dataset, about.kind)) < 2:
        return ()
    lines = lines_read(about.dataset, about.cell_line, "cross", None)
    return tuple(line for line in lines if not why_not_here(about.dataset, line, about.kind))


def _computed(
    asked: PairsBenchmark, of: BoardAtHand, method: ComputedMethod, lines: tuple[str, ...]
) -> Reference | LackingReference:
    about = asked.evidence
    opened = pairs_evidence(
        about.dataset, about.cell_line, about.kind, method.track, lines or (about.cell_line,)
    ).hiding(about.unseen_seed)
    if lacking := method.lacking(opened):
        return LackingReference(method.name, lacking)
    policy: Abstention = "lowest" if of.parts["abstention"] == "lowest" else "half"
    settings = method.settings(opened)
    try:
        outcome = _answers(asked, policy, method.fit(opened, **settings))
    except DataError as error:  # a file that cannot be used loses the rows that need it alone
        return LackingReference(method.name, str(error))
    return Reference(method.name, "baseline", method.track, lines, outcome, settings)


def _answers(asked: PairsBenchmark, policy: Abstention, predictor: Predictor) -> AnswersOutcome:
    pairs = list(zip(asked.rows["pert"], asked.rows["gene"], strict=True))
    scores = [predictor.score(pert, gene) for pert, gene in pairs]
    table = Predictions(
        asked.rows["pert"].to_numpy(dtype=object),
        asked.rows["gene"].to_numpy(dtype=object),
        asked.rows["label"].to_numpy(dtype=int),
        np.asarray(scores, dtype=float),  # none for None, where it abstains
        [score is None for score in scores],
    )
    return sorted_answers(table, policy, ("",) * len(pairs))
