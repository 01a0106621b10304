"""All scores of predicted expression vectors against the truths of one fold.

Symbols as in docs/regression.md: x the truth, c the control, m the mean of the TRAINING
perturbations. `metrics/expression/spec.py` has the formulas.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from perturb_evals.metrics.checks import finite
from perturb_evals.metrics.expression.correlation import cosine_rows, norms, pearson_rows
from perturb_evals.metrics.expression.discrimination import Discrimination
from perturb_evals.metrics.expression.spec import NO_TARGET, SCORES, WITH_HALVES
from perturb_evals.metrics.expression.top_genes import (
    gene_order,
    only_targets,
    overlap_top,
    positions,
    sign_agreement,
    top_genes,
)
from perturb_evals.metrics.expression.weighted import r2_weighted, weighted_mse, weighted_spread

Floats = NDArray[np.float64]
Arrays = dict[str, Floats]

COUNTS = (
    "n_top20",
    "n_top20_no_target",
    "only_target_ranked",
    "undefined_pearson_delta_top20",
    "undefined_pearson_delta_top20_no_target",
    "undefined_pearson_delta_all",
    "undefined_pearson_delta_all_no_target",
    "undefined_pearson_delta_pert",
    "undefined_r2_weighted",
    "undefined_pds",
    "undefined_systematic_share",
)
"""What is counted beside: how many genes the top 20 hold, and (0 or 1) which scores had to be
defined by convention."""

# How many of the most changed genes scores are over; the fewest have the most scores.
TOPS = (20, 50, 100)

# Expression is kept in float32, which resolves 1.2e-7 of a value, and means are a little worse. A
# difference below this share of the values it was taken from is rounding.
RESOLUTION = 1e-6

# Predictions scored at once: what fits the processor's cache is fastest, and bounds the memory.
BLOCK = 24


class FoldTruth:
    """The truths of one fold's n test perturbations, prepared for scoring predictions.

    Args:
        truth: (n, G) mean expression of the test perturbations.
        control: (G,) mean expression of the control.
        train_mean: (G,) mean of the training perturbations.
        de_order: (n, G) permutations of the gene positions, most differentially expressed first.
        n_ranked: (n,) how many leading entries of `de_order` changed, 1 to G.
        weights: (n, G) of `gene_weights`; the perturbation's own gene gets none, whatever it has
            here.
        target_genes: n integer arrays: the positions of each perturbation's own gene; empty where
            it is not measured.
        panel_targets: Positions of the target genes of all perturbations of the screen.
        halves: (2, n, G) mean expression of two halves of each perturbation's cells, or of two
            replicates; None where there are none, and then no score of `WITH_HALVES`.

    Attributes:
        names: The scores: those of `SCORES`, and with halves those of `WITH_HALVES`.

    Raises:
        ValueError: Shapes that do not agree, positions outside the genes, numbers that are not
            finite, a perturbation without a ranked gene, weights that do not add up to 1.
    """

    def __init__(
        self,
        *,
        truth: ArrayLike,
        control: ArrayLike,
        train_mean: ArrayLike,
        de_order: NDArray[np.integer[Any]],
        n_ranked: NDArray[np.integer[Any]],
        weights: ArrayLike,
        target_genes: Sequence[ArrayLike],
        panel_targets: ArrayLike,
        halves: ArrayLike | None = None,
    ) -> None:
        values = finite("truth", truth, (None, None))
        n, n_genes = self.shape = (values.shape[0], values.shape[1])
        self._control = finite("control", control, (n_genes,))
        self._shift = finite("train_mean", train_mean, (n_genes,)) - self._control
        self._delta = values - self._control
        weights = finite("weights", weights, (n, n_genes))
        if (weights < 0).any() or (abs(weights.sum(axis=1) - 1) > 1e-6).any():
            raise ValueError("weights must be those of gene_weights: 0 or more, rows of sum 1.")
        order, ranked = gene_order(de_order, n_ranked, self.shape)
        if len(target_genes) != n:
            raise ValueError(f"target_genes must hold {n} arrays, got {len(target_genes)}.")
        targets = [positions("target_genes", own, n_genes) for own in target_genes]

        self._top = {k: top_genes(order, ranked, k) for k in TOPS}
        if (self._top[TOPS[-1]].take(self._delta) == 0)[self._top[TOPS[-1]].used].any():
            raise ValueError("n_ranked counts genes of de_order that equal the control.")
        self._top_others = {k: top_genes(order, ranked, k, without=targets) for k in TOPS}
        self._others = _without(targets, n_genes)
        self._weights = _shares(weights, self._others)
        self._halves = None if halves is None else finite("halves", halves, (2, n, n_genes))
        self.names = SCORES if halves is None else (*SCORES, *WITH_HALVES)
        only = only_targets(order, ranked, targets)
        # Where nothing else changed the target stays: among the top genes, and so in the overlap.
        self._may_overlap = self._others | only[:, None]
        self._told_by = np.ones(n_genes, dtype=bool)
        self._told_by[positions("panel_targets", panel_targets, n_genes)] = False
        self._truths = Discrimination(self._delta[:, self._told_by])

        # What depends on the truth alone.
        self._noise = _noise(values, self._control)
        self._spread = weighted_spread(self._delta - self._shift, self._weights)
        share, no_share = cosine_rows(
            self._delta * self._others,
            self._shift * self._others,
            left_noise=self._noise,
            right_noise=self._noise,
        )
        self._facts: Arrays = _with_flag("systematic_share", share, no_share) | {
            "n_top20": self._top[20].count.astype(np.float64),
            "n_top20_no_target": self._top_others[20].count.astype(np.float64),
            "only_target_ranked": only.astype(np.float64),
        }

    def scores(self, index: int, prediction: ArrayLike) -> dict[str, float]:
        """Score the prediction of one perturbation.

        Args:
            index: Its row in `truth`.
            prediction: (G,) predicted mean expression.

        Returns:
            A finite number for every one of `names` and of `COUNTS`.

        Raises:
            ValueError: The prediction has another shape or a number that is not finite.
            IndexError: There is no such row.
        """
        n, n_genes = self.shape
        if not 0 <= index < n:
            raise IndexError(f"the fold has rows 0 to {n - 1}, got {index}.")
        vector = finite("prediction", prediction, (n_genes,))
        values = self._score(np.array([index]), vector[None])
        return {name: float(values[name][0]) for name in (*self.names, *COUNTS)}

    def score_all(self, predictions: ArrayLike) -> Arrays:
        """Score one prediction of every perturbation; the same numbers as `scores`.

        Args:
            predictions: (n, G) predicted mean expression, in the order of `truth`.

        Returns:
            (n,) finite numbers for every one of `names` and of `COUNTS`.

        Raises:
            ValueError: The predictions have another shape or a number that is not finite.
        """
        table = finite("predictions", predictions, self.shape)
        blocks = [
            self._score(rows, table[rows])
            for rows in np.split(np.arange(len(table)), range(BLOCK, len(table), BLOCK))
        ]
        return {
            name: np.concatenate([block[name] for block in blocks])
            for name in (*self.names, *COUNTS)
        }

    def _score(self, rows: NDArray[np.intp], prediction: Floats) -> Arrays:
        predicted = prediction - self._control
        delta, weights, others = self._delta[rows], self._weights[rows], self._others[rows]
        error = delta - predicted
        size = np.abs(error)
        true_noise, noise = self._noise[rows], _noise(prediction, self._control)
        values: Arrays = {name: fact[rows] for name, fact in self._facts.items()}

        for k, ending, chosen in (
            (k, ending, of[k])
            for k in TOPS
            for ending, of in (("", self._top), (NO_TARGET, self._top_others))
        ):
            genes = chosen.of(rows)
            values[f"mae_top{k}{ending}"] = genes.mean(genes.take(size))
            if k != 20:
                continue
            values[f"mse_top{k}{ending}"] = genes.mean(genes.take(size) ** 2)
            r, constant = pearson_rows(
                genes.take(delta),
                genes.take(predicted),
                used=genes.used,
                left_noise=true_noise,
                right_noise=noise,
            )
            values |= _with_flag(f"pearson_delta_top{k}{ending}", r, constant)
        for ending, used in (("", None), (NO_TARGET, others)):
            kept = size if used is None else size * used
            count = self.shape[1] if used is None else np.count_nonzero(used, axis=1)
            values[f"mae_all{ending}"] = kept.sum(axis=1) / count
            values[f"mse_all{ending}"] = np.einsum("ij,ij->i", kept, kept) / count
            r, constant = pearson_rows(
                delta, predicted, used=used, left_noise=true_noise, right_noise=noise
            )
            values |= _with_flag(f"pearson_delta_all{ending}", r, constant)
        if self._halves is not None:
            first, second = (half[rows] - prediction for half in self._halves)
            # The noise of one half knows nothing of the other's, so that none adds up.
            products = np.einsum("ij,ij,ij->i", first, second, others)
            values["mse_unbiased"] = products / np.count_nonzero(others, axis=1)
        r, constant = pearson_rows(
            (delta - self._shift)[:, self._told_by],
            (predicted - self._shift)[:, self._told_by],
            left_noise=true_noise,
            right_noise=noise,
        )
        values |= _with_flag("pearson_delta_pert", r, constant)
        values["weighted_mse"] = weighted_mse(error, weights)
        r2, no_spread = r2_weighted(values["weighted_mse"], self._spread[rows], true_noise)
        values |= _with_flag("r2_weighted", r2, no_spread)

        changed = np.where(_is_rounding(prediction, self._control, noise), 0.0, predicted)
        told = self._truths.compare(rows, changed[:, self._told_by])
        values |= _with_flag("pds", told.pds, told.no_direction)
        values["centroid_accuracy"] = told.centroid_accuracy
        top20 = self._top_others[20].of(rows)
        values["sign_agreement"] = sign_agreement(delta, changed, top20)
        values["overlap_top20"] = overlap_top(changed * self._may_overlap[rows], top20)
        return values


def _without(targets: Sequence[NDArray[np.intp]], n_genes: int) -> NDArray[np.bool_]:
    """Return (n, G) which genes are not a perturbation's own; all where there is no other gene."""
    others = np.ones((len(targets), n_genes), dtype=bool)
    for row, own in enumerate(targets):
        others[row, own] = False
    others[~others.any(axis=1)] = True
    return others


def _shares(weights: Floats, others: NDArray[np.bool_]) -> Floats:
    """Return weights with none on a perturbation's own gene, rows of sum 1.

    Where the own gene had them all, the others have equal ones.
    """
    kept = weights * others
    kept = np.where(kept.any(axis=1, keepdims=True), kept, others)
    shares: Floats = kept / kept.sum(axis=1, keepdims=True)
    return shares


def _noise(expression: Floats, control: Floats) -> Floats:
    """(n,) below which a difference of expression and control is rounding."""
    size: Floats = (norms(expression) + norms(control[None])) / np.sqrt(len(control))
    return RESOLUTION * size


def _is_rounding(prediction: Floats, control: Floats, noise: Floats) -> NDArray[np.bool_]:
    """(n, G) whether a predicted change is rounding, of its own values or of the row's."""
    own = RESOLUTION * (np.abs(prediction) + np.abs(control))
    rounding: NDArray[np.bool_] = np.abs(prediction - control) <= np.maximum(own, noise[:, None])
    return rounding


def _with_flag(name: str, values: Floats, undefined: NDArray[np.bool_]) -> Arrays:
    return {name: values, f"undefined_{name}": undefined.astype(np.float64)}
