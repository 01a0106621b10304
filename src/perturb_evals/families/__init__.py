"""Families of questions: the one list of them."""

from perturb_evals.datasets.errors import ArgumentError
from perturb_evals.families.expression.family import Expression
from perturb_evals.families.family import Family
from perturb_evals.families.pairs.family import Pairs

FAMILIES: list[Family] = [Pairs(), Expression()]
"""All families; another package adds its own."""


def family_of(task: str) -> Family:
    """Return the family of a task.

    Args:
        task: Its name, without the package's prefix.

    Raises:
        ArgumentError: No family has it; the message lists the tasks that there are.
    """
    for family in FAMILIES:
        if task in family.task_names:
            return family
    raise ArgumentError(f"expected a task among {', '.join(task_names())}; got {task!r}.")


def tracks() -> tuple[str, ...]:
    """Return all tracks of evidence, each family's from the fewest training rows to the most."""
    return tuple(dict.fromkeys(track for family in FAMILIES for track in family.tracks))


def task_names() -> tuple[str, ...]:
    """Return the names of all tasks, without the package's prefix."""
    return tuple(name for family in FAMILIES for name in family.task_names)
