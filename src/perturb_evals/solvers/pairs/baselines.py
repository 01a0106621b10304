"""Baselines of yes/no questions: scores from training rows, and the solvers that give them.

They run, log and rank as models do, with `--model none/none`.
"""

import math
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pandas as pd
from inspect_ai.model import ModelOutput
from inspect_ai.solver import Generate, Solver, TaskState, solver
from numpy.typing import NDArray
from scipy.sparse import csr_array

from perturb_evals.datasets.errors import ArgumentError
from perturb_evals.datasets.options import named_arguments, whole_number
from perturb_evals.datasets.pairs.evidence import PairsEvidence
from perturb_evals.datasets.pairs.questions import VERDICTS
from perturb_evals.replies.pairs import PairsReply
from perturb_evals.replies.reply import attach
from perturb_evals.solvers.baseline import baseline, fit_once


class Predictor(Protocol):
    """Anything that gives a pair a finite score, higher for a likelier positive."""

    def score(self, pert: str, gene: str) -> float | None:
        """Return the score of one pair; None where nothing that may be read tells of it."""
        ...


def numeric(name: str, fit: Callable[[PairsEvidence], Predictor]) -> Solver:
    """Return a solver that scores every question with a predictor fitted once a table.

    Args:
        name: Name of the method, shown as the model of the output.
        fit: Makes the predictor from the Evidence, which refuses what the track does not allow.

    Where the predictor has no score the question is an abstention, with the reason `no_evidence`.
    A score that is not finite ends the run with a ValueError.
    """
    fitted = fit_once(fit)

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        evidence = PairsEvidence.from_metadata(state.metadata)
        pert, gene = state.metadata["pert"], state.metadata["gene"]
        score = fitted(evidence).score(pert, gene)
        if score is None:
            said, reply = _why_silent(evidence, pert, gene), PairsReply(no_evidence=True)
        elif not math.isfinite(score):  # Inspect would leave the sample out without a word.
            raise ValueError(f"{name} gave {score} for {state.sample_id}, not a finite number.")
        else:
            said = f"score {score:.4g} for {VERDICTS[evidence.kind].positive}"
            reply = PairsReply(score=float(score))
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


@baseline(reads="track")
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


@baseline(reads="track")
@solver
@named_arguments
def same_pair() -> Solver:
    """Score by the pair's label in other lines, else `perturbation_rate`. Needs evidence=cross."""
    return numeric("same_pair", SamePair)


class CrossLineKNN:
    """Own-line labels of the gene, weighted by how alike the perturbations act in other lines.

    A perturbation's profile is the sum over other lines of its signed direction rows (+1 up, -1
    down) by gene, each gene weighted by log(1 + N / (1 + df)), N being the number of perturbations
    among the own line's and the other lines' training rows and df the number of them whose profile
    has the gene. The score of a pair is (sum w * label + k * prior) / (sum w + k) over the own
    line's training perturbations with that gene, w = max(cosine, 0) ** power, and prior the
    gene's training rate in the own line (the line's rate for a gene without training rows). A gene
    whose rows are hidden has no score.

    Args:
        evidence: Training rows, with other lines.
        power: Exponent of the weight; at least 0.
        prior_weight: k above; above 0.
    """

    def __init__(
        self, evidence: PairsEvidence, power: float = 2.0, prior_weight: float = 0.1
    ) -> None:
        self.power, self.prior_weight = power, prior_weight
        self.prior = GeneFrequency(evidence)
        own = evidence.own()
        self.rows_of_gene = dict(iter(own.groupby("gene")))
        self.profiles = LineProfiles.of(evidence.others("direction"), own["pert"].unique())
        self.similarity: dict[str, NDArray[np.float64]] = {}

    def score(self, pert: str, gene: str) -> float | None:
        """Return the weighted label mean, in [0, 1]; the prior where nothing is alike.

        None for a gene whose rows are hidden.
        """
        prior = self.prior.score(pert, gene)
        rows = self.rows_of_gene.get(gene)
        if prior is None or rows is None:
            return prior
        weights = self._weights(pert)[self.profiles.index.get_indexer(pd.Index(rows["pert"]))]
        votes = float(weights @ rows["label"].to_numpy(dtype=float))
        return (votes + self.prior_weight * prior) / (float(weights.sum()) + self.prior_weight)

    def _weights(self, pert: str) -> NDArray[np.float64]:
        if pert not in self.similarity:
            cosine = self.profiles.cosine(pert)
            self.similarity[pert] = np.maximum(cosine, 0.0) ** self.power
        return self.similarity[pert]


@baseline(reads="track")
@solver
@named_arguments
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
            raise ArgumentError(f"{name} must be a finite number above 0; got {value!r}.")
    return numeric("cross_line_knn", lambda evidence: CrossLineKNN(evidence, power, prior_weight))


@dataclass(frozen=True)
class LineProfiles:
    """Unit-length signed response profiles of perturbations.

    Attributes:
        index: The perturbations, p of them.
        matrix: p x genes, rows of length 1, or 0 for a perturbation without rows.
    """

    index: pd.Index
    matrix: csr_array

    @classmethod
    def of(cls, direction: pd.DataFrame, own: NDArray[np.object_]) -> "LineProfiles":
        """Build profiles from other lines' direction rows (see `CrossLineKNN`).

        Args:
            direction: Rows of other lines, columns pert, gene, label (1 up, 0 down).
            own: The own line's training perturbations; those without rows get zero profiles.
        """
        index = pd.Index(pd.unique(np.concatenate([own, direction["pert"].to_numpy(object)])))
        genes, names = pd.factorize(direction["gene"])
        signs = 2.0 * direction["label"].to_numpy(dtype=float) - 1.0
        shape = (len(index), len(names))
        summed = csr_array(
            (signs, (index.get_indexer(pd.Index(direction["pert"])), genes)), shape=shape
        )
        summed.sum_duplicates()
        summed.eliminate_zeros()
        df = np.bincount(summed.indices, minlength=len(names))
        summed = summed.multiply(np.log1p(len(index) / (1.0 + df))[None, :]).tocsr()
        length = np.sqrt(summed.multiply(summed).sum(axis=1))
        unit = np.divide(1.0, length, out=np.zeros_like(length), where=length > 0)
        return cls(index, summed.multiply(unit[:, None]).tocsr())

    def cosine(self, pert: str) -> NDArray[np.float64]:
        """Return the cosine of one perturbation with all, shape (p,); zeros for an unknown one."""
        at = self.index.get_indexer(pd.Index([pert]))[0]
        if at < 0:
            return np.zeros(len(self.index))
        return np.asarray((self.matrix @ self.matrix[[at]].T).todense()).ravel()
