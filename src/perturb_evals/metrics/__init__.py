"""Pure NumPy metrics, each with a row that says what it promises; nothing here knows Inspect.

docs/python.md lists them. `PAIR_METRICS` and `EXPRESSION_METRICS` hold the rows by name.
"""

from typing import TYPE_CHECKING

from perturb_evals._lazy import lazy_names

if TYPE_CHECKING:
    from perturb_evals.metrics.expression.collapse import mode_collapse
    from perturb_evals.metrics.expression.controls import (
        bds,
        drf,
        interpolated_duplicate,
        normalised,
    )
    from perturb_evals.metrics.expression.regression import FoldTruth
    from perturb_evals.metrics.expression.spec import EXPRESSION_METRICS
    from perturb_evals.metrics.expression.weighted import gene_weights, z_others
    from perturb_evals.metrics.intervals import bootstrap_mean, paired_difference, paper_se
    from perturb_evals.metrics.pairs.auroc import (
        auroc_of_groups,
        auroc_per_gene,
        auroc_per_gene_answered,
        auroc_per_perturbation,
        auroc_pooled,
        question_credit,
    )
    from perturb_evals.metrics.pairs.classification import (
        average_precision,
        balanced_accuracy,
        brier,
        ece,
        gene_only_share,
        mcc,
    )
    from perturb_evals.metrics.pairs.differences import (
        paired_auroc_difference,
        randomised_auroc_test,
    )
    from perturb_evals.metrics.pairs.intervals import bootstrap_auroc_per_gene
    from perturb_evals.metrics.pairs.predictions import Predictions
    from perturb_evals.metrics.pairs.spec import PAIR_METRICS
    from perturb_evals.metrics.significance import (
        detectable_difference,
        holm,
        randomised_mean_test,
    )
    from perturb_evals.metrics.spec import MetricSpec

__all__ = [
    "EXPRESSION_METRICS",
    "PAIR_METRICS",
    "FoldTruth",
    "MetricSpec",
    "Predictions",
    "auroc_of_groups",
    "auroc_per_gene",
    "auroc_per_gene_answered",
    "auroc_per_perturbation",
    "auroc_pooled",
    "average_precision",
    "balanced_accuracy",
    "bds",
    "bootstrap_auroc_per_gene",
    "bootstrap_mean",
    "brier",
    "detectable_difference",
    "drf",
    "ece",
    "gene_only_share",
    "gene_weights",
    "holm",
    "interpolated_duplicate",
    "mcc",
    "mode_collapse",
    "normalised",
    "paired_auroc_difference",
    "paired_difference",
    "paper_se",
    "question_credit",
    "randomised_auroc_test",
    "randomised_mean_test",
    "z_others",
]
__getattr__, __dir__ = lazy_names(
    __name__,
    __all__,
    [
        "spec",
        "pairs.spec",
        "pairs.predictions",
        "pairs.auroc",
        "pairs.classification",
        "pairs.intervals",
        "pairs.differences",
        "intervals",
        "significance",
        "expression.spec",
        "expression.regression",
        "expression.weighted",
        "expression.collapse",
        "expression.controls",
    ],
)
