"""What `perturb-evals demo` runs of a family, and what there is to say of it."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from inspect_ai.solver import Solver

Found = Mapping[str, Mapping[str, float]]
"""Results by name, for each task of a family."""


@dataclass(frozen=True)
class DemoSystem:
    """A system that runs on all tasks of its family.

    Attributes:
        name: In words.
        solver: Makes its solver; None for the tasks' own, which then asks the scripted model.
        arguments: Arguments of the tasks.
    """

    name: str
    solver: Callable[[], Solver] | None
    arguments: Mapping[str, Any]


class Demo(ABC):
    """The systems of a family on simulated data, which need no network and no key."""

    where: ClassVar[str]
    """Which simulated data."""
    scripted: ClassVar[DemoSystem]
    """The scripted model, which runs first."""

    @abstractmethod
    def others(self, found: Found) -> Sequence[DemoSystem]:
        """Return the systems that stand beside the scripted model, given its results."""

    def attainable(self, task: str) -> float | None:
        """Return the headline of the best answers that the simulation allows.

        None where a system of the demo, the family's `one`, has it.
        """
        return None

    def remarks(self, found: Found) -> Sequence[str]:
        """Return what else there is to say of the scripted model's results, a line each."""
        return ()
