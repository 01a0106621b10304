"""Sources, tables, questions, evidence and the demo world.

`load_table` and `load_screen` give the data; each family's `Evidence` is the only door through
which a solver reads of them.
"""

from typing import TYPE_CHECKING

from perturb_evals._lazy import lazy_names

if TYPE_CHECKING:
    from perturb_evals.datasets.evidence import Evidence
    from perturb_evals.datasets.pairs.load import load_table
    from perturb_evals.datasets.screens.load import ScreenRequest, load_screen

__all__ = ["Evidence", "ScreenRequest", "load_screen", "load_table"]
__getattr__, __dir__ = lazy_names(__name__, __all__, ["pairs.load", "screens.load", "evidence"])
