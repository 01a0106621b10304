"""Baselines of yes/no questions that transfer labels between cell lines, without a language model.

The methods learn from the labels of all open lines; the own line's training rows give the gene's
rate there.
"""

from inspect_ai.solver import Solver, solver

from perturb_evals.datasets.options import named_arguments, number
from perturb_evals.methods.additive import PENALTY, Additive
from perturb_evals.methods.conserved import PRIOR_ROWS, Conserved
from perturb_evals.methods.context_ridge import ContextRidge
from perturb_evals.solvers.baseline import baseline
from perturb_evals.solvers.pairs.baselines import numeric
from perturb_evals.solvers.pairs.transfer import Transferred


@baseline(reads="track", needs="cross")
@solver
@named_arguments
def additive(penalty: float = PENALTY) -> Solver:
    """Score by the perturbation's tendency and the gene's rate. Needs evidence=cross.

    Label = rate of gene and line + shift of the perturbation in all lines, by least squares.

    Args:
        penalty: Draws shifts towards 0 as so many rows would; above 0.

    Raises:
        ValueError: An argument that is not a finite number above 0.
    """
    number("penalty", penalty)
    return numeric(
        "additive",
        lambda evidence: Transferred(evidence, lambda rows, _: Additive(rows, penalty)),
    )


@baseline(reads="track", needs="cross")
@solver
@named_arguments
def conserved(prior_rows: float = PRIOR_ROWS) -> Solver:
    """Score by the same effect in other lines, else the perturbation's. Needs evidence=cross.

    The gene's rate in the own line, plus how far the pair's label is from the gene's rate in the
    other lines.

    Args:
        prior_rows: Draws the perturbation's mean deviation towards 0 as so many rows would; 0 or
            more.

    Raises:
        ValueError: An argument that is not a finite number from 0.
    """
    number("prior_rows", prior_rows, zero=True)
    return numeric(
        "conserved",
        lambda evidence: Transferred(evidence, lambda rows, _: Conserved(rows, prior_rows)),
    )


@baseline(reads="track", needs="cross")
@solver
@named_arguments
def cross_context_ridge() -> Solver:
    """Score by ridge regression on the profiles in other lines. Needs evidence=cross.

    A perturbation's profile holds its rows of all other lines. Each gene of the own line is
    regressed on the profiles; one penalty for all is chosen within the training rows.
    """
    return numeric(
        "cross_context_ridge",
        lambda evidence: Transferred(evidence, lambda rows, _: ContextRidge(rows)),
    )
