"""The page of methods: every metric with its formula, direction and limits, and every column."""

import math

from perturb_evals.families.outcome import RESAMPLES
from perturb_evals.leaderboard.comparison import MOST_COMPARED
from perturb_evals.leaderboard.site.columns import methods as columns
from perturb_evals.leaderboard.site.page import Page
from perturb_evals.leaderboard.site.table import Cell, PageTable, TableRow, page_table, text
from perturb_evals.leaderboard.text import MISSING
from perturb_evals.metrics.expression.spec import EXPRESSION_METRICS, paper_se_of
from perturb_evals.metrics.pairs.spec import PAIR_METRICS
from perturb_evals.metrics.spec import MetricSpec

QUESTIONS = (
    columns.METRIC_NAME,
    columns.SUMMARY,
    columns.FORMULA,
    columns.BETTER,
    columns.PERFECT,
    columns.CONSTANT,
    columns.ABSTAINED,
    columns.UNDEFINED,
)
EXPRESSION = (
    columns.METRIC_NAME,
    columns.SUMMARY,
    columns.FORMULA,
    columns.BETTER,
    columns.PERFECT,
    columns.CONSTANT,
    columns.MEAN_EFFECT,
    columns.NO_CHANGE,
    columns.UNDEFINED,
)
COUNTED = (columns.METRIC_NAME, columns.SUMMARY)
NO_RANK = "describes, does not rank"

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
    "n_unlike_screen": "Expression: predicted vectors that do not follow the control, as the "
    "training perturbations do (in a screen of changes: the sizes of theirs by gene).",
    "n_other_scale": "Expression: predicted vectors that follow the control at another scale.",
    "n_target_unmeasured": "Expression: replies whose target gene the screen did not measure.",
}
"""What a log counts beside its metrics, by name; `*` stands for a reason or a kind."""


def methods_page_of() -> Page:
    """Return the page; it is the same for all logs."""
    tables = {"questions": _questions(), "expression": _expression(), "counts": _counts()}
    return Page(
        file="methods.html",
        template="methods.html",
        title="Methods",
        values={
            **tables,
            "explained": [(column.label, column.about) for column in columns.EXPLAINED],
            "resamples": RESAMPLES,
            "most_compared": MOST_COMPARED,
        },
        tables=tuple(tables.values()),
    )


def _questions() -> PageTable:
    rows = [
        TableRow(
            (
                *_said(spec, note=f"{spec.name}_scored_rows where questions=scored"),
                *map(_known, (spec.perfect, spec.constant, spec.all_abstained)),
                text(spec.limits),
            )
        )
        for spec in PAIR_METRICS.values()
    ]
    return page_table("metrics-questions", "Metrics of questions", QUESTIONS, rows)


def _expression() -> PageTable:
    folds = [paper_se_of(spec.name) for spec in EXPRESSION_METRICS.values() if spec.paper_se]
    rows = [
        TableRow(
            (
                *_said(spec),
                *map(_known, (spec.perfect, spec.constant, spec.mean_effect, spec.no_change)),
                text(spec.limits),
            )
        )
        for spec in (*EXPRESSION_METRICS.values(), *folds)
    ]
    return page_table("metrics-expression", "Metrics of expression", EXPRESSION, rows)


def _said(spec: MetricSpec, note: str = "") -> tuple[Cell, ...]:
    """Return the cells of a metric's name, what it is, its formula and direction.

    Args:
        spec: The metric.
        note: Its name where questions were selected, for one that compares rows of several genes.
    """
    return (
        text(spec.name, note=note if spec.across_genes else ""),
        text(spec.summary.replace("`", "")),
        text(spec.formula),
        text(spec.better or NO_RANK),
    )


def _counts() -> PageTable:
    rows = [TableRow((text(name), text(said))) for name, said in COUNTS.items()]
    return page_table("metrics-counts", "Counts and rates of a log", COUNTED, rows)


def _known(value: float | None) -> Cell:
    if value is None or math.isnan(value):
        return Cell(MISSING, (None,))
    return Cell(f"{value:g}", (value,), value)
