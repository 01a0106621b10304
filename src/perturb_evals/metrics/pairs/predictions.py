"""The table that every metric of pairs takes, checked once when it is built.

How the AUROC credits a question that a system abstained from:

- ``half``: every pair in which a row abstained counts one half, whatever the other scores are.
- ``lowest``: an abstained row ranks below every answered row and ties with other abstained rows
  (the rule in PerturbQA's public code).
"""

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, get_args

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

Abstention: TypeAlias = Literal["half", "lowest"]
ABSTENTIONS: tuple[Abstention, ...] = get_args(Abstention)


@dataclass(frozen=True, eq=False, init=False)
class Predictions:
    """One row per question: the pair asked, its label, and a score or an abstention.

    Attributes:
        perts: (n,) names or integer codes of the perturbations.
        genes: (n,) names or integer codes of the readout genes.
        labels: (n,) int8, 0 or 1.
        scores: (n,) float64, higher means more likely 1. Any finite scale, except where a metric
            asks for probabilities. The score of an abstained row means nothing and is set to nan
            here, so that no metric can read it by mistake.
        abstained: (n,) bool, True where the system gave no answer. Default: nobody abstained.

    Tables without rows are allowed; each metric says what it returns for them.

    Raises:
        ValueError: if a column is not one-dimensional, the lengths differ, a name is missing, a
            label is not 0 or 1, a score is not a number, or the score of an answered row is not
            finite.
    """

    perts: NDArray[Any]
    genes: NDArray[Any]
    labels: NDArray[np.int8]
    scores: NDArray[np.float64]
    abstained: NDArray[np.bool_]

    def __init__(
        self,
        perts: ArrayLike,
        genes: ArrayLike,
        labels: ArrayLike,
        scores: ArrayLike,
        abstained: ArrayLike | None = None,
    ) -> None:
        columns = {
            "perts": _names("perts", perts),
            "genes": _names("genes", genes),
            "labels": _binary("labels", labels).astype(np.int8),
            "scores": _numbers("scores", scores),
        }
        n = len(columns["labels"])
        columns["abstained"] = (
            np.zeros(n, dtype=bool)
            if abstained is None
            else _binary("abstained", abstained).astype(bool)
        )
        lengths = {name: len(column) for name, column in columns.items()}
        if len(set(lengths.values())) > 1:
            raise ValueError(f"Predictions needs columns of one length, got {lengths}.")
        _refuse(
            ~columns["abstained"] & ~np.isfinite(columns["scores"]),
            columns["scores"],
            "scores must be finite in answered rows (mark the others in `abstained`)",
        )
        columns["scores"][columns["abstained"]] = np.nan
        for name, column in columns.items():
            column.flags.writeable = False
            object.__setattr__(self, name, column)

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, rows: NDArray[Any]) -> "Predictions":
        """Return the table of some rows: their positions in the order wanted, or (n,) flags."""
        columns = (self.perts, self.genes, self.labels, self.scores, self.abstained)
        return Predictions(*(column[rows] for column in columns))


def check_abstention(abstention: str) -> None:
    """Raise a ValueError for an unknown policy for abstained rows."""
    if abstention not in ABSTENTIONS:
        raise ValueError(f"abstention must be one of {ABSTENTIONS}, got {abstention!r}.")


def _vector(name: str, values: Any) -> NDArray[Any]:
    """A copy of `values` as a one-dimensional array."""
    try:
        array = np.array(values)
    except ValueError as error:
        raise ValueError(f"{name} must be one-dimensional: {error}") from error
    if array.ndim != 1:
        raise ValueError(f"{name} must be one-dimensional, got shape {array.shape}.")
    return array


def _names(name: str, values: Any) -> NDArray[Any]:
    array = _vector(name, values)
    if array.dtype.kind not in "iu":
        array = array.astype(object)
    kind = pd.api.types.infer_dtype(array, skipna=False)
    if kind not in ("string", "integer", "empty"):
        _refuse(pd.isna(array), array, f"{name} must not be missing")
        raise ValueError(f"{name} must be all strings or all integers, got {kind} values.")
    return array


def _binary(name: str, values: Any) -> NDArray[Any]:
    array = _vector(name, values)
    _refuse(pd.isna(array), array, f"{name} must be 0 or 1")
    _refuse(~((array == 0) | (array == 1)), array, f"{name} must be 0 or 1")
    return array


def _numbers(name: str, values: Any) -> NDArray[np.float64]:
    array = _vector(name, values)
    kind = pd.api.types.infer_dtype(array, skipna=True)
    if kind not in ("floating", "integer", "mixed-integer-float", "boolean", "empty"):
        raise ValueError(f"{name} must be numbers, got {kind} values.")
    return array.astype(np.float64)


def _refuse(wrong: NDArray[np.bool_], column: NDArray[Any], rule: str) -> None:
    """Raise if a row is wrong, and say how many are and which is the first."""
    if wrong.any():
        first = int(wrong.argmax())
        raise ValueError(
            f"{rule}: {wrong.sum()} of {len(column)} rows break this, "
            f"the first is row {first} with {column.tolist()[first]!r}."
        )
