"""The order of genes that a file in GEARS's layout brings along in `uns`."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from perturb_evals.datasets.screens.screen import ScreenError

ORDERS = "rank_genes_groups_cov_all"
"""In `uns`: name of the condition -> gene ids, most differentially expressed first."""


def listed_orders(
    path: Path, uns: Mapping[str, Any], names: Sequence[str | None], genes: Sequence[str]
) -> list[NDArray[np.intp]] | None:
    """Read the orders of some conditions, one at a time.

    Args:
        path: The file, for messages.
        uns: Its open group `uns`, or an empty mapping.
        names: P names of conditions; None where there is no single one.
        genes: G unique gene ids.

    Returns:
        P arrays of positions, most differentially expressed first; they may be shorter than G.
        None where the file has no orders, or not for all the names.

    Raises:
        ScreenError: An order names a gene that the file does not have, or one twice.
    """
    orders = uns.get(ORDERS, {})
    if not all(name is not None and name in orders for name in names):
        return None
    # Compared as bytes, as HDF5 stores them: decoding millions of names would take seconds.
    position = {gene.encode(): at for at, gene in enumerate(genes)}
    return [_positions(path, str(name), orders[name][()], position) for name in names]


def _positions(
    path: Path, name: str, ids: NDArray[Any], position: Mapping[bytes, int]
) -> NDArray[np.intp]:
    where = f"{path}, uns[{ORDERS!r}][{name!r}]"
    try:
        at = np.array([position[gene] for gene in ids.tolist()], dtype=np.intp)
    except (KeyError, TypeError) as error:
        raise ScreenError(f"{where}: expected ids of the file's genes, got {error}.") from error
    if np.bincount(at, minlength=1).max() > 1:
        raise ScreenError(f"{where}: a gene stands there more than once.")
    return at


def completed(
    listed: Sequence[NDArray[np.intp]], order: NDArray[np.integer[Any]]
) -> NDArray[np.integer[Any]]:
    """Append to each listed order the genes it lacks, in the order of another one.

    Args:
        listed: P arrays of unique positions.
        order: (P, G) permutations of the positions.
    """
    result = order.copy()
    for row, first in enumerate(listed):
        result[row, len(first) :] = order[row, ~np.isin(order[row], first)]
        result[row, : len(first)] = first
    return result
