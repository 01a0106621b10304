"""What the agent's tools look things up in: training rows, a graph, and texts about genes."""

import hashlib
import random
from collections.abc import Callable, Hashable, Iterable, Sequence
from functools import cached_property
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from perturb_evals.datasets.demo.knowledge import demo_texts
from perturb_evals.datasets.demo.world import SIMULATED
from perturb_evals.datasets.genes.cards import gene_cards
from perturb_evals.datasets.genes.graphs import load_graph
from perturb_evals.datasets.genes.ncbi import human_aliases
from perturb_evals.datasets.genes.symbols import (
    MatchRoute,
    SymbolResolver,
    bare_symbol,
    symbol_resolver,
)
from perturb_evals.datasets.pairs.evidence import PairsEvidence, TrainingRow
from perturb_evals.solvers.pairs.knn import DECIMALS
from perturb_evals.solvers.pairs.knowledge import Knowledge

Role = Literal["pert", "gene"]
"""What a gene is in a row: knocked down, or read out."""

OTHER: dict[Role, Role] = {"pert": "gene", "gene": "pert"}


class Card(NamedTuple):
    """What is written of a gene.

    Attributes:
        symbol: Its symbol; the one that it was looked up by where there is no other.
        names: Its other names.
        full_name: Such as `mediator complex subunit 12`; empty where there is none.
        summary: What it does; empty where nothing is written.
    """

    symbol: str
    names: tuple[str, ...]
    full_name: str
    summary: str


class Library:
    """All that may be looked up for the questions of one table, found by names as models write.

    Names are understood in any case, decorated and as synonyms, where they fit one gene.

    Args:
        evidence: Training rows, which are read through it alone; none on the track `none`.
        known: What makes genes close.

    Raises:
        DataError: A file cannot be had or read, or the graph knows no gene of the rows.
        NoRowsError: The track opens rows, and there are none.
    """

    def __init__(self, evidence: PairsEvidence, known: Knowledge) -> None:
        self._line = evidence.cell_line
        self._simulated = evidence.dataset in SIMULATED
        self._graph = load_graph(known.graph, simulated=self._simulated)
        self._aliases = None if self._simulated else human_aliases()
        if not self._simulated:
            gene_cards(())  # read before any model is asked, and paid
        self._place = {symbol: place for place, symbol in enumerate(self._graph.symbols)}
        self._rows: list[TrainingRow] = []
        if evidence.track != "none":
            columns = (column.tolist() for _, column in evidence.opened().items())
            self._rows = [TrainingRow(*row) for row in zip(*columns, strict=True)]
        self._rows_of = {role: _by_name(self._rows, role) for role in OTHER}
        self._named = {role: self._resolver(self._rows_of[role]) for role in OTHER}
        names = list(dict.fromkeys(name for rows in self._rows_of.values() for name in rows))
        self._in_rows = {name: place for place, name in enumerate(names)}
        self._close = known.of_perturbations(evidence, names) if names else None
        asked = (name for pair in evidence.question_pairs() for name in pair)
        self._in_tables = self._resolver([*names, *asked])

    def _resolver(self, candidates: Iterable[str]) -> SymbolResolver:
        return SymbolResolver(candidates, self._aliases)

    def rows(self, role: Role, name: str, asked: str) -> list[TrainingRow] | MatchRoute:
        """Return the training rows of a gene, those that are most like the question first.

        Args:
            role: What the gene is in them.
            name: The gene, as somebody wrote it.
            asked: The gene in the other role that is asked about. Its own rows come first, then by
                how close the gene of the other role is to it; of equal ones those of the own line,
                and then by lot, the same way for the same question.

        Returns:
            Rows, at least one; else how the name was not found.
        """
        found = self._named[role].resolve(name)
        if found.symbol is None or self._close is None:
            return found.route
        weights = self._close.weights([asked])[0].round(DECIMALS)
        lot = random.Random(f"{role}/{found.symbol}/{asked}")

        def order(row: TrainingRow) -> tuple[Hashable, ...]:
            other = getattr(row, OTHER[role])
            near = float(weights[self._in_rows[other]])
            return other != asked, -near, row.line != self._line, lot.random()

        return sorted(self._rows_of[role][found.symbol], key=order)

    def dealt(self, question: str) -> Callable[[TrainingRow], int]:
        """Deal the outcomes of all rows out anew among all of them.

        Args:
            question: What names the question; it is the same way for the same question.

        Returns:
            What gives the outcome that falls to a row.
        """
        seed = int.from_bytes(hashlib.sha256(question.encode()).digest())
        # The order of random numbers, not Generator.permutation, which may change with NumPy.
        lots = np.random.Generator(np.random.PCG64(seed)).random(len(self._rows))
        labels = self._labels[np.argsort(lots)]
        return lambda row: int(labels[self._place_of[row]])

    def partners(self, name: str) -> list[str] | MatchRoute:
        """Return the partners of a gene in the graph, the strongest first, then by name.

        They are called as the training rows call them, where they are there.

        Args:
            name: The gene, as somebody wrote it.

        Returns:
            Names, perhaps none; else how the name was not found.
        """
        found = symbol_resolver(self._graph.symbols, self._aliases).resolve(name)
        if found.symbol is None:
            return found.route
        own = self._graph.adjacency[[self._place[found.symbol]]]
        pairs = zip(own.data.tolist(), own.indices.tolist(), strict=True)
        symbols = [self._graph.symbols[place] for _, place in sorted((-w, at) for w, at in pairs)]
        return list(dict.fromkeys(map(self._called, symbols)))

    def card(self, name: str) -> Card | MatchRoute:
        """Return what is written of a gene: NCBI's names and summary, or the demo world's text.

        Args:
            name: The gene, as somebody wrote it.

        Returns:
            What is written; else how the name was not found.
        """
        if self._simulated:
            found = _demo_resolver().resolve(name)
            if found.symbol is None:
                return found.route
            return Card(found.symbol, (), "", demo_texts()[found.symbol])
        bare = bare_symbol(name)
        card = gene_cards([bare])[bare]
        if card.gene_id is None:
            return "ambiguous" if card.found == "several" else "unknown"
        return Card(card.symbol, card.synonyms, card.full_name, card.summary)

    @cached_property
    def _labels(self) -> npt.NDArray[np.int8]:
        return np.array([row.label for row in self._rows], dtype=np.int8)

    @cached_property
    def _place_of(self) -> dict[TrainingRow, int]:
        return {row: place for place, row in enumerate(self._rows)}

    def _called(self, symbol: str) -> str:
        """Return what the tables call a gene; its symbol where they do not have it."""
        return self._in_tables.resolve(symbol).symbol or symbol


def _demo_resolver() -> SymbolResolver:
    return symbol_resolver(tuple(demo_texts()), None)


def _by_name(rows: Sequence[TrainingRow], role: Role) -> dict[str, list[TrainingRow]]:
    found: dict[str, list[TrainingRow]] = {}
    for row in rows:
        found.setdefault(getattr(row, role), []).append(row)
    return found
