"""What every result of expression tasks promises: direction, perfect value, trivial predictors."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class ExpressionSpec:
    """One result and its promises; the tests hold every row of a score to them.

    Values are means over a fold's perturbations. None where the value depends on the data.

    Attributes:
        name: The name in logs and on the leaderboard.
        better: Whether higher or lower is better; None for results that describe and do not rank.
        summary: One sentence for readers of the results.
        perfect: The value of predictions equal to the truth.
        constant: The value of any one vector predicted for every perturbation.
        mean_effect: The value of the training mean, the negative control.
        no_change: The value of the control.
        convention: What is done where the formula has no value; empty where it always has one.
    """

    name: str
    better: Literal["higher", "lower"] | None
    summary: str
    perfect: float | None = None
    constant: float | None = None
    mean_effect: float | None = None
    no_change: float | None = None
    convention: str = ""


EXPRESSION_RESULTS: dict[str, ExpressionSpec] = {
    spec.name: spec
    for spec in (
        ExpressionSpec(
            name="mae_top20",
            better="lower",
            perfect=0.0,
            convention="Fewer than 20 changed genes: those there are.",
            summary="Mean absolute error over the 20 most changed genes; the headline.",
        ),
        ExpressionSpec(
            name="mse_top20",
            better="lower",
            perfect=0.0,
            convention="Fewer than 20 changed genes: those there are.",
            summary="Mean squared error over the 20 most changed genes.",
        ),
        ExpressionSpec(
            name="pearson_delta_top20",
            better="higher",
            perfect=1.0,
            no_change=0.0,
            convention="0 where truth or prediction is constant.",
            summary="Correlation of the changes against control over the top 20 genes.",
        ),
        ExpressionSpec(
            name="mae_top20_no_target",
            better="lower",
            perfect=0.0,
            convention="No other changed gene: the target stays.",
            summary="`mae_top20`, the perturbed gene left out before the 20 are taken.",
        ),
        ExpressionSpec(
            name="mse_top20_no_target",
            better="lower",
            perfect=0.0,
            convention="No other changed gene: the target stays.",
            summary="`mse_top20`, the perturbed gene left out before the 20 are taken.",
        ),
        ExpressionSpec(
            name="pearson_delta_top20_no_target",
            better="higher",
            perfect=1.0,
            no_change=0.0,
            convention="0 where constant; no other changed gene: the target stays.",
            summary="`pearson_delta_top20`, the perturbed gene left out before.",
        ),
        ExpressionSpec(
            name="mae_top50",
            better="lower",
            perfect=0.0,
            convention="Fewer than 50 changed genes: those there are.",
            summary="Mean absolute error over the 50 most changed genes.",
        ),
        ExpressionSpec(
            name="mae_top100",
            better="lower",
            perfect=0.0,
            convention="Fewer than 100 changed genes: those there are.",
            summary="Mean absolute error over the 100 most changed genes.",
        ),
        ExpressionSpec(
            name="mae_all",
            better="lower",
            perfect=0.0,
            summary="Mean absolute error over all genes.",
        ),
        ExpressionSpec(
            name="mse_all",
            better="lower",
            perfect=0.0,
            summary="Mean squared error over all genes.",
        ),
        ExpressionSpec(
            name="pearson_delta_all",
            better="higher",
            perfect=1.0,
            no_change=0.0,
            convention="0 where truth or prediction is constant.",
            summary="Correlation of the changes over all genes; rewards the shared shift.",
        ),
        ExpressionSpec(
            name="pearson_delta_pert",
            better="higher",
            perfect=1.0,
            mean_effect=0.0,
            convention="0 where truth or prediction is constant, as is the mean itself.",
            summary="Correlation of the differences from the training mean over all genes.",
        ),
        ExpressionSpec(
            name="weighted_mse",
            better="lower",
            perfect=0.0,
            summary="Squared error weighted by how specific a gene's change is.",
        ),
        ExpressionSpec(
            name="r2_weighted",
            better="higher",
            perfect=1.0,
            convention="0 where the truth has no weighted spread about the training mean.",
            summary="Weighted R^2 about the training mean; not bounded below.",
        ),
        ExpressionSpec(
            name="pds",
            better="higher",
            perfect=1.0,
            constant=0.5,
            mean_effect=0.5,
            no_change=0.5,
            convention=".5 where no change is predicted, or no other truth exists.",
            summary="Rank of the own truth by cosine, without the panel's targets.",
        ),
        ExpressionSpec(
            name="centroid_accuracy",
            better="higher",
            perfect=1.0,
            constant=0.5,
            mean_effect=0.5,
            no_change=0.5,
            convention=".5 where no other truth exists.",
            summary="Share of the other truths that are farther, by Euclidean distance.",
        ),
        ExpressionSpec(
            name="sign_agreement",
            better="higher",
            perfect=1.0,
            no_change=0.5,
            convention="A predicted change of 0 counts one half.",
            summary="Share of the top 20 genes whose direction of change is right.",
        ),
        ExpressionSpec(
            name="overlap_top20",
            better="higher",
            no_change=0.0,
            convention="A predicted change of 0 is not ranked; tied genes share the last places.",
            summary="Share of the top 20 genes that are among the largest predicted changes.",
        ),
        ExpressionSpec(
            name="systematic_share",
            better=None,
            convention="0 where the training mean equals the control.",
            summary="Cosine of true change and shared shift: a fact of the data.",
        ),
        ExpressionSpec(
            name="mode_collapse",
            better=None,
            perfect=1.0,
            constant=0.0,
            mean_effect=0.0,
            no_change=0.0,
            convention="Not a number where all truths are the same.",
            summary="Mean distance between predictions over that between truths.",
        ),
        ExpressionSpec(
            name="fallback_rate",
            better="lower",
            perfect=0.0,
            summary="Share of replies for which the training mean had to stand in.",
        ),
        ExpressionSpec(
            name="invented_rate",
            better="lower",
            perfect=0.0,
            summary="Share of the names given that are no training perturbation.",
        ),
        ExpressionSpec(
            name="mean_k",
            better=None,
            summary="Mean number of neighbors that were averaged.",
        ),
    )
}
"""Scores in the order of `metrics.expression.regression.SCORES`, then what the run adds."""
