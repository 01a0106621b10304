"""NCBI's tables of genes, and which symbols and synonyms denote which human gene."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.csv

from perturb_evals.datasets.errors import DataError, why
from perturb_evals.datasets.files.fetch import fetch, locate
from perturb_evals.datasets.files.sources import find_source

GENE_INFO = "genes/Homo_sapiens.gene_info.gz"
GENE_SUMMARY = "genes/gene_summary.gz"
# Of some credits (GUCA1A's) the bracket in front got lost.
_CREDIT = re.compile(r"\[?(?:provided|supplied) by [^][]*\]\.?", re.I)
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
TAX_ID, HUMAN = "#tax_id", 9606
ENSEMBL, ENSEMBL_GENE = "Ensembl:", "ENSG"

Ids = tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Aliases:
    """What names mean: NCBI gene ids by name, in upper case.

    Attributes:
        current: Gene ids by current symbol: NCBI's own, and the nomenclature authority's where it
            differs (ND1 and MT-ND1). Nearly always one id.
        synonyms: Gene ids by former symbol, other name or Ensembl id, in the order of the file. A
            name may be in both tables, as the current symbol of one gene and a synonym of another.
    """

    current: Mapping[str, Ids]
    synonyms: Mapping[str, Ids]

    def is_current(self, name: str) -> bool:
        """Whether a name, in any case, is the current symbol of a gene."""
        return name.upper() in self.current

    def gene_ids(self, name: str) -> Ids:
        """The genes that a name denotes, in any case; a current symbol beats a synonym.

        Returns:
            The ids: none for an unknown name, several for a synonym of several genes.
        """
        key = name.upper()
        if key.startswith(ENSEMBL_GENE):
            key = key.partition(".")[0]  # the version
        return self.current.get(key) or self.synonyms.get(key, ())

    def gene_ids_of_symbol(self, symbol: str) -> Ids:
        """The genes of a name that is known to be a gene's symbol, be it a former one.

        Several genes may have been called the same: GARS, which is GARS1 now, and GART. Most
        symbols that changed got a 1 behind them, so of several genes it is the one named that way.

        Returns:
            The ids; none for an unknown symbol and for a former one that stays unclear.
        """
        ids, key = self.gene_ids(symbol), symbol.upper()
        if len(ids) < 2 or key in self.current:
            return ids
        renamed = self.current.get(key + "1", ())
        return tuple(gene_id for gene_id in ids if gene_id in renamed)

    def gene_ids_of_label(self, label: str) -> Ids:
        """The genes of a name that somebody gave a perturbation, as `gene_ids_of_symbol`.

        Of several genes that were once called so, it is also the one that kept the letters in front
        and the number: SEPT2, a name of two, is SEPTIN2.
        """
        if ids := self.gene_ids_of_symbol(label):
            return ids
        key = label.upper()
        letters = key.rstrip("0123456789")
        number = key[len(letters) :]
        kept = {
            gene_id
            for symbol in self.symbols_of(self.gene_ids(key))
            if number
            and symbol.startswith(letters)
            and symbol[len(letters) :].lstrip(_LETTERS) == number
            for gene_id in self.current[symbol]
        }
        return tuple(kept) if len(kept) == 1 else ()

    def symbols_of(self, gene_ids: Iterable[int]) -> tuple[str, ...]:
        """The current symbols of genes, in upper case, sorted."""
        return tuple(sorted(s for gene_id in gene_ids for s in self._symbols_of.get(gene_id, ())))

    @cached_property
    def _symbols_of(self) -> dict[int, list[str]]:
        found: dict[int, list[str]] = {}
        for symbol, ids in self.current.items():
            for gene_id in ids:
                found.setdefault(gene_id, []).append(symbol)
        return found


def human_aliases() -> Aliases:
    """The alias table of the package's gene_info file, read once in a process.

    Raises:
        DataError: The file cannot be had, or is not a gene_info file.
    """
    path = fetch(GENE_INFO)
    return _aliases(path, path.stat().st_mtime_ns)


def table_at_hand() -> Path | None:
    """Where the gene_info file stands on this machine; None where it would be a download."""
    try:
        found = locate(find_source(GENE_INFO))
    except DataError:
        return None
    return None if found is None else found[1]


def aliases_at_hand() -> Aliases | None:
    """The alias table, if its file is on this machine and readable; nothing is downloaded."""
    path = table_at_hand()
    try:
        return None if path is None else _aliases(path, path.stat().st_mtime_ns)
    except (DataError, OSError):
        return None


@lru_cache(maxsize=1)
def _aliases(path: Path, mtime_ns: int) -> Aliases:
    return read_aliases(path)


def read_aliases(path: Path) -> Aliases:
    """The alias table of a file in the layout of NCBI's gene_info.

    Raises:
        DataError: See `read_human`.
    """
    columns = ["GeneID", "Symbol", "Symbol_from_nomenclature_authority", "Synonyms", "dbXrefs"]
    genes = read_human(path, columns)
    ids = genes["GeneID"].tolist()
    official = genes["Symbol_from_nomenclature_authority"]
    current = zip([*genes["Symbol"], *official], [*ids, *ids], strict=True)
    synonyms = [
        (name, gene_id)
        for names, gene_id in zip(genes["Synonyms"], ids, strict=True)
        for name in names.split("|")
    ]
    ensembl = [
        (other.removeprefix(ENSEMBL), gene_id)
        for others, gene_id in zip(genes["dbXrefs"], ids, strict=True)
        for other in others.split("|")
        if other.startswith(ENSEMBL)
    ]
    return Aliases(_ids_by_name(current), _ids_by_name([*synonyms, *ensembl]))


def read_human(path: Path, columns: Sequence[str]) -> pd.DataFrame:
    """Read columns of the human rows of one of NCBI's tables, such as gene_info or gene_summary.

    Args:
        path: Tab-separated file with a header, plain or compressed (`.gz`).
        columns: The columns wanted; of GeneID the numbers, of any other the text as it stands,
            which is `-` where NCBI has nothing.

    Returns:
        The rows in file order.

    Raises:
        DataError: The file cannot be read, lacks a column, or has no human row.
    """
    numbers = {TAX_ID: pa.int32(), "GeneID": pa.int32()}
    types = {name: numbers.get(name, pa.string()) for name in (TAX_ID, *columns)}
    try:
        table = pa.csv.read_csv(
            path,
            parse_options=pa.csv.ParseOptions(delimiter="\t", quote_char=False),
            convert_options=pa.csv.ConvertOptions(
                column_types=types,
                include_columns=list(types),
                # NaN is a synonym here, not a missing value.
                strings_can_be_null=False,
            ),
        )
    except (OSError, pa.ArrowException, UnicodeDecodeError) as error:
        raise DataError(
            f"{path}: not readable as a tab-separated table of NCBI's with the columns "
            f"{', '.join(types)}: {why(error)}"
        ) from error
    frame: pd.DataFrame = table.to_pandas()
    human = frame.loc[frame[TAX_ID] == HUMAN, list(columns)].reset_index(drop=True)
    if human.empty:
        raise DataError(
            f"{path}: expected rows of the human genome (tax_id {HUMAN}), got none among "
            f"{len(frame)} rows."
        )
    return human


def read_summaries(path: Path) -> dict[int, str]:
    """Read RefSeq's summaries by NCBI gene id, without the line that credits who provided them.

    Those of a gene that has several are joined; a gene of which nothing is left has none.

    Args:
        path: File in the layout of NCBI's gene_summary.

    Raises:
        DataError: See `read_human`.
    """
    rows = read_human(path, ["GeneID", "Summary"])
    said: dict[int, str] = {}
    for gene_id, summary in zip(rows["GeneID"].tolist(), rows["Summary"], strict=True):
        text = " ".join(_CREDIT.sub(" ", summary).split())
        if text not in ("-", ""):
            said[gene_id] = f"{said[gene_id]} {text}" if gene_id in said else text
    return said


def _ids_by_name(pairs: Iterable[tuple[str, int]]) -> dict[str, Ids]:
    found: dict[str, Ids] = {}
    for name, gene_id in pairs:
        if name in ("-", ""):
            continue
        known = found.setdefault(name.upper(), (gene_id,))
        if gene_id not in known:
            found[name.upper()] = (*known, gene_id)
    return found
