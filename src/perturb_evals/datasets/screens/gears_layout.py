"""Files of GEARS: the zip, which cell has which perturbation (`obs`), orders of genes (`uns`)."""

import logging
import shutil
import uuid
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from perturb_evals.datasets.errors import why
from perturb_evals.datasets.files.fetch import cache_folder
from perturb_evals.datasets.genes.label import Label, Reason
from perturb_evals.datasets.genes.labels import Look, look_at
from perturb_evals.datasets.genes.words import clean
from perturb_evals.datasets.screens.screen import ScreenError
from perturb_evals.datasets.screens.stored import read_names

if TYPE_CHECKING:
    from perturb_evals.datasets.genes.ncbi import Aliases

MEMBER = "perturb_processed.h5ad"
CONTROL = "ctrl"
COLUMNS = ("condition", "condition_name", "cell_type")
CONTROL_CELLS = Label(CONTROL, "", "")
ORDERS = "rank_genes_groups_cov_all"
"""In `uns`: name of the condition -> gene ids, most differentially expressed first."""

MOSTLY_KNOWN = 0.5
"""The share of the names in the lists that must be genes of the file."""

LEADING, BY_CHANCE, OWN, FEWEST_LISTS = 20, 0.4, 0.7, 10
"""The first so many genes of a list must stand above so much of the order by |t|, and so many of
the lists fit the perturbation that they are of better than the next; fewer lists cannot tell."""

_log = logging.getLogger(__name__)


@contextmanager
def unpacked(path: Path) -> Iterator[Path]:
    """Give the path of the `.h5ad`; what was unpacked from a zip is removed afterwards.

    Args:
        path: A zip that holds one `perturb_processed.h5ad` in any folder, or the `.h5ad` itself.

    Raises:
        ScreenError: The zip is damaged, holds no such file or several, or there is no space.
    """
    if path.suffix.lower() != ".zip":
        yield path
        return
    # Not in the system's folder for temporary files: that may be small, and this file is not.
    part = cache_folder() / f".{uuid.uuid4().hex}.h5ad.part"
    try:
        _unpack(path, part)
        yield part
    finally:
        with suppress(OSError):  # it could not be made
            part.unlink()


def _unpack(path: Path, part: Path) -> None:
    try:
        part.parent.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            members = [name for name in names if name.split("/")[-1] == MEMBER]
            if len(members) != 1:
                more = ", ..." if len(names) > 5 else ""
                raise ScreenError(
                    f"{path}: expected one {MEMBER} in the zip, found {len(members)} among "
                    f"{', '.join(names[:5]) or 'no files'}{more}."
                )
            with archive.open(members[0]) as packed, part.open("wb") as file:
                shutil.copyfileobj(packed, file, 1 << 20)
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise ScreenError(
            f"{path}: the zip is damaged ({why(error)}). Remove it, and its .sha256 where there is "
            "one, and fetch it anew."
        ) from error
    except OSError as error:
        raise ScreenError(f"{path}: cannot be unpacked to {part.parent} ({why(error)}).") from error


@dataclass(frozen=True, eq=False)
class Conditions:
    """The perturbations of a file and the cells of each.

    Attributes:
        cell_type: The one cell type.
        perturbations: P symbols of the perturbed genes with two cells or more, sorted.
        condition_names: P names under which `uns` may list each; None where its cells have
            several, as when a file uses both spellings for one gene.
        groups: (cells,) 0 for a control cell, 1 + the position of its perturbation for another,
            -1 for a cell of a perturbation that is kept out.
        n_single: Number of perturbations of one gene, those with one cell included.
        excluded: Number of perturbations kept out, by reason.
        look: What the look at the labels found; None where they were taken as written.
    """

    cell_type: str
    perturbations: tuple[str, ...]
    condition_names: tuple[str | None, ...]
    groups: NDArray[np.int64]
    n_single: int
    excluded: dict[str, int]
    look: Look | None


def condition_table(
    path: Path,
    obs: pd.DataFrame,
    symbols: Sequence[str] = (),
    aliases: "Aliases | None" = None,
    *,
    as_written: bool = False,
) -> Conditions:
    """Read the perturbation of every cell.

    Args:
        path: The file, for messages.
        obs: The table of cells, with the columns condition, condition_name and cell_type.
        symbols: Symbols of the genes that are read out, for the look at the labels.
        aliases: What names mean, for the look too.
        as_written: Whether every name is that of a gene as it stands, as in the published screens.

    Raises:
        ScreenError: A column or a value is missing, there are several cell types, fewer than two
            control cells, a condition that is not understood, labels that are numbers, or no
            perturbation.
    """
    _check_columns(path, obs)
    codes, conditions = pd.factorize(obs["condition"].astype(str))
    parts = [_parts(path, condition) for condition in conditions]
    is_control = [all(part == CONTROL for part in part_list) for part_list in parts]
    others = [c for c, control in zip(conditions, is_control, strict=True) if not control]
    look = (
        None if as_written else look_at(others, control=CONTROL, symbols=symbols, aliases=aliases)
    )
    if look is not None and look.refusal:
        raise ScreenError(f"{path}, obs['condition']: {look.refusal}. Put symbols there.")
    labels = iter(_as_written(parts) if look is None else look.labels)
    read = [CONTROL_CELLS if control else next(labels) for control in is_control]
    cells_of: Counter[str] = Counter()
    left_out: dict[Reason, set[tuple[str, ...]]] = {"combination": set()}
    for label, count, part_list in zip(
        read, np.bincount(codes, minlength=len(read)), parts, strict=True
    ):
        if label.left_out is None:
            cells_of[label.name] += int(count)
        else:  # both orders of a combination are one
            left_out.setdefault(label.left_out, set()).add(tuple(sorted(part_list)))
    n_control = cells_of.pop("", 0)
    if n_control < 2:
        raise ScreenError(
            f"{path}: expected control cells, of the condition {CONTROL!r}; found {n_control}. "
            f"Conditions are e.g. {', '.join(map(str, conditions[:3]))}."
        )
    kept = sorted(name for name, count in cells_of.items() if count > 1)
    if not kept:
        raise ScreenError(f"{path}: no perturbation of a single gene has two cells or more.")
    group_of = {name: at for at, name in enumerate(["", *kept])}
    groups = np.array(
        [group_of.get(label.name, -1) if label.left_out is None else -1 for label in read]
    )[codes]
    called = obs["condition_name"].astype(str).to_numpy()
    pairs = pd.DataFrame({"group": groups, "called": called}).drop_duplicates()
    names = pairs.groupby("group")["called"].agg(list)
    return Conditions(
        cell_type=str(obs["cell_type"].iloc[0]),
        perturbations=tuple(kept),
        condition_names=tuple(
            names[at][0] if len(names[at]) == 1 else None for at in range(1, len(kept) + 1)
        ),
        groups=groups,
        n_single=len(cells_of),
        excluded={
            **{reason: len(found) for reason, found in left_out.items()},
            "one_cell": len(cells_of) - len(kept),
        },
        look=look,
    )


def _check_columns(path: Path, obs: pd.DataFrame) -> None:
    for column in COLUMNS:
        if column not in obs:
            raise ScreenError(
                f"{path}: there is no column {column!r} in obs; it has "
                f"{', '.join(map(str, obs.columns)) or 'none'}. GEARS's layout needs "
                f"{', '.join(COLUMNS)}."
            )
        missing = int(obs[column].isna().sum())
        if missing:
            raise ScreenError(f"{path}: {missing} cells have no value in obs[{column!r}].")
    types = sorted(map(str, obs["cell_type"].unique()))
    if len(types) > 1:
        raise ScreenError(
            f"{path}: expected cells of one type, got {len(types)}: {', '.join(types[:5])}. "
            "Write each type to a file of its own."
        )


def _parts(path: Path, condition: str) -> list[str]:
    """Return what a condition joins."""
    parts = [clean(part) for part in condition.split("+")]
    if not all(parts):
        raise ScreenError(
            f"{path}: the condition {condition!r} is not understood; expected e.g. 'AARS+{CONTROL}'"
            f", '{CONTROL}+AARS', 'AARS+TP53' or '{CONTROL}'."
        )
    return parts


def _as_written(conditions: Sequence[Sequence[str]]) -> Iterator[Label]:
    """Give what conditions name where every part but the control's is the symbol of a gene."""
    for parts in conditions:
        genes = [part for part in parts if part != CONTROL]
        if len(genes) == 1:
            yield Label(genes[0], genes[0], genes[0])
        elif genes:
            yield Label("+".join(genes), "+".join(genes), "", "combination")


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


def _not_used(path: Path, why: str) -> None:
    _log.warning(
        "%s, uns[%r]: the orders of genes there are not used: %s. Genes rank by Welch's |t|.",
        path,
        ORDERS,
        why,
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
