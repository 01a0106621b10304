"""The note of a solver to its scorer, carried in the output's own metadata.

Not in the sample's store: Inspect logs every change of a store as an event of its own, which costs
a tenth of a question's CPU.
"""

from dataclasses import asdict
from typing import TYPE_CHECKING, TypeVar

from inspect_ai.model import ModelOutput

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

KEY = "perturb_evals"

Note = TypeVar("Note", bound="DataclassInstance")


def attach(output: ModelOutput, note: "DataclassInstance") -> None:
    """Put a note into an output's metadata, beside what the provider put there."""
    output.metadata = {**(output.metadata or {}), KEY: asdict(note)}


def attached(output: ModelOutput, kind: type[Note]) -> Note:
    """Return the note in an output; `kind()` for a solver that left none."""
    return kind(**(output.metadata or {}).get(KEY, {}))
