"""The demo of questions about pairs: the demo world's line demo_a, and its attainable score."""

from collections.abc import Sequence
from typing import Any

from perturb_evals.datasets.demo.world import attainable_scores
from perturb_evals.datasets.pairs.benchmark import pairs_benchmark
from perturb_evals.datasets.pairs.evidence import Track
from perturb_evals.families.demo import Demo, DemoSystem, Found
from perturb_evals.families.pairs.tasks import KIND_OF_TASK
from perturb_evals.metrics.pairs.auroc import auroc_per_gene
from perturb_evals.metrics.pairs.predictions import Predictions
from perturb_evals.solvers.pairs.baselines import (
    constant,
    gene_frequency,
    perturbation_rate,
    random_scores,
    same_pair,
)
from perturb_evals.solvers.pairs.combined import combined
from perturb_evals.solvers.pairs.graph_factor import graph_factor
from perturb_evals.solvers.pairs.knn import cross_line_knn, graph_knn

CELL_LINE = "demo_a"


def _asked(evidence: Track) -> dict[str, Any]:
    return {"dataset": "demo", "cell_line": CELL_LINE, "evidence": evidence}


class PairsDemo(Demo):
    """Both tasks, each system with the evidence that it reads."""

    where = f"demo world, line {CELL_LINE}"
    scripted = DemoSystem("scripted biologist", None, _asked("none"))

    def others(self, found: Found) -> Sequence[DemoSystem]:
        """Return the baselines."""
        return (
            DemoSystem("constant", constant, _asked("none")),
            DemoSystem("random scores", random_scores, _asked("none")),
            DemoSystem("gene frequency", gene_frequency, _asked("within")),
            DemoSystem("graph kNN", graph_knn, _asked("within")),
            DemoSystem("graph factor", graph_factor, _asked("within")),
            DemoSystem("perturbation rate", perturbation_rate, _asked("cross")),
            DemoSystem("same pair", same_pair, _asked("cross")),
            DemoSystem("cross-line kNN", cross_line_knn, _asked("cross")),
            DemoSystem("combined", combined, _asked("cross")),
        )

    def attainable(self, task: str) -> float:
        """Return the per-gene AUROC of the simulation's own probabilities."""
        kind = KIND_OF_TASK[task]
        rows = pairs_benchmark(kind, "demo", CELL_LINE).rows
        best = rows.merge(attainable_scores(CELL_LINE, kind), on=["pert", "gene"], validate="1:1")
        return auroc_per_gene(Predictions(best["pert"], best["gene"], best["label"], best["score"]))

    def remarks(self, found: Found) -> Sequence[str]:
        """Say which rows can be held against each other."""
        return (
            "Systems are comparable within one track only: none < within < cross. "
            "Overlapping intervals mean that these questions cannot tell two systems apart.",
        )
