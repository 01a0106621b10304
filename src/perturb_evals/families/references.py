"""Reference rows: what every board has, computed from its own data even when nobody ran it."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from perturb_evals.families.board import Parts
from perturb_evals.families.faults import shown
from perturb_evals.families.outcome import Outcome


class NoReferencesError(Exception):
    """The data of a board cannot be had, or are others. The message says which."""


@dataclass(frozen=True, eq=False)
class BoardAtHand:
    """A board that wants its reference rows.

    Attributes:
        parts: Its parts.
        task_args: The arguments of a complete run of it, which only says that they are.
        data_sha256: Hash of its data.
        wanted: Whether a method on a track with its lines is wanted; one that was run is not, but
            for what value added is counted from.
        line_sets: Cell lines of each of its tracks cross.
    """

    parts: Parts
    task_args: Mapping[str, Any]
    data_sha256: str
    wanted: Callable[[str, str, tuple[str, ...]], bool]
    line_sets: Collection[tuple[str, ...]]


@dataclass(frozen=True, eq=False)
class Reference:
    """A row that every board has, computed from its own data even when nobody ran it.

    Attributes:
        method: Name of the solver that would give the same.
        kind: `baseline`, or `truth` for what reads what it is judged on.
        track: The evidence that it reads.
        lines: Cell lines that it reads, for cross.
        outcome: What it got.
        settings: Arguments of the solver that are not as by default, as the files for the default
            are not here.
    """

    method: str
    kind: Literal["baseline", "truth"]
    track: str
    lines: tuple[str, ...]
    outcome: Outcome
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class LackingReference:
    """A reference row that cannot be computed here, which loses none of the others.

    Attributes:
        method: Name of the solver.
        why: What is not at hand and how to get it, in a sentence.
    """

    method: str
    why: str


def same_data(got: str, expected: str) -> None:
    """Make sure that the data here are those of a board.

    Raises:
        NoReferencesError: They are not.
    """
    if got != expected:
        raise NoReferencesError(
            f"The data here ({got[:12]}) are not those of the board ({expected[:12]})."
        )


def same_parts(got: Mapping[str, Any], of: BoardAtHand, *names: str) -> None:
    """Make sure that the arguments of a run ask what its board does: a log may be altered.

    Args:
        got: The parts of a board that the arguments give, `Benchmark.board`.
        of: The board.
        names: The parts to compare.

    Raises:
        NoReferencesError: They ask something else.
    """
    for name in names:
        if got[name] != of.parts[name]:
            raise NoReferencesError(
                f"By the arguments of its task {name} is {shown(got[name])} here, and not "
                f"{shown(of.parts[name])}, as on the board."
            )
