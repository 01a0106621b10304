"""The tasks of the family, each with its kind of question and what it asks in words."""

from collections.abc import Callable

from inspect_ai import Task

from perturb_evals.datasets.pairs.questions import Kind
from perturb_evals.tasks.perturbqa import perturbqa_de, perturbqa_direction

TASKS: dict[Callable[..., Task], tuple[Kind, str]] = {
    perturbqa_de: ("de", "differential expression"),
    perturbqa_direction: ("direction", "direction of change"),
}
KIND_OF_TASK: dict[str, Kind] = {task.__name__: kind for task, (kind, _) in TASKS.items()}
