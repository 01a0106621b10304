"""Evidence: the only door through which a solver sees expression, that of training perturbations.

`HeldOut` names a fold so that a sample's metadata can carry it; `fold_of` gives its names,
`expression_evidence` what a solver may read. The truth of the test perturbations is for scorers,
which take it from the screen itself.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from perturb_evals.datasets.evidence import Evidence
from perturb_evals.datasets.screens.load import ScreenRequest, load_screen
from perturb_evals.datasets.screens.predicted_scale import Baseline, baseline_of
from perturb_evals.datasets.screens.screen import Screen, ScreenError
from perturb_evals.datasets.screens.splits import (
    Fold,
    Split,
    SplitError,
    five_folds,
    read_split,
    training_subset,
)

HASH = 12
"""Digits of a hash that samples carry."""

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class HeldOut:
    """Which test perturbations, and which training perturbations go with them.

    Attributes:
        request: The screen.
        split: Path of a split file; None for the five folds of the protocol.
        fold: Number of the fold.
        repeat: Number of the repeat of the training subset.
        n_train: Size of the training subset; None for all training perturbations.
        seed: Seed of the subsets.
        data: Begin of the screen's fingerprint when the run began; empty for any data.
        folds: Begin of the split's hash when the run began; empty for any split.
    """

    request: ScreenRequest
    split: str | None = None
    fold: int = 0
    repeat: int = 0
    n_train: int | None = None
    seed: int = 0
    data: str = ""
    folds: str = ""

    def to_metadata(self) -> dict[str, Any]:
        """Return the parts as flat metadata of a sample."""
        parts = asdict(self)
        return {**parts.pop("request"), **parts}

    @classmethod
    def from_metadata(cls, metadata: Mapping[str, Any]) -> "HeldOut":
        """Return what `to_metadata` wrote; other keys are passed by.

        Raises:
            ValueError: The metadata is that of another task's sample.
        """
        if "fold" not in metadata:
            raise ValueError("This solver or scorer goes with the task langpert, not another one.")
        request = {key: metadata[key] for key in ScreenRequest.__dataclass_fields__}
        rest = {key: metadata[key] for key in cls.__dataclass_fields__ if key != "request"}
        return cls(ScreenRequest(**request), **rest)


class ExpressionEvidence(Evidence):
    """The training perturbations of one fold, and nothing of its test perturbations.

    Attributes:
        screen: Name of the screen.
        cell_line: Its cell line; empty where it is not known.
        perturbations: The n training perturbations, sorted: the candidates.
        genes: The G gene ids.
        symbols: The G gene symbols.
        control: (G,) mean log expression of the control.
    """

    def __init__(self, screen: Screen, perturbations: tuple[str, ...]) -> None:
        self.screen = screen.name
        self.cell_line = screen.cell_line
        self.perturbations = perturbations
        self.genes = screen.genes
        self.symbols = screen.symbols
        self.control = screen.control
        row_of = {name: row for row, name in enumerate(screen.perturbations)}
        self._row_of = {name: row_of[name] for name in perturbations}
        self._rows = screen.expression
        genes = map(str, screen.naming["gene"])
        self._gene_of = dict(zip(screen.perturbations, genes, strict=True))

    @classmethod
    def from_metadata(cls, metadata: Mapping[str, Any]) -> "ExpressionEvidence":
        """Return what a sample declares, see `Evidence`."""
        return expression_evidence(HeldOut.from_metadata(metadata))

    @property
    def expression(self) -> Floats:
        """(n, G) mean log expression, a new array at every call."""
        return self.vectors(self.perturbations)

    @cached_property
    def mean(self) -> Floats:
        """(G,) mean over the training perturbations: the non-control mean."""
        return np.asarray(self.expression.mean(axis=0, dtype=np.float64), dtype=np.float32)

    def gene_of(self, name: str) -> str:
        """Return the gene that a perturbation's name names: GATA1 of the guide GATA1_sg1."""
        return self._gene_of.get(name, name)

    @cached_property
    def baseline(self) -> Baseline:
        """What predictions should be like, from the control and the training perturbations."""
        return baseline_of(self.control, self.expression)

    def vectors(self, names: Iterable[str]) -> Floats:
        """Return the (k, G) expression of training perturbations, in the order of the names.

        Raises:
            KeyError: A name that is no training perturbation.
        """
        rows: Floats = self._rows[[self._row_of[name] for name in names]]
        return rows


@lru_cache(maxsize=16)
def split_of(request: ScreenRequest, split: str | None) -> Split:
    """Return the folds of a screen, or those of a split file.

    A gene that a screen has under several names is in one fold, or the file is refused.

    Raises:
        SplitError: The file cannot be used, or there are too few perturbations.
    """
    screen = load_screen(request)
    if split is None:
        return five_folds(screen.perturbations, screen.same_gene)
    return read_split(Path(split).expanduser(), screen.perturbations, screen.same_gene)


@lru_cache(maxsize=1024)
def fold_of(held_out: HeldOut) -> Fold:
    """Return the names of one fold's training (or its subset) and test perturbations.

    Raises:
        SplitError: `n_train` is larger than the training set, or the split file is another one than
            when the run began.
        ScreenError: The screen's file is another one than when the run began.
        IndexError: The split has no such fold.
    """
    screen, split = load_screen(held_out.request), split_of(held_out.request, held_out.split)
    if not screen.fingerprint.startswith(held_out.data):
        raise ScreenError(
            f"{held_out.request.screen} is not the data that this run began with: expected data "
            f"{held_out.data}, got {screen.fingerprint[:HASH]}. Put the old file back, or run the "
            "task anew."
        )
    if not split.sha256.startswith(held_out.folds):
        raise SplitError(
            f"{held_out.split or 'the split'} is not the one that this run began with: expected "
            f"{held_out.folds}, got {split.sha256[:HASH]}. Put the old file back, or run anew."
        )
    fold = split.folds[held_out.fold]
    if held_out.n_train is None:
        return fold
    return training_subset(fold, held_out.fold, held_out.repeat, held_out.n_train, held_out.seed)


@lru_cache(maxsize=1024)
def expression_evidence(held_out: HeldOut) -> ExpressionEvidence:
    """Return what a solver may read for one fold; the same object for the same fold."""
    return ExpressionEvidence(load_screen(held_out.request), fold_of(held_out).train)
