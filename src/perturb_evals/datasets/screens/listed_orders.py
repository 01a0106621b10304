"""The orders of genes that a file of GEARS lists itself (`uns`): read, judged, completed."""

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from perturb_evals.datasets.screens.stored import read_names

ORDERS = "rank_genes_groups_cov_all"
"""In `uns`: name of the condition -> gene ids, most differentially expressed first."""

MOSTLY_KNOWN = 0.5
"""The share of the names in the lists that must be genes of the file."""

LEADING, BY_CHANCE, OWN, FEWEST_LISTS = 20, 0.4, 0.7, 10
"""The first so many genes of a list must stand above so much of the order by |t|, and so many of
the lists fit the perturbation that they are of better than the next; fewer lists cannot tell."""

_log = logging.getLogger(__name__)


def listed_orders(
    path: Path,
    uns: Mapping[str, Any],
    names: Sequence[str | None],
    genes: Sequence[str],
    symbols: Sequence[str],
) -> list[NDArray[np.intp]] | None:
    """Read the orders of some conditions, one at a time.

    Genes are named by id or, where that fits more of them, by symbol. What the file's genes do not
    have was filtered out later and is left out, since the others keep their order.

    Args:
        path: The file, for messages.
        uns: Its open group `uns`, or an empty mapping.
        names: P names of conditions; None where there is no single one.
        genes: G unique gene ids.
        symbols: G gene symbols; one of several genes names none.

    Returns:
        P arrays of positions, most differentially expressed first; they may be shorter than G.
        None where the file has no orders; and, with a warning, where they cannot be those of its
        cells: not for all the names, most of it other genes, or a gene twice.
    """
    orders = uns.get(ORDERS)
    if orders is None:
        return None
    lacking = [name for name in names if name is None or name not in orders]
    if lacking:
        said = f"it lists no order for {len(lacking)} of {len(names)} perturbations"
        _not_used(path, f"{said}, e.g. {lacking[0]!r}" if any(lacking) else said)
        return None
    first = read_names(orders[names[0]])
    by_id, by_symbol = _positions(genes), _positions(symbols)
    position = max((by_id, by_symbol), key=lambda known: sum(name in known for name in first))
    listed, n_named, n_found = [], 0, 0
    for name in names:
        ids = read_names(orders[name])
        at = np.array([position[gene] for gene in ids if gene in position], dtype=np.intp)
        if np.bincount(at, minlength=1).max() > 1:
            _not_used(path, f"in that of {name!r} a gene stands more than once")
            return None
        listed.append(at)
        n_named, n_found = n_named + len(ids), n_found + len(at)
    if n_found < MOSTLY_KNOWN * n_named:
        share = f"{n_found / n_named:.0%} of the names listed are"
        _not_used(path, f"only {share} genes of the file, by id or by symbol")
        return None
    if n_found < n_named:
        _log.warning(
            "%s, uns[%r]: %s of the names listed are no gene of the file, as after a later filter; "
            "the others keep their order.",
            path,
            ORDERS,
            f"{n_named - n_found:,} of {n_named:,}",
        )
    return listed


def _not_used(path: Path, reason: str) -> None:
    _log.warning(
        "%s, uns[%r]: the orders of genes there are not used: %s. Genes rank by Welch's |t|.",
        path,
        ORDERS,
        reason,
    )


def _positions(names: Sequence[str]) -> dict[bytes, int]:
    """Return where each name stands that stands there once."""
    count = Counter(names)
    return {name.encode(): at for at, name in enumerate(names) if count[name] == 1}


def order_fault(listed: Sequence[NDArray[np.intp]], order: NDArray[np.integer[Any]]) -> str:
    """Return why P listed orders cannot be those of the cells; empty if they can.

    Args:
        listed: Positions of genes, most differentially expressed first.
        order: (P, G) the same by a statistic of the cells themselves.

    Returns:
        A sentence, where the genes that lead the lists stand no further in front than by chance, or
        the lists fit the next perturbation as well as their own.
    """
    n_genes = order.shape[1]
    leading = min(LEADING, n_genes // 5)
    if not leading or len(listed) < FEWEST_LISTS or not all(map(len, listed)):
        return ""
    ranks = np.empty(order.shape)
    np.put_along_axis(ranks, order.astype(np.intp), np.arange(n_genes) / (n_genes - 1), axis=1)
    own, of_next = (
        np.array([row[first[:leading]].mean() for first, row in zip(listed, of, strict=True)])
        for of in (ranks, np.roll(ranks, 1, axis=0))
    )
    where = f"uns[{ORDERS!r}] is of other cells or perturbations"
    if np.median(own) > BY_CHANCE:
        return (
            f"{where}: the first {leading} genes of its lists stand {np.median(own):.0%} down "
            "those by |t| of these cells (by chance 50%)."
        )
    if (fitting := float((own < of_next).mean())) < OWN:
        return f"{where}: {fitting:.0%} of its lists fit their own better than another one's |t|."
    return ""


def completed(
    listed: Sequence[NDArray[np.intp]], order: NDArray[np.integer[Any]]
) -> NDArray[np.integer[Any]]:
    """Append to each of P listed orders the genes it lacks, in the (P, G) order of another one."""
    result = order.copy()
    for row, first in enumerate(listed):
        result[row, len(first) :] = order[row, ~np.isin(order[row], first)]
        result[row, : len(first)] = first
    return result
