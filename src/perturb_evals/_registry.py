"""Every name that Inspect can address as `perturb_evals/<name>`."""

from perturb_evals.families import FAMILIES
from perturb_evals.models.scripted import perturb_scripted
from perturb_evals.scorers.expression.expression import expression
from perturb_evals.scorers.expression.results import regression
from perturb_evals.scorers.pairs.p_positive import p_positive
from perturb_evals.scorers.pairs.results import classification

TASKS = tuple(task for family in FAMILIES for task in family.tasks)
SOLVERS = tuple(solver for family in FAMILIES for solver in family.solvers)
SCORERS = (p_positive, expression)
METRICS = (classification, regression)
MODEL_PROVIDERS = (perturb_scripted,)
