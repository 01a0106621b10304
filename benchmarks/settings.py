"""Settings of the floor's baselines, by cross-validation within training rows, as Markdown.

    python benchmarks/settings.py [--lines k562,rpe1,hepg2]

No test row is read. The training perturbations of each line are cut into five folds; each fold is
foretold from the others, and its genes with both labels give a per-gene AUROC. A cell is the mean
over folds and lines. Settings are varied one at a time about those of the package, which stand
first in each table: of graph_knn and graph_factor; of what is said of unseen genes, a quarter of
those genes being hidden as under holdout=both; of the parts of combined, which may read the other
lines' training rows; and of the labels of the rows that summer and contrast show of the own line.
About half an hour for three lines on two cores.
"""

import argparse
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from statistics import mean
from typing import Any

import numpy as np
import pandas as pd

from perturb_evals.datasets.pairs.evidence import PairsEvidence
from perturb_evals.datasets.pairs.questions import KINDS, Kind, unseen_genes
from perturb_evals.methods.additive import Additive
from perturb_evals.methods.conserved import Conserved
from perturb_evals.methods.context_ridge import ContextRidge
from perturb_evals.methods.triples import Triples, TriplesModel
from perturb_evals.metrics.pairs.auroc import auroc_per_gene
from perturb_evals.metrics.pairs.predictions import Predictions
from perturb_evals.solvers.pairs.baselines import GeneFrequency, PerturbationRate, Predictor
from perturb_evals.solvers.pairs.combined import PARTS, Combined
from perturb_evals.solvers.pairs.factor_model import SETTINGS, by_factors
from perturb_evals.solvers.pairs.graph_factor import MIXTURES, RANK, GraphFactor, Mixture
from perturb_evals.solvers.pairs.knn import PRIOR_WEIGHT, by_knowledge, by_other_lines
from perturb_evals.solvers.pairs.knowledge import Knowledge
from perturb_evals.solvers.pairs.retrieval.baselines import MeanLabel
from perturb_evals.solvers.pairs.retrieval.nearest import (
    EACH,
    GENE_FACTOR,
    PRIOR_NEARNESS,
    NearestOfEach,
    Vote,
)
from perturb_evals.solvers.pairs.retrieval.retriever import Retriever
from perturb_evals.solvers.pairs.transfer import Transferred

FOLDS, SEED = 5, 0
USUAL = Knowledge()


@dataclass(frozen=True)
class WithoutFold(PairsEvidence):
    """Training rows without those of a fold, which stands in for the test, and of some genes."""

    left_out: frozenset[str] = frozenset()
    hidden: frozenset[str] = frozenset()

    @property
    def hidden_genes(self) -> frozenset[str]:  # type: ignore[override]
        """The genes of which no row may be read."""
        return self.hidden

    def own(self, kind: Kind | None = None) -> pd.DataFrame:
        """Return the rows of the other perturbations."""
        rows = super().own(kind)
        return rows[~rows["pert"].isin(self.left_out)].reset_index(drop=True)

    def question_pairs(self) -> frozenset[tuple[str, str]]:
        """Return the pairs of the fold."""
        rows = self.asked()
        return frozenset(zip(rows["pert"], rows["gene"], strict=True))

    def asked(self) -> pd.DataFrame:
        """Return the rows of the fold, those of hidden genes where there are any."""
        rows = PairsEvidence.own(replace(self, hidden=frozenset()))
        fold = rows[rows["pert"].isin(self.left_out)]
        return fold[fold["gene"].isin(self.hidden)] if self.hidden else fold


def knn(
    known: Knowledge, prior_weight: float = PRIOR_WEIGHT
) -> Callable[[PairsEvidence], Predictor]:
    return lambda evidence: by_knowledge(evidence, known, prior_weight)


def factor(rank: int = RANK, **changed: float) -> Callable[[PairsEvidence], Predictor]:
    def fit(evidence: PairsEvidence) -> GraphFactor:
        mixture: Mixture = replace(MIXTURES[evidence.kind], **changed)
        return GraphFactor(evidence, USUAL, mixture, rank)

    return fit


class TendencyAlone(GraphFactor):
    """What is said of a gene without rows where no other gene tells of it."""

    def _weights_of_genes(self, gene: str) -> np.ndarray:
        return np.zeros(len(self._labels.genes))


def mixed(*parts: str) -> Callable[[PairsEvidence], Predictor]:
    return lambda evidence: Combined(evidence, parts or PARTS)


def product(epochs: float = 1.0, **changed: Any) -> Callable[[PairsEvidence], Predictor]:
    def fit(evidence: PairsEvidence) -> Predictor:
        usual = SETTINGS[evidence.kind]
        changed_too = {"epochs": round(epochs * usual.epochs), **changed}
        return by_factors(evidence, replace(usual, **changed_too))

    return fit


def transferred(method: Callable[[Triples], TriplesModel]) -> Callable[[PairsEvidence], Predictor]:
    return lambda evidence: Transferred(evidence, lambda rows, _: method(rows))


def vote(
    each: int = EACH, gene_factor: float = GENE_FACTOR, prior_nearness: float = PRIOR_NEARNESS
) -> Callable[[PairsEvidence], Predictor]:
    return lambda evidence: Vote(NearestOfEach(evidence, USUAL, each, gene_factor), prior_nearness)


class DrawnToTheRate:
    """The vote drawn to the gene's rate instead of one half."""

    def __init__(self, evidence: PairsEvidence) -> None:
        self._nearest, self._rates = NearestOfEach(evidence, USUAL), GeneFrequency(evidence)

    def score(self, pert: str, gene: str) -> float:
        """Return the share."""
        near = self._nearest.nearest(pert, gene)
        rate = self._rates.score(pert, gene) or 0.0
        positive = sum(nearness for row, nearness in near if row.label) + PRIOR_NEARNESS * rate
        return positive / (sum(nearness for _, nearness in near) + PRIOR_NEARNESS)


@dataclass(frozen=True)
class Either:
    """What one method says, and where it has nothing to say another."""

    first: Predictor
    second: Predictor

    def score(self, pert: str, gene: str) -> float | None:
        """Return the score of the first that has one."""
        found = self.first.score(pert, gene)
        return self.second.score(pert, gene) if found is None else found


def either(*fits: Callable[[PairsEvidence], Predictor]) -> Callable[[PairsEvidence], Predictor]:
    return lambda evidence: Either(*(fit(evidence) for fit in fits))


Settings = dict[str, Callable[[PairsEvidence], Predictor]]
OWN_LINE: Settings = {
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
UNSEEN: Settings = {
    "graph_factor": factor(),
    "tendency alone": TendencyAlone,
    "perturbation_rate": PerturbationRate,
    "graph_factor, perturbation_rate": mixed("graph_factor", "perturbation_rate"),
}
CROSS: Settings = {
    "combined": mixed(),
    "without same_pair": mixed("cross_line_knn", "factor_model", "graph_factor"),
    "without graph_factor": mixed("cross_line_knn", "factor_model", "same_pair"),
    "without cross_line_knn": mixed("factor_model", "graph_factor", "same_pair"),
    "graph_knn for graph_factor": mixed("cross_line_knn", "factor_model", "graph_knn", "same_pair"),
    "without factor_model": mixed("cross_line_knn", "graph_factor", "same_pair"),
    "with perturbation_rate": mixed(*PARTS, "perturbation_rate"),
}
TRANSFER: Settings = {
    "factor_model": product(),
    "decay 0.35": product(decay=0.35),
    "decay 1.4": product(decay=1.4),
    "dropout 0.5": product(dropout=0.5),
    "rank 32": product(rank=32),
    "half the epochs": product(epochs=0.5),
    "twice the epochs": product(epochs=2.0),
    "factor_model, else graph_knn": either(by_factors, knn(USUAL)),
    "cross_line_knn": by_other_lines,
    "additive": transferred(Additive),
    **{f"penalty {k:g}": transferred(partial(Additive, penalty=k)) for k in (0.3, 10.0)},
    "conserved": transferred(Conserved),
    **{f"prior_rows {k:g}": transferred(partial(Conserved, prior_rows=k)) for k in (1.0, 10.0)},
    "cross_context_ridge": transferred(ContextRidge),
}
SHOWN: Settings = {
    "contrast_vote": vote(),
    **{f"each {n}": vote(each=n) for n in (1, 5, 10)},
    **{f"gene_factor {f:g}": vote(gene_factor=f) for f in (0.0, 0.25, 0.75)},
    **{f"prior_nearness {k:g}": vote(prior_nearness=k) for k in (0.01, 1.0)},
    "drawn to the gene's rate": DrawnToTheRate,
    "retrieval_only": lambda evidence: MeanLabel(Retriever(evidence, USUAL)),
}
TABLES = {
    "the own line's rows": OWN_LINE,
    "unseen genes": UNSEEN,
    "other lines' rows too": CROSS,
    "transfer from other lines": TRANSFER,
    "rows that are shown": SHOWN,
}


def scores(
    lines: tuple[str, ...], line: str, kind: Kind, tables: Sequence[str], folds: int
) -> dict[tuple[str, str], float]:
    """Return the mean per-gene AUROC over the folds of one table, by table and setting."""
    others = tuple(other for other in lines if other != line)
    whole = WithoutFold("perturbqa", line, kind, "cross", (line, *others))
    rows = whole.own()
    perts = np.array(sorted(set(rows["pert"])), dtype=object)
    fold_of = np.random.Generator(np.random.PCG64(SEED)).random(len(perts)).argsort() % FOLDS
    found: dict[tuple[str, str], list[float]] = {}
    for fold in range(folds):
        seen = replace(whole, left_out=frozenset(perts[fold_of == fold]))
        own = replace(seen, track="within", lines=(line,))
        unseen = replace(seen, hidden=unseen_genes(seen.asked(), SEED + fold))
        for table in tables:
            settings = TABLES[table]
            evidence = unseen if settings is UNSEEN else own if settings is SHOWN else seen
            asked = evidence.asked()
            pairs = list(zip(asked["pert"], asked["gene"], strict=True))
            for name, fit in settings.items():
                predictor = fit(evidence)
                given = [predictor.score(*pair) for pair in pairs]
                silent = [score is None for score in given]
                answers = Predictions(asked["pert"], asked["gene"], asked["label"], given, silent)
                found.setdefault((table, name), []).append(auroc_per_gene(answers))
    return {place: mean(values) for place, values in found.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", default="k562,rpe1,hepg2")
    parser.add_argument("--tables", nargs="+", choices=TABLES, default=list(TABLES))
    parser.add_argument("--folds", type=int, default=FOLDS, help="how many of the five to foretell")
    args = parser.parse_args()
    lines = tuple(args.lines.split(","))
    places = [(lines, line, kind) for kind in KINDS for line in lines]
    with ProcessPoolExecutor(max_workers=2) as pool:
        asked = [
            *zip(*places, strict=True),
            [args.tables] * len(places),
            [args.folds] * len(places),
        ]
        found = dict(zip(places, pool.map(scores, *asked), strict=True))
    columns = [*KINDS, *(f"{line} {kind}" for _, line, kind in places)]
    said = f"{args.folds} of {FOLDS} folds of the training perturbations of {', '.join(lines)}"
    print(f"{date.today()}, {said}")
    for table in args.tables:
        settings = TABLES[table]
        print(f"\n| {table} | {' | '.join(columns)} |\n|---{'|---' * len(columns)}|")
        for name in settings:
            values = {place: found[place][table, name] for place in places}
            means = [mean(values[place] for place in places if place[2] == kind) for kind in KINDS]
            cells = [f"{value:.3f}"[1:] for value in (*means, *values.values())]
            print(f"| {name} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
