"""The formulas of all metrics in one line each, in the symbols that the methods page explains."""

# ruff: noqa: RUF001  (the minus and the times of typography are meant)

CLASSIFICATION = {
    "auroc_per_gene": "mean over genes g of U(g) / (n1(g) n0(g))",
    "auroc_per_perturbation": "mean over perturbations p of U(p) / (n1(p) n0(p))",
    "auroc_pooled": "U / (n1 n0) over all questions",
    "average_precision": "sum over thresholds of (recall gained) × precision",
    "balanced_accuracy": "(recall of positives + recall of negatives) / 2",
    "mcc": "(TP TN − FP FN) / √((TP+FP)(TP+FN)(TN+FP)(TN+FN))",
    "brier": "mean of (s − y)²",
    "ece": "sum over bins of (share of answers) × |mean s − mean y|",
}

EXPRESSION = {
    "mae_top20": "mean of |x − x̂| over T20",
    "mse_top20": "mean of (x − x̂)² over T20",
    "pearson_delta_top20": "corr(x − c, x̂ − c) over T20",
    "mae_top20_no_target": "mean of |x − x̂| over T20 without the perturbed gene",
    "mse_top20_no_target": "mean of (x − x̂)² over T20 without the perturbed gene",
    "pearson_delta_top20_no_target": "corr(x − c, x̂ − c) over T20 without the perturbed gene",
    "mae_top50": "mean of |x − x̂| over T50",
    "mae_top100": "mean of |x − x̂| over T100",
    "mae_all": "mean of |x − x̂| over all genes",
    "mse_all": "mean of (x − x̂)² over all genes",
    "pearson_delta_all": "corr(x − c, x̂ − c) over all genes",
    "pearson_delta_pert": "corr(x − m, x̂ − m) over all genes",
    "weighted_mse": "Σ w (x − x̂)²",
    "r2_weighted": "1 − Σ w (x − x̂)² / Σ w (D − Dw)², D = x − m, Dw = Σ w D",
    "pds": "1 − k / (n − 1), k the truths nearer to x̂ − c than its own by cosine, ties half",
    "centroid_accuracy": "share of other truths q with d(x̂, x) < d(x̂, x_q), ties half",
    "sign_agreement": "share of T20 in which x̂ − c has the sign of x − c",
    "overlap_top20": "|T20 ∩ genes of the largest |x̂ − c|| / |T20|",
    "systematic_share": "cos(x − c, m − c)",
    "mode_collapse": "mean distance between predictions / mean distance between truths",
    "fallback_rate": "replies replaced by m / all replies",
    "invented_rate": "names that no candidate has / all names given",
    "mean_k": "mean number of neighbors averaged",
}
