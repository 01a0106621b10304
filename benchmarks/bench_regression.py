"""Time all scores of 1,092 predicted vectors of 5,000 genes against a plain loop over scipy.

Simulated numbers of the size of LangPert's K562 screen, in five folds; the loop is timed on one
fold's first perturbations, with the same values as a check.
"""

import time
from collections.abc import Callable
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cosine, euclidean
from scipy.stats import pearsonr

from perturb_evals.metrics.expression.regression import FoldTruth
from perturb_evals.metrics.expression.weighted import gene_weights, z_others

PERTURBATIONS, GENES, FOLDS, LOOPED = 1_092, 5_000, 5, 20
Floats = NDArray[np.float64]
Result = TypeVar("Result")


def simulate() -> tuple[Floats, Floats, Floats]:
    """Truths, control and predictions."""
    rng = np.random.default_rng(0)
    control = rng.gamma(0.5, 1, GENES)
    truth = control + rng.normal(0, 0.1, GENES) + rng.normal(0, 0.2, (PERTURBATIONS, GENES))
    return truth, control, truth + rng.normal(0, 0.3, truth.shape)


def fold_arguments(
    rows: NDArray[np.intp], truth: Floats, control: Floats, order: NDArray[np.intp], weights: Floats
) -> dict[str, object]:
    return {
        "truth": truth[rows],
        "control": control,
        "train_mean": np.delete(truth, rows, axis=0).mean(axis=0),
        "de_order": order[rows],
        "n_ranked": np.full(len(rows), GENES),
        "weights": weights[rows],
        "target_genes": [[row] for row in rows],
        "panel_targets": np.arange(PERTURBATIONS),
    }


def loop(parts: dict[str, object], index: int, prediction: Floats) -> dict[str, float]:
    """The same scores of one perturbation, one formula after another."""
    truth, control, mean = parts["truth"], parts["control"], parts["train_mean"]
    x, weights, order = truth[index], parts["weights"][index], parts["de_order"][index]
    error, delta, predicted = x - prediction, x - control, prediction - control
    own = parts["target_genes"][index]
    top, away = order[:20], np.setdiff1d(np.arange(GENES), parts["panel_targets"])
    rest = np.array([gene for gene in order if gene not in own])
    free, others = rest[:20], len(truth) - 1
    weights = np.where(np.isin(np.arange(GENES), own), 0, weights)
    weights = weights / weights.sum()
    distances = [cosine(predicted[away], (other - control)[away]) for other in truth]
    far = [euclidean(prediction[away], other[away]) for other in truth]
    difference = x - mean
    spread = np.sum(weights * (difference - np.sum(weights * difference)) ** 2)
    largest = rest[np.argsort(-np.abs(predicted[rest]))[:20]]
    return {
        "mae_top20": np.abs(error[top]).mean(),
        "mae_top20_no_target": np.abs(error[free]).mean(),
        "mse_top20": (error[top] ** 2).mean(),
        "mse_top20_no_target": (error[free] ** 2).mean(),
        "pearson_delta_top20": pearsonr(delta[top], predicted[top])[0],
        "pearson_delta_top20_no_target": pearsonr(delta[free], predicted[free])[0],
        "mae_top50": np.abs(error[order[:50]]).mean(),
        "mae_top50_no_target": np.abs(error[rest[:50]]).mean(),
        "mae_top100": np.abs(error[order[:100]]).mean(),
        "mae_top100_no_target": np.abs(error[rest[:100]]).mean(),
        "mae_all": np.abs(error).mean(),
        "mae_all_no_target": np.abs(error[rest]).mean(),
        "mse_all": (error**2).mean(),
        "mse_all_no_target": (error[rest] ** 2).mean(),
        "pearson_delta_all": pearsonr(delta, predicted)[0],
        "pearson_delta_all_no_target": pearsonr(delta[rest], predicted[rest])[0],
        "pearson_delta_pert": pearsonr(difference[away], (prediction - mean)[away])[0],
        "weighted_mse": np.sum(weights * error**2),
        "r2_weighted": 1 - np.sum(weights * error**2) / spread,
        "pds": 1 - sum(d < distances[index] for d in distances) / others,
        "centroid_accuracy": sum(d > far[index] for d in far) / others,
        "sign_agreement": (np.sign(delta[free]) == np.sign(predicted[free])).mean(),
        "overlap_top20": len({*free} & {*largest}) / 20,
        "systematic_share": 1 - cosine(delta[rest], (mean - control)[rest]),
    }


def best_of(runs: int, function: Callable[[], Result]) -> tuple[float, Result]:
    """The least wall-clock seconds of some runs, and the last result."""
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        result = function()
        times.append(time.perf_counter() - start)
    return min(times), result


def main() -> None:
    truth, control, predictions = simulate()
    order = np.argsort(-np.abs(truth - control), axis=1)

    weighing, weights = best_of(3, lambda: gene_weights(z_others(truth)))
    folds = np.array_split(np.random.default_rng(42).permutation(PERTURBATIONS), FOLDS)
    arguments = [fold_arguments(rows, truth, control, order, weights) for rows in folds]
    preparing, prepared = best_of(3, lambda: [FoldTruth(**parts) for parts in arguments])
    scoring, scores = best_of(
        3,
        lambda: [
            fold.score_all(predictions[rows]) for fold, rows in zip(prepared, folds, strict=True)
        ],
    )

    first, rows = prepared[0], folds[0][:LOOPED]
    alone, single = best_of(
        3, lambda: [first.scores(index, predictions[row]) for index, row in enumerate(rows)]
    )
    looped, plain = best_of(
        1, lambda: [loop(arguments[0], index, predictions[row]) for index, row in enumerate(rows)]
    )
    for index in range(LOOPED):
        for name, value in plain[index].items():
            for ours in (scores[0][name][index], single[index][name]):
                if abs(ours - value) > 1e-9:
                    raise SystemExit(f"{name} differs from the loop: fix that first.")

    one_by_one, whole = (seconds * PERTURBATIONS / LOOPED for seconds in (alone, looped))
    print(f"{PERTURBATIONS:,} predictions x {GENES:,} genes, {FOLDS} folds, simulated")
    print(f"weights of the genes:             {weighing:.2f} s")
    print(f"folds prepared:                   {preparing:.2f} s")
    print(f"all scores at once:               {scoring:.2f} s")
    print(
        f"together:                         {weighing + preparing + scoring:.2f} s (target below 2)"
    )
    print(f"one by one, as the scorer does:   {one_by_one:.2f} s")
    print(f"plain loop over scipy:            {whole:.0f} s (from {LOOPED} perturbations)")
    print(f"ratio of loop and scores at once: {whole / (preparing + scoring):.0f}")


if __name__ == "__main__":
    main()
