"""What a system got on every question or perturbation of a board, in one order for all systems."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
from inspect_ai.scorer import SampleScore
from numpy.typing import NDArray

from perturb_evals.leaderboard.resampling import FEWEST, RESAMPLES, shared_weights
from perturb_evals.metrics.pairs.auroc import auroc_per_gene
from perturb_evals.metrics.pairs.intervals import resampled_auroc_per_gene
from perturb_evals.metrics.pairs.predictions import Abstention, Predictions
from perturb_evals.scorers.expression.regression import extract as extract_replies
from perturb_evals.scorers.pairs.classification import extract as extract_answers

Floats = NDArray[np.float64]
DIGITS = 12


class Outcome(Protocol):
    """A system's outcome on a board.

    Two outcomes with the same `units` can be paired.
    """

    @property
    def units(self) -> tuple[str, ...]:
        """What was asked, sorted: `PERT>GENE` for questions, the names of perturbations."""
        ...

    @property
    def asked(self) -> tuple[tuple[str, ...], bytes]:
        """The units with their labels: what must be the same for all systems of a board."""
        ...

    @property
    def perturbations(self) -> tuple[str, ...]:
        """Names of the perturbations, which are what is resampled, sorted."""
        ...

    @property
    def n_perturbations(self) -> int:
        """Their number."""
        ...

    @property
    def value(self) -> float:
        """The headline."""
        ...

    @property
    def sample_ids(self) -> tuple[str, ...]:
        """The sample that each unit was asked in; the first where there were several."""
        ...

    @property
    def drawn(self) -> Floats:
        """The headline in each of the resamples that all systems of a board share.

        nan in all of them with fewer than `FEWEST` perturbations: no interval, then, and no rank.
        """
        ...

    def resampled(self, weights: NDArray[np.int64]) -> Floats:
        """Return the headline under weights (resamples, perturbations), by sorted perturbation."""
        ...


@dataclass(frozen=True, eq=False)
class QuestionOutcome:
    """Answers to questions about pairs, rows sorted by perturbation, then gene."""

    predictions: Predictions
    abstention: Abstention
    sample_ids: tuple[str, ...]

    @cached_property
    def units(self) -> tuple[str, ...]:
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
    def n_perturbations(self) -> int:
        """Number of perturbations."""
        return len(self.perturbations)

    @cached_property
    def value(self) -> float:
        """Per-gene AUROC."""
        return auroc_per_gene(self.predictions, abstention=self.abstention)

    @cached_property
    def drawn(self) -> Floats:
        """The headline in each shared resample; nan in all with too few perturbations."""
        if self.n_perturbations < FEWEST:
            return np.full(RESAMPLES, np.nan)
        return self.resampled(shared_weights(self.n_perturbations))

    def resampled(self, weights: NDArray[np.int64]) -> Floats:
        """Return the per-gene AUROC in each resample."""
        values, _ = resampled_auroc_per_gene(self.predictions, weights, abstention=self.abstention)
        return values


@dataclass(frozen=True, eq=False)
class ExpressionOutcome:
    """A score of predicted vectors, means over repeats and epochs, sorted by perturbation."""

    units: tuple[str, ...]
    scores: Floats
    sample_ids: tuple[str, ...]

    @property
    def asked(self) -> tuple[tuple[str, ...], bytes]:
        """The perturbations; their truth is not in a log."""
        return self.units, b""

    @property
    def perturbations(self) -> tuple[str, ...]:
        """Names of the perturbations, sorted."""
        return self.units

    @property
    def n_perturbations(self) -> int:
        """Number of perturbations."""
        return len(self.units)

    @property
    def value(self) -> float:
        """Mean over perturbations."""
        return float(self.scores.mean())

    @cached_property
    def drawn(self) -> Floats:
        """The headline in each shared resample; nan in all with too few perturbations."""
        if self.n_perturbations < FEWEST:
            return np.full(RESAMPLES, np.nan)
        return self.resampled(shared_weights(self.n_perturbations))

    def resampled(self, weights: NDArray[np.int64]) -> Floats:
        """Return the mean in each resample; nan in one that drew none of the perturbations."""
        drawn = weights.sum(axis=1)
        out = np.full(len(weights), np.nan)
        np.divide(weights @ self.scores, drawn, out=out, where=drawn > 0)
        return out


def outcome_of(scores: list[SampleScore], board: Mapping[str, str | int], headline: str) -> Outcome:
    """Return a run's outcome.

    Args:
        scores: Its unreduced scores.
        board: The parts of its board.
        headline: Name of the metric that ranks.

    Raises:
        ValueError: Scores that the board's scorer did not write.
    """
    if board["task"] == "langpert":
        return _expression(scores, headline)
    return _questions(scores, "lowest" if board["abstention"] == "lowest" else "half")


def sorted_questions(
    predictions: Predictions, abstention: Abstention, sample_ids: tuple[str, ...]
) -> QuestionOutcome:
    """Return the outcome with its rows in the order of all outcomes."""
    order = np.lexsort((predictions.genes.astype(str), predictions.perts.astype(str)))
    rows = Predictions(
        predictions.perts[order],
        predictions.genes[order],
        predictions.labels[order],
        predictions.scores[order],
        predictions.abstained[order],
    )
    return QuestionOutcome(rows, abstention, tuple(sample_ids[row] for row in order))


def _questions(scores: list[SampleScore], abstention: Abstention) -> QuestionOutcome:
    ids = tuple(dict.fromkeys(str(score.sample_id) for score in scores))
    return sorted_questions(extract_answers(scores).predictions, abstention, ids)


def _expression(scores: list[SampleScore], headline: str) -> ExpressionOutcome:
    table = extract_replies(scores)
    # Rounded, so that the order of repeats and epochs does not show in the last bit.
    by_pert = table.by_perturbation()[headline].sort_index().round(DIGITS)
    first = table.scores.groupby("pert")["id"].first().sort_index()
    return ExpressionOutcome(
        tuple(map(str, by_pert.index)), by_pert.to_numpy(dtype=float), tuple(first)
    )
