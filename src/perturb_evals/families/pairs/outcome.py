"""Answers to questions about pairs as the outcome of a system."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from inspect_ai.scorer import SampleScore
from numpy.typing import NDArray

from perturb_evals.datasets.pairs.questions import VERDICTS
from perturb_evals.families.outcome import Better, Floats, Outcome
from perturb_evals.families.pairs.tasks import KIND_OF_TASK
from perturb_evals.metrics.pairs.auroc import auroc_per_gene, question_credit
from perturb_evals.metrics.pairs.differences import randomised_auroc_test
from perturb_evals.metrics.pairs.intervals import resampled_auroc_per_gene
from perturb_evals.metrics.pairs.predictions import Abstention, Predictions
from perturb_evals.metrics.simultaneous import effective_number
from perturb_evals.scorers.pairs.results import scored_answers


@dataclass(frozen=True, eq=False)
class AnswersOutcome(Outcome):
    """Answers to questions about pairs, rows sorted by perturbation, then gene."""

    predictions: Predictions
    abstention: Abstention
    sample_ids: tuple[str, ...]

    @cached_property
    def units(self) -> tuple[str, ...]:  # type: ignore[override]
        """`PERT>GENE` of every row."""
        pairs = zip(self.predictions.perts, self.predictions.genes, strict=True)
        return tuple(f"{pert}>{gene}" for pert, gene in pairs)

    @property
    def asked(self) -> tuple[tuple[str, ...], bytes]:
        """Every row with its label."""
        return self.units, self.predictions.labels.tobytes()

    @cached_property
    def perturbations(self) -> tuple[str, ...]:
        """Names of the perturbations, sorted."""
        return tuple(sorted(set(self.predictions.perts)))

    @property
    def n_effective(self) -> float:
        """How many perturbations with as many questions each say as much as these."""
        _, questions = np.unique(self.predictions.perts.astype(str), return_counts=True)
        return effective_number(questions)

    @cached_property
    def value(self) -> float:
        """Per-gene AUROC."""
        return auroc_per_gene(self.predictions, abstention=self.abstention)

    def resampled(self, weights: NDArray[np.int64]) -> Floats:
        """Return the per-gene AUROC in each resample."""
        values, _ = resampled_auroc_per_gene(self.predictions, weights, abstention=self.abstention)
        return values

    def randomised_p(self, other: Outcome) -> float:
        """Return the p from swapping both systems' answers by perturbation."""
        assert other.stated is not None, "answers are compared with answers"
        return randomised_auroc_test(self.predictions, other.stated, abstention=self.abstention)

    @cached_property
    def credit(self) -> Floats:
        """Mean credit over the pairs of a question's gene, in [0, 1]; nan without any."""
        return question_credit(self.predictions, abstention=self.abstention)

    def won(self, other: Outcome, better: Better) -> tuple[int, int, int, int]:
        """Return how many questions only this one got (a credit above one half), and so on."""
        scored = np.isfinite(self.credit)  # the same rows for both: it depends on labels alone
        own, others = self.credit[scored] > 0.5, other.credit[scored] > 0.5
        counts = (own & ~others, others & ~own, own & others, ~own & ~others)
        only_own, only_other, both, neither = (int(count.sum()) for count in counts)
        return only_own, only_other, both, neither

    @property
    def stated(self) -> Predictions:
        """The answers with their labels."""
        return self.predictions

    @property
    def n_pairs(self) -> NDArray[np.int64]:
        """In how many positive-negative pairs of its gene each question is."""
        positive = self.predictions.labels == 1
        _, gene = np.unique(self.predictions.genes.astype(str), return_inverse=True)
        n_positive = np.bincount(gene, weights=positive).astype(np.int64)
        n_negative = np.bincount(gene) - n_positive
        return np.where(positive, n_negative[gene], n_positive[gene])

    @property
    def genes(self) -> Mapping[str, tuple[str, ...]]:
        """The perturbation and the readout gene of each question."""
        return {
            "perturbation": tuple(map(str, self.predictions.perts)),
            "readout gene": tuple(map(str, self.predictions.genes)),
        }

    def among(self, kept: NDArray[np.bool_]) -> "AnswersOutcome":
        """Return the answers to some questions; their genes keep the rows that are kept."""
        own = self.predictions
        some = Predictions(
            own.perts[kept],
            own.genes[kept],
            own.labels[kept],
            own.scores[kept],
            own.abstained[kept],
        )
        return AnswersOutcome(
            some, self.abstention, tuple(np.array(self.sample_ids)[kept].tolist())
        )

    def truth(self, row: int, task: str) -> str:
        """Return the true verdict."""
        return VERDICTS[KIND_OF_TASK[task]].word(int(self.predictions.labels[row]))

    def answer(self, row: int) -> str:
        """Return the score that was read, or that there is none."""
        if self.predictions.abstained[row]:
            return "no answer"
        return f"{self.predictions.scores[row]:.3g}"


def answers_outcome(scores: list[SampleScore], abstention: Abstention) -> AnswersOutcome:
    """Return the outcome of a run from its unreduced scores.

    Raises:
        ValueError: Scores that the scorer of pairs did not write.
    """
    ids = tuple(dict.fromkeys(str(score.sample_id) for score in scores))
    return sorted_answers(scored_answers(scores).predictions, abstention, ids)


def sorted_answers(
    predictions: Predictions, abstention: Abstention, sample_ids: tuple[str, ...]
) -> AnswersOutcome:
    """Return the outcome with its rows in the order of all outcomes."""
    order = np.lexsort((predictions.genes.astype(str), predictions.perts.astype(str)))
    rows = Predictions(
        predictions.perts[order],
        predictions.genes[order],
        predictions.labels[order],
        predictions.scores[order],
        predictions.abstained[order],
    )
    return AnswersOutcome(rows, abstention, tuple(sample_ids[row] for row in order))
