"""Single cells in GEARS's layout, such as its curated Replogle screens, as a Screen.

`obs`: `condition` (`AARS+ctrl` or `ctrl+AARS`, `ctrl` for the control), `condition_name`,
`cell_type`. `var`: index gene ids, `gene_name` symbols. `X`: log-normalised expression.
"""

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from perturb_evals.datasets.errors import why
from perturb_evals.datasets.files.sources import SOURCES
from perturb_evals.datasets.genes.labels import examples, look_at
from perturb_evals.datasets.genes.ncbi import aliases_at_hand
from perturb_evals.datasets.screens.cell_sums import CellSums, cell_sums, halved, joined
from perturb_evals.datasets.screens.gears_layout import (
    COLUMNS,
    CONTROL,
    Conditions,
    condition_table,
    unpacked,
)
from perturb_evals.datasets.screens.listed_orders import completed, listed_orders, order_fault
from perturb_evals.datasets.screens.make_screen import make_screen, reranked
from perturb_evals.datasets.screens.naming import (
    fingerprint_of_names,
    naming_of,
    place_of_symbols,
    readout_remarks,
    symbols_of,
)
from perturb_evals.datasets.screens.profiles import half_layers, profiles
from perturb_evals.datasets.screens.scale import TAKE_LOGS, counts_fault
from perturb_evals.datasets.screens.screen import Screen, ScreenError
from perturb_evals.datasets.screens.stored import matrix_of, read_table, where_else

_log = logging.getLogger(__name__)

if TYPE_CHECKING:
    from perturb_evals.datasets.genes.ncbi import Aliases


@dataclass(frozen=True)
class GearsScreen:
    """A screen known by name, and what its file must hold.

    Attributes:
        source: Name of the file in `SOURCES`.
        cell_line: Cell line.
        cells: Number of cells, control included.
        genes: Number of genes.
        perturbations: Number of perturbed genes.
        control_cells: Number of control cells.
    """

    source: str
    cell_line: str
    cells: int
    genes: int
    perturbations: int
    control_cells: int


GEARS_SCREENS = {
    "replogle_k562": GearsScreen(
        "gears/replogle_k562_essential.zip", "k562", 162_751, 5_000, 1_092, 10_691
    ),
    "replogle_rpe1": GearsScreen(
        "gears/replogle_rpe1_essential.zip", "rpe1", 162_733, 5_000, 1_543, 11_485
    ),
}


def is_gears(path: Path) -> bool:
    """Whether a `.h5ad` holds cells in GEARS's layout.

    It does when several rows share a condition such as `AARS+ctrl`, or when `obs` has all the
    columns that the reader needs and more than one row of the condition `ctrl`: a pseudobulk may
    have the same names, but one row for each. What such a file lacks, the reader says. False for a
    file that cannot be read.
    """
    import h5py

    try:
        with h5py.File(path) as file:
            obs = read_table(file, "obs")
            conditions = obs["condition"].astype(str)
            of_gears = conditions.str.split("+").map(
                lambda parts: len(parts) > 1 and CONTROL in parts
            )
            several = conditions[of_gears].duplicated().any()
            has_columns = all(column in obs for column in COLUMNS)
            return bool(several or (has_columns and (conditions == CONTROL).sum() > 1))
    except (OSError, KeyError, AttributeError):
        return False


def read_gears(
    path: Path,
    *,
    name: str,
    fingerprint: str,
    cell_line: str | None = None,
    halves: bool = False,
) -> Screen:
    """Read a file in GEARS's layout in one pass over its cells.

    A perturbation's vector is the mean over its cells. Genes rank as `uns` lists them, where it
    does for every perturbation and is right (see `listed_orders` and `order_fault`; genes it lacks
    follow by |t|), otherwise by Welch's |t| against the control, see `profiles`, with a warning.
    Both spellings of a perturbation are one. Kept out and counted: combinations of genes, and
    perturbations with one cell (`one_cell`).

    Args:
        path: The `.h5ad`, or a zip that holds it as `perturb_processed.h5ad`.
        name: Name of the screen. The counts of a screen in `GEARS_SCREENS` are checked.
        fingerprint: SHA-256 (hex) of the file and the options.
        cell_line: The cell line; by default the one known, or else what the file says.
        halves: Whether to add the layers of `half_layers`, which cost time and memory; all other
            numbers stay the same to rounding.

    Raises:
        ScreenError: The file is damaged or of another layout, holds several cell types, no
            control, counts, numbers that are not finite, or other counts of cells, genes or
            perturbations than it must.
    """
    import h5py

    try:
        with unpacked(path) as file, h5py.File(file) as opened:
            genes, symbols = _genes(path, read_table(opened, "var"))
            aliases, is_known = aliases_at_hand(), name in GEARS_SCREENS
            cells = condition_table(
                path, read_table(opened, "obs"), symbols, aliases, as_written=is_known
            )
            _check_known(path, name, cells, len(genes))
            groups = halved(cells.groups) if halves else cells.groups
            owners = np.repeat(["the control", *cells.perturbations], 2 if halves else 1)
            sums = cell_sums(matrix_of(path, opened), groups, len(owners))
            listed = listed_orders(
                path, opened.get("uns", {}), cells.condition_names, genes, symbols
            )
            elsewhere = where_else(list(opened.get("layers", {})))
    except (OSError, KeyError, AttributeError, ValueError) as error:  # of h5py and anndata
        raise ScreenError(
            f"{path}: damaged, or no .h5ad in GEARS's layout: {why(error)}"
        ) from error
    _check_values(path, sums, owners, genes, elsewhere)
    layers = half_layers(sums) if halves else {}
    if halves:
        sums = joined(sums)
    n_cells, made = sums.n_cells[1:], profiles(sums)
    known = GEARS_SCREENS.get(name)
    # The order of a known screen is part of its definition.
    if listed and not known and (said := order_fault(listed, made.order)):
        _log.warning("%s: %s Genes rank by Welch's |t| instead.", path, said)
        listed = None
    if made.t_others is not None:
        layers["t_others"] = made.t_others
    del sums  # most of the memory
    source = SOURCES[known.source] if known else None
    naming = None
    if cells.look is not None:
        naming = naming_of(cells.look, cells.perturbations, genes, symbols, aliases)
        fingerprint = fingerprint_of_names(fingerprint, cells.look, naming)
    return make_screen(
        name=name,
        cell_line=cell_line or (known.cell_line if known else cells.cell_type.lower()),
        perturbations=cells.perturbations,
        expression=made.expression,
        control=made.control,
        genes=genes,
        symbols=symbols,
        de_order=made.order if listed is None else completed(listed, made.order),
        order_kind="welch_t" if listed is None else "uns",
        n_cells=n_cells,
        layers=layers,
        excluded=cells.excluded,
        naming=naming,
        reading={
            "read as": f"cells in GEARS's layout: {len(cells.groups):,}",
            "control": f"{CONTROL!r}, {int((cells.groups == 0).sum()):,} cells",
        },
        remarks=_remarks(cells, genes, symbols, aliases),
        fingerprint=fingerprint,
        source=(source.url or "") if source else "",
        licence=source.licence if source else "",
        citation=source.citation if source else "",
    )


def ranked_by_welch(screen: Screen, path: Path) -> Screen:
    """Return the screen with genes ranked by Welch's |t|, computed anew from the cells in its file.

    Raises:
        ScreenError: The file holds other perturbations than the screen.
    """
    import h5py

    with unpacked(path) as file, h5py.File(file) as opened:
        cells = condition_table(path, read_table(opened, "obs"), as_written=True)
        if cells.perturbations != screen.perturbations:
            raise ScreenError(f"{path} holds other perturbations than the screen {screen.name}.")
        sums = cell_sums(matrix_of(path, opened), cells.groups, len(cells.perturbations) + 1)
    return reranked(screen, profiles(sums).order, "welch_t")


def _remarks(
    cells: Conditions, genes: list[str], symbols: list[str], aliases: "Aliases | None"
) -> list[str]:
    if cells.look is not None:
        return [*cells.look.remarks, *readout_remarks(genes, symbols)]
    twins = [" = ".join(names) for names in look_at(cells.perturbations, aliases=aliases).same_gene]
    if not twins:
        return []
    return [
        f"{len(twins):,} genes stand under several names ({examples(twins)}): the published folds "
        "take them for different ones."
    ]


def _genes(path: Path, var: pd.DataFrame) -> tuple[list[str], list[str]]:
    """Return ids and symbols."""
    if "gene_name" in var:
        missing = int(var["gene_name"].isna().sum())
        if missing:
            raise ScreenError(f"{path}: {missing} genes have no symbol in var['gene_name'].")
        symbols = list(map(str, var["gene_name"]))
    elif place_of_symbols(var):
        symbols = symbols_of(var)
    else:
        raise ScreenError(
            f"{path}: there is no column 'gene_name' in var; it has "
            f"{', '.join(map(str, var.columns)) or 'none'}. Put the gene symbols there."
        )
    twice = var.index[var.index.duplicated()]
    if len(twice):
        raise ScreenError(
            f"{path}: {len(twice)} gene ids stand more than once in the index of var, the first "
            f"is {twice[0]!r}. Make them unique."
        )
    return list(map(str, var.index)), symbols


def _check_known(path: Path, name: str, cells: Conditions, n_genes: int) -> None:
    known = GEARS_SCREENS.get(name)
    if known is None:
        return
    for what, expected, got in (
        ("cells", known.cells, len(cells.groups)),
        ("genes", known.genes, n_genes),
        ("perturbations", known.perturbations, cells.n_single),
        ("control cells", known.control_cells, int((cells.groups == 0).sum())),
    ):
        if got != expected:
            raise ScreenError(
                f"{path}: expected {expected:,} {what} for {name}, got {got:,}. It is another "
                "version or a part of the file; fetch it anew, or give another file a name of its "
                "own."
            )


def _check_values(
    path: Path, sums: CellSums, owners: NDArray[np.str_], genes: list[str], elsewhere: str
) -> None:
    finite = np.isfinite(sums.squares)
    if not finite.all():
        group, gene = np.argwhere(~finite)[0]
        raise ScreenError(
            f"{path}: X holds values that are not finite numbers, the first in the cells of "
            f"{owners[group]}, gene {genes[gene]}. Leave such cells or genes out."
        )
    if said := counts_fault(sums.seen):
        raise ScreenError(
            f"{path}: X looks like counts, not logarithms: {said}. {TAKE_LOGS}{elsewhere}"
        )
