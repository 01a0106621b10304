"""The metrics of pairs: a row each, in the order of the methods page."""

# ruff: noqa: RUF001  (the minus and the times of typography are meant)

import math

from perturb_evals.metrics.spec import MetricSpec

AUROC = "perturb_evals.metrics.pairs.auroc"
CLASSIFICATION = "perturb_evals.metrics.pairs.classification"

PAIR_METRICS: dict[str, MetricSpec] = {
    spec.name: spec
    for spec in (
        MetricSpec(
            name="auroc_per_gene",
            better="higher",
            formula="mean over genes g of U(g) / (n1(g) n0(g))",
            summary="Mean over readout genes of the AUROC among that gene's perturbations.",
            perfect=1.0,
            constant=0.5,
            all_abstained=0.5,
            limits="No value: no gene with both classes.",
            interval=True,
            takes_abstention=True,
            module=AUROC,
        ),
        MetricSpec(
            name="auroc_per_perturbation",
            better="higher",
            formula="mean over perturbations p of U(p) / (n1(p) n0(p))",
            summary="Mean over perturbations of the AUROC among that perturbation's genes.",
            perfect=1.0,
            constant=0.5,
            all_abstained=0.5,
            limits="No value: no perturbation with both classes.",
            takes_abstention=True,
            module=AUROC,
        ),
        MetricSpec(
            name="auroc_pooled",
            better="higher",
            formula="U / (n1 n0) over all questions",
            summary="AUROC over all rows at once; largely answered by gene frequency alone.",
            perfect=1.0,
            constant=0.5,
            all_abstained=0.5,
            limits="No value: one class.",
            across_genes=True,
            takes_abstention=True,
            module=AUROC,
        ),
        MetricSpec(
            name="average_precision",
            better="higher",
            formula="sum over thresholds of (recall gained) × precision",
            summary="Mean precision over the positives; abstained rows are retrieved last.",
            perfect=1.0,
            limits="No value: one class.",
            across_genes=True,
            module=CLASSIFICATION,
        ),
        MetricSpec(
            name="balanced_accuracy",
            better="higher",
            formula="(recall of positives + recall of negatives) / 2",
            summary="Mean recall of the two classes at .5; an abstention is half right.",
            perfect=1.0,
            constant=0.5,
            all_abstained=0.5,
            limits="No value: one class.",
            across_genes=True,
            module=CLASSIFICATION,
        ),
        MetricSpec(
            name="mcc",
            better="higher",
            formula="(TP TN − FP FN) / √((TP+FP)(TP+FN)(TN+FP)(TN+FN))",
            summary="Matthews correlation at .5; an abstention is half Yes, half No.",
            perfect=1.0,
            constant=0.0,
            all_abstained=0.0,
            limits="No value: one class.",
            across_genes=True,
            module=CLASSIFICATION,
        ),
        MetricSpec(
            name="brier",
            better="lower",
            formula="mean of (s − y)²",
            summary="Mean squared error of the stated probability; an abstention counts as .5.",
            perfect=0.0,
            all_abstained=0.25,
            limits="No value: one class, or a score outside [0, 1].",
            across_genes=True,
            module=CLASSIFICATION,
        ),
        MetricSpec(
            name="ece",
            better="lower",
            formula="sum over bins of (share of answers) × |mean s − mean y|",
            summary="Mean gap of stated and observed rates over 10 equal-mass bins of answers.",
            perfect=0.0,
            all_abstained=math.nan,
            limits="No value: one class, no answered row, or a score outside [0, 1].",
            across_genes=True,
            module=CLASSIFICATION,
        ),
        MetricSpec(
            name="auroc_per_gene_answered",
            better="higher",
            formula="mean over genes g of U(g) / (n1(g) n0(g)), answered questions only",
            summary="The headline over the answered questions; it drops what was hard.",
            perfect=1.0,
            constant=0.5,
            all_abstained=math.nan,
            limits="No value: no gene with both classes among the answered.",
            module=AUROC,
        ),
        MetricSpec(
            name="gene_only_share",
            better=None,
            formula="Σ over genes g of n(g) (mean s of g − mean s)² / Σ (s − mean s)²",
            summary="Share of the variance of the answers that the readout gene alone explains.",
            constant=math.nan,
            all_abstained=math.nan,
            limits="No value: constant answers, or none. 0 is not expected by chance.",
            across_genes=True,
            module=CLASSIFICATION,
        ),
    )
}
