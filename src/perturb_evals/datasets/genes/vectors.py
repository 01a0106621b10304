"""Gene embeddings from a file: one vector a gene, whoever computed it."""

import logging
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import csv

from perturb_evals.datasets.errors import DataError, why
from perturb_evals.datasets.files.fetch import file_sha256
from perturb_evals.datasets.genes.labels import oddities
from perturb_evals.datasets.genes.symbols import SymbolResolver, no_gene_known
from perturb_evals.datasets.genes.words import clean

if TYPE_CHECKING:
    from perturb_evals.datasets.genes.ncbi import Aliases
    from perturb_evals.datasets.screens.evidence import ExpressionEvidence

_log = logging.getLogger(__name__)

SYMBOL = "symbol"
SYMBOLS, VECTORS = "symbols", "vectors"

Read = tuple[Sequence[Any], NDArray[Any]]


class VectorsError(DataError):
    """A file that holds no gene embeddings. The message says what was got and what was expected."""


@dataclass(frozen=True, eq=False)
class GeneVectors:
    """Gene embeddings.

    Attributes:
        symbols: The n genes.
        matrix: (n, d) float32, finite. A row of zeros means that the gene has no embedding.
        sha256: Hash (hex) of what the vectors came from.
        facts: Counts about them, e.g. `genes` and `zero`, the rows of zeros.
        where: What they came from, in words or as a path, for messages.
    """

    symbols: tuple[str, ...]
    matrix: NDArray[np.float32]
    sha256: str
    facts: Mapping[str, int]
    where: str

    @cached_property
    def _row_of(self) -> dict[str, int]:
        return {symbol: row for row, symbol in enumerate(self.symbols)}

    def unit_rows(
        self, names: Sequence[str], aliases: "Aliases | None" = None
    ) -> NDArray[np.float64]:
        """Return (k, d) vectors of length 1, and zeros for a gene without an embedding.

        Args:
            names: k gene symbols, matched by `SymbolResolver`: exactly, then by case, then as an
                alias. A name that fits several genes has no embedding.
            aliases: What names mean; without it there is no match by alias.
        """
        rows = np.zeros((len(names), self.matrix.shape[1]))
        for place, name in enumerate(names):
            known = name in self._row_of
            found = name if known else _resolver(self.symbols, aliases).resolve(name).symbol
            if found is not None:
                rows[place] = self.matrix[self._row_of[found]]
        length = np.linalg.norm(rows, axis=1, keepdims=True)
        np.divide(rows, length, out=rows, where=length > 0)
        return rows


def check_any_known(
    vectors: GeneVectors, evidence: "ExpressionEvidence", aliases: "Aliases | None"
) -> None:
    """Make sure that some training perturbation has an embedding.

    Args:
        vectors: The embeddings.
        evidence: All training perturbations of a fold: of a small subset none may be known by
            chance.
        aliases: See `GeneVectors.unit_rows`.

    Raises:
        UnknownGenesError: None has.
    """
    if not vectors.unit_rows([*map(evidence.gene_of, evidence.perturbations)], aliases).any():
        rows = zip(vectors.symbols, vectors.matrix, strict=True)
        genes = [name for name, vector in rows if vector.any()]
        raise no_gene_known(vectors.where, genes, evidence)


@lru_cache(maxsize=4)
def _resolver(symbols: tuple[str, ...], aliases: "Aliases | None") -> SymbolResolver:
    return SymbolResolver(symbols, aliases)


def load_vectors(path: Path) -> GeneVectors:
    """Read gene embeddings from a file; read once while the file stays as it is.

    Args:
        path: One of
            .npz: the arrays `symbols` (n,) of text and `vectors` (n, d), or one array (d,) a gene,
                named by its symbol; no pickled objects;
            .parquet: a column `symbol`, or the index, and d columns of numbers;
            .csv: a column `symbol`, or the first one, and d columns of numbers;
            .h5ad: obs_names x X.

    Raises:
        VectorsError: No such file or format, names that are empty or given twice, a value that is
            not a finite number in float32, or no vector other than zeros.
    """
    path = path.expanduser().absolute()
    if path.suffix.lower() not in _READERS:
        raise VectorsError(f"{path}: expected a file ending in {', '.join(_READERS)}.")
    if not path.is_file():
        raise VectorsError(f"{path}: there is no such file of gene embeddings.")
    return _load(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=4)
def _load(path: Path, mtime_ns: int) -> GeneVectors:
    try:
        names, values = _READERS[path.suffix.lower()](path)
    except VectorsError:
        raise
    except Exception as error:  # NumPy, Arrow, pandas, h5py and anndata raise many kinds
        raise VectorsError(f"{path}: not readable as gene embeddings: {why(error)}") from error
    return checked_vectors(names, values, file_sha256(path), str(path))


def checked_vectors(
    names: Sequence[Any], values: NDArray[Any], sha256: str, where: str
) -> GeneVectors:
    """Return embeddings, n names and (n, d) values, after the checks of `load_vectors`.

    Raises:
        VectorsError: See `load_vectors`; shapes that do not agree.
    """
    if values.ndim != 2 or values.shape[0] != len(names) or 0 in values.shape:
        raise VectorsError(
            f"{where}: expected one vector for each gene; got {len(names)} genes and numbers of "
            f"shape {values.shape}."
        )
    if not np.issubdtype(values.dtype, np.floating) and not np.issubdtype(values.dtype, np.integer):
        raise VectorsError(f"{where}: expected numbers, got values of type {values.dtype}.")
    unnamed = [place for place, name in enumerate(names) if not _is_name(name)]
    if unnamed:
        raise VectorsError(
            f"{where}: expected a gene symbol for each vector, got {names[unnamed[0]]!r} at row "
            f"{unnamed[0] + 1} ({len(unnamed)} such rows)."
        )
    names = [clean(name) for name in names]
    if odd := oddities(names):
        _log.warning("%s: %s", where, odd)
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise VectorsError(
            f"{where}: {len(twice)} genes are given more than once, the first is {twice[0]!r}; "
            "keep one vector a gene."
        )
    with np.errstate(over="ignore"):  # what float32 cannot hold becomes inf and is refused
        matrix = values.astype(np.float32)
    bad = ~np.isfinite(matrix).all(axis=1)
    if bad.any():
        raise VectorsError(
            f"{where}: {int(bad.sum())} vectors have a value that is not a finite number, the "
            f"first is that of {names[int(bad.argmax())]!r}; leave such genes out."
        )
    zero = ~matrix.any(axis=1)
    if zero.all():
        raise VectorsError(f"{where}: every vector is zero.")
    facts = {"genes": len(names), "zero": int(zero.sum())}
    return GeneVectors(tuple(names), matrix, sha256, facts, where)


def _is_name(name: Any) -> bool:
    return isinstance(name, str) and name.strip() != ""


def _from_npz(path: Path) -> Read:
    with np.load(path, allow_pickle=False) as arrays:
        if {SYMBOLS, VECTORS} <= set(arrays.files):
            return arrays[SYMBOLS].tolist(), arrays[VECTORS]
        found = {name: arrays[name] for name in arrays.files}
    shapes = {name: vector.shape for name, vector in found.items()}
    if len({*shapes.values()}) != 1 or len(next(iter(shapes.values()))) != 1:
        raise VectorsError(
            f"{path}: expected the arrays {SYMBOLS} and {VECTORS}, or one array (d,) a gene; got "
            f"{', '.join(f'{name} {shape}' for name, shape in list(shapes.items())[:5]) or 'none'}."
        )
    return list(found), np.stack(list(found.values()))


def _from_parquet(path: Path) -> Read:
    with path.open("rb") as file:
        frame = pd.read_parquet(file)
    return _from_frame(path, frame if SYMBOL in frame.columns else frame.reset_index(names=SYMBOL))


def _from_csv(path: Path) -> Read:
    table = csv.read_csv(
        path,
        convert_options=csv.ConvertOptions(
            # NA and NaN could be gene symbols, so nothing is missing in a column of names.
            column_types={SYMBOL: pa.string(), "": pa.string()},
            strings_can_be_null=False,
        ),
    )
    named = SYMBOL if SYMBOL in table.column_names else table.column_names[0]
    return _from_frame(path, table.to_pandas().rename(columns={named: SYMBOL}))


def _from_frame(path: Path, frame: pd.DataFrame) -> Read:
    count = list(frame.columns).count(SYMBOL)
    if count != 1:
        raise VectorsError(f"{path}: expected one column {SYMBOL}, got {count}.")
    return frame[SYMBOL].tolist(), frame.drop(columns=SYMBOL).to_numpy()


def _from_h5ad(path: Path) -> Read:
    from anndata import read_h5ad

    frame = read_h5ad(path).to_df()
    return list(frame.index), frame.to_numpy()


_READERS: Mapping[str, Callable[[Path], Read]] = {
    ".npz": _from_npz,
    ".parquet": _from_parquet,
    ".csv": _from_csv,
    ".h5ad": _from_h5ad,
}
