"""Folds over perturbations and nested training subsets, as data that can be printed and hashed.

The protocol of LangPert: names sorted, shuffled 5-fold with seed 42 (what scikit-learn's
`KFold(5, shuffle=True, random_state=42)` gives), every perturbation tested once. For the
training-size curve the test folds stay, and for each (fold, repeat) one seeded permutation of the
training perturbations is cut: the subset of size n is its prefix, so smaller subsets are nested.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from perturb_evals.datasets.errors import DataError, why

N_FOLDS = 5
FOLD_SEED = 42


class SplitError(DataError):
    """A split that cannot be used. The message says what was got and what to do."""


@dataclass(frozen=True)
class Fold:
    """Training and test perturbations, sorted, without a common one."""

    train: tuple[str, ...]
    test: tuple[str, ...]


@dataclass(frozen=True)
class Split:
    """The folds of a screen."""

    folds: tuple[Fold, ...]

    def to_json(self) -> str:
        """Return the text that `read_split` reads: a list of folds with `train` and `test`."""
        folds = [{"train": list(fold.train), "test": list(fold.test)} for fold in self.folds]
        return json.dumps(folds, indent=1)

    @property
    def sha256(self) -> str:
        """SHA-256 (hex) of the folds."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()


def five_folds(perturbations: Sequence[str], same_gene: Sequence[Sequence[str]] = ()) -> Split:
    """Return the five folds of a screen's perturbations.

    Args:
        perturbations: Their names.
        same_gene: Groups of names that are one gene: each stays together, in the place that its
            first name has in the protocol.

    Raises:
        SplitError: Fewer than five perturbations, or genes where some are the same.
    """
    members = {min(group): tuple(group) for group in same_gene}
    later = {name for first, group in members.items() for name in group if name != first}
    names = sorted(set(perturbations) - later)
    if len(names) < N_FOLDS:
        also = f" genes, under {len(names) + len(later)} names" if later else ""
        raise SplitError(f"{N_FOLDS} folds need {N_FOLDS} perturbations; got {len(names)}{also}.")
    # RandomState's stream is frozen for good; that of Generator may change between versions.
    shuffled = np.arange(len(names))
    np.random.RandomState(FOLD_SEED).shuffle(shuffled)
    folds = []
    for part in np.array_split(shuffled, N_FOLDS):
        test = {name for index in part for name in members.get(names[index], (names[index],))}
        train = (name for name in sorted(perturbations) if name not in test)
        folds.append(Fold(tuple(train), tuple(sorted(test))))
    return Split(tuple(folds))


def training_subset(fold: Fold, index: int, repeat: int, n_train: int, seed: int) -> Fold:
    """Return a fold with a random subset of its training perturbations.

    Args:
        fold: The fold.
        index: Its number, from 0.
        repeat: Number of the repeat, from 0; each draws other subsets.
        n_train: Size of the subset.
        seed: Seed of the subsets; for one seed, the subset of a smaller size is part of the larger.

    Raises:
        SplitError: `n_train` is not between 1 and the size of the training set.
    """
    if not 1 <= n_train <= len(fold.train):
        raise SplitError(
            f"n_train must be from 1 to {len(fold.train)}, the training perturbations of fold "
            f"{index}; got {n_train}."
        )
    order = np.random.RandomState([seed, index, repeat]).permutation(len(fold.train))
    return Fold(tuple(sorted(fold.train[place] for place in order[:n_train])), fold.test)


def read_split(
    path: Path, perturbations: Sequence[str], same_gene: Sequence[Sequence[str]] = ()
) -> Split:
    """Read a split file and check it against the perturbations of a screen.

    Args:
        path: JSON, a list of objects with the lists `train` and `test`, as `Split.to_json` writes.
        perturbations: The perturbations of the screen; not all need to be in the split.
        same_gene: Groups of names that are one gene.

    Raises:
        SplitError: Not such a file; a name that the screen does not have or that a list has twice;
            a perturbation in both lists of a fold, or tested in two folds; a gene that is trained
            on under one name and tested under another; an empty list.
    """
    try:
        folds = [
            Fold(_names(fold, "train"), _names(fold, "test"))
            for fold in json.loads(path.read_text(encoding="utf-8"))
        ]
    except OSError as error:
        raise SplitError(f"{path} cannot be read as a file of folds: {why(error)}.") from error
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise SplitError(
            f"{path}: expected JSON of the form "
            f'[{{"train": [...], "test": [...]}}, ...], which this is not: {why(error)}'
        ) from error
    known = set(perturbations)
    tested = Counter(name for fold in folds for name in fold.test)
    for number, fold in enumerate(folds):
        for what, names in (("train", fold.train), ("test", fold.test)):
            _refuse(path, number, f"{what} names the screen does not have", set(names) - known)
            doubled = {name for name, count in Counter(names).items() if count > 1}
            _refuse(path, number, f"{what} names given twice", doubled)
            if not names:
                raise SplitError(f"{path}, fold {number}: the list {what} is empty.")
        _refuse(path, number, "names in both train and test", set(fold.train) & set(fold.test))
        for group in same_gene:
            train, test = sorted(set(group) & set(fold.train)), sorted(set(group) & set(fold.test))
            if train and test:
                raise SplitError(
                    f"{path}, fold {number}: {test[0]!r} is tested and {train[0]!r}, the same gene "
                    "under another name, is trained on. Put both into one list."
                )
        again = {name for name in fold.test if tested[name] > 1}
        _refuse(path, number, "names tested in more than one fold", again)
    if not folds:
        raise SplitError(f"{path}: no folds in the file.")
    return Split(tuple(folds))


def _names(fold: Any, what: str) -> tuple[str, ...]:
    names = fold[what]
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ValueError(f"{what} is not a list of names")
    return tuple(sorted(names))


def _refuse(path: Path, number: int, what: str, names: set[str]) -> None:
    if names:
        raise SplitError(f"{path}, fold {number}: {len(names)} {what}, e.g. {min(names)!r}.")
