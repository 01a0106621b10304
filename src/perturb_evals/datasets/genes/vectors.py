"""Gene embeddings from a file: one vector a gene, whoever computed it."""

import logging
import re
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
from perturb_evals.datasets.genes.labels import odd_names
from perturb_evals.datasets.genes.symbols import no_gene_known, symbol_resolver
from perturb_evals.datasets.genes.words import clean

if TYPE_CHECKING:
    from perturb_evals.datasets.genes.ncbi import Aliases
    from perturb_evals.datasets.screens.evidence import ExpressionEvidence

SYMBOL = "symbol"
NAMES = (SYMBOL, "gene_symbol", "gene_name", "gene", "hgnc_symbol", "genes")
"""How the column of gene symbols may be called, in any case; the first that is there counts."""

FEWEST_ROWS = 5
"""With fewer genes, whole numbers say nothing."""

SYMBOLS, VECTORS = "symbols", "vectors"

NO_DIMENSION = re.compile(
    r"unnamed: ?\d+(\.\d+)?|index|level_\d+|row|id|gene_?id|.+[_ ]id|(entrez|ncbi|hgnc|ensembl).*|",
    re.I,
)
"""Names of columns that hold row numbers or ids, and no dimension of an embedding."""

_log = logging.getLogger(__name__)

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
            found = name if known else symbol_resolver(self.symbols, aliases).resolve(name).symbol
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
        raise no_gene_known(vectors.where, genes, evidence.perturbations, evidence.screen)


def load_vectors(path: Path) -> GeneVectors:
    """Read gene embeddings from a file; read once while the file stays as it is.

    Args:
        path: One of
            .npz: the arrays `symbols` (n,) of text and `vectors` (n, d), or one array (d,) a gene,
                named by its symbol; no pickled objects;
            .parquet: a column `symbol` (or as in `NAMES`), or the index, and d columns of numbers;
            .csv: a column `symbol` (or as in `NAMES`), or the first one, and d columns of numbers;
            .h5ad: obs_names x X.
            Columns of row numbers or ids are left out, with a warning that names them.

    Raises:
        VectorsError: No such file or format, names that are empty or given twice, a column that is
            no number or looks like ids, a value that is not a finite number in float32, or no
            vector other than zeros.
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
    if odd := odd_names(names):
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
    named = _naming(frame)
    if named is None:
        named = SYMBOL
        frame = frame.reset_index(names=SYMBOL)
    return _from_frame(path, frame, named)


def _from_csv(path: Path) -> Read:
    with csv.open_csv(path) as opened:
        columns = opened.schema.names
    texts = {name: pa.string() for name in columns if name == "" or name.lower() in NAMES}
    table = csv.read_csv(
        path,
        convert_options=csv.ConvertOptions(
            # NA and NaN could be gene symbols, so nothing is missing in a column of names.
            column_types=texts,
            strings_can_be_null=False,
        ),
    )
    frame = table.to_pandas()
    return _from_frame(path, frame, _naming(frame) or table.column_names[0])


def _naming(frame: pd.DataFrame) -> Any:
    """Return the column that holds the gene symbols; None where none is called so."""
    called = {str(name).strip().lower(): name for name in reversed(list(frame.columns))}
    return next((called[name] for name in NAMES if name in called), None)


def _from_frame(path: Path, frame: pd.DataFrame, named: Any) -> Read:
    count = list(frame.columns).count(named)
    if count != 1:
        raise VectorsError(f"{path}: expected one column {named}, got {count}.")
    values = frame.drop(columns=named)
    left_out = [name for name in values.columns if NO_DIMENSION.fullmatch(str(name).strip())]
    left_out += [
        name for name in values.columns if name not in left_out and _is_row_number(values, name)
    ]
    values = values.drop(columns=left_out)
    if left_out:
        _log.warning(
            "%s: the columns %s hold row numbers or ids and are left out of the embedding, which "
            "has %d dimensions.",
            path,
            ", ".join(map(repr, left_out)),
            values.shape[1],
        )
    odd = [name for name, kind in values.dtypes.items() if not pd.api.types.is_numeric_dtype(kind)]
    if odd and len(values):
        raise VectorsError(
            f"{path}: expected numbers, got values of type {values[odd[0]].dtype} in the column "
            f"{odd[0]!r} ({len(odd)} such columns). Leave it out, or call it {SYMBOL} if it names "
            "the genes."
        )
    if ids := [name for name in values.columns if _looks_like_ids(values, name)]:
        raise VectorsError(
            f"{path}: the column {ids[0]!r} looks like ids and not like a dimension: whole numbers "
            f"up to {values[ids[0]].max():,}, each once, where the other columns have fractions. "
            "Leave it out of the file."
        )
    return frame[named].tolist(), values.to_numpy()


def _is_row_number(values: pd.DataFrame, name: Any) -> bool:
    """Whether a whole-numbered column counts the rows, beside others that have fractions."""
    if not _is_whole_among_fractions(values, name) or len(values) < FEWEST_ROWS:
        return False
    column = values[name].to_numpy()
    return bool(column[0] in (0, 1) and (np.diff(column) == 1).all())


def _looks_like_ids(values: pd.DataFrame, name: Any) -> bool:
    if not _is_whole_among_fractions(values, name) or len(values) < FEWEST_ROWS:
        return False
    return bool(values[name].is_unique and values[name].max() >= 10 * len(values))


def _is_whole_among_fractions(values: pd.DataFrame, name: Any) -> bool:
    kinds = values.dtypes
    return bool(
        pd.api.types.is_integer_dtype(kinds[name])
        and sum(map(pd.api.types.is_float_dtype, kinds)) == len(kinds) - 1 > 0
    )


def _from_h5ad(path: Path) -> Read:
    from anndata import read_h5ad

    adata = read_h5ad(path)
    if adata.X is None:
        there = ", ".join(map(repr, adata.layers)) or "none"
        raise VectorsError(f"{path}: X is empty; expected the vectors there. Its layers: {there}.")
    frame = adata.to_df()
    return list(frame.index), frame.to_numpy()


_READERS: Mapping[str, Callable[[Path], Read]] = {
    ".npz": _from_npz,
    ".parquet": _from_parquet,
    ".csv": _from_csv,
    ".h5ad": _from_h5ad,
}
