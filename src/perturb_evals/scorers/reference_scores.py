"""Scores of predictions that need no method, over all folds: what any method is compared with."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from perturb_evals.datasets.oracle import nearest_rows
from perturb_evals.datasets.screen import Screen, make_screen
from perturb_evals.datasets.splits import Split
from perturb_evals.datasets.training import Training
from perturb_evals.metrics.controls import interpolated_duplicate
from perturb_evals.metrics.regression import SCORES
from perturb_evals.scorers.held_out_truth import truth_of

Floats = NDArray[np.float64]
Scores = dict[str, Floats]
Neighbors = Callable[[Training, str], Sequence[str]]

K = 5
"""Neighbors that are averaged: the fewest that a model is asked for."""


def reference_scores(screen: Screen, split: Split, random: Neighbors) -> dict[str, Scores]:
    """Score the training mean, no change, random neighbors and the oracle's.

    Args:
        screen: The screen.
        split: Its folds.
        random: Names `K` random training perturbations for a perturbation.

    Returns:
        For `mean`, `no_change`, `random` and `oracle`, the scores of `metrics.regression.SCORES`,
        one number a test perturbation, fold by fold.
    """
    scored: dict[str, list[Scores]] = {}
    for fold in split.folds:
        training = Training(screen, fold.train)
        truth = truth_of(screen, training, fold.test)
        shape = (len(fold.test), len(screen.genes))
        predictions: dict[str, ArrayLike] = {
            "mean": np.broadcast_to(training.mean, shape),
            "no_change": np.broadcast_to(screen.control, shape),
            "random": _means(training, [random(training, name) for name in fold.test]),
            "oracle": _nearest(training, truth.expression),
        }
        for name, prediction in predictions.items():
            scored.setdefault(name, []).append(truth.truth.score_all(prediction))
    return {name: _joined(folds) for name, folds in scored.items()}


def control_scores(screen: Screen, split: Split) -> dict[str, Scores] | None:
    """Score the negative and the positive control, with one half of the cells as the truth.

    The truth is half 1. The negative control is the training mean; the positive one is the
    interpolated duplicate made of half 2. The blind oracle averages the `K` training perturbations
    nearest to half 2, so that it gains nothing from the noise of the truth it is scored against,
    other than the oracle of `reference_scores`. Where the screen ranks genes by |delta|, they are
    ranked by that of half 1; an order by t stays that of all cells, since a half has none.

    Returns:
        For `negative`, `positive`, `blind_oracle` and `perfect` (the truth itself, predicted), the
        scores of `metrics.regression.SCORES`, one number a test perturbation, fold by fold; None
        where the screen has no halves.
    """
    half_1, half_2, padj = (screen.layer(name) for name in ("half_1", "half_2", "padj"))
    if half_1 is None or half_2 is None or padj is None:
        return None
    measured = _half_as_screen(screen, half_1)
    # A perturbation whose half equals the control has nothing to rank.
    kept = set(measured.perturbations)
    row_of = {name: row for row, name in enumerate(screen.perturbations)}
    scored: dict[str, list[Scores]] = {}
    for fold in split.folds:
        training = Training(screen, fold.train)
        test = tuple(name for name in fold.test if name in kept)
        rows = [row_of[name] for name in test]
        truth = truth_of(measured, training, test)
        predictions: dict[str, ArrayLike] = {
            "negative": np.broadcast_to(training.mean, truth.expression.shape),
            "positive": interpolated_duplicate(half_2[rows], training.mean, padj[rows]),
            "blind_oracle": _nearest(training, half_2[rows]),
            "perfect": truth.expression,
        }
        for name, prediction in predictions.items():
            scored.setdefault(name, []).append(truth.truth.score_all(prediction))
    return {name: _joined(folds) for name, folds in scored.items()}


def _half_as_screen(screen: Screen, half: NDArray[np.float32]) -> Screen:
    t = screen.layer("t_others")
    return make_screen(
        name=screen.name,
        cell_line=screen.cell_line,
        perturbations=screen.perturbations,
        expression=half,
        control=screen.control,
        genes=screen.genes,
        symbols=screen.symbols,
        de_order=None if screen.order_kind == "abs_delta" else screen.de_order,
        order_kind=screen.order_kind,
        layers={} if t is None else {"t_others": t},
        fingerprint=screen.fingerprint,
    )


def _nearest(training: Training, targets: NDArray[np.float32]) -> Floats:
    names = training.perturbations
    nearest = nearest_rows(targets, training.expression, K)
    return _means(training, [[names[place] for place in places] for places in nearest])


def _means(training: Training, neighbors: list[Sequence[str]]) -> Floats:
    return np.array([training.vectors(names).mean(axis=0, dtype=float) for names in neighbors])


def _joined(folds: list[Scores]) -> Scores:
    return {name: np.concatenate([fold[name] for fold in folds]) for name in SCORES}
