"""What docs/regression.md says of simulated screens: who gains without knowing, and what n does.

    python benchmarks/simulated_screens.py [own-gene] [panel] [null]

- own-gene: 40 perturbations x 300 genes, each lowers its own gene by 1.5; the last 8 are held out.
  Means over 50 screens of the training mean, of the same with the own gene right, and of the same
  with all other targets raised by 3.
- panel: `pds` of the same predictions of 200 perturbations in folds of 40 and of 8, and of the
  training means of five folds, by fold and against all truths together.
- null: by how much the positive control is ahead of the negative one where nothing has any effect,
  and on how many screens `calibrate` trusts the score; 15 (and 60) perturbations x 20 cells x 200
  genes, means over 200 (and 50) screens.

About a minute on one core; every number has its standard error over screens.
"""

import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
from numpy.typing import NDArray

from baselines import markdown
from perturb_evals.datasets.screens.cell_sums import cell_sums, halved, joined
from perturb_evals.datasets.screens.make_screen import make_screen
from perturb_evals.datasets.screens.profiles import half_layers, profiles
from perturb_evals.datasets.screens.screen import Screen
from perturb_evals.datasets.screens.splits import five_folds
from perturb_evals.metrics.expression.regression import FoldTruth
from perturb_evals.metrics.expression.spec import EXPRESSION_METRICS, SCORES
from perturb_evals.metrics.expression.weighted import gene_weights, z_others
from perturb_evals.scorers.expression.screen_check import check_metrics, control_scores

Floats = NDArray[np.float64]
NULL, CELLS, NULL_GENES = {15: 200, 60: 50}, 20, 200


def said(values: Floats) -> str:
    """A mean over screens with its standard error."""
    return f"{values.mean():+.3f} ± {values.std(ddof=1) / np.sqrt(len(values)):.3f}"


def fold_of(truth: Floats, control: Floats, mean: Floats, weights: Floats, own: list, panel: int):
    delta = truth - control
    return FoldTruth(
        truth=truth,
        control=control,
        train_mean=mean,
        de_order=np.argsort(-np.abs(delta), axis=1, kind="stable"),
        n_ranked=np.count_nonzero(delta, axis=1),
        weights=weights,
        target_genes=own,
        panel_targets=np.arange(panel),
    )


def own_gene(screens: int = 50) -> str:
    """Who knows the own gene alone, and who raises the targets of all others."""
    n, test, genes = 40, 8, 300
    found: dict[str, dict[str, list[float]]] = {}
    for seed in range(screens):
        rng = np.random.default_rng(seed)
        control = rng.gamma(1, 1, genes)
        everyone = control + rng.normal(0, 0.1, genes) + rng.normal(0, 0.15, (n, genes))
        everyone[np.arange(n), np.arange(n)] -= 1.5
        truth, mean = everyone[:test], everyone[test:].mean(axis=0)
        weights = gene_weights(z_others(everyone))[:test]
        fold = fold_of(truth, control, mean, weights, [[row] for row in range(test)], n)
        knows, raised = np.tile(mean, (test, 1)), np.tile(mean, (test, 1))
        knows[np.arange(test), np.arange(test)] = truth[np.arange(test), np.arange(test)]
        raised[:, :n] += 3 * (1 - np.eye(test, n))
        who = {"mean": np.tile(mean, (test, 1)), "own gene": knows, "others raised": raised}
        for name, predictions in who.items():
            for score, values in fold.score_all(predictions).items():
                found.setdefault(score, {}).setdefault(name, []).append(float(values.mean()))
    rows = [
        [f"`{score}`", *(f"{np.mean(values):.3f}" for values in found[score].values())]
        for score in SCORES
        if EXPRESSION_METRICS[score].better
    ]
    return markdown(["score", "training mean", "and the own gene", "others' targets + 3"], rows)


def panel(screens: int = 20) -> str:
    """The size of the fold, and folds together."""
    n, genes, folds = 200, 400, 5
    rows: dict[str, list[float]] = {}

    def add(name: str, values: Floats) -> None:
        rows.setdefault(name, []).append(float(values.mean()))

    def pds(truth: Floats, predicted: Floats) -> Floats:
        same = np.full(truth.shape, 1 / genes)
        zero = np.zeros(genes)
        fold = fold_of(truth, zero, zero, same, [[]] * len(truth), 0)
        return fold.score_all(predicted)["pds"]

    for seed in range(screens):
        rng = np.random.default_rng(seed)
        truth = rng.normal(0, 0.05, genes) + rng.normal(0, 0.2, (n, genes))
        for skill in (0.1, 0.055):
            predicted = skill * truth + rng.normal(0, 0.2, truth.shape)
            for size in (40, 8):
                parts = np.arange(n).reshape(-1, size)
                each = [pds(truth[rows], predicted[rows]) for rows in parts]
                add(f"predictions of skill {skill}, folds of {size}", np.concatenate(each))
        parts = np.arange(n).reshape(folds, -1)
        means = np.concatenate(
            [np.tile(np.delete(truth, rows, axis=0).mean(axis=0), (len(rows), 1)) for rows in parts]
        )
        by_fold = [pds(truth[rows], means[rows]) for rows in parts]
        add("training means, by fold", np.concatenate(by_fold))
        add("training means, all truths together", pds(truth, means))
    return markdown(["what", "`pds`"], [[name, said(np.array(of))] for name, of in rows.items()])


def null_screen(seed: int, n: int) -> Screen:
    """Perturbations without any effect."""
    rng = np.random.default_rng(seed)
    groups = np.repeat(np.arange(n + 1), CELLS)
    cells = np.clip(rng.normal(1, 0.5, (len(groups), NULL_GENES)), 0, None).astype(np.float32)
    with (
        tempfile.TemporaryDirectory() as folder,
        h5py.File(Path(folder) / "cells.h5", "w") as file,
    ):
        file["X"] = cells
        sums = cell_sums(file["X"], halved(groups), 2 * (n + 1))
    made = profiles(joined(sums))
    return make_screen(
        name="null",
        cell_line="",
        perturbations=[f"P{row:02d}" for row in range(n)],
        expression=made.expression,
        control=made.control,
        genes=[f"g{gene}" for gene in range(NULL_GENES)],
        de_order=made.order,
        order_kind="welch_t",
        layers={**half_layers(sums), "t_others": made.t_others},
        fingerprint="0" * 64,
    )


def null() -> str:
    """The positive control where there is nothing to find."""
    gains: dict[str, dict[int, list[float]]] = {}
    trusted: Counter[tuple[str, int]] = Counter()
    for n, screens in NULL.items():
        for seed in range(screens):
            screen = null_screen(seed, n)
            scores = control_scores(screen, five_folds(screen.perturbations))
            assert scores is not None
            for name, values in scores["positive"].items():
                sign = {"higher": 1, "lower": -1}.get(EXPRESSION_METRICS[name].better or "")
                if sign:
                    apart = sign * (values - scores["negative"][name]).mean()
                    gains.setdefault(name, {}).setdefault(n, []).append(float(apart))
            found = check_metrics({"mean": scores["negative"]}, scores)
            trusted.update((name, n) for name, metric in found.items() if metric.trusted)
    heads = [(f"{n} perturbations", f"trusted of {screens}") for n, screens in NULL.items()]
    return markdown(
        ["positive ahead of negative", *(head for pair in heads for head in pair)],
        [
            [
                f"`{name}`",
                *(cell for n in NULL for cell in (said(np.array(of[n])), str(trusted[name, n]))),
            ]
            for name, of in gains.items()
        ],
    )


def main() -> None:
    tables: dict[str, Callable[[], str]] = {"own-gene": own_gene, "panel": panel, "null": null}
    for name in sys.argv[1:] or tables:
        print(f"{name}\n\n{tables[name]()}\n")


if __name__ == "__main__":
    main()
