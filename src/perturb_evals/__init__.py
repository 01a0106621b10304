"""How well does a language model predict genetic perturbations? Tasks for Inspect AI."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from perturb_evals.tasks.langpert import langpert
    from perturb_evals.tasks.perturbqa import perturbqa_de, perturbqa_direction

__version__ = "0.1.0"
__all__ = ["langpert", "perturbqa_de", "perturbqa_direction"]


def __getattr__(name: str) -> Any:
    """Import a task when it is asked for: Inspect takes a second to load, `--help` must not."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from perturb_evals.families import FAMILIES

    tasks = {task.__name__: task for family in FAMILIES for task in family.tasks}
    return tasks[name]
