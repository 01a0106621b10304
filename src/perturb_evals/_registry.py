"""Every name that Inspect can address as `perturb_evals/<name>`."""

from perturb_evals.models.scripted import perturb_scripted
from perturb_evals.scorers.expression.expression import expression
from perturb_evals.scorers.expression.regression import regression
from perturb_evals.scorers.pairs.classification import classification
from perturb_evals.scorers.pairs.p_positive import p_positive
from perturb_evals.solvers.expression.baselines import (
    embedding_neighbors,
    gaussian_process,
    graph_neighbors,
    mean_effect,
    no_change,
    oracle_neighbors,
    random_neighbors,
)
from perturb_evals.solvers.expression.nearest_perturbations import nearest_perturbations
from perturb_evals.solvers.expression.neighbor_ensemble import neighbor_ensemble
from perturb_evals.solvers.expression.replay import replay_expression
from perturb_evals.solvers.pairs.ask import ask
from perturb_evals.solvers.pairs.baselines import (
    constant,
    cross_line_knn,
    gene_frequency,
    perturbation_rate,
    random_scores,
    same_pair,
)
from perturb_evals.solvers.pairs.replay import replay
from perturb_evals.tasks.langpert import langpert
from perturb_evals.tasks.perturbqa import perturbqa_de, perturbqa_direction

TASKS = (perturbqa_de, perturbqa_direction, langpert)
SOLVERS = (
    ask,
    constant,
    random_scores,
    gene_frequency,
    perturbation_rate,
    same_pair,
    cross_line_knn,
    replay,
    nearest_perturbations,
    neighbor_ensemble,
    mean_effect,
    no_change,
    random_neighbors,
    graph_neighbors,
    embedding_neighbors,
    gaussian_process,
    oracle_neighbors,
    replay_expression,
)
SCORERS = (p_positive, expression)
METRICS = (classification, regression)
MODEL_PROVIDERS = (perturb_scripted,)
