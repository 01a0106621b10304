"""What a check of a submission says."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

CheckOutcome = Literal["pass", "fail", "not applicable", "not checked"]
"""`not checked`: what the check needs, such as the data, could not be had here."""


@dataclass(frozen=True)
class Check:
    """One check of a run.

    Attributes:
        name: What was checked, in a word or two.
        outcome: How it came out.
        said: One sentence: what was found, or why the check was not made. It may quote the log.
    """

    name: str
    outcome: CheckOutcome
    said: str


@dataclass(frozen=True)
class Checked:
    """All checks of a run or a file.

    Attributes:
        title: What it is.
        place: Where it stands.
        checks: In the order in which they are shown.
    """

    title: str
    place: str
    checks: Sequence[Check]

    @property
    def outcomes(self) -> frozenset[CheckOutcome]:
        """The outcomes of all checks."""
        return frozenset(check.outcome for check in self.checks)

    @property
    def passed(self) -> bool:
        """Whether every check passed or does not apply."""
        return self.outcomes <= {"pass", "not applicable"}


class NotAtHandError(Exception):
    """What a check needs cannot be had here. The message is why."""
