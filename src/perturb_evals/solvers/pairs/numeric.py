"""Baselines as Inspect solvers: they run, log and rank as models do, with `--model none/none`."""

import math
import random
from collections.abc import Callable
from typing import Any, Protocol

from inspect_ai.model import ModelOutput
from inspect_ai.solver import Generate, Solver, TaskState, solver

from perturb_evals.datasets.options import whole_number
from perturb_evals.datasets.pairs.evidence import Evidence, evidence_for
from perturb_evals.datasets.pairs.questions import VERDICTS
from perturb_evals.replies.pairs import PairsReply
from perturb_evals.replies.reply import attach
from perturb_evals.solvers.fit_once import FitOnce
from perturb_evals.solvers.pairs.baselines import (
    CrossLineKNN,
    GeneFrequency,
    PerturbationRate,
    SamePair,
)


class Predictor(Protocol):
    """Anything that gives a pair a finite score, higher for a likelier positive."""

    def score(self, pert: str, gene: str) -> float:
        """Return the score of one pair."""
        ...


@solver
def constant() -> Solver:
    """Give every question the score .5: the floor of every ranking metric."""

    class Half:
        def score(self, pert: str, gene: str) -> float:
            return 0.5

    return numeric("constant", lambda evidence: Half())


@solver
def random_scores(seed: int = 0) -> Solver:
    """Give every question a uniform random score that depends on the seed and the pair only.

    Args:
        seed: Seed of the scores.

    Raises:
        ValueError: A seed that is no whole number.
    """
    whole_number("seed", seed)

    class Uniform:
        def score(self, pert: str, gene: str) -> float:
            return random.Random(f"{seed}/{pert}>{gene}").random()

    return numeric("random_scores", lambda evidence: Uniform())


@solver
def gene_frequency() -> Solver:
    """Score by the gene's own training rate. Needs evidence=within or cross."""
    return numeric("gene_frequency", GeneFrequency)


@solver
def perturbation_rate() -> Solver:
    """Score by the perturbation's rate in other lines. Needs evidence=cross."""
    return numeric("perturbation_rate", PerturbationRate)


@solver
def same_pair() -> Solver:
    """Score by the pair's label in other lines, else `perturbation_rate`. Needs evidence=cross."""
    return numeric("same_pair", SamePair)


@solver
def cross_line_knn(power: float = 2.0, prior_weight: float = 0.1) -> Solver:
    """Score by own-line labels under perturbations that act alike elsewhere. Needs evidence=cross.

    Args:
        power: Exponent of the cosine in a neighbour's weight; above 0.
        prior_weight: Weight of the gene's training rate against the neighbours; above 0.

    Raises:
        ValueError: An argument that is not a finite number above 0.
    """
    for name, value in (("power", power), ("prior_weight", prior_weight)):
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not number or not 0 < value < math.inf:
            raise ValueError(f"{name} must be a finite number above 0; got {value!r}.")
    return numeric("cross_line_knn", lambda evidence: CrossLineKNN(evidence, power, prior_weight))


def numeric(name: str, fit: Callable[[Evidence], Predictor]) -> Solver:
    """Return a solver that scores every question with a predictor fitted once a table.

    Args:
        name: Name of the method, shown as the model of the output.
        fit: Makes the predictor from the Evidence, which refuses what the track does not allow.

    A score that is not finite ends the run with a ValueError.
    """
    fitted = FitOnce(fit)

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        evidence = evidence_of(state.metadata)
        score = fitted(evidence).score(state.metadata["pert"], state.metadata["gene"])
        if not math.isfinite(score):  # Inspect would leave the sample out without a word.
            raise ValueError(f"{name} gave {score} for {state.sample_id}, not a finite number.")
        verdict = VERDICTS[evidence.kind].positive
        state.output = ModelOutput.from_content(
            model=f"perturb_evals/{name}", content=f"{name}: score {score:.4g} for {verdict}"
        )
        attach(state.output, PairsReply(score=float(score)))
        return state

    return solve


def evidence_of(metadata: dict[str, Any]) -> Evidence:
    """Return the Evidence that a sample's metadata declares.

    Raises:
        ValueError: The sample is of a task without yes/no questions.
    """
    if "evidence" not in metadata:
        raise ValueError(
            "This solver answers yes/no questions; run it with perturbqa_de or perturbqa_direction."
        )
    dataset = metadata["dataset"]
    lines = tuple(filter(None, metadata["evidence_lines"].split(",")))
    return evidence_for(
        dataset, metadata["cell_line"], metadata["kind"], metadata["evidence"], lines
    )
