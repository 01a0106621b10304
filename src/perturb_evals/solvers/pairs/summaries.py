"""What a prompt says of a gene: NCBI's text, or that of the demo world."""

from functools import lru_cache
from typing import Literal, get_args

from perturb_evals.datasets.demo.knowledge import demo_texts
from perturb_evals.datasets.demo.world import SIMULATED
from perturb_evals.datasets.genes.cards import gene_cards
from perturb_evals.datasets.pairs.evidence import SETS, PairsEvidence

Source = Literal["ncbi", "model"]
SOURCES: tuple[Source, ...] = get_args(Source)

Part = Literal["perturbed", "readout"]
"""What a gene is in a question."""

UNKNOWN = "no description is known."
LONGEST = 600
"""Letters of a text that are shown, up to the end of a sentence."""


class Summaries:
    """Texts of genes, each the same in every question.

    Args:
        evidence: Says whose tables these are.
        source: Where the texts come from.
    """

    def __init__(self, evidence: PairsEvidence, source: Source = "ncbi") -> None:
        self._simulated = evidence.dataset in SIMULATED
        self._sets = evidence.cell_line.endswith(SETS)

    async def of(self, symbol: str, part: Part) -> str:
        """Return the text of a gene, with a full stop; `UNKNOWN` where there is none.

        Args:
            symbol: As tables write it.
            part: What it is in the question.

        Raises:
            DataError: A file of NCBI's cannot be had.
        """
        return self.at_hand(symbol, part)

    def at_hand(self, symbol: str, part: Part) -> str:
        """Return the text of a gene that no model is asked for, see `of`."""
        if self._sets and part == "readout":
            return "a set of genes, read out together."
        if self._simulated:
            text = demo_texts().get(symbol, "")
            return f"{text}." if text else UNKNOWN
        return ncbi_text(symbol)


@lru_cache(maxsize=4096)
def ncbi_text(symbol: str) -> str:
    """Return a gene's full name and the first sentences of its RefSeq summary."""
    card = gene_cards([symbol])[symbol]
    text = f"{card.full_name}. {card.summary}".strip(" .")
    if not text:
        return UNKNOWN
    if len(text) > LONGEST:
        text = text[:LONGEST].rpartition(". ")[0] or text[:LONGEST].rpartition(" ")[0] + " …"
    return text.rstrip(".") + "."
