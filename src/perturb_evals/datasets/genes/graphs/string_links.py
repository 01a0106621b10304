"""STRING's own download files as pairs of genes: names for proteins, and a cut-off."""

import hashlib
import logging
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv, parquet

from perturb_evals.datasets.errors import why
from perturb_evals.datasets.files.fetch import cache_folder, file_sha256
from perturb_evals.datasets.files.kept import check_still, kept
from perturb_evals.datasets.genes.graphs.graph import GraphError
from perturb_evals.datasets.genes.graphs.known import HIGHEST_SCORE

_log = logging.getLogger(__name__)

VERSION = 1
"""Raised whenever the same files give other pairs: kept ones are then passed by."""
BLOCK = 1 << 23
"""Bytes of the links that are in memory at a time."""
PROTEIN = "9606.ENSP"
"""How the id of a human protein begins; STRING also gives it for a name where there is none."""
LINKS_COLUMNS = ("protein1", "protein2", "combined_score")
INFO_COLUMNS = ("#string_protein_id", "preferred_name")


def read_string_links(links: Path, info: Path, cutoff: int) -> tuple[pd.DataFrame, str]:
    """Read STRING's pairs from a cut-off upwards, or what was kept of them in the cache folder.

    The links, some fourteen million lines in which each pair stands twice, are read in blocks and
    never held as a whole. Pairs of a protein without a preferred name are left out, with a warning
    that counts them.

    Args:
        links: File in the layout of STRING's protein.links, plain or compressed (.gz).
        info: File in the layout of STRING's protein.info.
        cutoff: The lowest combined_score, 0 to 1000.

    Returns:
        Columns gene_a, gene_b, each pair once in alphabetical order, and weight, which is 1: the
        prepared pairs of STRING have no weights either. And the hash (hex) of the two files and
        the cut-off.

    Raises:
        GraphError: A file that cannot be read, lacks a column, or holds a score that is no whole
            number from 0 to 1000.
    """
    try:
        of_links, of_info = file_sha256(links), file_sha256(info)
    except OSError as error:
        raise GraphError(f"{error.filename} cannot be read: {why(error)}") from error
    parts = [VERSION, cutoff, of_links, of_info]
    sha256 = hashlib.sha256(repr(parts).encode()).hexdigest()

    def read(path: Path) -> pa.Table:
        table = parquet.read_table(path)
        if table.schema.metadata[b"sha256"] != sha256.encode():
            raise ValueError("it is another one")
        return table

    def make() -> pa.Table:
        check_still(links, of_links)
        check_still(info, of_info)
        pairs, n_unnamed = _named(_linked(links, cutoff), _names(info))
        facts = {"sha256": sha256, "unnamed": str(n_unnamed)}
        return pa.Table.from_pandas(pairs, preserve_index=False).replace_schema_metadata(facts)

    path = cache_folder() / "string_links" / f"{sha256[:16]}.parquet"
    table = kept(path, read, make, parquet.write_table)
    if n_unnamed := int(table.schema.metadata[b"unnamed"]):
        _log.warning(
            "%s: %d pairs are left out, as %s has no name for one of their proteins.",
            links,
            n_unnamed,
            info,
        )
    return table.to_pandas().assign(weight=1.0), sha256


def _linked(links: Path, cutoff: int) -> pd.DataFrame:
    """Return protein1 and protein2 of the links with a score of at least the cut-off."""
    text = pa.dictionary(pa.int32(), pa.string())
    types = dict(zip(LINKS_COLUMNS, (text, text, pa.int32()), strict=True))
    found = [pd.DataFrame(columns=list(LINKS_COLUMNS[:2]), dtype=object)]
    try:
        with csv.open_csv(
            links,
            read_options=csv.ReadOptions(block_size=BLOCK, use_threads=False),
            parse_options=csv.ParseOptions(delimiter=" ", quote_char=False),
            convert_options=csv.ConvertOptions(
                column_types=types, include_columns=list(types), strings_can_be_null=False
            ),
        ) as blocks:
            for block in blocks:
                score = block["combined_score"]
                within = pc.and_(pc.greater_equal(score, 0), pc.less_equal(score, HIGHEST_SCORE))
                if not pc.all(within, skip_nulls=False, min_count=0).as_py():
                    odd = block.filter(pc.invert(pc.fill_null(within, False))).slice(0, 1)
                    raise GraphError(
                        f"{links}: expected a combined_score from 0 to {HIGHEST_SCORE}, got "
                        f"{odd.to_pylist()[0]}."
                    )
                high = block.filter(pc.greater_equal(score, cutoff))
                found.append(high.select(LINKS_COLUMNS[:2]).to_pandas().astype(object))
    except (OSError, pa.ArrowException, UnicodeDecodeError) as error:
        raise GraphError(
            f"{links}: not readable as STRING's protein.links, lines of {' '.join(LINKS_COLUMNS)}: "
            f"{why(error)}"
        ) from error
    return pd.concat(found, ignore_index=True)


def _names(info: Path) -> pd.Series:
    """Return the preferred names by protein, without those that are only the id again."""
    try:
        table = csv.read_csv(
            info,
            parse_options=csv.ParseOptions(delimiter="\t", quote_char=False),
            convert_options=csv.ConvertOptions(
                column_types=dict.fromkeys(INFO_COLUMNS, pa.string()),
                include_columns=list(INFO_COLUMNS),
                strings_can_be_null=False,
            ),
        )
    except (OSError, pa.ArrowException, UnicodeDecodeError) as error:
        raise GraphError(
            f"{info}: not readable as STRING's protein.info, with the columns "
            f"{', '.join(INFO_COLUMNS)} parted by tabs: {why(error)}"
        ) from error
    frame: pd.DataFrame = table.to_pandas().drop_duplicates(INFO_COLUMNS[0])
    names: pd.Series = frame.set_index(INFO_COLUMNS[0])[INFO_COLUMNS[1]].str.strip()
    return names[(names != "") & ~names.str.startswith((PROTEIN, PROTEIN.partition(".")[2]))]


def _named(linked: pd.DataFrame, names: pd.Series) -> tuple[pd.DataFrame, int]:
    """Return the pairs by gene, each once, and how many pairs of proteins have no names."""
    once = _each_once(linked["protein1"], linked["protein2"])
    a, b = once["gene_a"].map(names), once["gene_b"].map(names)
    named = a.notna() & b.notna()
    return _each_once(a[named], b[named]), int((~named).sum())


def _each_once(a: pd.Series, b: pd.Series) -> pd.DataFrame:
    """Return pairs in alphabetical order as gene_a and gene_b, without direction and repeats."""
    forward = a.to_numpy() < b.to_numpy()
    pairs = pd.DataFrame({"gene_a": a.where(forward, b), "gene_b": b.where(forward, a)})
    return pairs.drop_duplicates().sort_values(["gene_a", "gene_b"], ignore_index=True)
