"""Tables of gene pairs: two columns of names, and perhaps one of weights."""

import logging
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import csv, parquet

from perturb_evals.datasets.errors import why
from perturb_evals.datasets.genes.graphs.gene_sets import GMT, pairs_within
from perturb_evals.datasets.genes.graphs.graph import GraphError
from perturb_evals.datasets.genes.words import clean, is_nothing

_log = logging.getLogger(__name__)

DELIMITERS = {
    **dict.fromkeys((".csv", ".csv.gz"), ","),
    **dict.fromkeys((".tsv", ".tsv.gz", ".txt", ".txt.gz"), "\t"),
}
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
    ("symbola", "symbolb"),
)
"""How columns of pairs are called, in any case: here, by STRING, by Cytoscape and GEARS, by
BioGRID, by BioPlex. Of several pairs the first counts."""

WEIGHTS = (
    "weight",
    "combined_score",
    "score",
    "importance",
    "edge_weight",
    "similarity",
    "pint",
    "p(interaction)",
)
"""How a column of weights may be called, in any case; the two last are BioPlex's."""

SUBUNITS, ORGANISM, HUMAN = ("subunits(gene name)", "subunits_gene_name"), "organism", "human"
"""How CORUM calls the genes of a complex, in older and newer releases, in any case and parted by
semicolons; and the column that says whose complex it is, of which human ones count."""


def read_pairs(path: Path) -> pd.DataFrame:
    """Read a table of pairs, or of complexes: columns gene_a, gene_b and weight, all checked.

    Raises:
        GraphError: See `load_graph`.
    """
    table = _read(path)
    columns = _columns(table)
    if found := [name for name in SUBUNITS if columns.count(name) == 1]:
        return pairs_within(_complexes(table, columns, found[0], path), path)
    return _check(_chosen(table, path), path)


def _read(path: Path) -> pa.Table:
    name = path.name.lower()
    delimiter = next((part for end, part in DELIMITERS.items() if name.endswith(end)), None)
    if delimiter is None and not name.endswith(".parquet"):
        raise GraphError(
            f"{path}: expected a file ending in {', '.join(DELIMITERS)}, .parquet, "
            f"{' or '.join(GMT)}."
        )
    try:
        return parquet.read_table(path) if delimiter is None else _read_text(path, delimiter)
    except (OSError, pa.ArrowException, UnicodeDecodeError) as error:
        raise GraphError(f"{path}: not readable as gene pairs: {why(error)}") from error


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


def _columns(table: pa.Table) -> list[str]:
    return [name.strip().lstrip("#").lower() for name in table.column_names]


def _complexes(table: pa.Table, columns: list[str], subunits: str, path: Path) -> list[list[str]]:
    """Return the genes of each complex, of human ones where the table says so.

    CORUM writes None for a subunit without a gene's name.
    """
    frame = table.to_pandas().set_axis(columns, axis="columns")
    if columns.count(ORGANISM) == 1:
        human = frame[ORGANISM].astype(str).str.strip().str.lower() == HUMAN
        if not human.any():
            raise GraphError(
                f"{path}: expected complexes whose {ORGANISM} is {HUMAN}; got "
                f"{', '.join(map(repr, frame[ORGANISM].unique()[:3])) or 'no row'}."
            )
        frame = frame[human]
    return [
        [name.strip() for name in str(genes).split(";") if not is_nothing(clean(name))]
        for genes in frame[subunits]
    ]


def _chosen(table: pa.Table, path: Path) -> pd.DataFrame:
    """Return the columns of the pair and its weight, and say which others there are."""
    columns = _columns(table)
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
