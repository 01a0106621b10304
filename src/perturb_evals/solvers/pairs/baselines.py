"""Baselines of yes/no questions: scores from training rows, and the solvers that give them.

They run, log and rank as models do, with `--model none/none`.
"""

import math
import random
from collections.abc import Callable
from typing import Protocol, runtime_checkable

from inspect_ai.model import ModelOutput
from inspect_ai.solver import Generate, Solver, TaskState, solver

from perturb_evals.datasets.options import named_arguments, whole_number
from perturb_evals.datasets.pairs.evidence import PairsEvidence, TrainingRow
from perturb_evals.datasets.pairs.questions import VERDICTS
from perturb_evals.replies.pairs import PairsReply
from perturb_evals.replies.reply import attach
from perturb_evals.solvers.baseline import baseline, fit_once


class Predictor(Protocol):
    """Anything that gives a pair a finite score, higher for a likelier positive."""

    def score(self, pert: str, gene: str) -> float | None:
        """Return the score of one pair; None where nothing that may be read tells of it."""
        ...


@runtime_checkable
class Counting(Predictor, Protocol):
    """A predictor that can name the few training rows behind each of its scores."""

    def counted(self, pert: str, gene: str) -> tuple[TrainingRow, ...]:
        """Return the rows behind the score of one pair."""
        ...


Fit = Callable[[PairsEvidence], Predictor]


def numeric(name: str, fit: Fit, fallback: tuple[str, Fit] | None = None) -> Solver:
    """Return a solver that scores every question with a predictor fitted once a table.

    Args:
        name: Name of the method, shown as the model of the output.
        fit: Makes the predictor from the Evidence, which refuses what the track does not allow.
        fallback: Name and predictor of another method, for the questions that have no score; they
            are counted.

    The rows of a predictor that is `Counting` are recorded beside its score. A question that has no
    score is an abstention, with the reason `no_evidence`. A score that is not finite ends the run
    with a ValueError.
    """
    methods = [(name, fit), *([fallback] if fallback else [])]
    fitted = [(method, fit_once(make)) for method, make in methods]

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        evidence = PairsEvidence.from_metadata(state.metadata)
        pert, gene = state.metadata["pert"], state.metadata["gene"]
        method, score = name, None
        shown: tuple[TrainingRow, ...] = ()
        for method, made in fitted:  # noqa: B007, the last one tried is told below
            predictor = made(evidence)
            score = predictor.score(pert, gene)
            if score is not None:
                if isinstance(predictor, Counting):
                    shown = predictor.counted(pert, gene)
                break
        if score is None:
            said, reply = _why_silent(evidence, pert, gene), PairsReply(no_evidence=True)
        elif not math.isfinite(score):  # Inspect would leave the sample out without a word.
            raise ValueError(f"{method} gave {score} for {state.sample_id}, not a finite number.")
        else:
            stands_in = "" if method == name else method
            said = f"score {score:.4g} for {VERDICTS[evidence.kind].positive}"
            said += f", by {stands_in}" if stands_in else ""
            reply = PairsReply(score=float(score), fallback=stands_in, shown=shown)
        state.output = ModelOutput.from_content(
            model=f"perturb_evals/{name}", content=f"{name}: {said}"
        )
        attach(state.output, reply)
        return state

    return solve


def _why_silent(evidence: PairsEvidence, pert: str, gene: str) -> str:
    if gene in evidence.hidden_genes:
        return f"abstains, no training row of {gene} may be read"
    return f"abstains, nothing that it may read tells of {gene} under a knock-down of {pert}"


@baseline(reads="none")
@solver
@named_arguments
def constant() -> Solver:
    """Give every question the score .5: the floor of every ranking metric."""

    class Half:
        def score(self, pert: str, gene: str) -> float:
            return 0.5

    return numeric("constant", lambda evidence: Half())


@baseline(reads="none")
@solver
@named_arguments
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


class GeneFrequency:
    """The gene's positive rate in the own line's training rows, without smoothing.

    A gene without training rows gets the line's rate, one whose rows are hidden none. The score
    depends on the gene alone, so it is .5 per gene by construction, and high wherever rows of
    different genes are pooled.
    """

    def __init__(self, evidence: PairsEvidence) -> None:
        rows = evidence.own()
        self.line_rate = float(rows["label"].mean())
        self.rates = rows.groupby("gene")["label"].mean().to_dict()
        self.hidden = evidence.hidden_genes

    def score(self, pert: str, gene: str) -> float | None:
        """Return the rate, in [0, 1]; None for a gene whose rows are hidden."""
        if gene in self.hidden:
            return None
        return float(self.rates.get(gene, self.line_rate))


@baseline(reads="within")
@solver
@named_arguments
def gene_frequency() -> Solver:
    """Score by the gene's own training rate. Needs evidence=within or cross."""
    return numeric("gene_frequency", GeneFrequency)


class PerturbationRate:
    """The perturbation's positive rate in the training rows of other lines.

    A perturbation that no other line has gets the rate of all rows of the other lines.
    """

    def __init__(self, evidence: PairsEvidence) -> None:
        rows = evidence.others()
        self.overall = float(rows["label"].mean())
        self.rates = rows.groupby("pert")["label"].mean().to_dict()

    def score(self, pert: str, gene: str) -> float:
        """Return the rate, in [0, 1]."""
        return float(self.rates.get(pert, self.overall))

    def informed(self, pert: str, gene: str) -> bool:
        """Whether another line has the perturbation."""
        return pert in self.rates


@baseline(reads="track", needs="cross")
@solver
@named_arguments
def perturbation_rate() -> Solver:
    """Score by the perturbation's rate in other lines. Needs evidence=cross."""
    return numeric("perturbation_rate", PerturbationRate)


class SamePair:
    """The mean label of the same pair in other lines, else the perturbation's rate there."""

    def __init__(self, evidence: PairsEvidence) -> None:
        rows = evidence.others()
        self.pairs = rows.groupby(["pert", "gene"])["label"].mean().to_dict()
        self.fallback = PerturbationRate(evidence)

    def score(self, pert: str, gene: str) -> float:
        """Return the mean label or the rate, in [0, 1]."""
        found = self.pairs.get((pert, gene))
        return self.fallback.score(pert, gene) if found is None else float(found)

    def informed(self, pert: str, gene: str) -> bool:
        """Whether another line has the very pair."""
        return (pert, gene) in self.pairs


@baseline(reads="track", needs="cross")
@solver
@named_arguments
def same_pair() -> Solver:
    """Score by the pair's label in other lines, else `perturbation_rate`. Needs evidence=cross."""
    return numeric("same_pair", SamePair)
