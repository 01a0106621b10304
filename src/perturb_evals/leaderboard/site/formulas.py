"""All metrics in one line each: formulas in the symbols of the methods page, counts in words."""

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
    "auroc_per_gene_answered": "mean over genes g of U(g) / (n1(g) n0(g)), answered questions only",
    "gene_only_share": "Σ over genes g of n(g) (mean s of g − mean s)² / Σ (s − mean s)²",
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
    "paper_se": "√(Σ (mean of a fold − their mean)² / (folds − 1)) / √folds",
}

COUNTS = {
    "coverage": "Questions: share of replies that gave an answer.",
    "abstained_*": "Questions: share of replies without one, by reason.",
    "read_from_*": "Questions: share of replies whose answer was read so: from text, from log "
    "probabilities, or as a number.",
    "genes_per_resample": "Questions: mean number of genes with both classes in a resample.",
    "n_questions": "Questions, or samples of a screen, with a score.",
    "n_missing": "Those without: an error, or left out. Such a run is not complete.",
    "n_genes_scored": "Questions: genes with both classes, which alone count per gene.",
    "n_perturbations": "Perturbations.",
    "n_fallback_*": "Expression: replies replaced by the training mean, by reason.",
    "n_read_from_*": "Expression: replies whose names stood in a bare list, or were cut off.",
    "n_dropped_*": "Expression: names that were dropped, by reason.",
    "n_found_by_*": "Expression: names found in other letter case, or as an alias.",
    "n_reasks": "Expression: how often a model was asked again, as no name was usable.",
    "n_invented_before_reask": "Expression: invented names in answers that did not count.",
    "n_unusable_entries": "Expression: entries of lists that are no names.",
    "n_few_ranked": "Expression: replies whose perturbation has fewer than 20 changed genes.",
    "n_undefined_*": "Expression: replies whose score follows from the convention under Limits.",
    "n_only_target_ranked": "Expression: replies where no gene but the target is among the top 20.",
    "n_target_unmeasured": "Expression: replies whose target gene the screen did not measure.",
}
"""What a log counts beside its metrics, by name; `*` stands for a reason or a kind."""
