"""The page of methods: every metric with its formula, direction and limits, and every column."""

import math

from perturb_evals.leaderboard.resampling import RESAMPLES
from perturb_evals.leaderboard.site import columns, formulas
from perturb_evals.leaderboard.site.number_text import MISSING
from perturb_evals.leaderboard.site.page import Page
from perturb_evals.leaderboard.site.table import Cell, Table, TableRow, table_of, text
from perturb_evals.metrics.expression_spec import EXPRESSION_RESULTS
from perturb_evals.metrics.spec import CLASSIFICATION_METRICS

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


def methods_page_of() -> Page:
    """Return the page; it is the same for all logs."""
    tables = {"questions": _questions(), "expression": _expression()}
    return Page(
        file="methods.html",
        template="methods.html",
        title="Methods",
        values={
            **tables,
            "explained": [(column.label, column.about) for column in columns.EXPLAINED],
            "resamples": RESAMPLES,
        },
        tables=tuple(tables.values()),
    )


def _questions() -> Table:
    rows = [
        TableRow(
            (
                text(spec.name),
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
    return table_of("metrics-questions", "Metrics of questions", QUESTIONS, rows)


def _expression() -> Table:
    rows = [
        TableRow(
            (
                text(spec.name),
                text(spec.summary.replace("`", "")),
                text(formulas.EXPRESSION[spec.name]),
                text(spec.better or "describes, does not rank"),
                _known(spec.perfect),
                _known(spec.constant),
                _known(spec.mean_effect),
                _known(spec.no_change),
                text(spec.convention),
            )
        )
        for spec in EXPRESSION_RESULTS.values()
    ]
    return table_of("metrics-expression", "Metrics of expression", EXPRESSION, rows)


def _known(value: float | None) -> Cell:
    if value is None or math.isnan(value):
        return Cell(MISSING, (None,))
    return Cell(f"{value:g}", (value,), value)
