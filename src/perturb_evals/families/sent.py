"""What a solver sends a model about a sample, written again to hold a log against."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from perturb_evals.datasets.errors import DataError


@dataclass(frozen=True)
class SentPrompt:
    """A prompt, which begins a conversation of its own.

    Attributes:
        text: All of it.
        reply: What the reply to its answer says of it, by name, in values of JSON.
    """

    text: str
    reply: Mapping[str, Any]


class NotToldError(DataError):
    """What a model in a role said, which a prompt shows, stands nowhere in a log."""


@dataclass(frozen=True)
class Sent:
    """All that a solver sends about a sample.

    Attributes:
        prompts: In their order, at least one.
        metadata: What the solver adds to those of the sample.
        needs: Roles and prompts of the models whose answers the prompts show.
    """

    prompts: tuple[SentPrompt, ...]
    metadata: Mapping[str, Any]
    needs: frozenset[tuple[str, str]] = frozenset()
