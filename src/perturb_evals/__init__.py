"""How well does a language model predict genetic perturbations? Tasks for Inspect AI."""

from typing import TYPE_CHECKING

from perturb_evals._lazy import lazy_names

if TYPE_CHECKING:
    from perturb_evals.tasks.langpert import langpert
    from perturb_evals.tasks.perturbqa import perturbqa_de, perturbqa_direction

__version__ = "0.1.0"
__all__ = ["langpert", "perturbqa_de", "perturbqa_direction"]
__getattr__, __dir__ = lazy_names(__name__, __all__, ["tasks.perturbqa", "tasks.langpert"])
