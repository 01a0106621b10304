"""Methods without a model as Inspect solvers: fitted once a fold, answering as a model would."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Protocol, TypeVar, runtime_checkable

from inspect_ai.model import ModelOutput
from inspect_ai.solver import Generate, Solver, TaskState
from numpy.typing import ArrayLike

from perturb_evals.datasets.screens.evidence import ExpressionEvidence, HeldOut, expression_evidence
from perturb_evals.methods.aggregation import Aggregation
from perturb_evals.replies.expression import ExpressionReply, NoAnswer, leave
from perturb_evals.replies.reply import attach
from perturb_evals.solvers.baseline import fit_once


class NeighborMethod(Protocol):
    """Anything that names training perturbations like one that it has not seen."""

    def neighbors(self, perturbation: str) -> list[tuple[str, float]] | NoAnswer:
        """Return names with similarities, the most similar first; without any, the reason."""
        ...


class VectorMethod(Protocol):
    """Anything that predicts a whole expression vector."""

    def predict(self, perturbation: str) -> ArrayLike | NoAnswer:
        """Return (G,) predicted expression; without any, the reason."""
        ...


@runtime_checkable
class FromFile(Protocol):
    """A method that goes by a file about genes, which may name them in another way."""

    def check(self, evidence: ExpressionEvidence) -> None:
        """Raise an error if the file knows none of the training perturbations."""
        ...


Method = TypeVar("Method")


def by_neighbors(
    name: str,
    fit: Callable[[ExpressionEvidence], NeighborMethod],
    k: int,
    aggregation: Aggregation = "mean",
) -> Solver:
    """Return a solver that names neighbors, as a model would, with a method fitted once a fold.

    Args:
        name: Name of the method, shown as the model of the output.
        fit: Makes the method from what may be known.
        k: The most neighbors that count.
        aggregation: How their vectors become one.
    """
    reply = ExpressionReply("neighbors", aggregation, k)

    def make(held_out: HeldOut) -> NeighborMethod:
        return checked(fit, held_out)

    fitted = fit_once(make)

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        method = fitted(HeldOut.from_metadata(state.metadata))
        found = method.neighbors(str(state.metadata["pert"]))
        if isinstance(found, str):
            nothing = replace(reply, names=[], fallback=found)
            return answered(state, name, json.dumps({"kNN": []}), nothing)
        names = [gene for gene, _ in found[:k]]
        values = [round(value, 6) for _, value in found[:k]]
        text = json.dumps({"kNN": names}, ensure_ascii=False)
        return answered(state, name, text, replace(reply, names=names, similarities=values))

    return solve


def checked(fit: Callable[[ExpressionEvidence], Method], held_out: HeldOut) -> Method:
    """Return a method fitted to a fold.

    Raises:
        UnknownGenesError: It goes by a file that knows none of the training perturbations.
    """
    method = fit(expression_evidence(held_out))
    if isinstance(method, FromFile):
        # Of all training perturbations of the fold: a small subset may be unknown by chance.
        method.check(expression_evidence(replace(held_out, n_train=None, repeat=0, seed=0)))
    return method


def by_vector(name: str, fit: Callable[[ExpressionEvidence], VectorMethod]) -> Solver:
    """Return a solver that predicts vectors, with a method fitted once a fold; see above."""
    return by_vector_of(name, lambda held_out: checked(fit, held_out))


def by_vector_of(name: str, fit: Callable[[HeldOut], VectorMethod]) -> Solver:
    """Return a solver that predicts vectors, with a method made once a fold from its name alone.

    `fit` may read names of the screen, never its test expression.
    """
    fitted = fit_once(fit)

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        method = fitted(HeldOut.from_metadata(state.metadata))
        vector = method.predict(str(state.metadata["pert"]))
        if isinstance(vector, str):
            reply = ExpressionReply("training_mean", fallback=vector)
            return answered(state, name, f"{name}: nothing known, the training mean", reply)
        state = answered(state, name, f"{name}: a predicted vector", ExpressionReply("vector"))
        leave(state, vector)
        return state

    return solve


def always(name: str, reply: ExpressionReply) -> Solver:
    """Return a solver that says the same of everything, with a reply for the scorer."""

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        return answered(state, name, name, reply)

    return solve


def answered(state: TaskState, name: str, text: str, reply: ExpressionReply) -> TaskState:
    """Put a computed output and its reply into the state."""
    state.output = ModelOutput.from_content(model=f"perturb_evals/{name}", content=text)
    attach(state.output, reply)
    return state
