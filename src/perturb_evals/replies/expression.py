"""What a solver of expression tasks tells the scorer about its output.

A model's neighbors are read from its text; those of a method stand in its reply, and as JSON in its
text for the reader. Either way a log can be scored again.
A whole vector is too much for a log: it travels in memory, in a part of the output that is never
written, and lives as long as the output does. A log of such a run cannot be scored again; the run
has to be repeated.
"""

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from inspect_ai.model import ModelOutput
from inspect_ai.solver import TaskState
from numpy.typing import ArrayLike, NDArray
from pydantic import PrivateAttr

from perturb_evals.methods.aggregation import Aggregation

Method = Literal["neighbors", "training_mean", "control", "oracle", "vector"]

NoAnswer = Literal["unknown_gene", "no_partner"]
"""Why a method without a model has nothing to say of a perturbation: it is not in the file that the
method goes by, or it is, but no training perturbation is like it there."""


@dataclass(frozen=True)
class ExpressionReply:
    """How an output is to be turned into a predicted vector.

    Attributes:
        method: `neighbors` (read the names in the text), `training_mean`, `control` (no change),
            `oracle` (the scorer looks up the true neighbors) or `vector` (left with `leave`).
        aggregation: How the neighbors' vectors become one.
        limit: How many neighbors count; None for the task's `k`.
        prompt: Hash of the prompt's template; empty where none was used.
        reasks: How often the model was asked again since nothing in its answer could be used.
        names: The neighbors that a method without a model named, exactly as candidates are written;
            None for a model, whose text is read.
        similarities: Their similarities, where the method gives any.
        fallback: A `NoAnswer` where a method without a model has nothing to say and the training
            mean is predicted; empty otherwise.
        cut_off: Ids of the conversation's messages that a limit of tokens ended, since messages do
            not say so themselves.
    """

    method: Method = "neighbors"
    aggregation: Aggregation = "mean"
    limit: int | None = None
    prompt: str = ""
    reasks: int = 0
    names: list[str] | None = None
    similarities: list[float] | None = None
    fallback: str = ""
    cut_off: list[str] = field(default_factory=list)


def is_cut_off(output: ModelOutput) -> bool:
    """Tell whether a limit of tokens ended an output, that of the run or that of the model."""
    return not output.empty and output.stop_reason in ("max_tokens", "model_length")


class _VectorOutput(ModelOutput):
    """An output with a vector, which pydantic leaves out of whatever it writes."""

    _vector: NDArray[np.float64] | None = PrivateAttr(default=None)


def leave(state: TaskState, vector: ArrayLike) -> None:
    """Leave a predicted vector in a sample's output, for the scorer of the same sample.

    Raises:
        ValueError: A number that is not finite.
    """
    values = np.asarray(vector, dtype=np.float64)
    if not np.isfinite(values).all():
        raise ValueError(f"The vector predicted for {state.sample_id} has numbers not finite.")
    output = _VectorOutput(**dict(state.output))
    output._vector = values
    state.output = output


def take(state: TaskState) -> NDArray[np.float64]:
    """Return the vector that the solver left, once.

    Raises:
        ValueError: There is none, as in a log that is scored again.
    """
    output = state.output
    if not isinstance(output, _VectorOutput) or output._vector is None:
        raise ValueError(
            f"There is no predicted vector for {state.sample_id}: logs do not keep vectors, so "
            "this run cannot be scored again from its log. Run the task again."
        )
    vector, output._vector = output._vector, None  # what is scored need not wait for its log
    return vector
