"""How well known the genes of a board are, from files that are here; nothing is downloaded."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from perturb_evals.datasets.demo.world import SIMULATED
from perturb_evals.datasets.errors import DataError
from perturb_evals.datasets.genes.known import demo_lengths, summary_lengths
from perturb_evals.datasets.genes.ncbi import GENE_INFO, GENE_SUMMARY
from perturb_evals.families.known_graph import is_here


@dataclass(frozen=True)
class HowKnown:
    """How well known genes are.

    Attributes:
        what: What the counts are of, in words.
        counts: By the symbols that a board has; one that is not there is not known to be either.
    """

    what: str
    counts: Mapping[str, float]


def how_known(context: str, symbols: Iterable[str]) -> HowKnown:
    """Return how well known some genes of a board are.

    Args:
        context: Its cell line or screen; the demo world has texts of its own.
        symbols: The genes, as its questions call them.

    Raises:
        DataError: NCBI's files are not here, with how to get them; or they cannot be read.
    """
    if context in SIMULATED:
        return HowKnown("letters of the demo world's text on the gene", demo_lengths())
    if lacking := [file for file in (GENE_INFO, GENE_SUMMARY) if not is_here(file)]:
        raise DataError(
            f"NCBI's summaries are not on this machine; `perturb-evals data fetch "
            f"{' '.join(lacking)}` gets them, or name a table of your own with `--known FILE`."
        )
    return HowKnown("letters of NCBI's summary of the gene", summary_lengths(symbols))
