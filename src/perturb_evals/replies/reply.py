"""A reply: what a solver tells its scorer about its output, carried in the output's own metadata.

Not in the sample's store: Inspect logs every change of a store as an event of its own, which costs
a tenth of a question's CPU.
"""

from collections.abc import Mapping
from dataclasses import Field, asdict, fields
from types import MappingProxyType
from typing import Any, ClassVar, Protocol, TypeVar

from inspect_ai.model import ModelOutput

KEY = "perturb_evals"

IF_SET: Mapping[str, bool] = MappingProxyType({"if_set": True})
"""Metadata of a dataclass field that is written only where it is not empty, as by default: one that
came later, so that the logs of older replies stay as they are."""


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
    said = asdict(reply)
    for field in fields(reply):
        if field.metadata == IF_SET and not said[field.name]:
            del said[field.name]
    output.metadata = {**(output.metadata or {}), KEY: said}


def attached(output: ModelOutput, kind: type[Reply]) -> Reply:
    """Return the reply in an output; `kind()` for a solver that left none."""
    return kind(**(output.metadata or {}).get(KEY, {}))
