"""What every metric promises: direction, perfect and constant values, empty input."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from perturb_evals.metrics.pairs.auroc import auroc_per_gene, auroc_per_perturbation, auroc_pooled
from perturb_evals.metrics.pairs.classification import (
    average_precision,
    balanced_accuracy,
    brier,
    ece,
    mcc,
)
from perturb_evals.metrics.pairs.predictions import Predictions


@dataclass(frozen=True)
class MetricSpec:
    """One metric and its promises; the tests hold every row to them.

    Attributes:
        name: the name in logs and on the leaderboard.
        better: whether higher or lower values are better.
        perfect: the value of scores equal to the labels.
        constant: the value of any constant score, or None where it depends on the data.
        all_abstained: the value when every row abstained, or None where it depends on the data;
            nan where it is undefined.
        undefined: when the value is nan. Where it says "one class", also for no rows at all.
        summary: one sentence for readers of the results.
        function: from the table of predictions to the value.
    """

    name: str
    better: Literal["higher", "lower"]
    perfect: float
    constant: float | None
    all_abstained: float | None
    undefined: str
    summary: str
    function: Callable[[Predictions], float]


CLASSIFICATION_METRICS: dict[str, MetricSpec] = {
    spec.name: spec
    for spec in (
        MetricSpec(
            name="auroc_per_gene",
            better="higher",
            perfect=1.0,
            constant=0.5,
            all_abstained=0.5,
            undefined="no gene with both classes",
            summary="Mean over readout genes of the AUROC among that gene's perturbations.",
            function=auroc_per_gene,
        ),
        MetricSpec(
            name="auroc_per_perturbation",
            better="higher",
            perfect=1.0,
            constant=0.5,
            all_abstained=0.5,
            undefined="no perturbation with both classes",
            summary="Mean over perturbations of the AUROC among that perturbation's genes.",
            function=auroc_per_perturbation,
        ),
        MetricSpec(
            name="auroc_pooled",
            better="higher",
            perfect=1.0,
            constant=0.5,
            all_abstained=0.5,
            undefined="one class",
            summary="AUROC over all rows at once; largely answered by gene frequency alone.",
            function=auroc_pooled,
        ),
        MetricSpec(
            name="average_precision",
            better="higher",
            perfect=1.0,
            constant=None,
            all_abstained=None,
            undefined="one class",
            summary="Mean precision over the positives; abstained rows are retrieved last.",
            function=average_precision,
        ),
        MetricSpec(
            name="balanced_accuracy",
            better="higher",
            perfect=1.0,
            constant=0.5,
            all_abstained=0.5,
            undefined="one class",
            summary="Mean recall of the two classes at .5; an abstention is half right.",
            function=balanced_accuracy,
        ),
        MetricSpec(
            name="mcc",
            better="higher",
            perfect=1.0,
            constant=0.0,
            all_abstained=0.0,
            undefined="one class",
            summary="Matthews correlation at .5; an abstention is half Yes, half No.",
            function=mcc,
        ),
        MetricSpec(
            name="brier",
            better="lower",
            perfect=0.0,
            constant=None,
            all_abstained=0.25,
            undefined="one class, or a score outside [0, 1]",
            summary="Mean squared error of the stated probability; an abstention counts as .5.",
            function=brier,
        ),
        MetricSpec(
            name="ece",
            better="lower",
            perfect=0.0,
            constant=None,
            all_abstained=float("nan"),
            undefined="one class, no answered row, or a score outside [0, 1]",
            summary="Mean gap of stated and observed rates over 10 equal-mass bins of answers.",
            function=ece,
        ),
    )
}
