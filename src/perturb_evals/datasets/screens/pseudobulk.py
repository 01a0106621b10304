"""A pseudobulk `.h5ad` of anybody's: one row a perturbation, one row the control."""

import difflib
import logging
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from perturb_evals.datasets.errors import why
from perturb_evals.datasets.genes.labels import examples, look_at
from perturb_evals.datasets.genes.ncbi import aliases_at_hand
from perturb_evals.datasets.genes.words import clean, is_control
from perturb_evals.datasets.screens.cells_unread import cells_instead
from perturb_evals.datasets.screens.make_screen import make_screen
from perturb_evals.datasets.screens.naming import (
    fingerprint_of_names,
    naming_of,
    place_of_symbols,
    readout_remarks,
    symbols_of,
)
from perturb_evals.datasets.screens.screen import LAYERS, Screen, ScreenError
from perturb_evals.datasets.screens.stored import no_matrix

if TYPE_CHECKING:
    from anndata import AnnData

_log = logging.getLogger(__name__)

PERTURBATION_COLUMN = "perturbation"
CONTROL = "control"
INDEX = "the index of obs"


def read_pseudobulk(
    path: Path,
    *,
    name: str,
    fingerprint: str,
    perturbation_column: str | None = None,
    control: str | None = None,
    cell_line: str | None = None,
) -> Screen:
    """Read a pseudobulk file as a screen.

    `X` holds mean log expression, or log fold changes with a control row of zeros. Read where they
    are there: `obs["n_cells"]`, the symbols in `var` (see `symbols_of`), `obsm["de_order"]`
    (positions of the genes, most differentially expressed first; otherwise genes rank by |delta|),
    the layers of `perturb_evals.datasets.screens.screen.LAYERS`, and `uns["cell_line"]`,
    `["source"]`, `["licence"]`, `["citation"]`. What the labels mean `look_at` says: rows that are
    no single gene's are left out and counted. A name `A+<control>` means A.

    Args:
        path: The file.
        name: Name of the screen.
        fingerprint: SHA-256 (hex) of the file and the options.
        perturbation_column: Column of `obs` that names the perturbation; by default `perturbation`,
            or the index where there is no such column.
        control: Name of the control row; `control` by default.
        cell_line: The cell line; by default what `uns` says.

    Raises:
        ScreenError: No such column, no control row or several, cells instead of pseudobulk, labels
            that are numbers, or what `make_screen` refuses.
    """
    from anndata import read_h5ad

    try:
        adata = read_h5ad(path)
    except Exception as error:  # h5py and anndata raise many kinds
        raise ScreenError(f"{path}: not readable as .h5ad: {why(error)}") from error
    label = CONTROL if control is None else control
    texts, where = _labels(path, adata, perturbation_column)
    called = np.array([clean(text) == clean(label) for text in texts], dtype=bool)
    said = ""
    if called.sum() != 1:
        said = _no_control(path, adata, texts, where, label, int(called.sum()))
    symbols, aliases = symbols_of(adata.var), aliases_at_hand()
    others = [text for text, is_label in zip(texts, called, strict=True) if not is_label]
    look = look_at(others, control=label, symbols=symbols, aliases=aliases)
    kept = [found.left_out is None for found in look.labels]
    names = [found.name for found in look.labels if found.left_out is None]
    if not said and look.refusal:
        said = f"{path}, {where}: {look.refusal}.{_other_column(adata, where)}"
    several = len(texts) >= 2 * len(set(texts))
    # Barcodes, or numbers of rows, in the index; a pseudobulk file would have a control there.
    other = where == INDEX and not any(map(is_control, map(clean, set(texts))))
    if several or (said and other):
        said = cells_instead(path, adata, perturbation_column, control) or said
    if said:
        raise ScreenError(said)
    rows = np.flatnonzero(~called)[kept]
    if adata.X is None:
        raise ScreenError(no_matrix(path, adata.layers, has_raw=adata.raw is not None))
    values = adata.to_df().to_numpy()
    order = adata.obsm.get("de_order")
    cells = adata.obs.get("n_cells")
    genes = list(map(str, adata.var_names))
    place = place_of_symbols(adata.var)
    naming = naming_of(look, list(dict.fromkeys(names)), genes, symbols, aliases)
    return make_screen(
        name=name,
        cell_line=str(cell_line or adata.uns.get("cell_line", "")),
        perturbations=names,
        expression=values[rows],
        control=values[called][0],
        genes=genes,
        symbols=symbols,
        de_order=None if order is None else np.asarray(order)[rows],
        order_kind="abs_delta" if order is None else "uns",
        n_cells=None if cells is None else _numbers(path, cells)[rows],
        layers={
            key: adata.to_df(layer=key).to_numpy()[rows] for key in LAYERS if key in adata.layers
        },
        excluded=Counter(found.left_out for found in look.labels if found.left_out is not None),
        naming=naming,
        reading={
            "read as": "pseudobulk: one row a perturbation",
            "names": where,
            "control": f"{label!r}, one row",
            "symbols from": place or "the index of var",
        },
        remarks=[*look.remarks, *readout_remarks(genes, symbols)],
        fingerprint=fingerprint_of_names(fingerprint, look, naming, place),
        source=str(adata.uns.get("source", "")),
        licence=str(adata.uns.get("licence", "")),
        citation=str(adata.uns.get("citation", "")),
    )


def _numbers(path: Path, cells: "pd.Series[Any]") -> NDArray[np.float64]:
    """Return numbers of cells, nan where one is missing or, with a warning, no number."""
    text = cells.astype(object).where(cells.notna(), None)
    numbers = pd.to_numeric(text, errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    odd = np.isnan(numbers) & cells.notna().to_numpy()
    if odd.any():
        _log.warning(
            "%s: obs['n_cells'] is no number in %d rows, the first is %r: taken for not known.",
            path,
            int(odd.sum()),
            cells[odd].iloc[0],
        )
    return numbers


def _labels(path: Path, adata: "AnnData", column: str | None) -> tuple[list[str], str]:
    """Return the label of each row as it stands, empty where there is none, and where it stands."""
    if column is None and PERTURBATION_COLUMN not in adata.obs:
        return list(map(str, adata.obs_names)), INDEX
    wanted = column or PERTURBATION_COLUMN
    if wanted not in adata.obs:
        raise ScreenError(
            f"{path}: there is no column {wanted!r} in obs; it has "
            f"{', '.join(map(str, adata.obs.columns)) or 'none'}. "
            "Name the column with -T perturbation_column=..."
        )
    values = adata.obs[wanted]
    texts = ["" if none else str(value) for value, none in zip(values, values.isna(), strict=True)]
    return texts, _place(wanted)


def _no_control(
    path: Path, adata: "AnnData", texts: Sequence[str], where: str, control: str, found: int
) -> str:
    """Say that there is no single row of the control, and which labels look like one."""
    said = f"{path}: expected one row of the control {control!r} in {where}, found {found}."
    if found > 1:
        return f"{said} Average these rows into one first, weighted by their cells."
    like = [text for text in dict.fromkeys(map(clean, texts)) if is_control(text)]
    close = difflib.get_close_matches(control, texts, n=3, cutoff=0.5)
    if like:
        said += f" Labels that look like a control: {examples(like)}."
        if len(like) > 1:
            said += " If several are meant, average them into one first, weighted by their cells."
    elif close:
        said += f" Names close to it: {', '.join(close)}."
    return f"{said} Name the control with -T control=...{_other_column(adata, where)}"


def _other_column(adata: "AnnData", where: str) -> str:
    """Say which other columns may name the perturbation; nothing where there is none."""
    columns = [name for name in map(str, adata.obs.columns) if where != _place(name)]
    if not columns:
        return ""
    having = [
        name
        for name in columns
        if any(map(is_control, map(clean, map(str, adata.obs[name].unique()))))
    ]
    hint = f"; a control stands in {examples(having)}" if having else ""
    return (
        " Another column of obs is named with -T perturbation_column=...: there is "
        f"{', '.join(columns)}{hint}."
    )


def _place(column: str) -> str:
    return f"obs[{column!r}]"
