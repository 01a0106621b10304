"""What a `.h5ad` holds beside its matrix, as anndata reads it: tables, lists of names, where X is.

The matrix of many cells is never read as a whole, so anndata cannot read such a file at once. All
else is left to it: `read_elem` for what says how it is encoded, and for files from before 2020,
which do not, its reader of whole files on a copy without the matrix.
"""

import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

import numpy as np
import pandas as pd

from perturb_evals.datasets.screens.screen import ScreenError

if TYPE_CHECKING:
    import h5py


def read_table(file: "h5py.File", name: Literal["obs", "var"]) -> pd.DataFrame:
    """Read the table of cells or of genes of an open `.h5ad` of any age.

    Raises:
        KeyError: There is none.
    """
    import h5py
    from anndata.io import read_elem

    stored = file[name]
    if isinstance(stored, h5py.Group):
        return cast("pd.DataFrame", read_elem(stored))
    return _read_old_table(file, name)


def _read_old_table(file: "h5py.File", name: Literal["obs", "var"]) -> pd.DataFrame:
    """Read a table that is one compound dataset, its categories lying in `uns`."""
    import h5py
    from anndata import read_h5ad

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "tables.h5ad")
        with h5py.File(path, "w") as small:
            for part in ("obs", "var"):
                file.copy(part, small)
            uns = small.create_group("uns")
            for key in file.get("uns", {}):
                if key.endswith("_categories"):
                    file.copy(f"uns/{key}", uns)
        table: pd.DataFrame = getattr(read_h5ad(path), name)
    return table


def read_names(stored: "h5py.Dataset | h5py.Group") -> list[bytes]:
    """Read a list of names, as bytes in UTF-8: text, or text in which some may be missing.

    Bytes, as HDF5 stores them: decoding millions of names would take seconds. A missing name is
    empty.

    Raises:
        ScreenError: It is no list of names.
    """
    import h5py
    from anndata.io import read_elem

    if isinstance(stored, h5py.Dataset):
        names = np.ravel(stored[()]).tolist()
    else:
        names = ["" if pd.isna(name) else name for name in read_elem(stored)]
    names = [name.encode() if isinstance(name, str) else name for name in names]
    if not all(isinstance(name, bytes) for name in names):
        raise ScreenError("expected names of genes")
    return names


def matrix_of(path: Path, file: "h5py.File") -> "h5py.Group | h5py.Dataset":
    """Return the open matrix `X`.

    Raises:
        ScreenError: There is none; the message names the matrices that there are.
    """
    if "X" not in file or _is_null(file["X"]):
        raise ScreenError(no_matrix(path, file.get("layers", {}), has_raw="raw" in file))
    return file["X"]


def _is_null(stored: Any) -> bool:
    return stored.attrs.get("encoding-type") == "null" or getattr(stored, "shape", ()) is None


def no_matrix(path: Path, layers: Iterable[str], *, has_raw: bool) -> str:
    """Return what to say of a file without X: where its numbers are, and how to go on."""
    names = sorted(map(str, layers))
    there = [f"layers[{name!r}]" for name in names] + (["raw.X"] if has_raw else [])
    if not there:
        return f"{path}: X is empty; expected mean log expression there. The file has no layers."
    source = f"a.layers[{names[0]!r}]" if names else "a.raw[:, a.var_names].X"
    return (
        f"{path}: X is empty; expected mean log expression there. The file has "
        f"{', '.join(there)}. Put the right one into X: a = anndata.read_h5ad({path.name!r}); "
        f"a.X = {source}; a.write_h5ad('with_X.h5ad')"
    )


def where_else(layers: Sequence[str]) -> str:
    """Return where else in a file the right numbers may be, as an ending; empty for nowhere."""
    if not layers:
        return ""
    return f" The file has other numbers in its layers: {', '.join(sorted(map(str, layers)))}."
