"""The same screen with its genes ranked in another way, to compare conventions."""

from pathlib import Path

from numpy.typing import ArrayLike

from perturb_evals.datasets.screens.make_screen import make_screen
from perturb_evals.datasets.screens.screen import OrderKind, Screen, ScreenError


def ranked_by_size(screen: Screen) -> Screen:
    """Return the screen with genes ranked by |delta|, ties in the order of the genes."""
    return _reranked(screen, None, "abs_delta")


def ranked_by_welch(screen: Screen, path: Path) -> Screen:
    """Return the screen with genes ranked by Welch's |t|, computed anew from its cells.

    Args:
        screen: A screen that was read from the file.
        path: The file in GEARS's layout, a `.h5ad` or a zip.

    Raises:
        ScreenError: The file holds other perturbations than the screen.
    """
    import h5py
    from anndata.io import read_elem

    from perturb_evals.datasets.screens.cell_sums import cell_sums
    from perturb_evals.datasets.screens.gears.cells import condition_table
    from perturb_evals.datasets.screens.gears.zip_file import unpacked
    from perturb_evals.datasets.screens.profiles import profiles

    with unpacked(path) as file, h5py.File(file) as opened:
        cells = condition_table(path, read_elem(opened["obs"]))
        if cells.perturbations != screen.perturbations:
            raise ScreenError(f"{path} holds other perturbations than the screen {screen.name}.")
        sums = cell_sums(opened["X"], cells.groups, len(cells.perturbations) + 1)
    return _reranked(screen, profiles(sums).order, "welch_t")


def _reranked(screen: Screen, order: ArrayLike | None, kind: OrderKind) -> Screen:
    return make_screen(
        name=screen.name,
        cell_line=screen.cell_line,
        perturbations=screen.perturbations,
        expression=screen.expression,
        control=screen.control,
        genes=screen.genes,
        symbols=screen.symbols,
        de_order=order,
        order_kind=kind,
        n_cells=screen.n_cells,
        fingerprint=screen.fingerprint,
    )
