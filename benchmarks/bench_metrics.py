"""Speed of the headline metric against a loop over scikit-learn, and of its interval.

Run: python benchmarks/bench_metrics.py. With PERTURB_EVALS_DATA set it times PerturbQA's k562 DE
test rows, otherwise a synthetic table of the same shape; it says which.
"""

import os
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score

from perturb_evals.metrics.pairs.auroc import auroc_per_gene
from perturb_evals.metrics.pairs.intervals import bootstrap_auroc_per_gene
from perturb_evals.metrics.pairs.predictions import Predictions


def k562_de_test_rows() -> tuple[str, pd.DataFrame]:
    folder = os.environ.get("PERTURB_EVALS_DATA")
    if folder:
        rows = pd.read_csv(Path(folder) / "perturbqa" / "k562-de.csv", keep_default_na=False)
        return "k562 DE test rows", rows[rows.split == "test"].reset_index(drop=True)
    rng = np.random.default_rng(0)
    n = 23_212
    # A sixth of the genes get positives: about 670 genes with both classes, as in the real table.
    genes = rng.integers(0, 4118, n)
    labels = np.where(genes < 690, rng.random(n) < 0.5, genes >= 3700).astype(int)
    rows = pd.DataFrame(
        {
            "pert": np.char.add("PERT", rng.integers(0, 267, n).astype(str)),
            "gene": np.char.add("GENE", genes.astype(str)),
            "label": labels,
        }
    )
    return "synthetic rows of k562 DE's shape (PERTURB_EVALS_DATA is not set)", rows


def loop_over_sklearn(rows: pd.DataFrame, scores: np.ndarray) -> float:
    """The plain way at its fastest: arrays, and scikit-learn for the scored genes only."""
    labels = rows.label.to_numpy()
    aurocs = []
    for members in rows.groupby("gene").indices.values():
        group = labels[members]
        if 0 < group.sum() < len(group):
            aurocs.append(roc_auc_score(group, scores[members]))
    return float(np.mean(aurocs))


def seconds(function: Callable[[], object], runs: int) -> float:
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return median(times)


def main() -> None:
    name, rows = k562_de_test_rows()
    scores = np.random.default_rng(0).random(len(rows)).round(2)

    def ours() -> float:
        return auroc_per_gene(Predictions(rows.pert, rows.gene, rows.label, scores))

    if abs(ours() - loop_over_sklearn(rows, scores)) > 1e-12:
        raise SystemExit("auroc_per_gene differs from the scikit-learn loop: fix that first.")
    fast, slow = seconds(ours, 21), seconds(lambda: loop_over_sklearn(rows, scores), 3)
    predictions = Predictions(rows.pert, rows.gene, rows.label, scores)
    interval = seconds(lambda: bootstrap_auroc_per_gene(predictions, resamples=2000), 3)

    print(f"{len(rows):,} {name}, {rows.gene.nunique():,} genes")
    print(f"auroc_per_gene, input checks included: {fast * 1e3:.1f} ms")
    print(f"loop over scikit-learn:                {slow * 1e3:.0f} ms")
    print(f"ratio:                                 {slow / fast:.0f} times faster (target 100)")
    print(f"2,000 bootstrap resamples:             {interval:.2f} s (target below 1 s)")


if __name__ == "__main__":
    main()
