"""Graphs by their names, and from files."""

import hashlib
import logging
from functools import lru_cache
from pathlib import Path

import pandas as pd

from perturb_evals.datasets.demo.knowledge import demo_pairs
from perturb_evals.datasets.files.fetch import fetch, file_sha256
from perturb_evals.datasets.genes.graphs.graph import Graph, GraphError, graph_of
from perturb_evals.datasets.genes.graphs.known import GRAPHS
from perturb_evals.datasets.genes.graphs.tables import read_pairs
from perturb_evals.datasets.genes.labels import odd_names
from perturb_evals.datasets.genes.words import clean

_log = logging.getLogger(__name__)


def load_graph(graph: str, *, simulated: bool = False) -> Graph:
    """Return a graph by its name or from a file; read once while the file stays as it is.

    Args:
        graph: A key of `GRAPHS`, or the path of a .csv or .tsv file (also .gz), or a .parquet file,
            with the columns gene_a and gene_b and perhaps weight, a number above 0 that is higher
            for a closer pair; or as in `PAIRS` and `WEIGHTS`. Other columns are ignored, with a
            warning that names them. Direction is ignored, a gene's pair with itself is dropped, and
            of a pair given several times the largest weight counts.
        simulated: Whether it is for data of the demo world: since that is simulated, its `string`
            is too. Other graphs stay what they are.

    Raises:
        GraphError: No such graph, a file that cannot be read or lacks a column, several columns
            that may be the weight, a name that is empty, a weight that is not a finite number above
            0, or no pair of two genes.
        DataError: The file of a known graph cannot be had.
    """
    if simulated and graph == "string":
        return _simulated()
    if graph in GRAPHS:
        (file,) = GRAPHS[graph]
        path = fetch(file)
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
    pairs = read_pairs(path)
    names = pd.unique(pd.concat([pairs["gene_a"], pairs["gene_b"]]))
    cleaned = {name: clean(name) for name in names}
    if odd := odd_names(cleaned.values()):
        _log.warning("%s: %s", path, odd)
    return graph_of(pairs, cleaned, file_sha256(path), str(path))


@lru_cache(maxsize=1)
def _simulated() -> Graph:
    pairs = demo_pairs()
    content = pairs.to_csv(index=False, lineterminator="\n").encode()
    same = {name: name for name in pd.unique(pairs.to_numpy().ravel())}
    sha256 = hashlib.sha256(content).hexdigest()
    return graph_of(pairs.assign(weight=1.0), same, sha256, "the simulated pairs of the demo world")
