"""What a system got on every question or perturbation of a board, in one order for all systems."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from perturb_evals.metrics.intervals import FEWEST, resample_weights, weighted_means
from perturb_evals.metrics.pairs.predictions import Predictions
from perturb_evals.metrics.significance import randomised_mean_test

Floats = NDArray[np.float64]
Better = Literal["higher", "lower"]

RESAMPLES, SEED = 2000, 0


def shared_weights(n_perturbations: int) -> NDArray[np.int64]:
    """Return (resamples, n_perturbations) how often each perturbation is drawn.

    They are those of the intervals in logs, so that a number has one interval wherever it stands.
    """
    return resample_weights(n_perturbations, resamples=RESAMPLES, seed=SEED)


class Outcome(ABC):
    """A system's outcome on a board. Two outcomes with the same `units` can be paired.

    Attributes:
        units: What was asked, sorted: `PERT>GENE` for questions, or the names of perturbations.
        sample_ids: The sample that each unit was asked in, the first where there were several;
            empty strings where no sample was.
    """

    units: tuple[str, ...]
    sample_ids: tuple[str, ...]

    @property
    @abstractmethod
    def perturbations(self) -> tuple[str, ...]:
        """Names of the perturbations, which are what is resampled, sorted."""

    @property
    @abstractmethod
    def value(self) -> float:
        """The headline; nan where it is undefined."""

    @abstractmethod
    def resampled(self, weights: NDArray[np.int64]) -> Floats:
        """Return the headline under weights (resamples, perturbations), by sorted perturbation."""

    @abstractmethod
    def randomised_p(self, other: "Outcome") -> float:
        """Return the two-sided p of no difference to another system's outcome on the same units.

        Raises:
            ValueError: The two cannot be paired.
        """

    @property
    @abstractmethod
    def credit(self) -> Floats:
        """(units,) what each unit got, by which systems are held against each other; nan for none.

        A share in [0, 1], or a score in the headline's own unit.
        """

    @abstractmethod
    def won(self, other: "Outcome", better: Better) -> tuple[int, int, int, int]:
        """Return how many units only this one got, only the other, both (or ties), and neither."""

    @property
    def asked(self) -> tuple[tuple[str, ...], bytes]:
        """The units with their labels, where logs hold any: the same for all systems of a board."""
        return self.units, b""

    @property
    def n_perturbations(self) -> int:
        """Number of perturbations."""
        return len(self.perturbations)

    @property
    def n_effective(self) -> float:
        """How many perturbations with as many units each say as much as these."""
        return float(self.n_perturbations)

    @cached_property
    def drawn(self) -> Floats:
        """The headline in each of the resamples that all systems of a board share.

        nan in all of them with fewer than `FEWEST` perturbations: no interval, then, and no rank.
        """
        if self.n_perturbations < FEWEST:
            return np.full(RESAMPLES, np.nan)
        return self.resampled(shared_weights(self.n_perturbations))

    @property
    def companion(self) -> "Outcome | None":
        """What stands beside the headline, on the same units; None where the family has none."""
        return None

    @property
    def stated(self) -> Predictions | None:
        """Scores with the label of each question, where a log holds labels; None elsewhere."""
        return None

    @property
    def n_pairs(self) -> NDArray[np.int64]:
        """(units,) how many comparisons the credit of a unit is a mean over; 0 for none."""
        return np.zeros(len(self.units), dtype=np.int64)

    @property
    def genes(self) -> Mapping[str, tuple[str, ...]]:
        """The symbol that each unit is about, in each of its parts; the parts in the singular."""
        return {}

    def among(self, kept: NDArray[np.bool_]) -> "Outcome":
        """Return the outcome on some of its units, one at least, in their order.

        Raises:
            ValueError: `genes` names nothing, so that nobody can choose among its units.
        """
        raise ValueError("This outcome cannot be cut by genes, as it names none.")

    def truth(self, row: int, task: str) -> str:
        """Return the true answer of a unit in a word; empty where a log holds none."""
        return ""

    def answer(self, row: int) -> str:
        """Return what was answered; empty where that is no word or number."""
        return ""


@dataclass(frozen=True, eq=False)
class MeanOutcome(Outcome):
    """A score a perturbation, whose mean is the headline; units sorted.

    Attributes:
        scores: (units,) means over repeats and epochs.
        beside: The companion of the headline.
    """

    units: tuple[str, ...]
    scores: Floats
    sample_ids: tuple[str, ...]
    beside: "MeanOutcome | None" = None

    @property
    def companion(self) -> "MeanOutcome | None":
        """The same of another score, where one stands beside the headline."""
        return self.beside

    @property
    def perturbations(self) -> tuple[str, ...]:
        """Names of the perturbations, sorted."""
        return self.units

    @property
    def genes(self) -> Mapping[str, tuple[str, ...]]:
        """The perturbations themselves."""
        return {"perturbation": self.units}

    def among(self, kept: NDArray[np.bool_]) -> "MeanOutcome":
        """Return the scores of some perturbations."""
        return MeanOutcome(
            tuple(np.array(self.units)[kept]),
            self.scores[kept],
            tuple(np.array(self.sample_ids)[kept]),
            self.beside and self.beside.among(kept),
        )

    @property
    def value(self) -> float:
        """Mean over perturbations."""
        return float(self.scores.mean())

    def resampled(self, weights: NDArray[np.int64]) -> Floats:
        """Return the mean in each resample; nan in one that drew none of the perturbations."""
        return weighted_means(weights, self.scores)

    def randomised_p(self, other: Outcome) -> float:
        """Return the p from swapping both systems' scores by perturbation."""
        return randomised_mean_test(self.scores, other.credit)

    @property
    def credit(self) -> Floats:
        """The scores."""
        return self.scores

    def won(self, other: Outcome, better: Better) -> tuple[int, int, int, int]:
        """Return on how many perturbations this one is better, the other, how many tie, and 0."""
        above, below = self.scores > other.credit, self.scores < other.credit
        won, lost = (above, below) if better == "higher" else (below, above)
        return int(won.sum()), int(lost.sum()), int((~won & ~lost).sum()), 0
