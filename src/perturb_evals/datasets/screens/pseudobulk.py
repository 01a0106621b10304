"""A pseudobulk `.h5ad` of anybody's: one row a perturbation, one row the control."""

import difflib
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from perturb_evals.datasets.screens.make_screen import make_screen
from perturb_evals.datasets.screens.screen import LAYERS, Screen, ScreenError
from perturb_evals.datasets.screens.stored import no_matrix

if TYPE_CHECKING:
    from anndata import AnnData

_log = logging.getLogger(__name__)

PERTURBATION_COLUMN = "perturbation"
CONTROL = "control"


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
    are there: `obs["n_cells"]`, `var["symbol"]` or `var["gene_name"]`, `obsm["de_order"]`
    (positions of the genes, most differentially expressed first; otherwise genes rank by |delta|),
    the layers of `perturb_evals.datasets.screens.screen.LAYERS`, and `uns["cell_line"]`,
    `["source"]`, `["licence"]`, `["citation"]`. A name `A+<control>` means A.

    Args:
        path: The file.
        name: Name of the screen.
        fingerprint: SHA-256 (hex) of the file and the options.
        perturbation_column: Column of `obs` that names the perturbation; by default `perturbation`,
            or the index where there is no such column.
        control: Name of the control row; `control` by default.
        cell_line: The cell line; by default what `uns` says.

    Raises:
        ScreenError: No such column, no control row or several, or what `make_screen` refuses.
    """
    from anndata import read_h5ad

    try:
        adata = read_h5ad(path)
    except Exception as error:  # h5py and anndata raise many kinds
        raise ScreenError(f"{path}: not readable as .h5ad: {error}") from error
    label = CONTROL if control is None else control
    names = _names(path, adata, perturbation_column, label)
    is_control = np.array([name == label for name in names], dtype=bool)
    if is_control.sum() != 1:
        close = difflib.get_close_matches(label, names, n=3, cutoff=0.5)
        hint = f" Names close to it: {', '.join(close)}." if close else ""
        raise ScreenError(
            f"{path}: expected one row of the control {label!r}, found {int(is_control.sum())}."
            f"{hint} Name the control with -T control=..., and average several rows before."
        )
    rows = np.flatnonzero(~is_control)
    if adata.X is None:
        raise ScreenError(no_matrix(path, adata.layers, has_raw=adata.raw is not None))
    values = adata.to_df().to_numpy()
    order = adata.obsm.get("de_order")
    cells = adata.obs.get("n_cells")
    symbols = next((adata.var[key] for key in ("symbol", "gene_name") if key in adata.var), None)
    return make_screen(
        name=name,
        cell_line=str(cell_line or adata.uns.get("cell_line", "")),
        perturbations=[names[row] for row in rows],
        expression=values[rows],
        control=values[is_control][0],
        genes=list(map(str, adata.var_names)),
        symbols=None if symbols is None else list(map(str, symbols)),
        de_order=None if order is None else np.asarray(order)[rows],
        order_kind="abs_delta" if order is None else "uns",
        n_cells=None if cells is None else _numbers(path, cells)[rows],
        layers={
            key: adata.to_df(layer=key).to_numpy()[rows] for key in LAYERS if key in adata.layers
        },
        fingerprint=fingerprint,
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


def _names(path: Path, adata: "AnnData", column: str | None, control: str) -> list[str]:
    if column is None and PERTURBATION_COLUMN not in adata.obs:
        names = list(map(str, adata.obs_names))
    else:
        wanted = column or PERTURBATION_COLUMN
        if wanted not in adata.obs:
            raise ScreenError(
                f"{path}: there is no column {wanted!r} in obs; it has "
                f"{', '.join(map(str, adata.obs.columns)) or 'none'}. "
                "Name the column with -T perturbation_column=..."
            )
        missing = int(adata.obs[wanted].isna().sum())
        if missing:
            raise ScreenError(f"{path}: {missing} rows have no name in obs[{wanted!r}].")
        names = list(map(str, adata.obs[wanted]))
    # GEARS's way to write a single perturbation.
    return [name.removesuffix(f"+{control}").removeprefix(f"{control}+") for name in names]
