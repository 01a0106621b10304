"""What NCBI writes about each gene as numbers: TF-IDF weights of words, and embeddings from them.

The text of a gene is its full name, its other designations and its RefSeq summary. About a third of
the protein-coding genes have no summary; their names alone still say a lot ("mediator complex
subunit 11"). No language model and no service is needed.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array

from perturb_evals.datasets.demo.knowledge import demo_texts
from perturb_evals.datasets.errors import DataError, why
from perturb_evals.datasets.files.fetch import cache_folder, fetch, file_sha256
from perturb_evals.datasets.files.kept import kept
from perturb_evals.datasets.genes.ncbi import GENE_INFO, GENE_SUMMARY, read_human, read_summaries
from perturb_evals.datasets.genes.vectors import GeneVectors

WHERE = "the embedding of NCBI's gene texts"
WORDS_WHERE = "the words of NCBI's gene texts"
DIMENSIONS = 256
VERSION = 2
"""Raised whenever the same files give other vectors: kept ones are then passed by."""
RAREST, COMMONEST = 5, 0.5
"""In an embedding a word counts that is in at least so many texts, and in no more than this share
of them."""
WORDS_VERSION = 2
"""As `VERSION`, of the weights of words."""
RAREST_WORD, COMMONEST_WORD = 2, 0.05
"""The same bounds where words are compared as they are: rare ones tell more."""


@dataclass(frozen=True, eq=False)
class GeneWords:
    """Which words are said of which gene.

    Attributes:
        symbols: The n genes.
        weights: (n, words) TF-IDF weights, rows of length 1; of a gene of which no word counts 0.
        sha256: Hash (hex) of what the texts came from, and of the method.
        where: What they came from, for messages.
    """

    symbols: tuple[str, ...]
    weights: csr_array
    sha256: str
    where: str


def gene_words(*, simulated: bool = False) -> GeneWords:
    """Return the words of every gene that `gene_texts` has, or of the demo world's own texts.

    Weights as in `embed_texts`, of words in at least `RAREST_WORD` texts and in no more than
    `COMMONEST_WORD` of them. Built in some five seconds, then kept in the cache folder.

    Args:
        simulated: Whether the texts of the demo world are meant, which need no file.

    Raises:
        DataError: A file of NCBI's cannot be had, or is not of its form.
    """
    if simulated:
        return _simulated_words()
    summary, names = fetch(GENE_SUMMARY), fetch(GENE_INFO)
    return _words(summary, names, _hash([WORDS_VERSION], summary, names))


def _hash(parts: list[object], summary: Path, names: Path) -> str:
    """Return a hash of what a result depends on: not the machine, but the files' contents."""
    try:
        parts = [*parts, file_sha256(summary), file_sha256(names)]
    except OSError as error:
        raise DataError(f"{error.filename} cannot be read: {why(error)}") from error
    return hashlib.sha256(repr(parts).encode()).hexdigest()


@lru_cache(maxsize=1)
def _words(summary: Path, names: Path, sha256: str) -> GeneWords:
    def make() -> GeneWords:
        texts = gene_texts(summary, names)
        weights = word_weights(texts["text"].tolist(), RAREST_WORD, COMMONEST_WORD)
        return GeneWords(tuple(texts["symbol"]), weights, sha256, WORDS_WHERE)

    def read(path: Path) -> GeneWords:
        with np.load(path, allow_pickle=False) as arrays:
            parts = tuple(arrays[name] for name in ("data", "indices", "indptr"))
            weights = csr_array(parts, shape=tuple(arrays["shape"].tolist()))
            return GeneWords(tuple(arrays["symbols"].tolist()), weights, sha256, WORDS_WHERE)

    def write(words: GeneWords, path: Path) -> None:
        weights, symbols = words.weights, np.array(words.symbols)
        parts = {name: getattr(weights, name) for name in ("data", "indices", "indptr", "shape")}
        np.savez(path, symbols=symbols, **parts)

    return kept(cache_folder() / "gene_words" / f"{sha256[:16]}.npz", read, make, write)


@lru_cache(maxsize=1)
def _simulated_words() -> GeneWords:
    texts = demo_texts()
    # A word in every twentieth of so few texts is no common one.
    weights = word_weights(list(texts.values()), RAREST_WORD, COMMONEST)
    sha256 = hashlib.sha256(repr(sorted(texts.items())).encode()).hexdigest()
    return GeneWords(tuple(texts), weights, sha256, "the simulated texts of the demo world")


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
    sha256 = _hash([VERSION, dimensions], summary, names)
    return _vectors(summary, names, dimensions, sha256)


@lru_cache(maxsize=2)
def _vectors(summary: Path, names: Path, dimensions: int, sha256: str) -> GeneVectors:
    def make() -> GeneVectors:
        texts = gene_texts(summary, names)
        matrix = embed_texts(texts["text"].tolist(), dimensions)
        facts = {
            "genes": len(texts),
            "zero": int((~matrix.any(axis=1)).sum()),
            "without_summary": int((~texts["has_summary"]).sum()),
        }
        return GeneVectors(tuple(texts["symbol"]), matrix, sha256, facts, WHERE)

    path = cache_folder() / "gene_text" / f"{sha256[:16]}.npz"
    return kept(path, lambda file: _read(file, sha256), make, _write)


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
    said = read_summaries(summary)
    columns = ["GeneID", "Symbol", "type_of_gene", "description", "Other_designations"]
    genes = read_human(names, columns).replace("-", "").drop_duplicates("Symbol", keep=False)
    genes["summary"] = genes["GeneID"].map(said).fillna("")
    has_summary = genes["summary"] != ""
    text = genes["description"] + " " + genes["Other_designations"] + " " + genes["summary"]
    texts = pd.DataFrame({"symbol": genes["Symbol"], "text": text, "has_summary": has_summary})
    chosen = has_summary | (genes["type_of_gene"] == "protein-coding")
    return texts[chosen].sort_values("symbol", ignore_index=True)


def embed_texts(texts: Sequence[str], dimensions: int) -> NDArray[np.float32]:
    """Embed texts: TF-IDF of their words, then the leading left singular vectors.

    The vectors are U * S of the singular value decomposition of the `word_weights`, so that their
    inner products approximate those of the texts. The sign of a component means nothing.

    Args:
        texts: n texts.
        dimensions: Number of components.

    Returns:
        (n, dimensions) float32; zeros for a text without a counting word (`RAREST`, `COMMONEST`).

    Raises:
        ValueError: `dimensions` is below 1, or not below the number of texts and of words; fewer
            than `RAREST` texts, or none with a counting word.
    """
    from sklearn.decomposition import TruncatedSVD

    weights = word_weights(texts, RAREST, COMMONEST)
    if not 1 <= dimensions < min(weights.shape):
        raise ValueError(
            f"dimensions must be at least 1 and below {min(weights.shape)} for {len(texts)} texts "
            f"of {weights.shape[1]} counting words; got {dimensions}."
        )
    # ARPACK to full precision, from a seeded start, so that each run gives the same vectors.
    svd = TruncatedSVD(dimensions, algorithm="arpack", random_state=0)
    matrix = np.asarray(svd.fit_transform(weights), dtype=np.float32)
    # What a text without words gets is rounding error, not an embedding.
    matrix[np.diff(weights.indptr) == 0] = 0
    return matrix


def word_weights(texts: Sequence[str], rarest: int, commonest: float) -> csr_array:
    """Return the TF-IDF weights of texts.

    A word is a run of at least two letters or digits, in lower case. Its weight in a text is
    (1 + ln count) * (1 + ln((1 + n) / (1 + number of texts with it))), and each text's weights are
    scaled to length 1.

    Args:
        texts: n texts.
        rarest: A word counts that is in at least so many of them,
        commonest: and in no more than this share.

    Returns:
        (n, words); 0 for a text without a counting word.

    Raises:
        ValueError: Fewer than `rarest` texts, or none with a counting word.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer

    if len(texts) < rarest:
        raise ValueError(f"texts must be {rarest} or more; got {len(texts)}.")
    words = TfidfVectorizer(
        sublinear_tf=True, min_df=rarest, max_df=commonest, token_pattern=r"[a-z0-9]{2,}"
    )
    try:
        return csr_array(words.fit_transform(texts))
    except ValueError as error:
        raise ValueError(f"no word counts in the {len(texts)} texts: {error}") from error


def _read(path: Path, sha256: str) -> GeneVectors:
    with np.load(path, allow_pickle=False) as arrays:
        if str(arrays["sha256"]) != sha256:
            raise ValueError("it is another one")
        facts = dict(zip(arrays["fact"].tolist(), arrays["count"].tolist(), strict=True))
        symbols = tuple(arrays["symbols"].tolist())
        return GeneVectors(symbols, arrays["vectors"], sha256, facts, WHERE)


def _write(vectors: GeneVectors, path: Path) -> None:
    np.savez(
        path,
        symbols=np.array(vectors.symbols),
        vectors=vectors.matrix,
        sha256=vectors.sha256,
        fact=np.array(list(vectors.facts)),
        count=np.array(list(vectors.facts.values())),
    )
