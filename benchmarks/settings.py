"""Settings of graph_knn and graph_factor, by cross-validation within training rows, as Markdown.

    python benchmarks/settings.py [--lines k562,rpe1,hepg2] [--dataset perturbqa]

No test row is read. The training perturbations of each line are cut into five folds; each fold is
foretold from the others, and its genes with both labels give a per-gene AUROC. A cell is the mean
over folds and lines. Settings are varied one at a time about those of the package, which stand
first. About ten minutes for three lines on two cores.
"""

import argparse
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from datetime import date
from statistics import mean

import numpy as np
import pandas as pd

from perturb_evals.datasets.pairs.evidence import PairsEvidence
from perturb_evals.datasets.pairs.questions import KINDS, Kind
from perturb_evals.metrics.pairs.auroc import auroc_per_gene
from perturb_evals.metrics.pairs.predictions import Predictions
from perturb_evals.solvers.pairs.baselines import Predictor
from perturb_evals.solvers.pairs.graph_factor import MIXTURES, RANK, GraphFactor, Mixture
from perturb_evals.solvers.pairs.knn import PRIOR_WEIGHT, by_knowledge
from perturb_evals.solvers.pairs.knowledge import Knowledge

FOLDS, SEED = 5, 0
USUAL = Knowledge()


@dataclass(frozen=True)
class WithoutFold(PairsEvidence):
    """Training rows without those of some training perturbations, which stand in for the test."""

    left_out: frozenset[str] = frozenset()

    def own(self, kind: Kind | None = None) -> pd.DataFrame:
        """Return the rows of the other perturbations."""
        rows = super().own(kind)
        return rows[~rows["pert"].isin(self.left_out)].reset_index(drop=True)


def knn(
    known: Knowledge, prior_weight: float = PRIOR_WEIGHT
) -> Callable[[PairsEvidence], Predictor]:
    return lambda evidence: by_knowledge(evidence, known, prior_weight)


def factor(rank: int = RANK, **changed: float) -> Callable[[PairsEvidence], Predictor]:
    def fit(evidence: PairsEvidence) -> GraphFactor:
        mixture: Mixture = replace(MIXTURES[evidence.kind], **changed)
        return GraphFactor(evidence, USUAL, mixture, rank)

    return fit


SETTINGS: dict[str, Callable[[PairsEvidence], Predictor]] = {
    "graph_knn": knn(USUAL),
    **{f"text_weight {w:g}": knn(replace(USUAL, text_weight=w)) for w in (0.0, 0.25, 1.0)},
    **{f"power {p:g}": knn(replace(USUAL, power=p)) for p in (1.0, 3.0)},
    **{f"prior_weight {k:g}": knn(USUAL, k) for k in (0.03, 1.0)},
    "shared pair": knn(replace(USUAL, shared="pair")),
    "max_degree 100": knn(replace(USUAL, max_degree=100)),
    "graph reactome": knn(replace(USUAL, graph="reactome")),
    "graph_factor": factor(),
    **{f"tendency {t:g}": factor(tendency=t) for t in (0.0, 0.5, 1.0, 2.0)},
    **{f"signed {s:g}": factor(signed=s) for s in (0.0, 1.0, 4.0)},
    **{f"projected {p:g}": factor(projected=p) for p in (0.0, 0.5, 1.0, 2.0)},
    **{f"rank {r}": factor(r) for r in (10, 40)},
}


def scores(dataset: str, line: str, kind: Kind) -> dict[str, float]:
    """Return the mean per-gene AUROC over the folds of one table, by setting."""
    whole = WithoutFold(dataset, line, kind, "within", (line,))
    rows = whole.own()
    perts = np.array(sorted(set(rows["pert"])), dtype=object)
    fold_of = np.random.Generator(np.random.PCG64(SEED)).random(len(perts)).argsort() % FOLDS
    found: dict[str, list[float]] = {name: [] for name in SETTINGS}
    for fold in range(FOLDS):
        tested = frozenset(perts[fold_of == fold])
        evidence = replace(whole, left_out=tested)
        asked = rows[rows["pert"].isin(tested)]
        for name, fit in SETTINGS.items():
            predictor = fit(evidence)
            given = [
                predictor.score(p, g) for p, g in zip(asked["pert"], asked["gene"], strict=True)
            ]
            answers = Predictions(asked["pert"], asked["gene"], asked["label"], given)
            found[name].append(auroc_per_gene(answers))
    return {name: mean(values) for name, values in found.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", default="k562,rpe1,hepg2")
    parser.add_argument("--dataset", default="perturbqa")
    args = parser.parse_args()
    lines = args.lines.split(",")
    tables = [(args.dataset, line, kind) for kind in KINDS for line in lines]
    with ProcessPoolExecutor(max_workers=2) as pool:
        found = dict(zip(tables, pool.map(scores, *zip(*tables, strict=True)), strict=True))
    columns = [*KINDS, *(f"{line} {kind}" for _, line, kind in tables)]
    print(f"{date.today()}, {FOLDS} folds of the training perturbations of {', '.join(lines)}\n")
    print(f"| setting | {' | '.join(columns)} |\n|---{'|---' * len(columns)}|")
    for name in SETTINGS:
        means = [mean(found[table][name] for table in tables if table[2] == kind) for kind in KINDS]
        cells = [*means, *(found[table][name] for table in tables)]
        print(f"| {name} | " + " | ".join(f"{value:.4f}"[1:] for value in cells) + " |")


if __name__ == "__main__":
    main()
