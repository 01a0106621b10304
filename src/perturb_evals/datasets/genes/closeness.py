"""How close genes are by what is known of them: pairs of a graph, and the words of their texts."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, eye_array

from perturb_evals.datasets.genes.symbols import symbol_resolver

if TYPE_CHECKING:
    from perturb_evals.datasets.genes.graphs import Graph
    from perturb_evals.datasets.genes.ncbi import Aliases
    from perturb_evals.datasets.genes.texts import GeneWords

Shared = Literal["partners", "pair"]
SHARED: tuple[Shared, ...] = get_args(Shared)
"""What makes two genes close in a graph: common partners, or that they are a pair themselves."""


class Closeness:
    """Weights of n known genes for any others.

    w = c ** power + text_weight * t ** power, where c is the cosine of two genes' neighborhoods
    (`Graph.neighborhoods`) or, with shared="pair", the weight of their pair (0 to 1), and t the
    cosine of the words that are said of them. Both are 0 for a gene that is not there, or whose
    name fits several.

    Args:
        names: The n genes.
        graph: The graph.
        words: The words; None leaves them out.
        aliases: What names mean where graph, texts and names are of different years.
        shared: One of `SHARED`.
        power: Exponent of both; above 0.
        text_weight: Weight of the words; 0 or more.
    """

    def __init__(
        self,
        names: Sequence[str],
        graph: "Graph",
        words: "GeneWords | None" = None,
        aliases: "Aliases | None" = None,
        *,
        shared: Shared = "partners",
        power: float = 2.0,
        text_weight: float = 0.5,
    ) -> None:
        self._power, self._text_weight = power, text_weight
        if shared == "partners":
            known = asked = graph.neighborhoods
        else:
            known, asked = csr_array(eye_array(len(graph.symbols))), graph.adjacency
        self._in_graph = _Rows(graph.symbols, aliases, names, known, asked)
        self._in_words = None
        if words is not None and text_weight > 0:
            self._in_words = _Rows(words.symbols, aliases, names, words.weights, words.weights)

    def weights(self, others: Sequence[str]) -> NDArray[np.float64]:
        """Return (k, n) weights of the known genes for k others, 0 or more."""
        found = self._in_graph.products(others) ** self._power
        if self._in_words is not None:
            found += self._text_weight * self._in_words.products(others) ** self._power
        return found

    @property
    def n_in_graph(self) -> int:
        """How many of the known genes the graph has."""
        return self._in_graph.n_found


class _Rows:
    """Inner products of the rows of known genes with those of others."""

    def __init__(
        self,
        symbols: tuple[str, ...],
        aliases: "Aliases | None",
        names: Sequence[str],
        known: csr_array,
        asked: csr_array,
    ) -> None:
        self._resolver = symbol_resolver(symbols, aliases)
        self._row_of = {symbol: row for row, symbol in enumerate(symbols)}
        self._asked = asked
        chosen = self._chosen(names)
        self.n_found = int(chosen.count_nonzero())
        self._known = csr_array((chosen @ known).T)

    def products(self, others: Sequence[str]) -> NDArray[np.float64]:
        product: NDArray[np.float64] = (self._chosen(others) @ self._asked @ self._known).toarray()
        # Rounding may take the cosine of two equal rows above 1.
        return np.minimum(product, 1.0, out=product)

    def _chosen(self, names: Sequence[str]) -> csr_array:
        """Return (k, symbols) a 1 where a name is a symbol."""
        symbols = [self._resolver.resolve(name).symbol for name in names]
        found = [
            (row, self._row_of[symbol]) for row, symbol in enumerate(symbols) if symbol is not None
        ]
        rows, columns = np.array(found, dtype=np.intp).reshape(-1, 2).T
        shape = (len(names), len(self._row_of))
        return csr_array((np.ones(len(found)), (rows, columns)), shape=shape)
