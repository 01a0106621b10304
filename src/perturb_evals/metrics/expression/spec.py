"""The metrics of expression: a row each, in the order of the logs.

Values are means over a fold's perturbations; symbols as on the methods page and in docs/python.md.
"""

# ruff: noqa: RUF001  (the minus of typography is meant)

from dataclasses import replace

from perturb_evals.metrics.spec import MetricSpec

NO_TARGET = "_no_target"
"""What the name of a score ends with that leaves the perturbed gene out of one that counts it.

Papers count it, and a predictor that knows of nothing else gains by it. So every such score has one
without it beside it, and no other score counts it.
"""

_CHANGED = "Fewer than {k} changed genes: those there are."
_TARGET_STAYS = "No other changed gene: the target stays."
_CONSTANT = "0 where truth or prediction is constant."


def _with_and_without(plain: MetricSpec, without: str, limits: str = "") -> tuple[MetricSpec, ...]:
    """Return a score as papers have it, and the same without the perturbed gene, beside it."""
    return (
        plain,
        replace(
            plain,
            name=f"{plain.name}{NO_TARGET}",
            formula=f"{plain.formula} without the perturbed gene",
            summary=f"`{plain.name}`, the perturbed gene left out{without}.",
            limits=limits,
            paper_se=False,
        ),
    )


def _of_top(plain: MetricSpec) -> tuple[MetricSpec, ...]:
    limits = "0 where constant; no other changed gene: the target stays."
    limits = _TARGET_STAYS if plain.better == "lower" else limits
    k = plain.name.rpartition("top")[2]
    return _with_and_without(plain, f" before the {k} are taken", limits)


_OF_A_PERTURBATION = (
    *_of_top(
        MetricSpec(
            name="mae_top20",
            better="lower",
            formula="mean of |x − x̂| over T20",
            summary="Mean absolute error over the 20 most changed genes; the headline.",
            perfect=0.0,
            limits=_CHANGED.format(k=20),
            interval=True,
            paper_se=True,
        )
    ),
    *_of_top(
        MetricSpec(
            name="mse_top20",
            better="lower",
            formula="mean of (x − x̂)² over T20",
            summary="Mean squared error over the 20 most changed genes.",
            perfect=0.0,
            limits=_CHANGED.format(k=20),
            interval=True,
            paper_se=True,
        )
    ),
    *_of_top(
        MetricSpec(
            name="pearson_delta_top20",
            better="higher",
            formula="corr(x − c, x̂ − c) over T20",
            summary="Correlation of the changes against control over the top 20 genes.",
            perfect=1.0,
            no_change=0.0,
            limits=_CONSTANT,
            interval=True,
            paper_se=True,
        )
    ),
    *_of_top(
        MetricSpec(
            name="mae_top50",
            better="lower",
            formula="mean of |x − x̂| over T50",
            summary="Mean absolute error over the 50 most changed genes.",
            perfect=0.0,
            limits=_CHANGED.format(k=50),
        )
    ),
    *_of_top(
        MetricSpec(
            name="mae_top100",
            better="lower",
            formula="mean of |x − x̂| over T100",
            summary="Mean absolute error over the 100 most changed genes.",
            perfect=0.0,
            limits=_CHANGED.format(k=100),
        )
    ),
    *_with_and_without(
        MetricSpec(
            name="mae_all",
            better="lower",
            formula="mean of |x − x̂| over all genes",
            summary="Mean absolute error over all genes.",
            perfect=0.0,
        ),
        "",
    ),
    *_with_and_without(
        MetricSpec(
            name="mse_all",
            better="lower",
            formula="mean of (x − x̂)² over all genes",
            summary="Mean squared error over all genes.",
            perfect=0.0,
        ),
        "",
    ),
    *_with_and_without(
        MetricSpec(
            name="pearson_delta_all",
            better="higher",
            formula="corr(x − c, x̂ − c) over all genes",
            summary="Correlation of the changes over all genes; rewards the shared shift.",
            perfect=1.0,
            no_change=0.0,
            limits=_CONSTANT,
        ),
        "",
        _CONSTANT,
    ),
    MetricSpec(
        name="pearson_delta_pert",
        better="higher",
        formula="corr(x − m, x̂ − m) over all genes but the panel's targets",
        summary="Correlation of the differences from the training mean, no target among the genes.",
        perfect=1.0,
        mean_effect=0.0,
        limits="0 where truth or prediction is constant, as is the mean itself.",
        interval=True,
    ),
    MetricSpec(
        name="weighted_mse",
        better="lower",
        formula="Σ w (x − x̂)², w of the perturbed gene 0",
        summary="Squared error weighted by how specific a gene's change is; not of the own gene.",
        perfect=0.0,
        interval=True,
    ),
    MetricSpec(
        name="r2_weighted",
        better="higher",
        formula="1 − Σ w (x − x̂)² / Σ w (D − Dw)², D = x − m, Dw = Σ w D, the same w",
        summary="Weighted R^2 about the training mean; not bounded below.",
        perfect=1.0,
        limits="0 where the truth has no weighted spread about the training mean.",
    ),
    MetricSpec(
        name="pds",
        better="higher",
        formula="1 − k / (n − 1), k the truths nearer to x̂ − c than its own by cosine, ties half",
        summary="Rank of the own truth by cosine, without the panel's targets.",
        perfect=1.0,
        constant=0.5,
        mean_effect=0.5,
        no_change=0.5,
        limits=".5 where no change is predicted, or no other truth exists.",
        interval=True,
    ),
    MetricSpec(
        name="centroid_accuracy",
        better="higher",
        formula="share of other truths q with d(x̂, x) < d(x̂, x_q), ties half",
        summary="Share of the other truths that are farther, without the panel's targets.",
        perfect=1.0,
        constant=0.5,
        mean_effect=0.5,
        no_change=0.5,
        limits=".5 where no other truth exists, or every gene is a target.",
    ),
    MetricSpec(
        name="sign_agreement",
        better="higher",
        formula="share of T20 without the perturbed gene in which x̂ − c has the sign of x − c",
        summary="Share of the top 20 other genes whose direction of change is right.",
        perfect=1.0,
        no_change=0.5,
        limits="A predicted change of 0 counts one half. " + _TARGET_STAYS,
    ),
    MetricSpec(
        name="overlap_top20",
        better="higher",
        formula="|T20 ∩ genes of the largest |x̂ − c|| / |T20|, both without the perturbed gene",
        summary="Share of the top 20 other genes that are among the largest predicted changes.",
        no_change=0.0,
        limits="A predicted change of 0 is not ranked; tied genes share the last places.",
    ),
    MetricSpec(
        name="systematic_share",
        better=None,
        formula="cos(x − c, m − c) without the perturbed gene",
        summary="Cosine of true change and shared shift: a fact of the data.",
        limits="0 where the training mean equals the control.",
    ),
)

_OF_HALVES = (
    MetricSpec(
        name="mse_unbiased",
        better="lower",
        formula="mean of (x₁ − x̂)(x₂ − x̂) over all genes without the perturbed gene",
        summary="Squared error without what the noise of the truth adds to it.",
        limits="Only where a screen has two halves. Below 0 for what has read the truth's noise.",
    ),
)

_OF_A_RUN = (
    MetricSpec(
        name="mode_collapse",
        better=None,
        formula="mean distance between predictions / mean distance between truths",
        summary="Mean distance between predictions over that between truths.",
        perfect=1.0,
        constant=0.0,
        mean_effect=0.0,
        no_change=0.0,
        limits="Not a number where all truths are the same.",
    ),
    MetricSpec(
        name="fallback_rate",
        better="lower",
        formula="replies replaced by m / all replies",
        summary="Share of replies for which the training mean had to stand in.",
        perfect=0.0,
    ),
    MetricSpec(
        name="invented_rate",
        better="lower",
        formula="names that no candidate has / all names given",
        summary="Share of the names given that are no training perturbation.",
        perfect=0.0,
    ),
    MetricSpec(
        name="mean_k",
        better=None,
        formula="mean number of neighbors averaged",
        summary="Mean number of neighbors that were averaged.",
    ),
)

SCORES = tuple(spec.name for spec in _OF_A_PERTURBATION)
"""What `FoldTruth` scores, for each perturbation."""

WITH_HALVES = tuple(spec.name for spec in _OF_HALVES)
"""What `FoldTruth` scores besides where it knows two halves of each truth."""

EXPRESSION_METRICS: dict[str, MetricSpec] = {
    spec.name: spec for spec in (*_OF_A_PERTURBATION, *_OF_HALVES, *_OF_A_RUN)
}
"""All results: those of `SCORES` and `WITH_HALVES`, then what the run adds."""


def paper_se_of(metric: str) -> MetricSpec:
    """Return the row of a metric's standard error over folds, see `paper_se`."""
    return MetricSpec(
        name=f"{metric}_paper_se",
        better=None,
        formula="√(Σ (mean of a fold − their mean)² / (folds − 1)) / √folds",
        summary=f"Standard error of {metric} over folds, as papers give it; no interval.",
        limits="No value: fewer than two folds.",
    )
