"""What methods read of a graph: neighborhoods, and a graph without its hubs."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perturb_evals.datasets.errors import ArgumentError
from perturb_evals.datasets.genes.graphs.graph import Graph, graph_of

PAIRS = st.lists(
    st.tuples(st.sampled_from("ABCDEFG"), st.sampled_from("ABCDEFG"), st.integers(1, 9)),
    min_size=1,
    max_size=20,
).filter(lambda pairs: any(a != b for a, b, _ in pairs))


def graph(*pairs: tuple[str, str, float]) -> Graph:
    frame = pd.DataFrame(pairs, columns=["gene_a", "gene_b", "weight"])
    return graph_of(frame, {name: name for a, b, _ in pairs for name in (a, b)}, "0", "here")


def partners(of: Graph) -> dict[str, dict[str, float]]:
    weights = of.adjacency.toarray()
    return {
        a: {b: weights[i, j] for j, b in enumerate(of.symbols) if weights[i, j]}
        for i, a in enumerate(of.symbols)
    }


@given(PAIRS)
def test_neighborhoods_are_the_sum_by_hand(pairs: list[tuple[str, str, int]]) -> None:
    made = graph(*pairs)
    weights = partners(made)
    damped = {gene: 1 / math.log(len(found) + 2) for gene, found in weights.items()}
    for place, gene in enumerate(made.symbols):
        row = {gene: 1.0} | weights[gene]
        expected = np.array([row.get(other, 0) * damped[other] for other in made.symbols])
        expected /= math.sqrt(sum(expected**2))
        assert made.neighborhoods[[place]].toarray()[0] == pytest.approx(expected)


def test_a_rare_common_partner_counts_more_than_a_hub() -> None:
    # A and B share R, a partner of nobody else; C and D share the hub H.
    hub = [("H", f"X{i}", 1) for i in range(30)]
    made = graph(("A", "R", 1), ("B", "R", 1), ("C", "H", 1), ("D", "H", 1), *hub)
    at = {symbol: row for row, symbol in enumerate(made.symbols)}
    alike = (made.neighborhoods @ made.neighborhoods.T).toarray()
    assert alike[at["A"], at["B"]] > 2 * alike[at["C"], at["D"]] > 0
    plain = (made.profiles @ made.profiles.T).toarray()
    assert plain[at["A"], at["B"]] == pytest.approx(plain[at["C"], at["D"]])


@given(PAIRS, st.integers(1, 6))
def test_without_hubs_no_pair_of_a_hub_is_left(
    pairs: list[tuple[str, str, int]], limit: int
) -> None:
    made = graph(*pairs)
    before = partners(made)
    left = made.without_hubs(limit)
    hubs = {gene for gene, found in before.items() if len(found) > limit}
    assert left.symbols == made.symbols
    assert partners(left) == {
        gene: {}
        if gene in hubs
        else {other: weight for other, weight in found.items() if other not in hubs}
        for gene, found in before.items()
    }
    # A gene without partners is like itself alone.
    lengths = np.linalg.norm(left.neighborhoods.toarray(), axis=1)
    assert lengths == pytest.approx(np.ones(len(left.symbols)))


@pytest.mark.parametrize("limit", [0, -1, 2.5, True, "many"])
def test_a_limit_that_is_none(limit: object) -> None:
    with pytest.raises(ArgumentError, match="max_degree must be"):
        graph(("A", "B", 1)).without_hubs(limit)  # type: ignore[arg-type]
