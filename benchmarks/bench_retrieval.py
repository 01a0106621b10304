"""Speed of the retrieval of training rows against a plain loop that finds the same, in one run.

    python benchmarks/bench_retrieval.py [--asked 60]

With PERTURB_EVALS_DATA set: the 23,212 test rows of PerturbQA's k562 DE, STRING and NCBI's texts;
otherwise the demo world, which says little about speed. The loop compares names by dictionaries,
goes over all training rows for every kind, and keeps no more than how close two names are; it is
timed on some of the questions and must show the same rows.
"""

import argparse
import random
import time
from collections.abc import Callable, Iterator
from functools import cache

from bench_floor import benchmark, cosine, rows_as_dictionaries
from perturb_evals.datasets.genes.graphs import load_graph
from perturb_evals.datasets.genes.texts import gene_words
from perturb_evals.datasets.pairs.evidence import PairsEvidence, TrainingRow
from perturb_evals.solvers.pairs.retrieval.retriever import Retriever

NEIGHBORS, BUDGET, SEED = 10, 5, 0
AIM = 20
Row = tuple[str, TrainingRow]


def dealt(rows: list[TrainingRow], seed: str) -> Iterator[TrainingRow]:
    """All rows in an order that is drawn: the place of one that is dealt takes the last."""
    rng, deck = random.Random(seed), list(rows)
    while deck:
        at = int(rng.random() * len(deck))
        yield deck[at]
        deck[at] = deck[-1]
        deck.pop()


def plain(evidence: PairsEvidence, simulated: bool) -> Callable[[str, str], list[Row]]:
    """What shows the rows of a question, by their definitions."""
    opened = [TrainingRow(*row) for row in evidence.opened().itertuples(index=False)]
    opened.sort(key=lambda row: (row.pert, row.gene, row.line != evidence.cell_line, row.line))
    known_perts = sorted({row.pert for row in opened})
    known_genes = sorted({row.gene for row in opened})
    asked = {name for pair in evidence.question_pairs() for name in pair}
    names = sorted({*known_perts, *known_genes, *asked})
    graph, words = load_graph("string", simulated=simulated), gene_words(simulated=simulated)
    neighbors = rows_as_dictionaries(graph.symbols, graph.neighborhoods, names, simulated)
    said = rows_as_dictionaries(words.symbols, words.weights, names, simulated)

    @cache
    def close(one: str, other: str) -> float:
        of_graph = min(cosine(neighbors.get(one), neighbors.get(other)), 1.0)
        of_words = min(cosine(said.get(one), said.get(other)), 1.0)
        return round(of_graph**2 + 0.5 * of_words**2, 12)

    def closest(name: str, known: list[str]) -> dict[str, float]:
        weights = {other: close(name, other) for other in known if other != name}
        order = sorted(weights, key=lambda other: (-weights[other], other))
        return {other: weights[other] for other in order[:NEIGHBORS] if weights[other] > 0}

    def rows(pert: str, gene: str) -> list[Row]:
        perts, genes = closest(pert, known_perts), closest(gene, known_genes)

        def of(same: Callable[[TrainingRow], bool]) -> list[TrainingRow]:
            return [row for row in opened if same(row)]

        def drawn(kind: str, same: Callable[[TrainingRow], bool]) -> Iterator[TrainingRow]:
            question = f"{SEED}/{evidence.cell_line}/{evidence.kind}/{pert}>{gene}/{kind}"
            return dealt(of(same), question)

        candidates = {
            "same_pair": of(lambda row: row.pert == pert and row.gene == gene),
            "same_pert_close_gene": sorted(
                of(lambda row: row.pert == pert and row.gene in genes),
                key=lambda row: -genes[row.gene],
            ),
            "close_pert_same_gene": sorted(
                of(lambda row: row.pert in perts and row.gene == gene),
                key=lambda row: -perts[row.pert],
            ),
            "close_pert_close_gene": sorted(
                of(lambda row: row.pert in perts and row.gene in genes),
                key=lambda row: -perts[row.pert] * genes[row.gene],
            ),
            "same_pert_random_gene": drawn(
                "same_pert_random_gene", lambda row: row.pert == pert and row.gene != gene
            ),
            "random_pert_same_gene": drawn(
                "random_pert_same_gene", lambda row: row.pert != pert and row.gene == gene
            ),
            "close_pert_random_gene": drawn(
                "close_pert_random_gene", lambda row: row.pert in perts and row.gene != gene
            ),
            "random_pert_close_gene": drawn(
                "random_pert_close_gene", lambda row: row.pert != pert and row.gene in genes
            ),
        }
        shown: list[Row] = []
        for kind, of_kind in candidates.items():
            taken = 0
            for row in of_kind:
                if taken < BUDGET and row not in [earlier for _, earlier in shown]:
                    shown.append((kind, row))
                    taken += 1
        return shown

    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--asked", type=int, default=60, help="questions of the plain loop")
    args = parser.parse_args()
    asked, simulated = benchmark()
    pairs = list(zip(asked.rows["pert"], asked.rows["gene"], strict=True))
    gene_words(simulated=simulated)  # made once on a machine, and kept

    start = time.perf_counter()
    retriever = Retriever(asked.evidence, None, NEIGHBORS, BUDGET, SEED)
    prepared = time.perf_counter() - start
    n_rows = sum(len(retriever.rows(pert, gene)) for pert, gene in pairs)
    fast = time.perf_counter() - start

    loop = plain(asked.evidence, simulated)
    chosen = random.Random(0).sample(pairs, min(args.asked, len(pairs)))
    start = time.perf_counter()
    looped = [loop(pert, gene) for pert, gene in chosen]
    slow = (time.perf_counter() - start) * len(pairs) / len(chosen)
    for (pert, gene), expected in zip(chosen, looped, strict=True):
        found = [(kind, row) for row, kind in retriever.rows(pert, gene)]
        if found != expected:
            raise SystemExit(f"{pert}, {gene}: {found} differs from the loop's {expected}.")

    where = "the demo world" if simulated else "k562 DE"
    print(f"retrieval, {len(pairs):,} questions of {where}, {n_rows / len(pairs):.1f} rows each")
    print(f"graph, texts and rows prepared:    {prepared:.2f} s")
    print(f"all questions, with the above:     {fast:.2f} s (aim: below {AIM})")
    print(f"plain loop:                        {slow:,.0f} s (from {len(chosen):,} questions)")
    print(f"ratio of loop and retrieval:       {slow / fast:.0f}")


if __name__ == "__main__":
    main()
