"""The graphs that are known by name: their files, which one is at hand, and how to get one."""

import re
from collections.abc import Mapping

from perturb_evals.datasets.errors import ArgumentError, DataError
from perturb_evals.datasets.files.fetch import locate
from perturb_evals.datasets.files.sources import find_source
from perturb_evals.datasets.options import file_path

LINKS = "string/9606.protein.links.v12.0.txt.gz"
INFO = "string/9606.protein.info.v12.0.txt.gz"

GRAPHS: Mapping[str, tuple[str, ...]] = {
    "string": ("graphs/stringdb.csv.gz",),
    "reactome": ("graphs/reactome.csv.gz",),
    "string_links": (LINKS, INFO),
}
"""The graphs that are known by name, and the files that each is made of."""

CUTOFF, HIGHEST_SCORE = 700, 1000
"""Pairs of STRING's own files count from this combined_score, STRING's own bound of "high
confidence"; the highest there can be."""


def split_name(graph: str) -> tuple[str, int]:
    """Return a graph's name and its cut-off: string_links:900 is string_links from 900 upwards.

    Args:
        graph: A name or a path; only string_links takes a cut-off, which is `CUTOFF` by default.

    Raises:
        ArgumentError: The cut-off is no whole number from 0 to 1000.
    """
    name, colon, cutoff = graph.partition(":")
    if name != "string_links" or not colon:
        return graph, CUTOFF
    if not re.fullmatch(r"[0-9]{1,4}", cutoff) or int(cutoff) > HIGHEST_SCORE:
        raise ArgumentError(
            f"string_links:N takes pairs with a combined_score of at least N, a whole number from "
            f"0 to {HIGHEST_SCORE}; got {graph!r}."
        )
    return name, int(cutoff)


def check_graph(graph: object) -> None:
    """Check an argument that names a graph, without reading it.

    Raises:
        ArgumentError: It is neither a known name nor the path of a file, or its cut-off is wrong.
    """
    if not (isinstance(graph, str) and split_name(graph)[0] in GRAPHS):
        file_path("graph", graph, GRAPHS)


def is_at_hand(graph: str) -> bool:
    """Whether all files of a known graph are on this machine; nothing is downloaded.

    Raises:
        KeyError: No graph is known by that name.
    """
    try:
        return all(locate(find_source(file)) is not None for file in GRAPHS[graph])
    except DataError:  # the mirror is no folder
        return False


def graph_at_hand(simulated: bool = False) -> str | None:
    """Return the name of the graph that references use without any download.

    Args:
        simulated: Whether the data asked about are those of the demo world, whose STRING is
            simulated too and always there.

    Returns:
        `string` where its prepared pairs are here, else `string_links` where both of STRING's own
        files are, else None.
    """
    if simulated:
        return "string"
    return next((name for name in ("string", "string_links") if is_at_hand(name)), None)


def how_to_get() -> str:
    """Return the sentence that is told where the pairs that references use are not at hand."""
    if is_at_hand("string_links"):
        return "STRING's own pairs are at hand: -S graph=string_links reads them."
    return (
        f"No gene graph is at hand: `perturb-evals data fetch {LINKS} {INFO}` downloads STRING's "
        f"own pairs (about 80 MB), then -S graph=string_links reads them; or put "
        f"{GRAPHS['string'][0]} into the mirror folder."
    )
