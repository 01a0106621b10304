"""How well known genes are: as much as NCBI writes of each, or counts that a user brings.

What is written of a gene stands in for how often a language model has read of it. The length of
NCBI's summary is at hand offline; a count of publications may be brought as a table.
"""

import csv
import math
from collections.abc import Iterable, Mapping
from pathlib import Path

from perturb_evals.datasets.demo.facts import COMPLEXES
from perturb_evals.datasets.demo.knowledge import demo_texts
from perturb_evals.datasets.errors import DataError, why
from perturb_evals.datasets.genes.cards import gene_cards

COLUMNS = ("symbol", "count")


def summary_lengths(names: Iterable[str]) -> dict[str, float]:
    """Return the letters of NCBI's summary of each gene, 0 for one without a summary.

    A name that means no gene, or several, has none: it is left out.

    Raises:
        DataError: A file of NCBI's cannot be had, or is not of its form.
    """
    cards = gene_cards(names).values()
    return {card.name: float(len(card.summary)) for card in cards if card.gene_id is not None}


def demo_lengths() -> dict[str, float]:
    """Return the letters of what the demo world knows of each gene that it perturbs; 0 for none."""
    texts = demo_texts()
    perturbed = (gene for members in COMPLEXES.values() for gene in members)
    return {gene: float(len(texts.get(gene, ""))) for gene in perturbed}


def read_counts(path: Path) -> Mapping[str, float]:
    """Read how well known genes are from a table.

    Args:
        path: CSV with the columns symbol and count; others are passed by. A count is any number of
            0 or more, such as that of publications; the symbols are those of the questions.

    Raises:
        DataError: Not readable, no such columns, no row, a symbol that is empty or stands there
            twice, or a count that is no number of 0 or more; the first fault is named.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file, strict=True)
            if lacking := [name for name in COLUMNS if name not in (rows.fieldnames or ())]:
                raise DataError(
                    f"{path}: expected CSV with the columns {' and '.join(COLUMNS)}; there is no "
                    f"{lacking[0]}."
                )
            counts: dict[str, float] = {}
            for row in rows:
                symbol, count = _row(f"{path}, line {rows.line_num}", row)
                if symbol in counts:
                    raise DataError(f"{path}, line {rows.line_num}: {symbol!r} stands there twice.")
                counts[symbol] = count
    except (OSError, ValueError, csv.Error) as error:
        raise DataError(f"{path}: not readable as a table of counts: {why(error)}") from error
    if not counts:
        raise DataError(f"{path}: the table has no row.")
    return counts


def _row(place: str, row: Mapping[str, str | None]) -> tuple[str, float]:
    symbol, given = (row["symbol"] or "").strip(), row["count"] or ""
    if not symbol:
        raise DataError(f"{place}: expected a symbol, got an empty one.")
    try:
        count = float(given)
    except ValueError:
        count = math.nan
    if not (math.isfinite(count) and count >= 0):
        raise DataError(
            f"{place}: expected a count of 0 or more for {symbol!r}, got {given!r:.60}."
        )
    return symbol, count
