"""The labels of test rows, exchanged: a solver that reads none of them answers the same."""

import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

import numpy as np
import pandas as pd

from perturb_evals.datasets.demo.exchange import DEMO_WORLD, described
from perturb_evals.datasets.exchange import standing_in
from perturb_evals.datasets.files.fetch import MIRROR_VARIABLE, mirror_folder
from perturb_evals.datasets.pairs.evidence import pairs_evidence
from perturb_evals.datasets.pairs.load import (
    FILE_SUFFIX,
    cell_lines,
    has_table,
    known_table,
    load_table,
    table_file,
    why_not_here,
)
from perturb_evals.datasets.pairs.own_tables import is_own
from perturb_evals.datasets.pairs.questions import KINDS, Kind
from perturb_evals.datasets.pairs.table import COLUMNS

SEED = 7

Tables = Mapping[tuple[str, Kind], pd.DataFrame]


def exchanged_tables(tables: Tables, asked: Kind) -> dict[tuple[str, Kind], pd.DataFrame]:
    """Return tables in which the labels of all test rows are others.

    Labels are shuffled within genes, and turned round in every second gene by lot. The same genes
    have both classes, so the same questions are asked; the rate of a gene, of a perturbation and of
    the table are others. Training rows stay as they are.

    Where `de` is asked, which pairs the table of directions has tells the labels too: its test rows
    are then of pairs that are differentially expressed after the exchange.

    Args:
        tables: By cell line and kind, columns pert, gene, label and split.
        asked: The kind of question that a solver is checked on.
    """
    rng = np.random.default_rng(SEED)
    found = {key: _exchanged(frame, rng) for key, frame in tables.items()}
    if asked == "de":
        for (line, kind), frame in tables.items():
            if kind == "direction" and (line, "de") in found:
                found[line, kind] = _of_others(frame, found[line, "de"], rng)
    return found


def _exchanged(frame: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    test = frame["split"] == "test"
    labels = frame.loc[test, "label"].to_numpy()
    genes, names = pd.factorize(frame.loc[test, "gene"])
    mixed = np.empty_like(labels)
    mixed[np.argsort(genes, kind="stable")] = labels[np.lexsort((rng.random(len(genes)), genes))]
    turned = rng.integers(2, size=len(names)).astype(bool)[genes]
    changed = frame["label"].to_numpy(copy=True)
    changed[test.to_numpy()] = np.where(turned, 1 - mixed, mixed)
    return frame.assign(label=changed)


def _of_others(frame: pd.DataFrame, de: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Return directions whose test rows are of pairs that are positive in a table of `de`."""
    test = frame["split"] == "test"
    positive = de[(de["split"] == "test") & (de["label"] == 1)]
    if positive.empty or not test.any():
        return frame
    some = positive.sample(n=min(int(test.sum()), len(positive)), random_state=rng).sort_index()
    new = some.assign(label=rng.integers(2, size=len(some)))[list(COLUMNS)]
    kept = frame.loc[~test, list(COLUMNS)]
    joined = pd.concat([kept, new], ignore_index=True)
    return joined.astype({"label": frame["label"].dtype})


@contextmanager
def labels_exchanged(dataset: str, cell_line: str, asked: Kind, folder: Path) -> Iterator[str]:
    """Exchange the test labels of a dataset, by whichever way it is read, for a while.

    Tables that are not on this machine are not fetched for it, but for those of the evaluated line.

    Args:
        dataset: A dataset, as `named_dataset` gives it.
        cell_line: The evaluated line.
        asked: The kind of question.
        folder: An empty folder for the files.

    Yields:
        The dataset to name: the same, or for a user's own tables where the exchanged ones are.

    Raises:
        DataError: The tables cannot be had.
    """
    tables: dict[tuple[str, Kind], pd.DataFrame] = {}
    for line in cell_lines(dataset):
        for kind in KINDS:
            here = line == cell_line or not why_not_here(dataset, line, kind)
            if has_table(dataset, line, kind) and (here or is_own(dataset)):
                tables[line, kind] = load_table(dataset, line, kind).rows.to_pandas()
    found = exchanged_tables(tables, asked)
    with ExitStack() as stack:
        stack.callback(_forget)
        if dataset == "demo":
            description = described(dict(found.items()), _tested(tables))
            stack.enter_context(standing_in({DEMO_WORLD: description}))
        elif is_own(dataset):
            dataset = str(_written(found, folder / Path(dataset).name))
        else:
            stack.enter_context(_mirrored(found, folder))
        _forget()
        yield dataset


def _tested(tables: Tables) -> dict[str, set[str]]:
    tested: dict[str, set[str]] = {}
    for (line, _), frame in tables.items():
        tested.setdefault(line, set()).update(frame.loc[frame["split"] == "test", "pert"])
    return tested


def _forget() -> None:
    known_table.cache_clear()
    pairs_evidence.cache_clear()


def _written(tables: Tables, folder: Path) -> Path:
    folder.mkdir(parents=True)
    for (line, kind), frame in tables.items():
        path = folder / f"{line}-{FILE_SUFFIX[kind]}.csv"
        frame.to_csv(path, columns=list(COLUMNS), index=False, lineterminator="\n")
    return folder


@contextmanager
def _mirrored(tables: Tables, folder: Path) -> Iterator[None]:
    """Put tables in the place of PerturbQA's, and beside them what else the mirror folder has."""
    written = _written(tables, folder / "perturbqa")
    mirror = mirror_folder()
    if mirror is not None:
        for inside in (mirror, mirror / "perturbqa"):
            for path in inside.iterdir() if inside.is_dir() else ():
                if not (there := folder / path.relative_to(mirror)).exists():
                    there.symlink_to(path)
    files = {
        table_file(line, kind): str(written / f"{line}-{FILE_SUFFIX[kind]}.csv")
        for line, kind in tables
    }
    try:
        if mirror is not None:
            os.environ[MIRROR_VARIABLE] = str(folder)
        with standing_in(files):
            yield
    finally:
        if mirror is not None:
            os.environ[MIRROR_VARIABLE] = str(mirror)
