"""The note of a solver to its scorer, carried in the output's own metadata.

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


Note = TypeVar("Note", bound=Dataclass)


def attach(output: ModelOutput, note: Dataclass) -> None:
    """Put a note into an output's metadata, beside what the provider put there."""
    output.metadata = {**(output.metadata or {}), KEY: asdict(note)}


def attached(output: ModelOutput, kind: type[Note]) -> Note:
    """Return the note in an output; `kind()` for a solver that left none."""
    return kind(**(output.metadata or {}).get(KEY, {}))
