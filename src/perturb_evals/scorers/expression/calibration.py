"""What each metric can tell apart on a screen: figures and verdicts from reference scores."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from perturb_evals.metrics.expression.controls import bds, drf
from perturb_evals.metrics.expression.spec import EXPRESSION_METRICS, SCORES
from perturb_evals.metrics.intervals import PairedDifference, paired_difference
from perturb_evals.metrics.spec import MetricSpec
from perturb_evals.scorers.expression.reference_scores import Scores

Standing = Literal["better", "worse", "same"]
Floats = NDArray[np.float64]

ROUNDING = 1e-6
"""Scores that differ by a smaller share are the same: expression is kept in float32."""


@dataclass(frozen=True)
class Controls:
    """Both controls under one metric, with half of the cells as the truth.

    Attributes:
        negative: Mean score of the negative control.
        positive: Mean score of the positive control.
        drf: Dynamic range fraction; nan where the negative control is perfect or nothing is.
        bds: Bound discrimination score.
        difference: Positive minus negative control.
        blind_oracle: Mean score of the oracle that saw the other half.
        blind_difference: That oracle minus the negative control.
    """

    negative: float
    positive: float
    drf: float
    bds: float
    difference: PairedDifference
    blind_oracle: float
    blind_difference: PairedDifference


@dataclass(frozen=True)
class MetricCalibration:
    """What one metric can tell apart.

    Attributes:
        spec: The metric.
        means: The mean score of each reference.
        differences: Each reference but the mean, minus the mean, on the same perturbations.
        controls: Both controls; None where the screen has no halves.
    """

    spec: MetricSpec
    means: dict[str, float]
    differences: dict[str, PairedDifference]
    controls: Controls | None

    def standing(self, reference: str) -> Standing:
        """Say where a reference stands against the mean: its 95% interval leaves out 0, or not."""
        return self._standing(self.differences[reference])

    def blind_standing(self) -> Standing | None:
        """Say where the oracle that saw the other half stands; None without halves."""
        return self._standing(self.controls.blind_difference) if self.controls else None

    @property
    def trusted(self) -> bool:
        """Whether the positive control is ahead: by its interval, and on more than half of all.

        The 95% interval of positive minus negative leaves out 0 on the better side, and BDS is
        above .5. False without halves.
        """
        if self.controls is None:
            return False
        return self.controls.bds > 0.5 and self._standing(self.controls.difference) == "better"

    def _standing(self, found: PairedDifference) -> Standing:
        if not (found.lower > 0 or found.upper < 0):
            return "same"
        return "better" if (found.mean > 0) == (self.spec.better == "higher") else "worse"


def calibrate(
    references: Mapping[str, Scores], controls: Mapping[str, Scores] | None
) -> dict[str, MetricCalibration]:
    """Compare the references, and the controls, under every metric that has a direction.

    Args:
        references: Of `reference_scores`.
        controls: Of `control_scores`.

    Returns:
        The figures of each metric, by name, the headline first.
    """
    specs = [EXPRESSION_METRICS[name] for name in SCORES]
    return {
        spec.name: MetricCalibration(
            spec,
            {name: float(scores[spec.name].mean()) for name, scores in references.items()},
            {
                name: _compared(scores[spec.name], references["mean"][spec.name])
                for name, scores in references.items()
                if name != "mean"
            },
            None if controls is None else _controls(spec, controls),
        )
        for spec in specs
        if spec.better is not None
    }


def _controls(spec: MetricSpec, scores: Mapping[str, Scores]) -> Controls:
    assert spec.better is not None
    negative, positive, blind, perfect = (
        scores[name][spec.name] for name in ("negative", "positive", "blind_oracle", "perfect")
    )
    positive, blind = _tied(positive, negative), _tied(blind, negative)
    return Controls(
        negative=float(negative.mean()),
        positive=float(positive.mean()),
        drf=drf(negative, positive, float(perfect.mean())),
        bds=bds(negative, positive, spec.better),
        difference=_compared(positive, negative),
        blind_oracle=float(blind.mean()),
        blind_difference=_compared(blind, negative),
    )


def _tied(scores: Floats, base: Floats) -> Floats:
    """Replace scores that differ from the base by no more than rounding."""
    return np.where(np.isclose(scores, base, rtol=ROUNDING, atol=ROUNDING**2), base, scores)


def _compared(scores: Floats, base: Floats) -> PairedDifference:
    return paired_difference(_tied(scores, base), base)
