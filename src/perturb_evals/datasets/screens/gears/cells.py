"""Which cell belongs to which perturbation: `obs` of a file in GEARS's layout."""

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from perturb_evals.datasets.screens.screen import ScreenError

CONTROL = "ctrl"
COLUMNS = ("condition", "condition_name", "cell_type")


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
        excluded: Perturbations kept out: `combination` and `one_cell`.
    """

    cell_type: str
    perturbations: tuple[str, ...]
    condition_names: tuple[str | None, ...]
    groups: NDArray[np.int64]
    n_single: int
    excluded: dict[str, int]


def condition_table(path: Path, obs: pd.DataFrame) -> Conditions:
    """Read the perturbation of every cell.

    Args:
        path: The file, for messages.
        obs: The table of cells, with the columns condition, condition_name and cell_type.

    Raises:
        ScreenError: A column or a value is missing, there are several cell types, fewer than two
            control cells, a condition that is not understood, or no perturbation.
    """
    _check_columns(path, obs)
    codes, conditions = pd.factorize(obs["condition"].astype(str))
    genes = [_perturbed(path, condition) for condition in conditions]
    n_cells = np.bincount(codes, minlength=len(genes))

    cells_of: defaultdict[tuple[str, ...], int] = defaultdict(int)
    for perturbed, count in zip(genes, n_cells, strict=True):
        cells_of[perturbed] += int(count)
    if cells_of[()] < 2:
        raise ScreenError(
            f"{path}: expected control cells, of the condition {CONTROL!r}; found {cells_of[()]}. "
            f"Conditions are e.g. {', '.join(map(str, conditions[:3]))}."
        )
    single = [perturbed for perturbed in cells_of if len(perturbed) == 1]
    kept = sorted(perturbed for perturbed in single if cells_of[perturbed] > 1)
    if not kept:
        raise ScreenError(f"{path}: no perturbation of a single gene has two cells or more.")
    group_of = {perturbed: at for at, perturbed in enumerate([(), *kept])}
    names = _names(obs, codes, genes)
    return Conditions(
        cell_type=str(obs["cell_type"].iloc[0]),
        perturbations=tuple(symbol for (symbol,) in kept),
        condition_names=tuple(
            names[perturbed][0] if len(names[perturbed]) == 1 else None for perturbed in kept
        ),
        groups=np.array([group_of.get(perturbed, -1) for perturbed in genes])[codes],
        n_single=len(single),
        excluded={
            "combination": sum(len(perturbed) > 1 for perturbed in cells_of),
            "one_cell": len(single) - len(kept),
        },
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


def _perturbed(path: Path, condition: str) -> tuple[str, ...]:
    """Return the perturbed genes of a condition, sorted; none for the control."""
    parts = condition.split("+")
    genes = sorted(part for part in parts if part != CONTROL)
    if not all(map(str.strip, parts)) or (len(parts) == 1 and genes):
        raise ScreenError(
            f"{path}: the condition {condition!r} is not understood; expected e.g. 'AARS+{CONTROL}'"
            f", '{CONTROL}+AARS', 'AARS+TP53' or '{CONTROL}'."
        )
    return tuple(genes)


def _names(
    obs: pd.DataFrame, codes: NDArray[Any], genes: list[tuple[str, ...]]
) -> dict[tuple[str, ...], list[str]]:
    """Return the names in `condition_name` that the cells of each perturbation bear."""
    called = obs["condition_name"].astype(str).to_numpy()
    pairs = pd.DataFrame({"code": codes, "called": called}).drop_duplicates()
    names: defaultdict[tuple[str, ...], list[str]] = defaultdict(list)
    for code, name in zip(pairs["code"], pairs["called"], strict=True):
        names[genes[code]].append(name)
    return names
