"""Baselines of expression, against loops that spell out each definition."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from perturb_evals.datasets.genes.graphs import Graph, load_graph
from perturb_evals.datasets.genes.labels import look_at
from perturb_evals.datasets.genes.ncbi import Aliases, human_aliases
from perturb_evals.datasets.genes.symbols import UnknownGenesError
from perturb_evals.datasets.genes.texts import text_vectors
from perturb_evals.datasets.genes.vectors import GeneVectors, checked_vectors
from perturb_evals.datasets.screens.evidence import (
    ExpressionEvidence,
    HeldOut,
    expression_evidence,
    fold_of,
)
from perturb_evals.datasets.screens.load import ScreenRequest, load_screen
from perturb_evals.datasets.screens.make_screen import make_screen
from perturb_evals.datasets.screens.naming import naming_of
from perturb_evals.solvers.expression.baselines import RandomNeighbors, oracle_neighbors
from perturb_evals.solvers.expression.gene_baselines import (
    EmbeddingNeighbors,
    EmbeddingProcess,
    GraphNeighbors,
)

GENES = tuple("ABCDEFGH")


def training_of(names: tuple[str, ...] = GENES) -> ExpressionEvidence:
    rng = np.random.default_rng(0)
    screen = make_screen(
        name="small",
        cell_line="",
        perturbations=names,
        expression=rng.standard_normal((len(names), 4)),
        control=np.zeros(4),
        genes=["g1", "g2", "g3", "g4"],
        fingerprint="",
    )
    return ExpressionEvidence(screen, tuple(sorted(names)))


def graph_of(pairs: dict[tuple[str, str], float]) -> Graph:
    symbols = tuple(sorted({symbol for pair in pairs for symbol in pair}))
    dense = np.zeros((len(symbols),) * 2)
    for (a, b), weight in pairs.items():
        dense[symbols.index(a), symbols.index(b)] = weight
        dense[symbols.index(b), symbols.index(a)] = weight
    return Graph(symbols, csr_array(dense), "", "pairs.csv")


def vectors_of(rows: dict[str, list[float]]) -> GeneVectors:
    return checked_vectors(list(rows), np.array(list(rows.values()), dtype=float), "", "here")


class TestRandom:
    def test_depends_on_seed_and_name_only(self) -> None:
        training = training_of()
        first = RandomNeighbors(training, 3, seed=1)
        forwards = {name: first.neighbors(name) for name in ("X", "Y", "Z")}
        second = RandomNeighbors(training_of(), 3, seed=1)
        assert {name: second.neighbors(name) for name in ("Z", "Y", "X")} == forwards
        others = [RandomNeighbors(training, 3, seed=seed).neighbors("X") for seed in range(5)]
        assert len({tuple(other) for other in others}) > 1
        assert len({tuple(forwards[name]) for name in forwards}) > 1

    def test_every_training_perturbation_is_as_likely(self) -> None:
        method = RandomNeighbors(training_of(), 2)
        drawn = [name for i in range(2000) for name, _ in method.neighbors(f"T{i}")]
        for name in GENES:
            assert drawn.count(name) == pytest.approx(500, abs=100)

    def test_few_training_perturbations(self) -> None:
        drawn = RandomNeighbors(training_of(), 100).neighbors("X")
        assert sorted(name for name, _ in drawn) == list(GENES)
        assert {similarity for _, similarity in drawn} == {1.0}


PAIRS = st.dictionaries(
    st.tuples(st.sampled_from("ABCDEFGHXY"), st.sampled_from("ABCDEFGHXY")).filter(
        lambda pair: pair[0] < pair[1]
    ),
    st.sampled_from([0.25, 0.5, 1.0]),
    min_size=1,
)


class TestGraph:
    @given(pairs=PAIRS, k=st.integers(1, 10))
    @settings(max_examples=60)
    def test_similarity_is_the_cosine_of_closed_neighborhoods(
        self, pairs: dict[tuple[str, str], float], k: int
    ) -> None:
        symbols = {symbol for pair in pairs for symbol in pair}
        weight = {(b, a): w for (a, b), w in pairs.items()} | pairs
        weight |= {(symbol, symbol): 1.0 for symbol in symbols}

        def cosine(a: str, b: str) -> float:
            if not {a, b} <= symbols:
                return 0.0
            row, other = ([weight.get((s, t), 0.0) for t in symbols] for s in (a, b))
            return sum(map(float.__mul__, row, other)) / math.sqrt(
                sum(value**2 for value in row) * sum(value**2 for value in other)
            )

        method = GraphNeighbors(training_of(), graph_of(pairs), k)
        for target in ("X", "Y", "A"):
            expected = sorted((-round(cosine(target, name), 9), name) for name in GENES)
            expected = [(name, -minus) for minus, name in expected if minus < 0][:k]
            found = method.neighbors(target)
            if not expected:
                assert found == ("no_partner" if target in symbols else "unknown_gene")
                continue
            assert [name for name, _ in found] == [name for name, _ in expected]
            assert [s for _, s in found] == pytest.approx([s for _, s in expected], abs=1e-9)

    def test_the_formula_of_an_unweighted_graph(self) -> None:
        pairs = dict.fromkeys([("A", "X"), ("A", "B"), ("B", "X"), ("C", "X"), ("B", "D")], 1.0)
        found = dict(GraphNeighbors(training_of(), graph_of(pairs), 9).neighbors("X"))
        # X has 3 partners, A has 2; they are a pair with the common partner B.
        assert found["A"] == pytest.approx((1 + 2) / math.sqrt(4 * 3))
        assert found["C"] == pytest.approx((0 + 2) / math.sqrt(4 * 2))
        assert found["D"] == pytest.approx((1 + 0) / math.sqrt(4 * 2))

    def test_ties_go_by_name(self) -> None:
        pairs = dict.fromkeys([("X", name) for name in "GCAE"], 1.0)
        found = GraphNeighbors(training_of(), graph_of(pairs), 3).neighbors("X")
        assert [name for name, _ in found] == ["A", "C", "E"]

    def test_nothing_known_gives_no_neighbors(self) -> None:
        graph = graph_of({("A", "B"): 1.0, ("X", "Z"): 1.0})
        method = GraphNeighbors(training_of(), graph)
        assert method.neighbors("UNHEARD") == "unknown_gene"  # not in the graph
        assert method.neighbors("X") == "no_partner"  # no candidate within reach
        outside = GraphNeighbors(training_of(), graph_of({("X", "Y"): 1.0}))
        assert outside.neighbors("X") == "no_partner"  # no candidate in the graph
        assert outside.neighbors("A") == "unknown_gene"

    def test_a_graph_that_knows_no_training_perturbation_is_told_by_examples(self) -> None:
        pairs = {("ENSG01", "ENSG02\x1b[2J"): 1.0, ("ENSG03", "ENSG04" * 9): 1.0}
        method = GraphNeighbors(training_of(), graph_of(pairs))
        with pytest.raises(UnknownGenesError) as error:
            method.check(training_of())
        told = str(error.value)
        assert told.startswith("pairs.csv: it knows none of the 8 training perturbations of small")
        assert r"'ENSG01', 'ENSG02\x1b[2J', 'ENSG03' ..." in told
        assert "expected symbols as written there: 'A', 'B', 'C' ..." in told
        assert "aliases=ncbi" in told
        long = GraphNeighbors(training_of(), graph_of({("Y" * 99, "Z"): 1.0}))
        with pytest.raises(UnknownGenesError, match=r"'Y{29}\u2026', 'Z'; expected"):
            long.check(training_of())
        GraphNeighbors(training_of(), graph_of({("A", "Z"): 1.0})).check(training_of())

    def test_symbols_of_other_years(self) -> None:
        graph = graph_of({("AARS1", "EPRS1"): 1.0})
        aliases = Aliases(
            current={"AARS1": (16,), "EPRS1": (2058,)}, synonyms={"AARS": (16,), "EPRS": (2058,)}
        )
        training = training_of(("EPRS", "TP53"))
        found = GraphNeighbors(training, graph, aliases=aliases).neighbors("AARS")
        assert found == [("EPRS", 1.0)]
        without = GraphNeighbors(training, graph)
        assert without.neighbors("AARS") == "unknown_gene"
        GraphNeighbors(training, graph, aliases=aliases).check(training)
        with pytest.raises(UnknownGenesError):
            without.check(training)


class TestEmbedding:
    @given(seed=st.integers(0, 999), k=st.integers(1, 10))
    @settings(max_examples=40)
    def test_similarity_is_the_cosine(self, seed: int, k: int) -> None:
        rng = np.random.default_rng(seed)
        rows = {name: rng.integers(-2, 3, size=3).tolist() for name in [*GENES, "X"]}
        rows["A"] = [1, 0, 0]

        def cosine(a: list[float], b: list[float]) -> float:
            length = math.sqrt(sum(x * x for x in a) * sum(x * x for x in b))
            return sum(x * y for x, y in zip(a, b, strict=True)) / length if length else 0.0

        expected = sorted((-round(cosine(rows[name], rows["X"]), 9), name) for name in GENES)
        expected = [(name, -minus) for minus, name in expected if minus < 0][:k]
        found = EmbeddingNeighbors(training_of(), vectors_of(rows), k).neighbors("X")
        if not expected:
            assert found == ("no_partner" if any(rows["X"]) else "unknown_gene")
            return
        assert [name for name, _ in found] == [name for name, _ in expected]
        assert [s for _, s in found] == pytest.approx([s for _, s in expected], abs=1e-7)

    def test_embeddings_of_no_training_perturbation_are_told_by_examples(self) -> None:
        zeros = {"A": [0.0], "X": [1.0], "Y": [2.0]}
        method = EmbeddingNeighbors(training_of(), vectors_of(zeros))
        with pytest.raises(
            UnknownGenesError, match=r"here: it knows none of the 8 .*'X', 'Y'; exp"
        ):
            method.check(training_of())
        EmbeddingNeighbors(training_of(), vectors_of(zeros | {"B": [1.0]})).check(training_of())

    def test_length_does_not_matter(self) -> None:
        rows = {"A": [1.0, 1.0], "B": [1.0, 0.5], "X": [2.0, 2.0]}
        longer = rows | {"A": [1e-20, 1e-20], "X": [1e18, 1e18]}
        found, again = (
            EmbeddingNeighbors(training_of(), vectors_of(r)).neighbors("X") for r in (rows, longer)
        )
        assert [name for name, _ in found] == [name for name, _ in again] == ["A", "B"]
        assert [s for _, s in again] == pytest.approx([s for _, s in found])

    def test_without_an_embedding_there_are_no_neighbors(self) -> None:
        vectors = vectors_of({"A": [1.0, 0.0], "X": [0.0, 0.0], "Y": [0.0, 1.0], "Z": [1.0, 1.0]})
        method = EmbeddingNeighbors(training_of(), vectors)
        assert method.neighbors("UNHEARD") == method.neighbors("X") == "unknown_gene"
        assert method.neighbors("Y") == "no_partner"
        assert [name for name, _ in method.neighbors("Z")] == ["A"]  # B to H have none

    def test_symbols_of_other_years(self) -> None:
        vectors = vectors_of({"AARS1": [1.0, 0.0], "EPRS1": [1.0, 1.0]})
        aliases = Aliases(current={"AARS1": (16,)}, synonyms={"AARS": (16,)})
        training = training_of(("EPRS1", "TP53"))
        found = EmbeddingNeighbors(training, vectors, aliases=aliases).neighbors("AARS")
        assert [name for name, _ in found] == ["EPRS1"]


ROWS = dict(zip([*GENES, "X", "Y"], np.random.default_rng(0).random((10, 3)), strict=True))


class TestProcess:
    """What it makes of names; the process itself is tested with the methods."""

    def process(self, *rows: dict[str, list[float]], **options: Any) -> EmbeddingProcess:
        return EmbeddingProcess(training_of(), [vectors_of(own) for own in rows], **options)

    def test_a_gene_without_any_embedding_is_unknown(self) -> None:
        zeros = {"A": [0.0, 0.0, 0.0], "X": [0.0, 0.0, 0.0]}
        method = self.process(ROWS | zeros)
        assert method.process.n_fitted == len(GENES) - 1
        assert method.predict("UNHEARD") == method.predict("X") == "unknown_gene"
        predicted = method.predict("Y")
        assert predicted.dtype == np.float32
        assert predicted.shape == (4,)
        both = self.process(ROWS | zeros, {"A": [1.0], "X": [1.0]})
        assert both.process.n_fitted == len(GENES)
        assert np.isfinite(both.predict("X")).all()

    @pytest.mark.parametrize("known", [("X",), ("A", "X")])
    def test_fewer_than_two_known_genes_teach_nothing(self, known: tuple[str, ...]) -> None:
        method = self.process({name: ROWS[name] for name in known})
        assert method.process.n_fitted == len(known) - 1
        assert method.predict("X") == "no_partner"
        assert method.predict("B") == "unknown_gene"

    def test_each_embedding_has_to_know_a_training_perturbation(self) -> None:
        other = {"ENSG01": [1.0], "ENSG02": [2.0], "X": [3.0]}
        self.process(ROWS).check(training_of())
        with pytest.raises(UnknownGenesError, match=r"here: it knows none of the 8 .*'ENSG01'"):
            self.process(ROWS, other).check(training_of())
        with pytest.raises(ValueError, match="at least one set"):
            self.process()

    def test_symbols_of_other_years(self) -> None:
        aliases = Aliases(current={"X": (1,)}, synonyms={"OLD": (1,)})
        method = self.process(ROWS, aliases=aliases)
        np.testing.assert_array_equal(method.predict("OLD"), method.predict("X"))


def test_the_oracle_has_no_similarities_to_weigh_by() -> None:
    with pytest.raises(ValueError, match="expected mean, median, rank or ridge"):
        oracle_neighbors(aggregation="similarity")


@pytest.mark.parametrize(("k", "said"), [(0, "at least 1"), (-1, "at least 1"), (2.5, "whole")])
def test_impossible_k(k: int, said: str) -> None:
    training, graph = training_of(), graph_of({("A", "X"): 1.0})
    for make in (
        lambda: RandomNeighbors(training, k),
        lambda: GraphNeighbors(training, graph, k),
        lambda: EmbeddingNeighbors(training, vectors_of({"A": [1.0]}), k),
    ):
        with pytest.raises(ValueError, match=said):
            make()


@pytest.mark.parametrize(
    ("file", "at_most"), [("replogle_k562_pc9_surrogate", 0.95), ("adamson_2016_upr", 0.11)]
)
def test_string_neighbors_beat_the_training_mean(
    real_data: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    file: str,
    at_most: float,
) -> None:
    monkeypatch.setenv("PERTURB_EVALS_CACHE", str(tmp_path))
    request = ScreenRequest(str(real_data / "screens" / f"{file}.h5ad"))
    graph, screen = load_graph("string"), load_screen(request)
    ours, mean = [], []
    row_of = {name: row for row, name in enumerate(screen.perturbations)}
    for number in range(5):
        held_out = HeldOut(request, fold=number)
        training = expression_evidence(held_out)
        method = GraphNeighbors(training, graph)
        for name in fold_of(held_out).test:
            row = row_of[name]
            top = screen.de_order[row][: min(20, screen.n_ranked[row])]
            found = method.neighbors(name)
            named = [] if isinstance(found, str) else [name for name, _ in found]
            vectors = training.vectors(named)
            predicted = vectors.mean(axis=0) if len(vectors) else training.mean
            for errors, prediction in ((ours, predicted), (mean, training.mean)):
                errors.append(np.abs(prediction - screen.expression[row])[top].mean())
    difference = np.array(ours) - np.array(mean)
    assert np.mean(ours) < at_most
    rng = np.random.default_rng(0)
    n = len(difference)
    resampled = rng.multinomial(n, np.full(n, 1 / n), size=2000) @ difference / n
    assert np.quantile(resampled, 0.975) < 0


@pytest.mark.slow
def test_a_process_of_gene_texts_beats_the_training_mean(
    real_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PERTURB_EVALS_CACHE", str(tmp_path))
    request = ScreenRequest(str(real_data / "screens" / "replogle_k562_pc9_surrogate.h5ad"))
    screen, aliases, vectors = load_screen(request), human_aliases(), text_vectors()
    row_of = {name: row for row, name in enumerate(screen.perturbations)}
    difference = []
    for number in range(5):
        held_out = HeldOut(request, fold=number)
        training = expression_evidence(held_out)
        process = EmbeddingProcess(training, [vectors], aliases)
        for name in fold_of(held_out).test:
            truth, predicted = screen.expression[row_of[name]], process.predict(name)
            predicted = training.mean if isinstance(predicted, str) else predicted
            difference.append(
                np.abs(predicted - truth).mean() - np.abs(training.mean - truth).mean()
            )
    n = len(difference)
    draws = np.random.default_rng(0).multinomial(n, np.full(n, 1 / n), size=2000)
    assert np.quantile(draws @ np.array(difference) / n, 0.975) < -0.2


def test_a_guide_is_looked_up_as_its_gene() -> None:
    names = ("AAA_sg1", "AAA_sg2", "BBB_sg1", "CCC_sg1")
    look = look_at(names, symbols=["AAA", "BBB", "CCC"])
    screen = make_screen(
        name="guides",
        cell_line="",
        perturbations=names,
        expression=np.random.default_rng(0).standard_normal((4, 2)),
        control=np.zeros(2),
        genes=["g1", "g2"],
        naming=naming_of(look, names, ["g1", "g2"], ["g1", "g2"], None),
        fingerprint="",
    )
    evidence = ExpressionEvidence(screen, names[:3])
    graph = graph_of({("AAA", "CCC"): 1.0, ("BBB", "XXX"): 1.0})
    found = GraphNeighbors(evidence, graph).neighbors("CCC_sg1")
    assert [name for name, _ in found] == ["AAA_sg1", "AAA_sg2"]
    vectors = vectors_of({"AAA": [1, 0], "BBB": [0, 1], "CCC": [1, 0.1]})
    nearest = EmbeddingNeighbors(evidence, vectors).neighbors("CCC_sg1")
    assert [name for name, _ in nearest] == ["AAA_sg1", "AAA_sg2", "BBB_sg1"]
    assert isinstance(EmbeddingProcess(evidence, [vectors]).predict("CCC_sg1"), np.ndarray)
