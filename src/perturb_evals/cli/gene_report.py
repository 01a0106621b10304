"""What `perturb-evals data genes` prints: how far the names of tables are known as genes."""

import textwrap
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, get_args

from perturb_evals.cli.tables.terminal import console
from perturb_evals.datasets.errors import DataError
from perturb_evals.datasets.files.sources import find_source
from perturb_evals.datasets.genes.cards import Found, GeneCard, gene_cards
from perturb_evals.datasets.genes.graphs import GRAPHS, Graph, is_at_hand, load_graph
from perturb_evals.datasets.genes.ncbi import GENE_INFO, GENE_SUMMARY, Aliases, human_aliases
from perturb_evals.datasets.genes.symbols import SymbolResolver
from perturb_evals.datasets.pairs.evidence import screen_of_sets
from perturb_evals.datasets.pairs.load import (
    cell_lines,
    has_table,
    load_table,
    named_dataset,
    why_not_here,
)
from perturb_evals.datasets.pairs.questions import KINDS
from perturb_evals.leaderboard.untrusted_text import plain

if TYPE_CHECKING:
    from rich.table import Table as Grid

WIDTH = 80
FOUND: tuple[Found, ...] = get_args(Found)
LEGEND = (
    "current, former: names that are a gene's symbol today, or that it had and that are resolved.",
    "several, unknown: names of more than one gene, or of none that NCBI lists.",
    "summary: names whose gene has a RefSeq summary.",
)


@dataclass(frozen=True)
class _Names:
    """The names in a table, without its labels."""

    table: str
    perturbations: tuple[str, ...]
    genes: tuple[str, ...]

    @property
    def all(self) -> tuple[str, ...]:
        return tuple(sorted({*self.perturbations, *self.genes}))


def print_gene_report(dataset: str) -> None:
    """Print a row a table, then what stays unresolved, and the licences of what was read.

    Args:
        dataset: `perturbqa`, `demo` or a folder of tables; tables that are not on this machine are
            named and passed over. NCBI's two files are downloaded where they are not here, graphs
            are not.

    Raises:
        ArgumentError: No such data set.
        DataError: No table is here, a table is not of its form, or NCBI's files cannot be had.
    """
    tables, passed_over = _tables(named_dataset(dataset))
    if not tables:
        raise DataError("\n".join(["No table of this data set is on this machine.", *passed_over]))
    simulated = dataset == "demo"
    graphs = {
        name: load_graph(name, simulated=simulated)
        for name in GRAPHS
        if (simulated and name == "string") or is_at_hand(name)
    }
    cards, aliases = gene_cards(name for names in tables for name in names.all), human_aliases()

    out = console(WIDTH)
    rows: dict[str, Sequence[int]] = {names.table: _counts(names, cards) for names in tables}
    out.print(_grid(("perts", "genes", *FOUND, "summary"), rows))
    for line in LEGEND:
        out.print(line, soft_wrap=True)
    known = [_known(graph, tables, aliases) for graph in graphs.values()]
    rows = {
        names.table: [sum(name in found for name in names.perturbations) for found in known]
        for names in tables
    }
    out.print(_grid([*graphs], rows))
    out.print("Perturbations that each graph knows, under this or another name.\n", soft_wrap=True)
    for line in passed_over:
        out.print(plain(line), soft_wrap=True)
    for names in tables:
        for line in _unresolved(names, cards):
            out.print(line, soft_wrap=True)
    if simulated:
        out.print("string: simulated by perturb-evals, as the demo world is", soft_wrap=True)
    for line in _files([*graphs], simulated):
        out.print(line, soft_wrap=True)


def _grid(headings: Sequence[str], rows: Mapping[str, Sequence[int]]) -> "Grid":
    from rich import box
    from rich.table import Table as Grid

    grid = Grid(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for heading in ("table", *headings):
        grid.add_column(heading, justify="left" if heading == "table" else "right", no_wrap=True)
    for name, counts in rows.items():
        grid.add_row(plain(name), *(f"{count:,}" for count in counts))
    return grid


def _files(graphs: Sequence[str], simulated: bool) -> Iterator[str]:
    """Say under which licence each file is, and how to get the graphs that are not at hand."""
    read = [name for name in graphs if not (simulated and name == "string")]
    for file in (GENE_INFO, GENE_SUMMARY, *(file for name in read for file in GRAPHS[name])):
        yield f"licence  {file}: {find_source(file).licence_in_full}"
    for name in GRAPHS:
        if name not in graphs:
            files = " ".join(GRAPHS[name])
            if all(find_source(file).url for file in GRAPHS[name]):
                way = f"`perturb-evals data fetch {files}` downloads it."
            else:
                way = f"put {files} into the mirror folder, as it has no public address."
            yield f"{name} is not at hand: {way}"


def _tables(dataset: str) -> tuple[list[_Names], list[str]]:
    """Return the names of the tables that are here, and what to say of the others."""
    tables, passed_over = [], []
    for line in cell_lines(dataset):
        for kind in KINDS:
            if not has_table(dataset, line, kind):
                continue
            if reason := why_not_here(dataset, line, kind):
                passed_over.append(f"{line} {kind} is passed over: {reason}")
                continue
            rows = load_table(dataset, line, kind).rows
            # The readouts of a table of gene sets are no genes.
            genes = () if screen_of_sets(line) else tuple(rows["gene"].unique().to_pylist())
            tables.append(_Names(f"{line} {kind}", tuple(rows["pert"].unique().to_pylist()), genes))
    return tables, passed_over


def _known(graph: Graph, tables: list[_Names], aliases: Aliases) -> set[str]:
    """Return the perturbations of all tables that a graph knows, under this or another name."""
    resolver = SymbolResolver(graph.symbols, aliases)
    perts = {name for names in tables for name in names.perturbations}
    return {name for name in perts if resolver.resolve(name).symbol is not None}


def _counts(names: _Names, cards: Mapping[str, GeneCard]) -> tuple[int, ...]:
    found = Counter(cards[name].found for name in names.all)
    return (
        len(names.perturbations),
        len(names.genes),
        *(found[how] for how in FOUND),
        sum(bool(cards[name].summary) for name in names.all),
    )


def _unresolved(names: _Names, cards: Mapping[str, GeneCard]) -> list[str]:
    """Return all names of a table that mean no gene or several, in wrapped lines."""
    lines = []
    for found, what in (("unknown", "unknown"), ("several", "of several genes")):
        stay = [plain(name) for name in names.all if cards[name].found == found]
        if stay:
            head = f"{plain(names.table)}, {what} ({len(stay):,}):"
            text = textwrap.wrap(
                " ".join(stay), WIDTH - 2, break_long_words=False, break_on_hyphens=False
            )
            lines += [head, *(f"  {line}" for line in text)]
    return lines
