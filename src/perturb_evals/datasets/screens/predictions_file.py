"""Anybody's predicted expression from a file: one vector a perturbation, genes in columns."""

import difflib
import logging
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from perturb_evals.datasets.errors import DataError, why
from perturb_evals.datasets.files.fetch import file_sha256
from perturb_evals.datasets.genes.ncbi import aliases_at_hand
from perturb_evals.datasets.genes.symbols import SymbolResolver
from perturb_evals.datasets.genes.words import clean, is_control
from perturb_evals.datasets.screens.stored import no_matrix

FORMATS = (".h5ad", ".parquet")
COLUMNS = ("perturbation", "target_gene", "condition", "gene", "index", "Unnamed: 0")
"""Columns that may name the perturbation, the first that is there."""

_log = logging.getLogger(__name__)


class ExpressionError(DataError):
    """A file of predicted expression that cannot be used. The message names the file."""


@dataclass(frozen=True, eq=False)
class ExpressionFile:
    """Predicted expression in a screen's order of genes.

    Attributes:
        vectors: (G,) float32 by perturbation, on the screen's scale: expression, not a change.
        sha256: Hash (hex) of the file.
    """

    vectors: dict[str, NDArray[np.float32]]
    sha256: str


def read_expression(
    path: Path, genes: Sequence[str], perturbations: Sequence[str]
) -> ExpressionFile:
    """Read predicted expression; read once while the file stays as it is.

    A name `A+ctrl` (or `ctrl+A`) means A. Rows of the control and columns that are no gene of the
    screen are left out with a warning.

    Genes are matched by the screen's ids, letter by letter, and brought into the screen's order.
    All of them must be there, since a metric over fewer genes would be another one; further ones
    are ignored. Not every perturbation needs to be there: what a missing one counts as is for the
    caller to say.

    Args:
        path: .h5ad with perturbations in one of `COLUMNS` of `obs`, or else in its index, genes in
            the index of `var` and the numbers in `X`; or .parquet with the perturbation in one of
            these columns, or else in the index, and one column a gene.
        genes: The G gene ids of the screen.
        perturbations: The perturbations of the screen.

    Raises:
        ExpressionError: No such file or format, not readable, no row, a perturbation that the
            screen does not have or that is given twice, a gene of the screen that is missing or
            given twice, or a value that is not a finite number.
    """
    path = path.expanduser().absolute()
    if path.suffix.lower() not in FORMATS:
        raise ExpressionError(f"{path}: expected a file ending in {' or '.join(FORMATS)}.")
    if not path.is_file():
        raise ExpressionError(f"{path}: there is no such file of predicted expression.")
    return _load(path, path.stat().st_mtime_ns, tuple(genes), tuple(perturbations))


@lru_cache(maxsize=2)
def _load(
    path: Path, mtime_ns: int, genes: tuple[str, ...], perturbations: tuple[str, ...]
) -> ExpressionFile:
    try:
        frame = _without_control(path, _frame(path, genes, perturbations), perturbations)
        names, columns = list(frame.index), list(frame.columns)
        values = frame.iloc[:, _places(path, columns, genes, perturbations)].to_numpy()
    except ExpressionError:
        raise
    except Exception as error:  # Arrow, pandas, h5py and anndata raise many kinds
        raise ExpressionError(f"{path}: not readable as {path.suffix[1:]}: {why(error)}") from error
    names = _perturbations(path, names, perturbations)
    if not np.issubdtype(values.dtype, np.floating) and not np.issubdtype(values.dtype, np.integer):
        raise ExpressionError(f"{path}: expected numbers for the genes, got {values.dtype}.")
    with np.errstate(over="ignore"):  # what float32 cannot hold becomes inf and is refused
        matrix = values.astype(np.float32)
    bad = ~np.isfinite(matrix)
    if bad.any():
        row, column = np.argwhere(bad)[0]
        raise ExpressionError(
            f"{path}: {int(bad.sum())} values are not finite numbers, the first is "
            f"{values[row, column]} for {names[row]} x {genes[column]}. Predict every gene, or "
            "leave the perturbation out."
        )
    if unused := sorted(map(str, set(columns) - set(genes))):
        _log.warning(
            "%s: %d columns are no gene of the screen and are left out: %s%s.",
            path,
            len(unused),
            ", ".join(unused[:5]),
            ", ..." if len(unused) > 5 else "",
        )
    vectors = dict(zip(names, matrix, strict=True))
    return ExpressionFile(vectors, file_sha256(path))


def _frame(path: Path, genes: Sequence[str], perturbations: Sequence[str]) -> pd.DataFrame:
    """Read the file with perturbations as its index and genes as its columns, unchecked."""
    known = frozenset(perturbations)
    frame: pd.DataFrame
    if path.suffix.lower() == ".h5ad":
        from anndata import read_h5ad

        adata = read_h5ad(path)
        if adata.X is None:
            said = no_matrix(path, adata.layers, has_raw=adata.raw is not None)
            raise ExpressionError(said)
        frame, naming = adata.to_df(), _naming(adata.obs, adata.obs.columns, known)
        names = adata.obs_names if naming is None else adata.obs[naming]
        return frame.set_axis(list(names), axis="index")
    with path.open("rb") as file:
        frame = pd.read_parquet(file)
    naming = _naming(frame, [name for name in frame.columns if name not in set(genes)], known)
    return frame if naming is None else frame.set_index(naming)


def _naming(frame: pd.DataFrame, columns: Iterable[Any], known: frozenset[str]) -> str | None:
    """Return the column that names the perturbations; None for the index.

    Where there are several, it is the first that names some of the screen's.
    """
    there = [name for name in COLUMNS if name in set(columns)]
    naming = (c for c in there if any(_perturbed(name) in known for name in frame[c]))
    return next(naming, there[0] if there and there[0] == COLUMNS[0] else None)


def _perturbed(name: Any) -> str:
    """Return a name without blanks around it; of GEARS's way to write a single one, the gene."""
    return clean(str(name)).removesuffix("+ctrl").removeprefix("ctrl+")


def _without_control(path: Path, frame: pd.DataFrame, perturbations: Sequence[str]) -> pd.DataFrame:
    known = frozenset(perturbations)
    names = [name if name in known else _perturbed(name) for name in frame.index]
    frame = frame.set_axis(names, axis="index")
    control = np.array([name not in known and is_control(name) for name in names], dtype=bool)
    if control.any():
        _log.warning(
            "%s: %d rows are of the control (%r) and are left out: nothing is asked about it.",
            path,
            int(control.sum()),
            names[int(control.argmax())],
        )
    return frame[~control]


def _places(
    path: Path, columns: list[Any], genes: Sequence[str], perturbations: Sequence[str]
) -> list[int]:
    """Return where each gene of the screen stands among the columns of the file."""
    count = Counter(columns)
    missing = [gene for gene in genes if gene not in count]
    if missing:
        turned = len(set(columns) & set(perturbations)) == len(columns)
        hint = (
            "All columns are perturbations, so the table lies on its side: transpose it (df.T)."
            if turned
            else "Name the genes as the screen does."
        )
        raise ExpressionError(
            f"{path}: {len(missing)} of the screen's {len(genes)} genes are missing, the first is "
            f"{missing[0]!r}; the file's genes begin with {', '.join(map(str, columns[:3]))}. "
            f"{hint}"
        )
    twice = [gene for gene in genes if count[gene] > 1]
    if twice:
        raise ExpressionError(
            f"{path}: {len(twice)} of the screen's genes are given more than once, the first is "
            f"{twice[0]!r}."
        )
    place_of = {gene: place for place, gene in enumerate(columns)}
    return [place_of[gene] for gene in genes]


def _perturbations(path: Path, rows: list[Any], perturbations: Sequence[str]) -> list[str]:
    """Return the screen's name for each row: the same letter by letter, but for blanks around."""
    if not rows:
        raise ExpressionError(f"{path}: expected a row for each perturbation, got none.")
    known, names = set(perturbations), list(map(str, rows))
    unknown = [name for name in names if name not in known]
    if unknown:
        resolver = SymbolResolver(perturbations, aliases_at_hand())
        meant = {name: resolver.resolve(name).symbol for name in unknown}
        called = [f"{name!r} is {symbol!r} there" for name, symbol in meant.items() if symbol]
        close = difflib.get_close_matches(unknown[0], perturbations, n=3)
        hint = f" Names close to it: {', '.join(close)}." if close else ""
        hint = f" {'; '.join(called[:3])}." if called else hint
        raise ExpressionError(
            f"{path}: {len(unknown)} of {len(names)} rows are no perturbation of the screen, the "
            f"first is {unknown[0]!r}.{hint} Rename such rows or leave them out."
        )
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise ExpressionError(
            f"{path}: {len(twice)} perturbations are given more than once, the first is "
            f"{twice[0]!r}."
        )
    return names
