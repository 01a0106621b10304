"""Columns about runs, their data and logs set aside, and about published numbers."""

from perturb_evals.leaderboard.site.columns.standings import published_value
from perturb_evals.leaderboard.site.table import Cell, Column, text
from perturb_evals.logs.headers import log_name

MINUTE = "%Y-%m-%d %H:%M"

MODEL = Column(
    "Model",
    "Name of the model; none/none for a method without one.",
    ("model",),
    lambda run: text(run.protocol.model, log=True),
)
SOLVER = Column(
    "Solver",
    "How answers were obtained.",
    ("solver",),
    lambda run: text(run.protocol.solver, log=True),
)
STATUS = Column(
    "Status",
    "How far the run came. Only complete runs are ranked.",
    ("status",),
    lambda run: text(run.status),
    legend=True,
)
REASON = Column(
    "Reason",
    "Why it takes no part.",
    ("reason",),
    lambda run: text(run.reason or "A newer run of the same system counts.", log=True),
    wide=True,
)
DATE = Column(
    "Date", "When the run began (UTC).", ("date",), lambda run: text(run.created.strftime(MINUTE))
)
LOG = Column(
    "Log", "Name of the log file.", ("log",), lambda run: text(log_name(run.log), log=True)
)
LICENCE = Column(
    "Licence", "Licence of the data.", ("licence",), lambda run: text(run.licence, log=True)
)
CITATION = Column(
    "Citation",
    "What to cite for the data.",
    ("citation",),
    lambda run: text(run.citation, log=True),
    wide=True,
)
DATA = Column(
    "Data",
    "Beginning of the SHA-256 of the data.",
    ("data_sha256",),
    lambda run: Cell(run.data_sha256[:12], (run.data_sha256,), run.data_sha256),
)
PUBLISHED_SYSTEM = Column(
    "Published system",
    "Its name as the authors write it.",
    ("system",),
    lambda line: text(line.system),
)
PUBLISHED_VALUE = Column(
    "Published value",
    "As published, with the standard error over folds where one is given.",
    ("value", "stderr"),
    lambda line: published_value(line, line.stderr),
    numeric=True,
    legend=True,
)
DIFFERENCE = Column(
    "How its protocol differs",
    "Why the number is not ranked here.",
    ("difference",),
    lambda line: text(" ".join(line.difference)),
    wide=True,
)
SOURCE = Column(
    "Source", "Where the number stands.", ("source",), lambda line: text(line.source), wide=True
)
