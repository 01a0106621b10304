"""A reply: what a solver tells its scorer about its output, carried in the output's own metadata.

Not in the sample's store: Inspect logs every change of a store as an event of its own, which costs
a tenth of a question's CPU.
"""

from dataclasses import Field, asdict
from typing import Any, ClassVar, Protocol, TypeVar

from inspect_ai.model import ModelOutput

KEY = "perturb_evals"


class Dataclass(Protocol):
    """Any dataclass."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]


Reply = TypeVar("Reply", bound=Dataclass)


def is_too_long(output: ModelOutput) -> bool:
    """Tell whether the model's context window was full before it said a word."""
    return (
        not output.empty and output.stop_reason == "model_length" and not output.completion.strip()
    )


def attach(output: ModelOutput, reply: Dataclass) -> None:
    """Put a reply into an output's metadata, beside what the provider put there."""
    output.metadata = {**(output.metadata or {}), KEY: asdict(reply)}


def attached(output: ModelOutput, kind: type[Reply]) -> Reply:
    """Return the reply in an output; `kind()` for a solver that left none."""
    return kind(**(output.metadata or {}).get(KEY, {}))
