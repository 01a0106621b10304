"""Columns about metrics, by name and value, and the columns that the page of methods explains.

Those without a cell are of the page of methods, which makes its cells itself.
"""

from perturb_evals.leaderboard.site.columns import compared, controls, known, runs, standings
from perturb_evals.leaderboard.site.table import Column, figure, figures, text

METRIC_NAME = Column("Metric", "Its name in logs.", ("metric",), lambda metric: text(metric[0]))
METRIC_VALUE = figures(
    "Value",
    "With its 95% interval where it has one.",
    "value",
    lambda metric: figure(metric[1]),
    legend=False,
)
SUMMARY = Column("What it is", "In a sentence.", ("summary",), wide=True)
FORMULA = Column("Formula", "In the symbols given above the table.", ("formula",), wide=True)
BETTER = Column("Better", "Direction.", ("better",))
PERFECT = Column("Perfect", "Value of perfect predictions.", ("perfect",), numeric=True)
CONSTANT = Column(
    "Constant",
    "Value of one constant answer; a dash where it depends on the data.",
    ("constant",),
    numeric=True,
)
ABSTAINED = Column(
    "All abstained",
    "Value when every question is left without an answer; a dash where it depends "
    "on the data or is undefined.",
    ("all_abstained",),
    numeric=True,
)
MEAN_EFFECT = Column(
    "Training mean",
    "Value of the training mean; a dash where it depends on the data.",
    ("mean_effect",),
    numeric=True,
)
NO_CHANGE = Column(
    "No change",
    "Value of predicting the control; a dash where it depends on the data.",
    ("no_change",),
    numeric=True,
)
UNDEFINED = Column(
    "Limits", "Where there is no value, or what is done there.", ("limits",), wide=True
)

EXPLAINED = tuple(
    column
    for module in (standings, controls, known, runs, compared)
    for column in vars(module).values()
    if isinstance(column, Column) and column.legend
)
"""Those with a legend, in the order of their modules."""
