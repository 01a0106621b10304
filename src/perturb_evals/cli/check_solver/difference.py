"""What differs between two runs of a solver."""

from dataclasses import dataclass
from itertools import zip_longest

from perturb_evals.cli.check_solver.one_run import Part, Seen

AROUND = 30
"""Letters that are shown before and behind the first that differs."""


@dataclass(frozen=True)
class Difference:
    """The first difference of a question.

    Attributes:
        question: Its id.
        what: Where it is: a prompt, the conversation, the prediction.
        one: The text there in the one run, around what differs; empty where there is none.
        other: That in the other.
    """

    question: str
    what: str
    one: str
    other: str

    @property
    def predicted(self) -> bool:
        """Whether the prediction differs and nothing that was shown before it."""
        return self.what.startswith("the pred")


def differences(one: Seen, other: Seen) -> list[Difference]:
    """Return the first difference of every question in which two runs differ, by question."""
    return [
        found
        for question in dict.fromkeys([*one.parts, *other.parts])
        if (found := _first(question, one.parts.get(question, []), other.parts.get(question, [])))
    ]


def _first(question: str, one: list[Part], other: list[Part]) -> Difference | None:
    for mine, theirs in zip_longest(one, other, fillvalue=("", "")):
        if tuple(mine) != tuple(theirs):
            at = _place(mine[1], theirs[1])
            return Difference(
                question, mine[0] or theirs[0], _around(mine[1], at), _around(theirs[1], at)
            )
    return None


def _place(one: str, other: str) -> int:
    """Return where two texts begin to differ."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(one), len(other)))


def _around(text: str, at: int) -> str:
    begin, end = max(at - AROUND, 0), at + AROUND
    return ("…" if begin else "") + text[begin:end] + ("…" if end < len(text) else "")
