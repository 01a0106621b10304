"""The page of methods: every metric with its formula, direction and limits, and every column."""

import math

from perturb_evals.families.outcome import RESAMPLES
from perturb_evals.leaderboard.comparison import MOST_COMPARED
from perturb_evals.leaderboard.site import formulas
from perturb_evals.leaderboard.site.columns import metrics as columns
from perturb_evals.leaderboard.site.page import Page
from perturb_evals.leaderboard.site.table import Cell, Table, TableRow, table_of, text
from perturb_evals.leaderboard.text import MISSING
from perturb_evals.metrics.expression.spec import EXPRESSION_RESULTS
from perturb_evals.metrics.pairs.spec import CLASSIFICATION_METRICS
from perturb_evals.scorers.expression.regression import WITH_PAPER_SE

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
NO_RANK = "describes, does not rank"
COUNTS = (columns.METRIC_NAME, columns.SUMMARY)

NOT_SUFFIXED = ("auroc_per_gene", "auroc_per_gene_answered", "auroc_per_perturbation")
"""Metrics of questions that bear the same name whether or not questions were selected."""


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


def _questions() -> Table:
    rows = [
        TableRow(
            (
                _name(spec.name),
                text(spec.summary),
                text(formulas.CLASSIFICATION[spec.name]),
                text(spec.better),
                _known(spec.perfect),
                _known(spec.constant),
                _known(spec.all_abstained),
                text(f"No value: {spec.undefined}."),
            )
        )
        for spec in CLASSIFICATION_METRICS.values()
    ]
    return table_of("metrics-questions", "Metrics of questions", QUESTIONS, [*rows, *_beside()])


def _beside() -> list[TableRow]:
    """Return the rows of what is reported of questions and has no place in the specification."""
    return [
        TableRow(
            (
                _name("auroc_per_gene_answered"),
                text("The headline over the answered questions; it drops what was hard."),
                text(formulas.CLASSIFICATION["auroc_per_gene_answered"]),
                text("higher"),
                _known(1.0),
                _known(0.5),
                _known(None),
                text("No value: no gene with both classes among the answered."),
            )
        ),
        TableRow(
            (
                _name("gene_only_share"),
                text("Share of the variance of the answers that the readout gene alone explains."),
                text(formulas.CLASSIFICATION["gene_only_share"]),
                text(NO_RANK),
                _known(None),
                _known(None),
                _known(None),
                text("No value: constant answers, or none. 0 is not expected by chance."),
            )
        ),
    ]


def _name(metric: str) -> Cell:
    """Return the name of a metric of questions, with the one it has where they were selected."""
    note = "" if metric in NOT_SUFFIXED else f"{metric}_scored_rows where questions=scored"
    return text(metric, note=note)


def _expression() -> Table:
    rows = [
        TableRow(
            (
                text(spec.name),
                text(spec.summary.replace("`", "")),
                text(formulas.EXPRESSION[spec.name]),
                text(spec.better or NO_RANK),
                _known(spec.perfect),
                _known(spec.constant),
                _known(spec.mean_effect),
                _known(spec.no_change),
                text(spec.convention),
            )
        )
        for spec in EXPRESSION_RESULTS.values()
    ]
    rows += [_paper_se(name) for name in WITH_PAPER_SE]
    return table_of("metrics-expression", "Metrics of expression", EXPRESSION, rows)


def _paper_se(metric: str) -> TableRow:
    return TableRow(
        (
            text(f"{metric}_paper_se"),
            text(f"Standard error of {metric} over folds, as papers give it; no interval."),
            text(formulas.EXPRESSION["paper_se"]),
            text(NO_RANK),
            *(_known(None) for _ in range(4)),
            text("No value: fewer than two folds."),
        )
    )


def _counts() -> Table:
    rows = [TableRow((text(name), text(said))) for name, said in formulas.COUNTS.items()]
    return table_of("metrics-counts", "Counts and rates of a log", COUNTS, rows)


def _known(value: float | None) -> Cell:
    if value is None or math.isnan(value):
        return Cell(MISSING, (None,))
    return Cell(f"{value:g}", (value,), value)
