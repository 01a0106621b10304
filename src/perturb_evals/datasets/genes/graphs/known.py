"""The graphs that are known by name: their files, which one is at hand, and how to get one."""

from collections.abc import Mapping

from perturb_evals.datasets.errors import DataError
from perturb_evals.datasets.files.fetch import locate
from perturb_evals.datasets.files.sources import find_source

LINKS = "string/9606.protein.links.v12.0.txt.gz"
INFO = "string/9606.protein.info.v12.0.txt.gz"

GRAPHS: Mapping[str, tuple[str, ...]] = {
    "string": ("graphs/stringdb.csv.gz",),
    "reactome": ("graphs/reactome.csv.gz",),
    "string_links": (LINKS, INFO),
}
"""The graphs that are known by name, and the files that each is made of."""


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
    """Return the sentence that is told where no graph is at hand."""
    return (
        f"No gene graph is at hand: `perturb-evals data fetch {LINKS} {INFO}` downloads STRING's "
        f"own pairs (about 80 MB), then -S graph=string_links reads them; or put "
        f"{GRAPHS['string'][0]} into the mirror folder."
    )
