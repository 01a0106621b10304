"""Cells where pseudobulk was expected: which columns were seen, and how to make a pseudobulk file.

Cells are read in GEARS's layout only. Another file of cells is told as such, with the lines of
scanpy that average it.
"""

import re
import shlex
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from perturb_evals.datasets.genes.labels import examples
from perturb_evals.datasets.genes.words import clean, is_control
from perturb_evals.datasets.screens.scale import counts_fault, tally

if TYPE_CHECKING:
    from anndata import AnnData

HEADINGS = re.compile(r"target|gene|pert|condition|guide|grna|treatment|crispr|knock|ko$|kd$", re.I)
"""Parts of headings of columns that name the perturbation."""

LINES = ("cell_type", "cell_line", "celltype", "cell_label")
SHOWN_COLUMNS = 4
ROWS_SEEN = 200
"""Rows of X that tell counts from logarithms."""


@dataclass(frozen=True)
class Column:
    """A column of obs that may name the perturbation of every cell."""

    name: str
    labels: Counter[str]
    control: str | None

    def describe(self) -> str:
        """Return its heading and values in words."""
        common = [label for label, _ in self.labels.most_common()]
        often = sorted(common, key=lambda label: label != self.control)
        return f"{self.name!r} ({len(self.labels):,} labels: {examples(often)})"


def cells_instead(path: Path, adata: "AnnData", column: str | None, control: str | None) -> str:
    """Say that a file holds cells, or replicates, and how to make a pseudobulk file of it.

    Args:
        path: The file, for the message.
        adata: What it holds.
        column: The column that the user named.
        control: The control that the user named.

    Returns:
        The message in one line; empty where no column has several rows a label.
    """
    columns = _columns(adata, control)
    if column is not None:
        columns = [found for found in columns if found.name == column]
    if not columns:
        return ""
    best = columns[0]
    seen = "; ".join(found.describe() for found in columns[:SHOWN_COLUMNS])
    said = (
        f"{path}: these are cells, or replicates: {adata.n_obs:,} rows x {adata.n_vars:,} genes, "
        "and expected was one row a perturbation. Cells are read in GEARS's layout only (condition "
        "'AARS+ctrl', 'ctrl' for the control; condition_name; cell_type). Columns of obs that may "
        f"name the perturbation: {seen}. This makes a pseudobulk file with scanpy: "
        f"{_code(path, adata, best)}"
    )
    kinds = [name for name in LINES if name in adata.obs and adata.obs[name].nunique() > 1]
    if kinds:
        values = examples(list(map(str, adata.obs[kinds[0]].unique())))
        said += f" -- first keep the cells of one line, as obs[{kinds[0]!r}] has {values}"
    control_word = shlex.quote(best.control) if best.control else "(the label of the control cells)"
    return (
        f"{said} -- then give {_made(path, best).name} with "
        f"-T perturbation_column={shlex.quote(best.name)} -T control={control_word}"
    )


def _columns(adata: "AnnData", control: str | None) -> list[Column]:
    """Return the columns with several rows a label, the likeliest first."""
    found = []
    for name in map(str, adata.obs.columns):
        values = adata.obs[name]
        if values.dtype.kind in "fiub":
            continue
        labels = Counter(map(str, values.dropna()))
        if len(labels) < 2 or 2 * len(labels) > len(values):
            continue
        called = [label for label in labels if control is not None and clean(label) == control]
        called += [label for label, _ in labels.most_common() if is_control(clean(label))]
        if called or HEADINGS.search(name):
            found.append(Column(name, labels, called[0] if called else None))
    # A guide is no gene: of columns with a control the one of fewer labels comes first.
    return sorted(
        found,
        key=lambda column: (
            column.control is None,
            not HEADINGS.search(column.name),
            len(column.labels) < 3,
            len(column.labels),
        ),
    )


def _made(path: Path, column: Column) -> Path:
    return path.with_name(f"{path.stem}_by_{re.sub(r'[^A-Za-z0-9]+', '_', column.name)}.h5ad")


def _code(path: Path, adata: "AnnData", column: Column) -> str:
    """Return the lines of Python, in one, that average the cells of each label."""
    normalised = "sc.pp.normalize_total(a); sc.pp.log1p(a); " if _are_counts(adata) else ""
    by = repr(column.name)
    return (
        f"import scanpy as sc; a = sc.read_h5ad({str(path)!r}); "
        f"a = a[a.obs[{by}].notna()].copy(); {normalised}"
        f'p = sc.get.aggregate(a, by={by}, func="mean"); p.X = p.layers.pop("mean"); '
        f'p.obs["n_cells"] = a.obs[{by}].value_counts()[p.obs[{by}]].to_numpy(); '
        f"p.write_h5ad({str(_made(path, column))!r})"
    )


def _are_counts(adata: "AnnData") -> bool:
    if adata.X is None:
        return True
    some = adata.X[:ROWS_SEEN]
    values = np.asarray(some.toarray() if hasattr(some, "toarray") else some, dtype=float)
    return bool(counts_fault(tally(values)))
