"""Gene-gene pairs, such as interactions or common pathways, as one undirected graph."""

import logging
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import csv, parquet
from scipy.sparse import coo_array, csr_array, diags_array, eye_array

from perturb_evals.datasets.errors import DataError, why
from perturb_evals.datasets.files.fetch import fetch, file_sha256
from perturb_evals.datasets.genes.labels import odd_names
from perturb_evals.datasets.genes.words import clean

_log = logging.getLogger(__name__)

GRAPHS = {"string": "graphs/stringdb.csv.gz", "reactome": "graphs/reactome.csv.gz"}
"""The graphs that are known by name, and their files."""

DELIMITERS = {".csv": ",", ".csv.gz": ",", ".tsv": "\t", ".tsv.gz": "\t"}
"""The text formats and what parts their fields."""

PAIRS = (
    ("gene_a", "gene_b"),
    ("gene1", "gene2"),
    ("gene_1", "gene_2"),
    ("protein1", "protein2"),
    ("node1", "node2"),
    ("source", "target"),
    ("preferredname_a", "preferredname_b"),
    ("official symbol interactor a", "official symbol interactor b"),
)
"""How columns of pairs are called, in any case: here, by STRING, by Cytoscape and GEARS, by
BioGRID. Of several pairs the first counts."""

WEIGHTS = ("weight", "combined_score", "score", "importance", "edge_weight", "similarity")
"""How a column of weights may be called, in any case."""


class GraphError(DataError):
    """A file that is no list of gene pairs. The message names the file, and the row if there is."""


@dataclass(frozen=True, eq=False)
class Graph:
    """An undirected graph of genes.

    Attributes:
        symbols: The n genes, sorted.
        adjacency: (n, n) symmetric weights above 0 and up to 1, the largest being 1; an empty
            diagonal.
        sha256: Hash (hex) of the file.
        where: Its path, for messages.
    """

    symbols: tuple[str, ...]
    adjacency: csr_array
    sha256: str
    where: str

    @cached_property
    def profiles(self) -> csr_array:
        """(n, n) rows of length 1: each gene's weights to its partners, and to itself a 1.

        With itself among the partners, two genes that share a pair resemble each other even
        without a common partner.
        """
        closed = self.adjacency + eye_array(len(self.symbols))
        length = np.sqrt(closed.power(2).sum(axis=1))
        return csr_array(diags_array(1 / length) @ closed)


def load_graph(graph: str) -> Graph:
    """Return a graph by its name or from a file; read once while the file stays as it is.

    Args:
        graph: A key of `GRAPHS`, or the path of a .csv or .tsv file (also .gz), or a .parquet file,
            with the columns gene_a and gene_b and perhaps weight, a number above 0 that is higher
            for a closer pair; or as in `PAIRS` and `WEIGHTS`. Other columns are ignored, with a
            warning that names them. Direction is ignored, a gene's pair with itself is dropped, and
            of a pair given several times the largest weight counts.

    Raises:
        GraphError: No such graph, a file that cannot be read or lacks a column, several columns
            that may be the weight, a name that is empty, a weight that is not a finite number above
            0, or no pair of two genes.
        DataError: The file of a known graph cannot be had.
    """
    if graph in GRAPHS:
        path = fetch(GRAPHS[graph])
    else:
        path = Path(graph).expanduser().absolute()
        if not path.is_file():
            raise GraphError(
                f"graph must be {', '.join(GRAPHS)} or the path of a file of gene pairs; "
                f"there is no file at {graph!r}."
            )
    return _load(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=4)
def _load(path: Path, mtime_ns: int) -> Graph:
    pairs = _check(_read(path), path)
    names = pd.unique(pd.concat([pairs["gene_a"], pairs["gene_b"]]))
    cleaned = {name: clean(name) for name in names}
    if odd := odd_names(cleaned.values()):
        _log.warning("%s: %s", path, odd)
    for column in ("gene_a", "gene_b"):
        pairs[column] = pairs[column].map(cleaned)
    pairs = pairs[pairs["gene_a"] != pairs["gene_b"]]
    if pairs.empty:
        raise GraphError(f"{path}: expected pairs of two different genes, got none.")
    codes, symbols = pd.factorize(pd.concat([pairs["gene_a"], pairs["gene_b"]]), sort=True)
    a, b = codes[: len(pairs)], codes[len(pairs) :]
    weight = pairs["weight"].to_numpy() / pairs["weight"].max()
    # The same pair in either direction is one pair: its largest weight stays.
    merged = (
        pd.DataFrame({"a": np.minimum(a, b), "b": np.maximum(a, b), "weight": weight})
        .groupby(["a", "b"], as_index=False)["weight"]
        .max()
    )
    half = coo_array((merged["weight"], (merged["a"], merged["b"])), shape=(len(symbols),) * 2)
    return Graph(tuple(symbols), csr_array(half + half.T), file_sha256(path), str(path))


def _read(path: Path) -> pd.DataFrame:
    """Read a file of pairs as columns gene_a, gene_b and weight, unchecked."""
    name = path.name.lower()
    delimiter = next((part for end, part in DELIMITERS.items() if name.endswith(end)), None)
    if delimiter is None and not name.endswith(".parquet"):
        raise GraphError(f"{path}: expected a file ending in {', '.join(DELIMITERS)} or .parquet.")
    try:
        table = parquet.read_table(path) if delimiter is None else _read_text(path, delimiter)
    except (OSError, pa.ArrowException, UnicodeDecodeError) as error:
        raise GraphError(f"{path}: not readable as gene pairs: {why(error)}") from error
    return _chosen(table, path)


def _read_text(path: Path, delimiter: str) -> pa.Table:
    read, parse = csv.ReadOptions(use_threads=False), csv.ParseOptions(delimiter=delimiter)
    with csv.open_csv(path, read_options=read, parse_options=parse) as opened:
        columns = opened.schema.names
    if len(columns) == 1 and len(parts := columns[0].split()) > 1:  # as STRING parts its files
        columns, parse = parts, csv.ParseOptions(delimiter="\t" if "\t" in columns[0] else " ")
    # As text, and nothing missing: NA and NaN could be gene symbols, and a bad weight must be
    # reported as it stands in the file.
    convert = csv.ConvertOptions(
        column_types=dict.fromkeys(columns, pa.string()), strings_can_be_null=False
    )
    return csv.read_csv(path, read, parse, convert)


def _chosen(table: pa.Table, path: Path) -> pd.DataFrame:
    """Return the columns of the pair and its weight, and say which others there are."""
    columns = [name.strip().lstrip("#").lower() for name in table.column_names]
    pair = next((pair for pair in PAIRS if {*pair} <= {*columns}), PAIRS[0])
    weights = [name for name in columns if name in WEIGHTS]
    if weights.count("weight") == 1:
        weights = ["weight"]  # what is called so is meant
    if any(columns.count(name) != 1 for name in pair) or len(weights) > 1:
        raise GraphError(
            f"{path}: expected the columns {pair[0]} and {pair[1]}, and perhaps one of weights "
            f"({', '.join(WEIGHTS)}), once each; got {', '.join(table.column_names) or 'none'}."
        )
    used = {name: columns.index(name) for name in (*pair, *weights)}
    frame: pd.DataFrame = table.select(list(used.values())).to_pandas()
    frame = frame.set_axis([*PAIRS[0], *(["weight"] if weights else [])], axis="columns")
    others = [name for at, name in enumerate(table.column_names) if at not in used.values()]
    if others:
        _log.warning(
            "%s: the columns %s are not used; %s.",
            path,
            ", ".join(map(repr, others)),
            f"the weight is {weights[0]}"
            if weights
            else "no weight is, so all pairs count alike: call the column weight that is one",
        )
    return frame if weights else frame.assign(weight=1.0)


def _check(pairs: pd.DataFrame, path: Path) -> pd.DataFrame:
    """Return the pairs with numbers as weights.

    Raises:
        GraphError: A name that is empty or no text, or a weight that is no number above 0.
    """
    weight = pd.to_numeric(pairs["weight"], errors="coerce").astype(float)
    named = [
        all(isinstance(name, str) and name.strip() for name in pair)
        for pair in zip(pairs["gene_a"], pairs["gene_b"], strict=True)
    ]
    for bad, what in (
        (~np.array(named, dtype=bool), "a name that is empty or no text"),
        (~(np.isfinite(weight) & (weight > 0)), "a weight that is not a finite number above 0"),
    ):
        if bad.any():
            at = int(np.asarray(bad).argmax())
            row = pairs.iloc[at]
            raise GraphError(
                f"{path}, data row {at + 1}: {what} (gene_a={row['gene_a']}, "
                f"gene_b={row['gene_b']}, weight={row['weight']}; {int(bad.sum())} such rows)."
            )
    return pairs.assign(weight=weight)
