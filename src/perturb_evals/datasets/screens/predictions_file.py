"""Anybody's predicted expression from a file: one vector a perturbation, genes in columns."""

import difflib
from collections import Counter
from collections.abc import Sequence
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
from perturb_evals.datasets.genes.words import clean

FORMATS = (".h5ad", ".parquet")
PERTURBATION = "perturbation"


class ExpressionError(DataError):
    """A file of predicted expression that cannot be used. The message names the file."""


@dataclass(frozen=True, eq=False)
class ExpressionFile:
    """Predicted expression in a screen's order of genes.

    Attributes:
        vectors: (G,) float32 by perturbation, on the screen's scale: expression, not a change.
        sha256: Hash (hex) of the file.
        n_extra_genes: Number of the file's columns that are no gene of the screen, ignored.
    """

    vectors: dict[str, NDArray[np.float32]]
    sha256: str
    n_extra_genes: int


def read_expression(
    path: Path, genes: Sequence[str], perturbations: Sequence[str]
) -> ExpressionFile:
    """Read predicted expression; read once while the file stays as it is.

    Genes are matched by the screen's ids, letter by letter, and brought into the screen's order.
    All of them must be there, since a metric over fewer genes would be another one; further ones
    are ignored. Not every perturbation needs to be there: what a missing one counts as is for the
    caller to say.

    Args:
        path: .h5ad with perturbations in `obs["perturbation"]`, or else in the index of `obs`,
            genes in the index of `var` and the numbers in `X`; or .parquet with the perturbation in
            the column `perturbation`, or else in the index, and one column a gene.
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
        frame = _frame(path)
        names, columns = list(frame.index), list(frame.columns)
        values = frame.iloc[:, _places(path, columns, genes)].to_numpy()
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
    vectors = dict(zip(names, matrix, strict=True))
    return ExpressionFile(vectors, file_sha256(path), len(columns) - len(genes))


def _frame(path: Path) -> pd.DataFrame:
    """Read the file with perturbations as its index and genes as its columns, unchecked."""
    frame: pd.DataFrame
    if path.suffix.lower() == ".h5ad":
        from anndata import read_h5ad

        adata = read_h5ad(path)
        frame = adata.to_df()
        return frame.set_axis(list(adata.obs.get(PERTURBATION, adata.obs_names)), axis="index")
    with path.open("rb") as file:
        frame = pd.read_parquet(file)
    return frame.set_index(PERTURBATION) if PERTURBATION in frame.columns else frame


def _places(path: Path, columns: list[Any], genes: Sequence[str]) -> list[int]:
    """Return where each gene of the screen stands among the columns of the file."""
    count = Counter(columns)
    missing = [gene for gene in genes if gene not in count]
    if missing:
        raise ExpressionError(
            f"{path}: {len(missing)} of the screen's {len(genes)} genes are missing, the first is "
            f"{missing[0]!r}; the file's genes begin with {', '.join(map(str, columns[:3]))}. "
            "Name the genes as the screen does."
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
    known, names = set(perturbations), [clean(str(row)) for row in rows]
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
