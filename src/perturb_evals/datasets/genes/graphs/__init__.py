"""Graphs of genes: pairs known by name, and those of a user's files."""

from typing import TYPE_CHECKING

from perturb_evals._lazy import lazy_names

if TYPE_CHECKING:
    from perturb_evals.datasets.genes.graphs.graph import Graph, GraphError
    from perturb_evals.datasets.genes.graphs.known import (
        GRAPHS,
        check_graph,
        graph_at_hand,
        how_to_get,
        is_at_hand,
    )
    from perturb_evals.datasets.genes.graphs.load import load_graph

__all__ = [
    "GRAPHS",
    "Graph",
    "GraphError",
    "check_graph",
    "graph_at_hand",
    "how_to_get",
    "is_at_hand",
    "load_graph",
]
__getattr__, __dir__ = lazy_names(__name__, __all__, ["known", "graph", "load"])
