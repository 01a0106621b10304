"""A benchmark: what one run asks, with the facts that its log header says about the data.

Only data facts: a task cannot know the epochs or the solver of the command line. Two runs are
ranked together when all parts of `board` agree.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

from perturb_evals import __version__

SHORT = {"data": "data", "questions": "q", "abstention": "abst", "metric_version": "v"}
"""Names of parts in the key; those of `task` and `context` are left out."""


class Benchmark(ABC):
    """What one run asks; each family has one, a frozen dataclass."""

    metric_version: ClassVar[int] = 1
    """Raised whenever a change makes new numbers of the family incomparable with old ones. So is
    the N of the versions of its tasks."""

    @property
    @abstractmethod
    def n_questions(self) -> int:
        """Number of samples in one epoch."""

    @property
    @abstractmethod
    def board(self) -> dict[str, Any]:
        """The parts of the board that the data fix, `context` first, then `data`."""

    @property
    @abstractmethod
    def facts(self) -> dict[str, Any]:
        """What the log header says after the board, from `data_sha256` to `citation`."""

    def metadata(self, task: str, **judged: Any) -> dict[str, Any]:
        """Return what the log header says about the data of a run.

        Args:
            task: Name of the task.
            judged: Parts of the board that say how the task judges.
        """
        board = {"task": task, **self.board, **judged, "metric_version": self.metric_version}
        return {
            "board": board,
            "board_key": board_key(board),
            **self.facts,
            "package_version": __version__,
        }


def board_key(board: Mapping[str, Any]) -> str:
    """Return the parts of a board in a line, e.g. `perturbqa_de|k562|data:1f3a9c|q:scored|...`."""
    parts = [f"{SHORT.get(name, name)}:{value}" for name, value in list(board.items())[2:]]
    return "|".join([board["task"], board["context"], *parts])
