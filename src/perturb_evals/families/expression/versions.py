"""Metric versions of predicted expression: what an older one computed otherwise.

Old logs are ranked on boards of their own and never scored again into a later version: a log holds
no predicted vector, so that some could be and others not.
"""

from perturb_evals.families.board import OlderMetrics, Parts

WITH_INTERVALS = (
    *("mae_top20", "mse_top20", "pearson_delta_top20"),
    *("pearson_delta_pert", "weighted_mse", "pds"),
)

OLDER = {
    1: OlderMetrics(
        "metric version 1, not ranked with later runs",
        "These runs are of metric version 1, in which the perturbed gene itself counts in "
        "pearson_delta_pert, weighted_mse, r2_weighted, sign_agreement and overlap_top20, and the "
        "panel's targets in centroid_accuracy: a predictor that knows nothing but the knock-down "
        "gains there. Since version 2 they are left out, and a prediction that is the control but "
        "for rounding is no change. Runs of later versions stand on boards of their own. The "
        "headline, and the other scores with and without the perturbed gene, are the same in both.",
        frozenset(
            {
                *("mae_top50_no_target", "mae_top100_no_target", "mae_all_no_target"),
                *("mse_all_no_target", "pearson_delta_all_no_target"),
                *("pearson_delta_pert", "weighted_mse", "r2_weighted", "centroid_accuracy"),
                *("sign_agreement", "overlap_top20", "systematic_share", "mse_unbiased"),
                *("counts", "projection", "true_projection"),
            }
        ),
        # The resamples of headers are now those of boards.
        frozenset(f"{name}_{end}" for name in WITH_INTERVALS for end in ("lower", "upper")),
    ),
}
"""By number of the version."""


def older_metrics(board: Parts) -> OlderMetrics | None:
    """Return what sets a board of an older version apart; None for today's, or one unknown."""
    return OLDER.get(version) if isinstance(version := board.get("metric_version"), int) else None
