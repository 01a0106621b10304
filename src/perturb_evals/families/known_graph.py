"""The gene graph that reference methods read: which one is here, and how to get one."""

from typing import Any

from perturb_evals.datasets.demo.world import SIMULATED
from perturb_evals.datasets.genes.graphs import graph_at_hand, how_to_get

USUAL = "string"
"""The graph that solvers read by default."""


def lacking_graph(context: str) -> str:
    """Return how to get a graph where none can be read without a download; empty where one can.

    Args:
        context: Cell line or screen; the demo world has a graph of its own.
    """
    return "" if graph_at_hand(context in SIMULATED) else how_to_get()


def graph_settings(context: str) -> dict[str, Any]:
    """Return the settings with which a solver reads the graph that is here; empty for the usual."""
    found = graph_at_hand(context in SIMULATED) or USUAL
    return {} if found == USUAL else {"graph": found}
