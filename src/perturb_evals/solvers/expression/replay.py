"""Replay: anybody's predicted expression from a file, run, logged and ranked as a model's."""

from pathlib import Path

from inspect_ai.solver import Solver, solver
from numpy.typing import ArrayLike

from perturb_evals.datasets.options import file_path, named_arguments
from perturb_evals.datasets.screens.evidence import HeldOut, fold_of
from perturb_evals.datasets.screens.load import load_screen
from perturb_evals.datasets.screens.predictions_file import ExpressionError, read_expression
from perturb_evals.solvers.expression.computed import by_vector_of


class ReplayedExpression:
    """Predicted vectors for the test perturbations of one fold, checked against the screen.

    Args:
        held_out: The fold.
        path: The file.

    Raises:
        ExpressionError: The file is bad, or lacks a perturbation that the fold tests.
    """

    def __init__(self, held_out: HeldOut, path: Path) -> None:
        screen = load_screen(held_out.request)  # its names alone are used
        self.vectors = read_expression(path, screen.genes, screen.perturbations).vectors
        tested = fold_of(held_out).test
        lacking = [name for name in tested if name not in self.vectors]
        if lacking:
            raise ExpressionError(
                f"{path}: no predicted expression for {len(lacking)} of the {len(tested)} test "
                f"perturbations of fold {held_out.fold}, e.g. {lacking[0]!r}. Every perturbation "
                "that is asked needs a row."
            )

    def predict(self, perturbation: str) -> ArrayLike:
        """Return the (G,) predicted expression of a test perturbation."""
        return self.vectors[perturbation]


@solver
@named_arguments
def replay_expression(file: str) -> Solver:
    """Predict from a file of expression vectors, one row a perturbation, one column a gene.

    Args:
        file: .h5ad (obs: perturbations, var: the screen's gene ids, X) or .parquet (a column
            perturbation and one column a gene), with mean log expression on the screen's scale, not
            changes. Unknown, missing, duplicated or non-finite entries end the run with a message.

    Raises:
        ValueError: There is no such file.
    """
    path = file_path("file", file)
    return by_vector_of("replay_expression", lambda held_out: ReplayedExpression(held_out, path))
