"""Files of GEARS: the zip, and which cell has which perturbation (`obs`)."""

import shutil
import uuid
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from perturb_evals.datasets.errors import why
from perturb_evals.datasets.files.fetch import cache_folder
from perturb_evals.datasets.files.whole_file import remove_leftovers
from perturb_evals.datasets.genes.label import Exclusion, Label
from perturb_evals.datasets.genes.labels import Look, look_at
from perturb_evals.datasets.genes.words import clean
from perturb_evals.datasets.screens.screen import ScreenError

if TYPE_CHECKING:
    from perturb_evals.datasets.genes.ncbi import Aliases

MEMBER = "perturb_processed.h5ad"
CONTROL = "ctrl"
COLUMNS = ("condition", "condition_name", "cell_type")
CONTROL_CELLS = Label(CONTROL, "", "")


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
        remove_leftovers(part.parent)


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
    left_out: dict[Exclusion, set[tuple[str, ...]]] = {"combination": set()}
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
