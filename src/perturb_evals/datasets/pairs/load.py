"""The tables of questions and answers, by dataset, cell line and kind.

PerturbQA: Wu et al., "Contextualizing biological perturbation experiments through language",
ICLR 2025, https://arxiv.org/abs/2502.21290.
"""

from functools import lru_cache

from perturb_evals.datasets.demo.world import DEMO_LINES, demo_hash, demo_tables
from perturb_evals.datasets.errors import ArgumentError, DataError
from perturb_evals.datasets.files.fetch import fetch, file_sha256, locate
from perturb_evals.datasets.files.sources import find_source
from perturb_evals.datasets.options import one_of
from perturb_evals.datasets.pairs.own_tables import is_folder, located, own_files, read_own
from perturb_evals.datasets.pairs.questions import KINDS, Kind
from perturb_evals.datasets.pairs.table import Table, TableError, read_csv, table_of

GENE_LINES = ("k562", "rpe1", "hepg2", "jurkat")
CELL_LINES: dict[str, tuple[str, ...]] = {
    "perturbqa": (*GENE_LINES, "k562_set"),
    "demo": DEMO_LINES,
}

FILE_SUFFIX: dict[Kind, str] = {"de": "de", "direction": "dir"}


def named_dataset(dataset: object) -> str:
    """Return a dataset as every module names it: a known name, or where a user's tables are.

    Args:
        dataset: What a user typed: `perturbqa`, `demo`, a folder, or `org/name` on Hugging Face.

    Returns:
        The known name; the absolute path of the folder; `org/name`.

    Raises:
        ArgumentError: None of these.
    """
    found = dataset if dataset in tuple(CELL_LINES) else located(dataset)
    if found is None:
        raise ArgumentError(
            f"dataset must be one of {', '.join(CELL_LINES)}, a folder of tables, or org/name of a "
            f"data set on Hugging Face; got {dataset!r}, and there is no such folder here."
        )
    return str(found)


def cell_lines(dataset: str, kind: Kind | None = None) -> tuple[str, ...]:
    """Return the cell lines of a dataset, all or those with a table of one kind.

    Raises:
        DataError: A user's tables cannot be had.
        TableError: Their files are not as `own_files` needs them.
    """
    if dataset in CELL_LINES:
        return CELL_LINES[dataset]
    found = own_files(dataset)
    return tuple(dict.fromkeys(line for line, has in found if kind in (None, has)))


def has_table(dataset: str, cell_line: str, kind: Kind) -> bool:
    """Whether a dataset has a table, here or elsewhere: a user's lines may have one kind only.

    Raises:
        DataError, TableError: As `cell_lines`.
    """
    return cell_line in cell_lines(dataset, kind)


def why_not_here(dataset: str, cell_line: str, kind: Kind) -> str:
    """Return why a table cannot be read without a download, with what to do; empty if it can."""
    if dataset == "demo":
        return ""
    if dataset == "perturbqa":
        file = table_file(cell_line, kind)
        if locate(find_source(file)) is not None:
            return ""
        return f"{file} is not on this machine; `perturb-evals data fetch {file}` gets it."
    if not is_folder(dataset):
        return (
            f"There is no folder {dataset} here, and a data set of that name on Hugging Face is "
            "not read for this; a copy of the tables in a folder would do."
        )
    try:
        if has_table(dataset, cell_line, kind):
            return ""
    except (DataError, TableError) as error:
        return str(error)
    return f"{dataset} holds no table of {kind} questions for {cell_line}."


def table_file(cell_line: str, kind: Kind) -> str:
    """Return the name of a table of PerturbQA among the known files."""
    return f"perturbqa/{cell_line}-{FILE_SUFFIX[kind]}.csv"


def load_table(dataset: str, cell_line: str, kind: Kind) -> Table:
    """Return one table, checked: fetched, simulated for the demo world, or a user's own.

    Args:
        dataset: `perturbqa`, `demo`, a folder, or `org/name` on Hugging Face.
        cell_line: One of its `cell_lines`.
        kind: `de` or `direction`.

    Raises:
        ArgumentError: No such dataset, cell line of a known one, or kind.
        DataError: The file cannot be had.
        TableError: There is no such table, or it is not of PerturbQA's form.
    """
    dataset, kind = named_dataset(dataset), one_of("kind", kind, KINDS)
    if dataset in CELL_LINES:
        one_of("cell_line", cell_line, CELL_LINES[dataset])
        return known_table(dataset, cell_line, kind)
    return read_own(dataset, cell_line, kind)


@lru_cache(maxsize=16)
def known_table(dataset: str, cell_line: str, kind: Kind) -> Table:
    """Return a table of PerturbQA or of the demo world, see `load_table`."""
    if dataset == "demo":
        return Table(
            rows=table_of(demo_tables()[cell_line, kind]),
            sha256=demo_hash(),
            licence="MIT",
            citation="Simulated by perturb-evals; not a measurement.",
        )
    source = find_source(table_file(cell_line, kind))
    path = fetch(source.name)
    return Table(
        rows=read_csv(path),
        sha256=file_sha256(path),
        licence=source.licence_in_full,
        citation=source.citation,
    )
