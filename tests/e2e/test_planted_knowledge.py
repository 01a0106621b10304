"""A test row that is planted in a graph or in a text tells no solver its label.

Knowledge counts through closeness alone, of perturbed genes, and of a readout gene without training
rows to those that have some: of a pair (perturbation, gene) that a graph holds, or of a text about
the perturbation that names the gene, no solver reads anything of the gene. So what is planted may
move all predictions of a perturbation, as any knowledge does, but not tell its rows apart: it may
name other genes instead, or say the opposite, or the labels may change, and every prediction stays.

What cannot be held: a graph that somebody made out of the test outcomes, by joining perturbations
that did the same, is outside knowledge like any other, and nobody can see where it is from.
"""

import random
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from perturb_evals.datasets.demo.knowledge import demo_pairs, demo_texts
from perturb_evals.datasets.demo.world import demo_tables
from perturb_evals.datasets.genes.graphs import load_graph
from perturb_evals.datasets.pairs.evidence import PairsEvidence, pairs_evidence
from perturb_evals.datasets.pairs.load import load_table
from perturb_evals.solvers.pairs.combined import PARTS, Combined
from perturb_evals.solvers.pairs.graph_factor import GraphFactor
from perturb_evals.solvers.pairs.knn import by_knowledge
from perturb_evals.solvers.pairs.knowledge import Knowledge

LINE, OTHER = "k562", "hepg2"
KINDS = ("de", "direction")
PAIRS = [*demo_pairs().itertuples(index=False, name=None)]
Pair = tuple[str, str]
Tables = dict[tuple[str, str], pd.DataFrame]


@pytest.fixture(scope="module")
def world() -> Tables:
    """Two lines of the demo world under PerturbQA's names."""
    lines = {"demo_a": LINE, "demo_b": OTHER}
    found = demo_tables().items()
    return {(lines[line], kind): rows for (line, kind), rows in found if line in lines}


class ReadsThePairs:
    """Takes a pair (perturbation, gene) of the graph for a label: what must not be."""

    def __init__(self, evidence: PairsEvidence, known: Knowledge) -> None:
        found = load_graph(known.graph)
        self.row_of = {symbol: row for row, symbol in enumerate(found.symbols)}
        self.weights = found.adjacency.toarray()

    def score(self, pert: str, gene: str) -> float:
        if pert not in self.row_of or gene not in self.row_of:
            return 0.0
        return float(self.weights[self.row_of[pert], self.row_of[gene]])


METHODS: dict[str, Callable[[PairsEvidence, Knowledge], Any]] = {
    "graph_knn": by_knowledge,
    "graph_factor": GraphFactor,
    "combined": lambda evidence, known: Combined(evidence, PARTS, known.graph),
    "cheat": ReadsThePairs,
}


@pytest.fixture
def predictions(
    put_tables: Callable[[Tables], Path], put_knowledge: Callable[..., str]
) -> Callable[..., dict[str, list[Any]]]:
    """Predict all test rows of a kind with each method, over tables, pairs and texts."""

    def predict(
        tables: Tables,
        kind: str,
        pairs: Iterable[Pair] = PAIRS,
        texts: dict[str, str] | None = None,
        names: Iterable[str] = METHODS,
        label: int | None = None,
        **settings: Any,
    ) -> dict[str, list[Any]]:
        folder = put_tables(tables)
        graph = put_knowledge(folder, pairs, {**demo_texts()} if texts is None else texts)
        if label is not None:
            pd.read_csv(graph).assign(label=label).to_csv(graph, index=False)
        evidence = pairs_evidence("perturbqa", LINE, kind, "cross", (LINE, OTHER))
        table = load_table("perturbqa", LINE, kind)
        test, trained = table.split("test"), set(table.split("train")["gene"])
        test = test[test["gene"].isin(trained)]  # what is planted makes readout genes close too
        made = {name: METHODS[name](evidence, Knowledge(graph, **settings)) for name in names}
        return {
            name: [m.score(p, g) for p, g in zip(test["pert"], test["gene"], strict=True)]
            for name, m in made.items()
        }

    return predict


def perturbed(tables: Tables) -> set[str]:
    return {pert for table in tables.values() for pert in table["pert"]}


def rows_tested(tables: Tables, kind: str) -> pd.DataFrame:
    table = tables[LINE, kind]
    return table[table["split"] == "test"]


def planted(tables: Tables, kind: str) -> list[Pair]:
    """The positive test rows of genes that are no perturbations, and of which nothing is known."""
    known = perturbed(tables) | {gene for pair in PAIRS for gene in pair}
    rows = rows_tested(tables, kind).query("label == 1")
    pairs = [pair for pair in zip(rows["pert"], rows["gene"], strict=True) if pair[1] not in known]
    assert len(pairs) > 40
    return pairs


def renamed(pairs: list[Pair]) -> list[Pair]:
    """The pairs with their genes exchanged among each other, each gene for another one."""
    genes = sorted({gene for _, gene in pairs})
    random.Random(3).shuffle(genes)
    other = dict(zip(genes, [*genes[1:], genes[0]], strict=True))
    return [(pert, other[gene]) for pert, gene in pairs]


def shuffled(tables: Tables) -> Tables:
    """The tables with the test labels of each shuffled within genes."""
    rng, out = np.random.default_rng(7), {}
    for key, frame in tables.items():
        test = frame["split"] == "test"
        out[key] = frame.copy()
        mixed = frame.loc[test].groupby("gene")["label"].transform(rng.permutation)
        out[key].loc[test, "label"] = mixed.astype(frame["label"].dtype)
        assert (out[key]["label"] != frame["label"]).any()
    return out


def changed(one: dict[str, list[Any]], other: dict[str, list[Any]]) -> set[str]:
    """The methods of which any prediction differs, but for the rounding of sums."""
    return {name for name in one if one[name] != pytest.approx(other[name], abs=1e-10)}


@pytest.mark.parametrize("kind", KINDS)
def test_where_pairs_count_a_planted_row_is_inert(world: Tables, predictions, kind: str):
    """With shared=pair the pair of a perturbation and a gene that is none has no part at all."""
    names = ("graph_knn", "cheat")
    before = predictions(world, kind, names=names, shared="pair")
    after = predictions(world, kind, [*PAIRS, *planted(world, kind)], names=names, shared="pair")
    assert before["graph_knn"] == after["graph_knn"]
    assert changed(before, after) == {"cheat"}
    assert len(set(before["graph_knn"])) > 50


@pytest.mark.parametrize("kind", KINDS)
def test_where_partners_count_it_does_not_matter_which_gene_is_planted(
    world: Tables, predictions, kind: str
):
    """Whoever read labels from the pairs would see them turn when the genes change places."""
    pairs = planted(world, kind)
    others = renamed(pairs)
    assert {*pairs} != {*others}
    right = predictions(world, kind, [*PAIRS, *pairs])
    wrong = predictions(world, kind, [*PAIRS, *others])
    assert changed(right, wrong) == {"cheat"}
    # Planted pairs were read: partners that nobody shares make all of them less alike.
    without = predictions(world, kind)
    assert changed(right, without) == set(METHODS)


@pytest.mark.parametrize("kind", KINDS)
def test_with_planted_rows_predictions_do_not_change_with_the_test_labels(
    world: Tables, predictions, kind: str
):
    """All positive rows of all genes are planted, in the graph and in the texts, and stay."""
    rows = rows_tested(world, kind).query("label == 1")
    pairs = [*PAIRS, *zip(rows["pert"], rows["gene"], strict=True)]
    told = {
        pert: f"{demo_texts().get(pert, '')}; up goes {' and '.join(of['gene'])}"
        for pert, of in rows.groupby("pert")
    }
    texts = {**demo_texts(), **told}
    before = predictions(world, kind, pairs, texts)
    after = predictions(shuffled(world), kind, pairs, texts)
    assert before == after


@pytest.mark.parametrize("kind", KINDS)
def test_a_column_of_labels_in_a_graph_is_not_read(
    world: Tables, predictions, kind: str, logged: Any
):
    pairs = [*PAIRS, *planted(world, kind)]
    before = predictions(world, kind, pairs)
    assert predictions(world, kind, pairs, label=1) == before
    assert "the columns 'label' are not used" in logged.text


@pytest.mark.parametrize("kind", KINDS)
def test_it_does_not_matter_which_genes_a_text_names_or_what_it_says_of_them(
    world: Tables, predictions, kind: str
):
    """Texts with words that stand for others are as alike as they were."""
    rows = rows_tested(world, kind)
    rows = rows[rows["gene"].str.isalnum()]  # a name with a dash is two words
    genes = sorted(rows["gene"].unique())
    other = dict(zip(genes, [*genes[1:], genes[0]], strict=True))

    def texts(name: Callable[[str], str], words: tuple[str, str]) -> dict[str, str]:
        told = {
            pert: "; ".join(
                f"{name(gene)} {words[label]}"
                for gene, label in zip(of["gene"], of["label"], strict=True)
            )
            for pert, of in rows.groupby("pert")
        }
        plain = {**demo_texts()}
        return {p: f"{plain.get(p, '')}; {told.get(p, '')}" for p in {*plain, *told}}

    names = ("graph_knn", "graph_factor")
    true = predictions(world, kind, texts=texts(str, ("falls", "rises")), names=names)
    for lies in (texts(str, ("rises", "falls")), texts(other.__getitem__, ("falls", "rises"))):
        told = predictions(world, kind, texts=lies, names=names)
        assert changed(true, told) == set()
    assert changed(true, predictions(world, kind, names=names)) == set(names)
