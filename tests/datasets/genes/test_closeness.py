"""Closeness of genes against sums over dictionaries, and against scikit-learn's TF-IDF."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array
from sklearn.feature_extraction.text import TfidfVectorizer

from perturb_evals.datasets.genes.closeness import SHARED, Closeness
from perturb_evals.datasets.genes.graphs.graph import Graph, graph_of
from perturb_evals.datasets.genes.ncbi import Aliases
from perturb_evals.datasets.genes.texts import GeneWords, word_weights

NAMES = "ABCDEFG"
PAIRS = st.lists(
    st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES), st.integers(1, 9)),
    min_size=1,
    max_size=20,
).filter(lambda pairs: any(a != b for a, b, _ in pairs))
ASKED = [*NAMES, "unknown"]


def graph(*pairs: tuple[str, str, float]) -> Graph:
    frame = pd.DataFrame(pairs, columns=["gene_a", "gene_b", "weight"])
    return graph_of(frame, {name: name for a, b, _ in pairs for name in (a, b)}, "0", "here")


def partners(pairs: list[tuple[str, str, int]]) -> dict[str, dict[str, float]]:
    """Partners of each gene with their weights, 1 being the largest."""
    real = [(a, b, weight) for a, b, weight in pairs if a != b]
    most = max(weight for _, _, weight in real)
    found: dict[str, dict[str, float]] = {}
    for a, b, weight in real:
        for one, other in ((a, b), (b, a)):
            of_one = found.setdefault(one, {})
            of_one[other] = max(of_one.get(other, 0), weight / most)
    return found


def without_hubs(found: dict[str, dict[str, float]], limit: int) -> dict[str, dict[str, float]]:
    hubs = {gene for gene, others in found.items() if len(others) > limit}
    return {
        gene: {other: w for other, w in others.items() if not {gene, other} & hubs}
        for gene, others in found.items()
    }


def by_partners(found: dict[str, dict[str, float]], a: str, b: str) -> float:
    def row(gene: str) -> dict[str, float]:
        with_itself = {gene: 1.0} | found[gene]
        return {other: w / math.log(len(found[other]) + 2) for other, w in with_itself.items()}

    if a not in found or b not in found:
        return 0.0
    one, other = row(a), row(b)
    dot = sum(weight * other.get(gene, 0) for gene, weight in one.items())
    return dot / math.hypot(*one.values()) / math.hypot(*other.values())


@given(PAIRS, st.sampled_from([0.5, 1.0, 2.0, 3.0]), st.sampled_from([None, 1, 2, 3]))
def test_closeness_by_the_graph_is_the_sum_by_hand(
    pairs: list[tuple[str, str, int]], power: float, max_degree: int | None
) -> None:
    made, expected = graph(*pairs), partners(pairs)
    if max_degree is not None:
        made, expected = made.without_hubs(max_degree), without_hubs(expected, max_degree)
    by_name = {
        "partners": lambda a, b: by_partners(expected, a, b),
        "pair": lambda a, b: expected.get(a, {}).get(b, 0.0),
    }
    assert set(by_name) == set(SHARED)
    for shared, close in by_name.items():
        found = Closeness(ASKED, made, shared=shared, power=power)
        assert found.n_in_graph == len(made.symbols)
        weights = found.weights(ASKED)
        table = [[close(a, b) ** power for b in ASKED] for a in ASKED]
        np.testing.assert_allclose(weights, table, atol=1e-12)
        np.testing.assert_allclose(weights, weights.T, atol=1e-12)
        assert (weights >= 0).all()
        assert (weights <= 1).all()
        # Nothing depends on who else is asked about.
        np.testing.assert_allclose(found.weights(["C"]), weights[[2]], atol=1e-12)
        assert found.weights([]).shape == (0, len(ASKED))


TEXTS = {
    "A": "zinc finger zinc binds DNA",
    "B": "zinc finger of the nucleus",
    "C": "Copper binds; COPPER transport",
    "D": "nucleus transport",
    "E": "",
    "F": "of the",
}


def words(**texts: str) -> GeneWords:
    return GeneWords(tuple(texts), word_weights(list(texts.values()), 2, 0.5), "0", "here")


@pytest.mark.each("power", [1.0, 2.0])
@pytest.mark.each("weight", [0.25, 0.5, 3.0])
def test_texts_add_their_share(power: float, weight: float) -> None:
    pairs = [("A", "D", 1), ("D", "C", 1), ("B", "G", 1)]
    vectors = TfidfVectorizer(sublinear_tf=True, min_df=2, max_df=0.5, token_pattern=r"[a-z0-9]+")
    tfidf = vectors.fit_transform(TEXTS.values()).toarray()
    cosines = {
        (a, b): float(tfidf[i] @ tfidf[j]) for i, a in enumerate(TEXTS) for j, b in enumerate(TEXTS)
    }
    assert cosines["A", "A"] == pytest.approx(1)
    assert 0 < cosines["A", "B"] < 1
    found = Closeness(ASKED, graph(*pairs), words(**TEXTS), power=power, text_weight=weight)
    known = partners(pairs)
    table = [
        [
            by_partners(known, a, b) ** power + weight * cosines.get((a, b), 0) ** power
            for b in ASKED
        ]
        for a in ASKED
    ]
    weights = found.weights(ASKED)
    np.testing.assert_allclose(weights, table, atol=1e-12)
    assert (weights <= 1 + weight).all()
    # E says nothing and has no pair, and F says nothing that counts.
    assert not weights[4].any()
    assert found.n_in_graph == 5


def test_without_weight_the_texts_are_left_out() -> None:
    made = graph(("A", "B", 1))
    alone = Closeness(ASKED, made).weights(ASKED)
    told = Closeness(ASKED, made, words(**TEXTS), text_weight=0.0).weights(ASKED)
    np.testing.assert_array_equal(told, alone)


def test_two_genes_alike_are_no_closer_than_one_to_itself() -> None:
    """The cosine of two equal rows may come out a last bit above 1."""
    rng = np.random.default_rng(0)
    for _ in range(20):
        pairs = [("A", f"X{i}", w) for i, w in enumerate(rng.random(40))]
        weights = Closeness(["A"], graph(*pairs)).weights(["A"])
        assert weights[0, 0] <= 1
        assert weights[0, 0] == pytest.approx(1)


ALIASES = Aliases(
    current={"AARS1": (16,), "SEPTIN2": (4735,), "GART": (2618,)},
    synonyms={"AARS": (16,), "GARS": (2618, 2617), "SEPT2": (4735, 23157), "OLD": (16, 4735)},
)


def test_names_of_other_years_are_the_same_genes() -> None:
    made = graph(("AARS1", "X", 1), ("B", "X", 1), ("SEPTIN2", "X", 1))
    told = GeneWords(("AARS1", "B"), csr_array(np.ones((2, 1))), "0", "here")
    new = Closeness(["B"], made, told, ALIASES).weights(["AARS1"])
    assert new[0, 0] > 0.5
    np.testing.assert_array_equal(Closeness(["B"], made, told, ALIASES).weights(["AARS"]), new)
    np.testing.assert_array_equal(Closeness(["AARS"], made, told, ALIASES).weights(["B"]), new.T)
    # And the other way round: graph and texts of an older year.
    old = graph(("AARS", "X", 1), ("B", "X", 1), ("SEPTIN2", "X", 1))
    older = GeneWords(("AARS", "B"), csr_array(np.ones((2, 1))), "0", "here")
    np.testing.assert_array_equal(Closeness(["B"], old, older, ALIASES).weights(["AARS1"]), new)


def test_a_name_that_is_not_there_or_fits_several_is_close_to_nothing() -> None:
    made = graph(("AARS1", "X", 1), ("B", "X", 1), ("SEPTIN2", "X", 1))
    for name in ("OLD", "nobody", ""):
        assert not Closeness(["B", "AARS1"], made, aliases=ALIASES).weights([name]).any()
    known = Closeness(["OLD", "nobody"], made, aliases=ALIASES)
    assert known.n_in_graph == 0
    assert known.weights(["B", "AARS1"]).tolist() == [[0, 0]] * 2
    # Without aliases it is the letters alone.
    assert not Closeness(["B"], made).weights(["AARS"]).any()
    assert Closeness(["B"], made).weights(["aars1"]).any()
