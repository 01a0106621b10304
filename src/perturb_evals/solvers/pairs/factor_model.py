"""The factor model as a baseline: what knock-down, gene and cell line have shown in all lines."""

from dataclasses import replace

from inspect_ai.solver import Solver, solver

from perturb_evals.datasets.options import named_arguments, whole_number
from perturb_evals.datasets.pairs.evidence import PairsEvidence
from perturb_evals.datasets.pairs.questions import Kind
from perturb_evals.methods.factor_model import FactorModel, FactorSettings
from perturb_evals.solvers.baseline import baseline
from perturb_evals.solvers.pairs.baselines import numeric
from perturb_evals.solvers.pairs.transfer import Fallback, Transferred, stand_in

SETTINGS: dict[Kind, FactorSettings] = {
    "de": FactorSettings("logistic", epochs=12, batch=8192),
    "direction": FactorSettings("logistic", epochs=48, batch=2048),
}
"""Chosen by cross-validation within training rows, `python benchmarks/settings.py`."""


def by_factors(
    evidence: PairsEvidence, settings: FactorSettings | None = None, seed: int = 0
) -> Transferred:
    """Return the factor model of the labels of all open lines.

    Args:
        evidence: Training rows and the names of the questions; needs the track cross.
        settings: How it is trained; by default as `SETTINGS` has it for the kind of question.
        seed: Of the training.
    """
    chosen = replace(settings or SETTINGS[evidence.kind], seed=seed)
    return Transferred(evidence, lambda rows, line: FactorModel(rows, chosen))


@baseline(reads="track", needs="cross")
@solver
@named_arguments
def factor_model(fallback: Fallback = "none", seed: int = 0) -> Solver:
    """Score by vectors of knock-down, gene and line, multiplied. Needs evidence=cross.

    Args:
        fallback: What answers for a knock-down or gene that no line has trained on: none (it
            abstains) or graph_knn; such answers are counted as read_from_fallback.
        seed: Seed of the training.

    Raises:
        ValueError: An argument that is not allowed.
    """
    whole_number("seed", seed)
    return numeric(
        "factor_model", lambda evidence: by_factors(evidence, seed=seed), stand_in(fallback)
    )
