"""What a family says of its boards: tracks, what headlines are held against, older metrics."""

from collections.abc import Mapping
from dataclasses import dataclass

Parts = Mapping[str, str | int]
"""The parts of a board, as in a log's header."""


@dataclass(frozen=True)
class Control:
    """A headline that others are held against: an end of the skill scale, or a track's reference.

    Attributes:
        name: What has it, in words.
        method: The solver that has it, with its default settings; empty for a number.
        value: The number; None for a method.
    """

    name: str
    method: str = ""
    value: float | None = None


@dataclass(frozen=True)
class OpenedTrack:
    """What a track of evidence opens to a system.

    Attributes:
        opens: In a few words, `{lines}` for its cell lines.
        about: In a sentence about its systems.
    """

    opens: str
    about: str


@dataclass(frozen=True)
class OlderMetrics:
    """What the numbers of a metric version are that is not today's.

    Attributes:
        said: Which one it is, and that it is set apart, in a few words.
        about: What later versions do otherwise, in sentences.
        changed: Names in a sample's score, and in its metadata, that a later version computes
            otherwise: scored again they are others.
        redrawn: Names of results in a header that a later version makes otherwise of the same
            scores.
    """

    said: str
    about: str
    changed: frozenset[str]
    redrawn: frozenset[str] = frozenset()
