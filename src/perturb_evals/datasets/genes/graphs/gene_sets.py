"""Sets of genes, such as complexes and pathways, as pairs: all genes of a set with each other."""

import gzip
import logging
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.sparse import coo_array, triu

from perturb_evals.datasets.errors import why
from perturb_evals.datasets.genes.graphs.graph import GraphError

_log = logging.getLogger(__name__)

GMT = (".gmt", ".gmt.gz")
"""How the name of a file of gene sets ends."""

LARGEST = 200
"""A larger set is left out: n genes are n(n-1)/2 pairs, which say ever less of two genes."""


def read_gmt(path: Path) -> pd.DataFrame:
    """Read a file of gene sets: lines of a name, a description and genes, parted by tabs.

    Empty lines, and empty fields at the end of a line, are passed over.

    Returns:
        Columns gene_a, gene_b and weight, see `pairs_within`.

    Raises:
        GraphError: The file cannot be read, or a line is not of that form.
    """
    opened = gzip.open if path.name.lower().endswith(".gz") else open
    sets = []
    try:
        with opened(path, "rt", encoding="utf-8-sig") as lines:
            for number, line in enumerate(lines, start=1):
                if not line.strip():
                    continue
                name, _, rest = line.partition("\t")
                genes = [gene.strip() for gene in rest.rstrip().split("\t")[1:]]
                if not name.strip() or not genes or not all(genes):
                    raise GraphError(
                        f"{path}, line {number}: expected a name, a description and genes, parted "
                        f"by tabs and none of them empty; got {line[:60]!r}."
                    )
                sets.append(genes)
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise GraphError(f"{path}: not readable as gene sets: {why(error)}") from error
    return pairs_within(sets, path)


def pairs_within(sets: Sequence[Sequence[str]], path: Path) -> pd.DataFrame:
    """Return the pairs of genes that share a set.

    Sets of more than `LARGEST` genes are left out, and a set of one gene, or of none, has no pair:
    a warning counts both.

    Args:
        sets: The genes of each set; a gene listed twice counts once.
        path: The file, for messages.

    Returns:
        Columns gene_a, gene_b and weight: each pair once, with weight 1.

    Raises:
        GraphError: There is no set of 2 to `LARGEST` genes.
    """
    unique = [dict.fromkeys(genes) for genes in sets]
    used = [genes for genes in unique if 2 <= len(genes) <= LARGEST]
    n_large, n_small = (sum(map(wrong, unique)) for wrong in (_is_large, _is_small))
    if not used:
        raise GraphError(
            f"{path}: expected sets of 2 to {LARGEST} genes; got {n_large} larger and {n_small} "
            "smaller ones."
        )
    for n_sets, what in (
        (n_large, f"more than {LARGEST} genes, and are left out"),
        (n_small, "less than two genes, and give no pair"),
    ):
        if n_sets:
            _log.warning("%s: %d of %d sets have %s.", path, n_sets, len(sets), what)
    codes, genes = pd.factorize(np.array([gene for members in used for gene in members], object))
    of_set = np.repeat(np.arange(len(used)), [len(members) for members in used])
    member = coo_array((np.ones(len(codes)), (of_set, codes)), shape=(len(used), len(genes)))
    shared = triu(member.T @ member, k=1, format="coo")
    return pd.DataFrame({"gene_a": genes[shared.row], "gene_b": genes[shared.col], "weight": 1.0})


def _is_large(genes: dict[str, None]) -> bool:
    return len(genes) > LARGEST


def _is_small(genes: dict[str, None]) -> bool:
    return len(genes) < 2
