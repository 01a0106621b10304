"""Parts of a log that must agree with others, and what was found of them in all samples."""

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from perturb_evals.families.faults import shown
from perturb_evals.leaderboard.submission.checks import Check

QUOTED = 60
"""Letters of a text that stand in a sentence."""

Of = TypeVar("Of", contravariant=True)


@dataclass(frozen=True)
class Alone:
    """There is nothing in the log that a part could be held against.

    Attributes:
        why: In a few words.
    """

    why: str


Found = str | Alone | None
"""What contradicts what, or why nothing can be said; None where two places agree."""


@dataclass(frozen=True)
class Agreement(Generic[Of]):
    """A part of a log and what repeats it.

    Attributes:
        part: What it is called.
        hold: Holds it against what repeats it.
    """

    part: str
    hold: Callable[[Of], Found]


class Tally(Generic[Of]):
    """What was found of the parts of a run, or of all its samples.

    Args:
        name: Of the check.
        agreements: Its table.
        unit: `samples`; empty for the run as a whole.
    """

    def __init__(self, name: str, agreements: Sequence[Agreement[Of]], unit: str = "") -> None:
        self._name, self._agreements, self._unit = name, agreements, unit
        self._n = 0
        self._first = ""
        self._faulty: set[str] = set()
        self._agreed: Counter[str] = Counter()
        self._alone: Counter[tuple[str, str]] = Counter()

    def hold(self, whole: Of, place: str = "") -> None:
        """Hold all parts against what repeats them.

        Args:
            whole: What they are parts of.
            place: Where it stands.
        """
        self._n += 1
        faults = []
        for agreement in self._agreements:
            found = agreement.hold(whole)
            if isinstance(found, Alone):
                self._alone[agreement.part, found.why] += 1
            elif found is None:
                self._agreed[agreement.part] += 1
            else:
                faults.append(found)
        if faults:
            self.contradiction(faults[0], place)

    def contradiction(self, said: str, place: str = "") -> None:
        """Count something that contradicts itself."""
        self._faulty.add(place)
        self._first = self._first or (f"{place}: {said}" if place else said)

    def check(self) -> Check:
        """Return the first contradiction, or what agrees and what stands alone."""
        if self._first:
            many = (
                f"{len(self._faulty)} of {self._n} {self._unit} contradict themselves; the first, "
            )
            return Check(self._name, "fail", (many if self._unit else "") + self._first)
        alone = self._told_alone()
        if not self._agreed:
            return Check(self._name, "not applicable", alone or "There is nothing to hold.")
        where = f" in {self._n} {self._unit}" if self._unit else ""
        return Check(
            self._name, "pass", f"Agree{where}: {', '.join(self._agreed)}. {alone}".strip()
        )

    def _told_alone(self) -> str:
        """Say what was held against nothing, together where it is for one reason."""
        parts: dict[tuple[str, int], list[str]] = {}
        for (part, why), times in self._alone.items():
            parts.setdefault((why, times), []).append(part)
        said = []
        for (why, times), names in parts.items():
            some = f" in {times} of them" if self._unit and times < self._n else ""
            said.append(f"{', '.join(names)}{some} ({why})")
        return f"Held against nothing: {'; '.join(said)}." if said else ""


def differ(part: str, said: Any, other: str, found: Any) -> str | None:
    """Return that two places say something else, each value short and escaped; None where not.

    Of two long texts what stands around the first letter that differs is shown. Numbers that are
    both undefined are the same.
    """
    if same(said, found):
        return None
    if isinstance(said, str) and isinstance(found, str):
        at = next(
            (i for i, (a, b) in enumerate(zip(said, found, strict=False)) if a != b),
            min(len(said), len(found)),
        )
        return f"{part} says {quoted(said, at)}, {other} {quoted(found, at)}."
    if isinstance(said, dict) and isinstance(found, dict):
        for name in dict.fromkeys([*said, *found]):
            inner = f"its {quoted(name).strip(chr(39))}"
            if fault := differ(inner, said.get(name), f"that of {other}", found.get(name)):
                return f"{part} is another one than that of {other}: {fault}"
    return f"{part} says {quoted(said)}, {other} {quoted(found)}."


def same(said: Any, found: Any) -> bool:
    """Whether two values of JSON are equal; undefined numbers are."""
    if isinstance(said, dict) and isinstance(found, dict):
        return said.keys() == found.keys() and all(same(said[k], found[k]) for k in said)
    if isinstance(said, list) and isinstance(found, list):
        return len(said) == len(found) and all(map(same, said, found))
    if isinstance(said, float) and isinstance(found, float):
        return said == found or (math.isnan(said) and math.isnan(found))
    return bool(said == found)


def quoted(value: Any, at: int = 0) -> str:
    """Return a value as it stands in a sentence: escaped, and short.

    Args:
        value: Anything.
        at: Of a text the place of the letter that has to be seen.
    """
    if value is None:
        return "nothing"
    if not isinstance(value, str):
        return shown(value)
    begin = max(0, at - QUOTED // 2) if len(value) > QUOTED else 0
    seen = repr(value[begin : begin + QUOTED])
    return f"{'…' if begin else ''}{seen}{'…' if len(value) > begin + QUOTED else ''}"
