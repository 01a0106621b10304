"""Replay: anybody's predicted expression from a file, run, logged and ranked as a model's."""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, get_args

import numpy as np
from inspect_ai.solver import Solver, solver
from numpy.typing import ArrayLike, NDArray

from perturb_evals.datasets.options import file_path, named_arguments, one_of
from perturb_evals.datasets.screens.evidence import HeldOut, expression_evidence, fold_of
from perturb_evals.datasets.screens.load import load_screen
from perturb_evals.datasets.screens.predicted_scale import SCALE_MARKS, ScaleMark
from perturb_evals.datasets.screens.predictions_file import ExpressionError, read_expression
from perturb_evals.solvers.expression.computed import by_vector_of

_log = logging.getLogger(__name__)

Values = Literal["expression", "delta"]
VALUES: tuple[Values, ...] = get_args(Values)

ODD: dict[ScaleMark, str] = {
    "unlike_screen": "do not follow the screen (its control, or the sizes of its changes by gene), "
    "as its training perturbations do: look whether the genes stand in the order of their names, "
    "and whether their scale is the screen's (totals of cells, logarithm)",
    "other_scale": "follow the control at another scale: look whether cells were normalised to the "
    "same total, and the same logarithm taken",
}
"""What is odd about predictions that are scored all the same, and what to do."""


class ReplayedExpression:
    """Predicted vectors for the test perturbations of one fold, checked against the screen.

    They are held against the control and the training perturbations, never against a truth.

    Args:
        held_out: The fold.
        path: The file.
        values: Whether it holds `expression`, or changes (`delta`), to which the control is added.

    Attributes:
        marked: The test perturbations that have each mark of `Baseline.marks`; they are scored.

    Raises:
        ExpressionError: The file is bad, lacks a perturbation that the fold tests, or holds what
            the screen's kind cannot be.
    """

    def __init__(self, held_out: HeldOut, path: Path, values: Values = "expression") -> None:
        screen = load_screen(held_out.request)  # its names alone are used
        read = read_expression(path, screen.genes, screen.perturbations).vectors
        tested = fold_of(held_out).test
        lacking = [name for name in tested if name not in read]
        if lacking:
            raise ExpressionError(
                f"{path}: no predicted expression for {len(lacking)} of the {len(tested)} test "
                f"perturbations of fold {held_out.fold}, e.g. {lacking[0]!r}. Every perturbation "
                "that is asked needs a row."
            )
        evidence = expression_evidence(held_out)
        # All rows of the file, not the fold's: the more there are, the plainer is their scale.
        names, rows, said = tuple(read), np.stack(list(read.values())), ""
        if values == "delta":
            said = evidence.baseline.delta_fault(rows, names)
            rows = rows + evidence.control
        if said := said or evidence.baseline.fault(rows, names):
            raise ExpressionError(f"{path}: {said}")
        all_rows = dict(zip(names, rows, strict=True))
        self.vectors: dict[str, NDArray[np.float32]] = {name: all_rows[name] for name in tested}
        marks = evidence.baseline.marks
        self.marked: dict[ScaleMark, list[str]] = {}
        for name, row in self.vectors.items():
            for mark in marks(row):
                self.marked.setdefault(mark, []).append(name)

    def predict(self, perturbation: str) -> ArrayLike:
        """Return the (G,) predicted expression of a test perturbation."""
        return self.vectors[perturbation]


def oddities(methods: Sequence[ReplayedExpression]) -> str:
    """Return what is odd about predictions that are scored all the same, in sentences."""
    n = sum(len(method.vectors) for method in methods)
    said = []
    for mark in SCALE_MARKS:
        names = sorted(name for method in methods for name in method.marked.get(mark, ()))
        if names:
            said.append(f"{len(names)} of {n} predictions (the first is {names[0]!r}) {ODD[mark]}.")
    return " ".join(said)


@solver
@named_arguments
def replay_expression(file: str, values: Values = "expression") -> Solver:
    """Predict from a file of expression vectors, one row a perturbation, one column a gene.

    Args:
        file: .h5ad (obs: perturbations, var: the screen's gene ids, X) or .parquet (a column
            perturbation and one column a gene), on the screen's scale. Unknown, missing, duplicated
            or non-finite entries end the run with a message, and so do values that the screen's
            kind cannot have, as counts.
        values: expression (mean log expression; in a screen of changes, changes), or delta: changes
            from the control, which is added.

    Raises:
        ValueError: There is no such file, or no such kind of values.
    """
    path, kind = file_path("file", file), one_of("values", values, VALUES)
    told = set[ScaleMark]()

    def make(held_out: HeldOut) -> ReplayedExpression:
        method = ReplayedExpression(held_out, path, kind)
        if set(method.marked) - told:  # once, not for every fold
            said = oddities([method])
            _log.warning("%s, fold %s: %s", path, held_out.fold, said)
            told.update(method.marked)
        return method

    return by_vector_of("replay_expression", make)
