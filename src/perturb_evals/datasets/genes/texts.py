"""Gene embeddings from what NCBI writes about each gene: TF-IDF and a truncated SVD.

The text of a gene is its full name, its other designations and its RefSeq summary. About a third of
the protein-coding genes have no summary; their names alone still say a lot ("mediator complex
subunit 11"). No language model and no service is needed.
"""

import hashlib
import logging
import re
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import csv

from perturb_evals.datasets.files.fetch import cache_folder, fetch, file_sha256
from perturb_evals.datasets.files.sources import DataError
from perturb_evals.datasets.files.whole_file import whole_file
from perturb_evals.datasets.genes.ncbi import GENE_INFO, HUMAN
from perturb_evals.datasets.genes.text_embedding import embed_texts
from perturb_evals.datasets.genes.vectors import GeneVectors

GENE_SUMMARY = "genes/gene_summary.gz"
WHERE = "the embedding of NCBI's gene texts"
DIMENSIONS = 256
VERSION = 1
"""Raised whenever the same files give other vectors: kept ones are then passed by."""

_CREDIT = re.compile(r"\[?provided by [^\]]*\]", re.I)
_log = logging.getLogger(__name__)


def text_vectors(dimensions: int = DIMENSIONS) -> GeneVectors:
    """Return an embedding of every protein-coding gene and of every other gene with a summary.

    Built in some ten seconds, then kept in the cache folder.

    Args:
        dimensions: Length of the vectors.

    Returns:
        Vectors by current symbol, as of the files. `facts` counts the genes without a summary, and
        those left with zeros, of whose text no word counts. `sha256` is that of the two files, the
        dimensions and the version of the method, so that it does not depend on the machine.

    Raises:
        ValueError: `dimensions` is below 1, or not below the number of genes and of words.
        DataError: A file of NCBI's cannot be had, or is not of its form.
    """
    summary, names = fetch(GENE_SUMMARY), fetch(GENE_INFO)
    try:
        parts = [VERSION, dimensions, file_sha256(summary), file_sha256(names)]
    except OSError as error:
        raise DataError(f"{error.filename} cannot be read: {error}") from error
    sha256 = hashlib.sha256(repr(parts).encode()).hexdigest()
    return _vectors(summary, names, dimensions, sha256)


@lru_cache(maxsize=2)
def _vectors(summary: Path, names: Path, dimensions: int, sha256: str) -> GeneVectors:
    kept = cache_folder() / "gene_text" / f"{sha256[:16]}.npz"
    if kept.is_file():
        try:
            return _read_kept(kept, sha256)
        except Exception as error:  # a damaged file is made anew
            _log.warning("%s cannot be read (%s); it is made anew.", kept, error)
    texts = gene_texts(summary, names)
    matrix = embed_texts(texts["text"].tolist(), dimensions)
    facts = {
        "genes": len(texts),
        "zero": int((~matrix.any(axis=1)).sum()),
        "without_summary": int((~texts["has_summary"]).sum()),
    }
    vectors = GeneVectors(tuple(texts["symbol"]), matrix, sha256, facts, WHERE)
    _keep(vectors, kept)
    return vectors


def gene_texts(summary: Path, names: Path) -> pd.DataFrame:
    """Put together the text of every human gene that is protein-coding or has a summary.

    Args:
        summary: File in the layout of NCBI's gene_summary.
        names: File in the layout of NCBI's gene_info.

    Returns:
        Columns symbol, text, has_summary, by symbol. Of two genes with one symbol both are left
        out, since nobody knows which one is meant.

    Raises:
        DataError: A file that cannot be read, lacks a column or has no human row.
    """
    said = _human(summary, ["GeneID", "Summary"]).groupby("GeneID")["Summary"].agg(" ".join)
    said = said.str.replace(_CREDIT, " ", regex=True)
    columns = ["GeneID", "Symbol", "type_of_gene", "description", "Other_designations"]
    genes = _human(names, columns).replace("-", "").drop_duplicates("Symbol", keep=False)
    genes["summary"] = genes["GeneID"].map(said).fillna("")
    has_summary = genes["summary"].str.strip() != ""
    text = genes["description"] + " " + genes["Other_designations"] + " " + genes["summary"]
    texts = pd.DataFrame({"symbol": genes["Symbol"], "text": text, "has_summary": has_summary})
    chosen = has_summary | (genes["type_of_gene"] == "protein-coding")
    return texts[chosen].sort_values("symbol", ignore_index=True)


def _human(path: Path, columns: list[str]) -> pd.DataFrame:
    """Read columns of the human rows of one of NCBI's tab-separated tables, as text."""
    wanted = ["#tax_id", *columns]
    try:
        table = csv.read_csv(
            path,
            parse_options=csv.ParseOptions(delimiter="\t", quote_char=False),
            convert_options=csv.ConvertOptions(
                column_types=dict.fromkeys(wanted, pa.string()),
                include_columns=wanted,
                strings_can_be_null=False,
            ),
        )
    except (OSError, pa.ArrowException, UnicodeDecodeError) as error:
        raise DataError(
            f"{path}: not readable as a tab-separated table of NCBI's with the columns "
            f"{', '.join(wanted)}: {error}"
        ) from error
    frame: pd.DataFrame = table.to_pandas()
    human = frame.loc[frame["#tax_id"] == str(HUMAN), columns]
    if human.empty:
        raise DataError(
            f"{path}: expected rows of the human genome (tax_id {HUMAN}), got none among "
            f"{len(frame)} rows."
        )
    return human


def _read_kept(path: Path, sha256: str) -> GeneVectors:
    with np.load(path, allow_pickle=False) as arrays:
        if str(arrays["sha256"]) != sha256:
            raise ValueError("it is another one")
        facts = dict(zip(arrays["fact"].tolist(), arrays["count"].tolist(), strict=True))
        symbols = tuple(arrays["symbols"].tolist())
        return GeneVectors(symbols, arrays["vectors"], sha256, facts, WHERE)


def _keep(vectors: GeneVectors, path: Path) -> None:
    try:
        with whole_file(path) as part, part.open("wb") as file:
            np.savez(
                file,
                symbols=np.array(vectors.symbols),
                vectors=vectors.matrix,
                sha256=vectors.sha256,
                fact=np.array(list(vectors.facts)),
                count=np.array(list(vectors.facts.values())),
            )
    except OSError as error:
        # The vectors themselves are fine; only the next start will be slower.
        _log.warning("%s cannot be written (%s); it is built again next time.", path, error)
