"""Graphs by their names, and from files."""

import hashlib
import logging
from functools import lru_cache
from pathlib import Path

import pandas as pd

from perturb_evals.datasets.demo.knowledge import demo_pairs
from perturb_evals.datasets.errors import DataError
from perturb_evals.datasets.files.fetch import fetch, file_sha256
from perturb_evals.datasets.genes.graphs.gene_sets import GMT, read_gmt
from perturb_evals.datasets.genes.graphs.graph import Graph, GraphError, graph_of
from perturb_evals.datasets.genes.graphs.known import (
    GRAPHS,
    how_to_get,
    is_at_hand,
    split_name,
)
from perturb_evals.datasets.genes.graphs.string_links import read_string_links
from perturb_evals.datasets.genes.graphs.tables import read_pairs
from perturb_evals.datasets.genes.labels import odd_names
from perturb_evals.datasets.genes.words import clean

_log = logging.getLogger(__name__)


def load_graph(graph: str, *, simulated: bool = False) -> Graph:
    """Return a graph by its name or from a file; read once while the file stays as it is.

    Args:
        graph: A key of `GRAPHS`, or the path of a file:

            - A table of pairs, .csv, .tsv or .txt (also .gz) or .parquet, with the columns gene_a
              and gene_b and perhaps weight, a number above 0 that is higher for a closer pair; or
              as in `PAIRS` and `WEIGHTS`, among them BioPlex's. Other columns are ignored, with a
              warning that names them.
            - Such a table of complexes as CORUM's, see `tables.SUBUNITS`, or gene sets, .gmt (also
              .gz): all genes of one complex or set are pairs, of weight 1. Sets of more than
              `gene_sets.LARGEST` genes are left out, with a warning that counts them.

            Direction is ignored, a gene's pair with itself is dropped, and of a pair given several
            times the largest weight counts. `string_links` takes a cut-off, see `split_name`.
        simulated: Whether it is for data of the demo world: since that is simulated, its `string`
            is too. Other graphs stay what they are.

    Raises:
        ArgumentError: A cut-off that is not allowed.
        GraphError: No such graph, a file that cannot be read or lacks a column, several columns
            that may be the weight, a name that is empty, a weight that is not a finite number above
            0, or no pair of two genes.
        DataError: The file of a known graph cannot be had.
    """
    name, cutoff = split_name(graph)
    if simulated and name == "string":
        return _simulated()
    if name == "string_links":
        links, info = map(fetch, GRAPHS[name])
        return _string_links(links, info, cutoff, links.stat().st_mtime_ns, info.stat().st_mtime_ns)
    if name in GRAPHS:
        path = _fetched(name)
    else:
        path = Path(graph).expanduser().absolute()
        if not path.is_file():
            raise GraphError(
                f"graph must be {', '.join(GRAPHS)} or the path of a file of gene pairs; "
                f"there is no file at {graph!r}."
            )
    return _load(path, path.stat().st_mtime_ns)


def _fetched(name: str) -> Path:
    (file,) = GRAPHS[name]
    try:
        return fetch(file)
    except DataError as error:
        if name != "string" or is_at_hand(name):
            raise
        raise DataError(f"{error}\n  or: {how_to_get()}") from error


@lru_cache(maxsize=4)
def _load(path: Path, mtime_ns: int) -> Graph:
    pairs = read_gmt(path) if path.name.lower().endswith(GMT) else read_pairs(path)
    return graph_of(pairs, _cleaned(pairs, path), file_sha256(path), str(path))


@lru_cache(maxsize=2)
def _string_links(links: Path, info: Path, cutoff: int, *mtimes_ns: int) -> Graph:
    pairs, sha256 = read_string_links(links, info, cutoff)
    where = f"{links} from a combined_score of {cutoff}"
    return graph_of(pairs, _cleaned(pairs, links), sha256, where)


def _cleaned(pairs: pd.DataFrame, path: Path) -> dict[str, str]:
    """Return all names as they are called in the graph, and say which are odd."""
    names = pd.unique(pd.concat([pairs["gene_a"], pairs["gene_b"]]))
    cleaned = {name: clean(name) for name in names}
    if empty := [name for name in names if not cleaned[name]]:
        raise GraphError(f"{path}: expected names of genes, got {empty[0]!r}, which is none.")
    if odd := odd_names(cleaned.values()):
        _log.warning("%s: %s", path, odd)
    return cleaned


@lru_cache(maxsize=1)
def _simulated() -> Graph:
    pairs = demo_pairs()
    content = pairs.to_csv(index=False, lineterminator="\n").encode()
    same = {name: name for name in pd.unique(pairs.to_numpy().ravel())}
    sha256 = hashlib.sha256(content).hexdigest()
    return graph_of(pairs.assign(weight=1.0), same, sha256, "the simulated pairs of the demo world")
