"""Speed of graph_knn against a plain loop in its formula, in one run, and of preparing its graph.

    python benchmarks/bench_floor.py [--asked 1000]

With PERTURB_EVALS_DATA set: the 23,212 test rows of PerturbQA's k562 DE, STRING and NCBI's texts;
otherwise the demo world, which says little about speed. The loop goes over the training rows of
the gene for each question and compares two genes by dictionaries; it is timed on some of the
questions and must give the same scores.
"""

import argparse
import math
import random
import time
from collections import defaultdict

from scipy.sparse import csr_array

from perturb_evals.datasets.errors import DataError
from perturb_evals.datasets.genes.graphs import load_graph
from perturb_evals.datasets.genes.ncbi import human_aliases
from perturb_evals.datasets.genes.symbols import symbol_resolver
from perturb_evals.datasets.genes.texts import gene_words
from perturb_evals.datasets.pairs.benchmark import PairsBenchmark, pairs_benchmark
from perturb_evals.solvers.pairs.knn import by_knowledge
from perturb_evals.solvers.pairs.knowledge import Knowledge


def benchmark() -> tuple[PairsBenchmark, bool]:
    """All questions of k562 DE, or of the demo where the data are not at hand."""
    try:
        asked = pairs_benchmark("de", cell_line="k562", evidence="within", questions="all")
        load_graph("string")
        return asked, False
    except DataError:
        return pairs_benchmark("de", "demo", evidence="within", questions="all"), True


def rows_as_dictionaries(
    symbols: tuple[str, ...], rows: csr_array, names: list[str], simulated: bool
) -> dict[str, dict[int, float]]:
    resolver = symbol_resolver(symbols, None if simulated else human_aliases())
    place = {symbol: row for row, symbol in enumerate(symbols)}
    found: dict[str, dict[int, float]] = {}
    for name in names:
        symbol = resolver.resolve(name).symbol
        if symbol is not None:
            row = rows[[place[symbol]]]
            found[name] = dict(zip(row.indices.tolist(), row.data.tolist(), strict=True))
    return found


def cosine(a: dict[int, float] | None, b: dict[int, float] | None) -> float:
    if a is None or b is None:
        return 0.0
    if len(b) < len(a):
        a, b = b, a
    return sum(value * b[key] for key, value in a.items() if key in b)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--asked", type=int, default=1000, help="questions of the plain loop")
    args = parser.parse_args()
    asked, simulated = benchmark()
    pairs = list(zip(asked.rows["pert"], asked.rows["gene"], strict=True))

    gene_words(simulated=simulated)  # made once on a machine, and kept
    gene_words.__globals__["_words"].cache_clear()
    start = time.perf_counter()
    own = asked.evidence.own()
    table = time.perf_counter() - start
    start = time.perf_counter()
    Knowledge().of_perturbations(asked.evidence, sorted(set(own["pert"])))
    preparing = time.perf_counter() - start

    times = []
    for _ in range(3):
        start = time.perf_counter()
        model = by_knowledge(asked.evidence, Knowledge())
        fitted = time.perf_counter()
        scores = [model.score(pert, gene) for pert, gene in pairs]
        times.append((time.perf_counter() - fitted, fitted - start))
    fast, fitting = min(times)

    names = sorted({*own["pert"], *asked.rows["pert"]})
    graph, words = load_graph("string", simulated=simulated), gene_words(simulated=simulated)
    neighbors = rows_as_dictionaries(graph.symbols, graph.neighborhoods, names, simulated)
    said = rows_as_dictionaries(words.symbols, words.weights, names, simulated)
    rows_of = defaultdict(list)
    for row in own.itertuples():
        rows_of[row.gene].append((row.pert, row.label))
    chosen = random.Random(0).sample(range(len(pairs)), min(args.asked, len(pairs)))
    start = time.perf_counter()
    looped = []
    for at in chosen:
        pert, gene = pairs[at]
        rows = rows_of[gene]
        prior = sum(label for _, label in rows) / len(rows) if rows else own["label"].mean()
        top, bottom = 0.1 * prior, 0.1
        for other, label in rows:
            weight = cosine(neighbors.get(pert), neighbors.get(other)) ** 2
            weight += 0.5 * cosine(said.get(pert), said.get(other)) ** 2
            top, bottom = top + weight * label, bottom + weight
        looped.append(top / bottom)
    plain = (time.perf_counter() - start) * len(pairs) / len(chosen)
    for at, value in zip(chosen, looped, strict=True):
        if not math.isclose(scores[at], value, abs_tol=1e-9):
            raise SystemExit(f"{pairs[at]}: {scores[at]} differs from the loop's {value}.")

    where = "the demo world" if simulated else "k562 DE"
    print(f"graph_knn, {len(pairs):,} questions of {where}, {len(own):,} training rows")
    print(f"training rows read:               {table:.2f} s")
    print(f"graph, texts and names prepared:  {preparing:.2f} s once kept (aim: below 3)")
    print(f"fitted, with the above:           {fitting:.2f} s")
    print(f"all questions scored:             {fast:.2f} s")
    print(f"plain loop:                       {plain:.1f} s (from {len(chosen):,} questions)")
    print(f"ratio of loop and graph_knn:      {plain / fast:.0f} (aim: 50)")


if __name__ == "__main__":
    main()
