"""Gene cards: what NCBI says about the gene that a name in a table means."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

from perturb_evals.datasets.files.fetch import fetch
from perturb_evals.datasets.genes.ncbi import (
    GENE_INFO,
    GENE_SUMMARY,
    Aliases,
    human_aliases,
    read_human,
    read_summaries,
)

Found = Literal["current", "former", "several", "unknown"]


@dataclass(frozen=True)
class GeneCard:
    """What is known of a gene.

    Attributes:
        name: The name asked for.
        found: `current`, it is the gene's symbol today; `former`, one that it had, or another name
            that NCBI lists, and it can only mean this gene (`Aliases.gene_ids_of_label`); `several`
            genes have it; `unknown`.
        gene_id: NCBI gene id; None for the two last. The rest is empty then.
        symbol: NCBI's current symbol.
        synonyms: Former symbols and other names, in the file's order.
        full_name: Such as `alanyl-tRNA synthetase 1`.
        summary: RefSeq's summary without its credit line; empty for about a third of the
            protein-coding genes.
        designations: Other full names that NCBI lists, in the file's order.
    """

    name: str
    found: Found
    gene_id: int | None = None
    symbol: str = ""
    synonyms: tuple[str, ...] = ()
    full_name: str = ""
    summary: str = ""
    designations: tuple[str, ...] = ()


def gene_cards(names: Iterable[str]) -> dict[str, GeneCard]:
    """Return the cards of names as tables write them, each name once, in their order.

    NCBI's two files are read once in a process.

    Raises:
        DataError: A file of NCBI's cannot be had, or is not of its form.
    """
    info, summary = fetch(GENE_INFO), fetch(GENE_SUMMARY)
    genes = _genes(info, summary, info.stat().st_mtime_ns, summary.stat().st_mtime_ns)
    aliases = human_aliases()
    return {name: _card(name, aliases, genes) for name in dict.fromkeys(names)}


def _card(name: str, aliases: Aliases, genes: dict[int, GeneCard]) -> GeneCard:
    ids = aliases.gene_ids_of_label(name)
    if len(ids) != 1:
        return GeneCard(name, "several" if aliases.gene_ids(name) else "unknown")
    gene = genes[ids[0]]
    return GeneCard(
        name,
        "current" if aliases.is_current(name) else "former",
        gene.gene_id,
        gene.symbol,
        gene.synonyms,
        gene.full_name,
        gene.summary,
        gene.designations,
    )


@lru_cache(maxsize=1)
def _genes(info: Path, summary: Path, *mtimes_ns: int) -> dict[int, GeneCard]:
    """Return every gene under its own symbol, by NCBI gene id."""
    said = read_summaries(summary)
    columns = ["GeneID", "Symbol", "Synonyms", "description", "Other_designations"]
    rows = read_human(info, columns)
    return {
        gene_id: GeneCard(
            symbol,
            "current",
            gene_id,
            symbol,
            _listed(synonyms),
            "" if full_name == "-" else full_name,
            said.get(gene_id, ""),
            _listed(designations),
        )
        for gene_id, symbol, synonyms, full_name, designations in zip(
            rows["GeneID"].tolist(), *(rows[column] for column in columns[1:]), strict=True
        )
    }


def _listed(text: str) -> tuple[str, ...]:
    return () if text == "-" else tuple(text.split("|"))
