"""The gene graph that reference methods read: which one is here, and how to get what they lack."""

from typing import Any

from perturb_evals.datasets.demo.world import SIMULATED
from perturb_evals.datasets.errors import DataError
from perturb_evals.datasets.files.fetch import locate
from perturb_evals.datasets.files.sources import find_source
from perturb_evals.datasets.genes.graphs import GRAPHS, graph_at_hand

USUAL = "string"
"""The graph that solvers read by default."""


def lacking_knowledge(context: str, *files: str) -> str:
    """Return how to get what a method reads and what is not here; empty where all of it is.

    Args:
        context: Cell line or screen; the demo world has all of its own.
        files: What it reads besides a gene graph.
    """
    simulated = context in SIMULATED
    lacking = () if graph_at_hand(simulated) else GRAPHS["string_links"]
    if not simulated:
        lacking += tuple(file for file in files if not is_here(file))
    if not lacking:
        return ""
    return f"`perturb-evals data fetch {' '.join(dict.fromkeys(lacking))}` gets the files."


def is_here(file: str) -> bool:
    """Whether a known file stands on this machine, unchecked."""
    try:
        return locate(find_source(file)) is not None
    except DataError:  # the mirror is no folder
        return False


def graph_settings(context: str) -> dict[str, Any]:
    """Return the settings with which a solver reads the graph that is here; empty for the usual."""
    found = graph_at_hand(context in SIMULATED) or USUAL
    return {} if found == USUAL else {"graph": found}
