"""From what a user typed to a Screen: GEARS's screens by name, any `.h5ad` by path, the demo."""

import hashlib
import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from perturb_evals.datasets.demo.screen import demo_screen
from perturb_evals.datasets.demo.world import SIMULATED
from perturb_evals.datasets.exchange import instead_of
from perturb_evals.datasets.files.fetch import cache_folder, fetch, file_sha256
from perturb_evals.datasets.files.kept import check_still, kept
from perturb_evals.datasets.genes.ncbi import table_at_hand
from perturb_evals.datasets.screens.exchanged_screen import exchanged_screen
from perturb_evals.datasets.screens.gears import GEARS_SCREENS, is_gears, read_gears
from perturb_evals.datasets.screens.pseudobulk import read_pseudobulk
from perturb_evals.datasets.screens.scale_remarks import scale_remarks
from perturb_evals.datasets.screens.screen import Screen, ScreenError

READER_VERSION = 4
"""Raised whenever reading any file gives another screen; see also `fingerprint_of_names`."""
LAYOUT_VERSION = 3
"""Raised whenever a kept file has to hold something else: older ones are then passed by."""


@dataclass(frozen=True)
class ScreenRequest:
    """What names a screen.

    Attributes:
        screen: `replogle_k562`, `replogle_rpe1`, `demo`, or the path of a file: a pseudobulk
            `.h5ad`, or cells in GEARS's layout (`.h5ad` or `.zip`).
        perturbation_column: For a pseudobulk file, see `read_pseudobulk`.
        control: For a pseudobulk file, the name of the control row. A `.h5ad` for which this or
            `perturbation_column` is given is read as a pseudobulk file.
        cell_line: Cell line, where the file does not say it; for the demo, which line.
    """

    screen: str = "replogle_k562"
    perturbation_column: str | None = None
    control: str | None = None
    cell_line: str | None = None


@lru_cache(maxsize=4)
def load_screen(request: ScreenRequest, *, halves: bool = False) -> Screen:
    """Return a screen; what was read from a file is kept in the cache folder for the next time.

    Args:
        request: What names it.
        halves: Whether to compute the layers of two halves of the cells, see `read_gears`. A
            pseudobulk file and the demo have the halves they have.

    Raises:
        ScreenError: No such screen, or data that cannot be one.
        DataError: A known file cannot be had.
    """
    if request.screen == "demo":
        if request.perturbation_column is not None or request.control is not None:
            raise ScreenError(
                "perturbation_column and control are for pseudobulk files; the demo has neither. "
                "Leave them out."
            )
        return demo_screen(request.cell_line)
    if request.screen in GEARS_SCREENS:
        path, name = fetch(GEARS_SCREENS[request.screen].source), request.screen
    else:
        path = Path(request.screen).expanduser().absolute()
        name = path.stem
        if not path.is_file() or path.suffix.lower() not in (".h5ad", ".zip"):
            raise ScreenError(
                f"screen must be {', '.join(GEARS_SCREENS)}, demo, or the path of a .h5ad or .zip "
                f"file; there is none at {request.screen!r}."
            )
        if name in SIMULATED:
            raise ScreenError(
                f"{path}: {name} is a name of the simulated demo, and a board would say that these "
                "data are simulated too. Rename the file."
            )
    # What fixes the numbers; a name and a cell line only say what they are called.
    source_sha256 = file_sha256(path)
    fingerprint = _hash(source_sha256, request.perturbation_column, request.control, READER_VERSION)
    # Which names are one gene depends on the table of genes, so it is part of what is kept.
    table = table_at_hand()
    table_sha256 = None if table is None else file_sha256(table)
    key = _hash(fingerprint, name, request.cell_line, halves, LAYOUT_VERSION, table_sha256)

    def read(file: Path) -> Screen:
        from anndata import read_h5ad

        screen = Screen(read_h5ad(file))
        if str(screen.adata.uns.get("read_from")) != fingerprint:
            raise ScreenError("it is another screen")
        return screen

    def make() -> Screen:
        check_still(path, source_sha256)
        screen = _from_file(path, name, request, fingerprint, halves)
        screen.adata.uns |= {"source_sha256": source_sha256, "read_from": fingerprint}
        screen.adata.uns["remarks"] = [*screen.remarks, *scale_remarks(screen)]
        return screen

    screen = kept(
        cache_folder() / "screens" / f"{key[:32]}.h5ad",
        read,
        make,
        lambda screen, file: screen.adata.write_h5ad(file),
    )
    names = instead_of(screen.fingerprint)
    return screen if names is None else exchanged_screen(screen, json.loads(names))


def _hash(*parts: object) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _from_file(
    path: Path, name: str, request: ScreenRequest, fingerprint: str, halves: bool
) -> Screen:
    as_pseudobulk = request.perturbation_column is not None or request.control is not None
    is_zip = path.suffix.lower() == ".zip"
    if is_zip and as_pseudobulk:
        raise ScreenError(
            f"{path}: perturbation_column and control are for pseudobulk files, which are .h5ad; "
            "this one holds cells in GEARS's layout, which names both. Leave them out."
        )
    if is_zip or (not as_pseudobulk and is_gears(path)):
        return read_gears(
            path, name=name, fingerprint=fingerprint, cell_line=request.cell_line, halves=halves
        )
    return read_pseudobulk(
        path,
        name=name,
        fingerprint=fingerprint,
        perturbation_column=request.perturbation_column,
        control=request.control,
        cell_line=request.cell_line,
    )
