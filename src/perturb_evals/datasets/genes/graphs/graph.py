"""An undirected graph of genes, as it is built from pairs and as methods read it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array, diags_array, eye_array

from perturb_evals.datasets.errors import ArgumentError, DataError
from perturb_evals.datasets.options import whole_number


class GraphError(DataError):
    """A file that is no list of gene pairs. The message names the file, and the row if there is."""


@dataclass(frozen=True, eq=False)
class Graph:
    """An undirected graph of genes.

    Attributes:
        symbols: The n genes, sorted.
        adjacency: (n, n) symmetric weights above 0 and up to 1, the largest being 1; an empty
            diagonal.
        sha256: Hash (hex) of what it was read from.
        where: The path of the file, or what it is; for messages.
    """

    symbols: tuple[str, ...]
    adjacency: csr_array
    sha256: str
    where: str

    @cached_property
    def profiles(self) -> csr_array:
        """(n, n) rows of length 1: each gene's weights to its partners, and to itself a 1.

        With itself among the partners, two genes that share a pair resemble each other even
        without a common partner.
        """
        return _of_length_one(self.adjacency + eye_array(len(self.symbols)))

    @cached_property
    def neighborhoods(self) -> csr_array:
        """(n, n) rows of length 1 as `profiles`, in which a common partner counts by its rarity.

        Before the row is scaled, the weight to a gene is divided by ln(degree + 2), its degree
        being the number of its partners: the measure of Adamic and Adar (Friends and neighbors on
        the Web, Social Networks 2003) within a cosine. The gene itself is among its partners, with
        weight 1, damped like any other.
        """
        closed = self.adjacency + eye_array(len(self.symbols))
        return _of_length_one(closed @ diags_array(1 / np.log(self.degrees + 2)))

    @property
    def degrees(self) -> NDArray[np.intp]:
        """(n,) number of partners of each gene."""
        return np.asarray(np.diff(self.adjacency.indptr), dtype=np.intp)

    def without_hubs(self, max_degree: int) -> "Graph":
        """Return the graph without the pairs of genes that have too many partners.

        Partners are counted before any pair is dropped. All symbols stay, so that rows keep their
        places: a dropped gene is known and has no partner.

        Args:
            max_degree: The most partners that a gene may have, 1 or more.

        Raises:
            ArgumentError: It is no whole number, or below 1.
        """
        if whole_number("max_degree", max_degree) < 1:
            raise ArgumentError(f"max_degree must be at least 1; got {max_degree}.")
        stays = diags_array((self.degrees <= max_degree).astype(float))
        adjacency = csr_array(stays @ self.adjacency @ stays)
        adjacency.eliminate_zeros()
        return replace(self, adjacency=adjacency)


def graph_of(pairs: pd.DataFrame, names: Mapping[str, str], sha256: str, where: str) -> Graph:
    """Build a graph from its pairs.

    Args:
        pairs: Columns gene_a, gene_b and weight, a finite number above 0. Direction does not
            matter, a gene's pair with itself is dropped, and of a pair given several times the
            largest weight counts.
        names: What each gene is called in the graph.
        sha256: See `Graph`.
        where: See `Graph`.

    Raises:
        GraphError: No pair of two different genes.
    """
    pairs = pairs.assign(gene_a=pairs["gene_a"].map(names), gene_b=pairs["gene_b"].map(names))
    pairs = pairs[pairs["gene_a"] != pairs["gene_b"]]
    if pairs.empty:
        raise GraphError(f"{where}: expected pairs of two different genes, got none.")
    codes, symbols = pd.factorize(pd.concat([pairs["gene_a"], pairs["gene_b"]]), sort=True)
    a, b = codes[: len(pairs)], codes[len(pairs) :]
    weight = pairs["weight"].to_numpy() / pairs["weight"].max()
    # The same pair in either direction is one pair: its largest weight stays.
    merged = (
        pd.DataFrame({"a": np.minimum(a, b), "b": np.maximum(a, b), "weight": weight})
        .groupby(["a", "b"], as_index=False)["weight"]
        .max()
    )
    half = coo_array((merged["weight"], (merged["a"], merged["b"])), shape=(len(symbols),) * 2)
    return Graph(tuple(symbols), csr_array(half + half.T), sha256, where)


def _of_length_one(rows: csr_array) -> csr_array:
    length = np.sqrt(rows.power(2).sum(axis=1))
    return csr_array(diags_array(1 / length) @ rows)
