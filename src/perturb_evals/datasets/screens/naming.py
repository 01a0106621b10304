"""What the names of a screen's perturbations mean: gene, own readout, which are one gene."""

import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import pandas as pd

from perturb_evals.datasets.genes.labels import Look, examples
from perturb_evals.datasets.genes.symbols import SymbolResolver
from perturb_evals.datasets.genes.words import is_date
from perturb_evals.datasets.screens.screen import NAMING

if TYPE_CHECKING:
    from perturb_evals.datasets.genes.ncbi import Aliases


SYMBOL_COLUMNS = (
    "symbol",
    "genename",
    "genesymbol",
    "genesymbols",
    "featurename",
    "symbols",
    "genenames",
    "geneshortname",
    "hgncsymbol",
    "externalgenename",
    "hgnc",
    "gene",
)
"""Headings of gene symbols, the surest first, in small letters and without what is no letter."""

PLAIN_PLACES = ("", "var['symbol']", "var['gene_name']")
"""Where symbols stood before others were looked for; empty is the index."""

_NO_SYMBOL = re.compile(r"ENS[A-Z]*\d{6,}(\.\d+)?|[\d.]+")


def symbols_of(var: pd.DataFrame) -> list[str]:
    """Return the symbol of each gene: from a column of symbols, or else the index.

    The columns are those of `SYMBOL_COLUMNS`, as `feature_name` in files of CELLxGENE. One of
    mostly ids or numbers is none. A gene without a symbol has its id for one.
    """
    found = _symbol_column(var)
    return list(map(str, var.index)) if found is None else found[1]


def place_of_symbols(var: pd.DataFrame) -> str:
    """Return where the symbols stand; empty where no column has them."""
    found = _symbol_column(var)
    return "" if found is None else f"var[{found[0]!r}]"


def _symbol_column(var: pd.DataFrame) -> tuple[str, list[str]] | None:
    by_heading = {re.sub(r"[^a-z]", "", str(name).casefold()): name for name in var.columns[::-1]}
    for heading in SYMBOL_COLUMNS:
        if heading in by_heading:
            column = var[by_heading[heading]]
            symbols = [
                str(gene) if missing or not str(symbol).strip() else str(symbol)
                for gene, symbol, missing in zip(var.index, column, column.isna(), strict=True)
            ]
            written = column.dropna().astype(str)
            if 2 * sum(bool(_NO_SYMBOL.fullmatch(text)) for text in written) <= len(written):
                return str(by_heading[heading]), symbols
    return None


def readout_remarks(genes: Sequence[str], symbols: Sequence[str]) -> list[str]:
    """Return what is odd about the names of the genes that are read out, in sentences."""
    said = []
    ids = [symbol for symbol in symbols if _NO_SYMBOL.fullmatch(symbol)]
    if 2 * len(ids) > len(symbols):
        said.append(
            f"{len(ids):,} of {len(symbols):,} genes have no symbol but ids ({examples(ids)}), and "
            "no column of var has symbols (e.g. feature_name): perturbed genes are not found among "
            "them."
        )
    dates = [symbol for symbol in symbols if is_date(symbol)]
    if dates:
        said.append(f"{len(dates):,} genes are called as dates: {examples(dates)}.")
    known = set(symbols)
    unique = [s for s in symbols if (cut := s.rpartition("-"))[2].isdigit() and cut[0] in known]
    if unique and list(genes) == list(symbols):
        said.append(
            f"{len(unique):,} genes look like second ones of a name that was made unique "
            f"({examples(unique)}): they are not taken for the perturbed gene."
        )
    return said


def naming_as_written(perturbations: Sequence[str], symbols: Iterable[str]) -> pd.DataFrame:
    """Return the naming where each name is a symbol, letter by letter.

    So it is for the published screens, whose numbers do not change with a table of genes.
    """
    measured = set(symbols)
    return _frame(
        perturbations,
        list(perturbations),
        [name if name in measured else "" for name in perturbations],
        list(perturbations),
    )


def naming_of(
    look: Look,
    perturbations: Sequence[str],
    genes: Sequence[str],
    symbols: Sequence[str],
    aliases: "Aliases | None",
) -> pd.DataFrame:
    """Return what names mean after a look at them.

    Args:
        look: At all labels of the file.
        perturbations: P names that the look kept.
        genes: G gene ids.
        symbols: G symbols.
        aliases: What names mean; without it a target is found as written, or in another case.

    Returns:
        The columns of `NAMING` by name. Names with one target are one gene too, such as a symbol
        and an Ensembl id.
    """
    named = [look.genes[name] for name in perturbations]
    symbol_of = dict(zip(genes, symbols, strict=True)) | {
        gene.partition(".")[0]: symbol
        for gene, symbol in zip(genes, symbols, strict=True)
        if gene.startswith("ENS")
    }
    targets = _targets(named, symbols, aliases)
    targets = [
        target or symbol_of.get(gene.partition(".")[0], "")
        for gene, target in zip(named, targets, strict=True)
    ]
    first: dict[str, str] = {}
    for group in look.one_fold:
        first |= dict.fromkeys(group, group[0])
    of_target: dict[str, str] = {}
    for name, target in sorted(zip(perturbations, targets, strict=True)):
        if target:
            first.setdefault(name, of_target.get(target, name))
            of_target.setdefault(target, first[name])
    return _frame(perturbations, named, targets, [first.get(name, name) for name in perturbations])


def fingerprint_of_names(
    fingerprint: str, look: Look, naming: pd.DataFrame, place: str = ""
) -> str:
    """Return the fingerprint of a screen whose names were looked at.

    It is the file's where each name means what is written: so boards of such files stay. Else it
    holds what the look changed, since other perturbations are asked, or another gene is left out
    as the target, where the table of aliases is at hand.

    Args:
        fingerprint: SHA-256 (hex) of the file and the options.
        look: At all labels of the file.
        naming: See `naming_of`.
        place: Where the symbols stand, see `place_of_symbols`.
    """
    left_out = [
        text
        for reason, texts in look.left_out.items()
        for text in texts
        if reason != "combination" or "+" not in text
    ]
    targets = zip(map(str, naming.index), naming["target"], strict=True)
    renamed = sorted((name, target) for name, target in targets if target not in ("", name))
    if not (left_out or renamed) and place in PLAIN_PLACES:
        return fingerprint
    changed = json.dumps([fingerprint, sorted(left_out), renamed, place])
    return hashlib.sha256(changed.encode()).hexdigest()


def _targets(genes: Sequence[str], symbols: Sequence[str], aliases: "Aliases | None") -> list[str]:
    resolver = SymbolResolver(symbols, aliases)
    found = [resolver.resolve(gene).symbol or "" for gene in genes]
    if aliases is None or all(found):
        return found
    # GARS was a name of two genes, but as that of a perturbation it means GARS1.
    by_gene: defaultdict[int, set[str]] = defaultdict(set)
    for symbol in symbols:
        for gene_id in aliases.gene_ids_of_label(symbol):
            by_gene[gene_id].add(symbol)
    for at, gene in enumerate(genes):
        if not found[at]:
            ids = aliases.gene_ids_of_label(gene)
            hits = {symbol for gene_id in ids for symbol in by_gene[gene_id]}
            found[at] = hits.pop() if len(hits) == 1 else ""
    return found


def _frame(
    perturbations: Sequence[str], genes: list[str], targets: list[str], same_gene: list[str]
) -> pd.DataFrame:
    columns = dict(zip(NAMING, (genes, targets, same_gene), strict=True))
    return pd.DataFrame(columns, index=pd.Index(list(perturbations), dtype=object), dtype=object)
