"""The tables of questions and answers, by dataset, cell line and kind.

PerturbQA: Wu et al., "Contextualizing biological perturbation experiments through language",
ICLR 2025, https://arxiv.org/abs/2502.21290.
"""

from functools import lru_cache
from typing import Literal

from perturb_evals.datasets.demo.world import DEMO_LINES, demo_hash, demo_tables
from perturb_evals.datasets.files.fetch import fetch, file_sha256
from perturb_evals.datasets.files.sources import find_source
from perturb_evals.datasets.pairs.questions import Kind
from perturb_evals.datasets.pairs.table import Table, read_csv, table_of

DatasetName = Literal["perturbqa", "demo"]

GENE_LINES = ("k562", "rpe1", "hepg2", "jurkat")
SET_LINES = ("k562_set",)
CELL_LINES: dict[DatasetName, tuple[str, ...]] = {
    "perturbqa": GENE_LINES + SET_LINES,
    "demo": DEMO_LINES,
}

FILE_SUFFIX: dict[Kind, str] = {"de": "de", "direction": "dir"}


def table_file(dataset: DatasetName, cell_line: str, kind: Kind) -> str | None:
    """Return the name of a table's file among the known ones; None for the demo world."""
    return None if dataset == "demo" else f"perturbqa/{cell_line}-{FILE_SUFFIX[kind]}.csv"


@lru_cache(maxsize=16)
def load_table(dataset: DatasetName, cell_line: str, kind: Kind) -> Table:
    """Return one table, fetched and checked, or simulated for the demo world.

    Args:
        dataset: `perturbqa` or `demo`.
        cell_line: One of `CELL_LINES[dataset]`.
        kind: `de` or `direction`.

    Raises:
        DataError: The file cannot be had.
        TableError: The file is not of PerturbQA's form.
    """
    file = table_file(dataset, cell_line, kind)
    if file is None:
        return Table(
            rows=table_of(demo_tables()[cell_line, kind]),
            sha256=demo_hash(),
            licence="MIT",
            citation="Simulated by perturb-evals; not a measurement.",
        )
    source = find_source(file)
    path = fetch(source.name)
    return Table(
        rows=read_csv(path),
        sha256=file_sha256(path),
        licence=source.licence,
        citation=source.citation,
    )
