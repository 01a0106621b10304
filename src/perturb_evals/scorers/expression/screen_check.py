"""What each metric can tell apart on a screen: references and controls, scored and compared.

References are predictions that need no method, such as the training mean and the neighbors nearest
to the truth. Controls are the training mean and a second measurement of the same perturbations.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from perturb_evals.datasets.screens.evidence import ExpressionEvidence
from perturb_evals.datasets.screens.make_screen import make_screen
from perturb_evals.datasets.screens.oracle import nearest_rows
from perturb_evals.datasets.screens.profiles import order_by_size
from perturb_evals.datasets.screens.screen import Screen
from perturb_evals.datasets.screens.splits import Split
from perturb_evals.metrics.expression.controls import bds, drf, interpolated_duplicate
from perturb_evals.metrics.expression.spec import EXPRESSION_METRICS, SCORES, WITH_HALVES
from perturb_evals.metrics.intervals import PairedDifference, paired_difference
from perturb_evals.metrics.spec import MetricSpec
from perturb_evals.scorers.expression.held_out_truth import HALVES, truth_of

Floats = NDArray[np.float64]
Scores = dict[str, Floats]
"""The scores of `FoldTruth.names`, one number a test perturbation."""

Neighbors = Callable[[ExpressionEvidence, str], Sequence[str]]
Standing = Literal["better", "worse", "same"]

K = 5
"""Neighbors that are averaged: the fewest that a model is asked for."""

CORRELATIONS = ("pearson_delta_all", "pearson_delta_all_no_target", "pearson_delta_pert")
"""Scores over genes that are not chosen by the truth, for which halves say what wholes would."""

CONTROL_LAYERS = (*HALVES, "padj_half_2")
"""Layers without which a screen has no positive control."""

ROUNDING = 1e-6
"""Scores that differ by a smaller share are the same: expression is kept in float32."""


@dataclass(frozen=True)
class Controls:
    """Both controls under one metric, with half of the cells as the truth.

    Attributes:
        negative: Mean score of the negative control.
        positive: Mean score of the positive control.
        drf: Dynamic range fraction; nan where the negative control is perfect or nothing is.
        bds: Bound discrimination score.
        difference: Positive minus negative control.
        blind_oracle: Mean score of the oracle that saw the other half.
        blind_difference: That oracle minus the negative control.
    """

    negative: float
    positive: float
    drf: float
    bds: float
    difference: PairedDifference
    blind_oracle: float
    blind_difference: PairedDifference


@dataclass(frozen=True)
class MetricCheck:
    """What one metric can tell apart.

    Attributes:
        spec: The metric.
        means: The mean score of each reference.
        differences: Each reference but the mean, minus the mean, on the same perturbations.
        controls: Both controls; None where the screen has no halves, or the score needs both.
        ceiling: What a second experiment of the same size would score, see `ceilings`; None where
            there are no halves, or that cannot be said of the metric.
    """

    spec: MetricSpec
    means: dict[str, float]
    differences: dict[str, PairedDifference]
    controls: Controls | None
    ceiling: float | None = None

    def standing(self, reference: str) -> Standing:
        """Say where a reference stands against the mean: its 95% interval leaves out 0, or not."""
        return self._standing(self.differences[reference])

    def blind_standing(self) -> Standing | None:
        """Say where the oracle that saw the other half stands; None without halves."""
        return self._standing(self.controls.blind_difference) if self.controls else None

    @property
    def trusted(self) -> bool:
        """Whether the positive control is ahead: by its interval, and on more than half of all.

        The 95% interval of positive minus negative leaves out 0 on the better side, and BDS is
        above .5. False without halves.
        """
        if self.controls is None:
            return False
        return self.controls.bds > 0.5 and self._standing(self.controls.difference) == "better"

    def _standing(self, found: PairedDifference) -> Standing:
        if not (found.lower > 0 or found.upper < 0):
            return "same"
        return "better" if (found.mean > 0) == (self.spec.better == "higher") else "worse"


def reference_scores(screen: Screen, split: Split, random: Neighbors) -> dict[str, Scores]:
    """Score the training mean, no change, random neighbors and the oracle's.

    Args:
        screen: The screen.
        split: Its folds.
        random: Names `K` random training perturbations for a perturbation.

    Returns:
        For `mean`, `no_change`, `random` and `oracle`, the scores of each test perturbation,
        fold by fold.
    """
    scored: dict[str, list[Scores]] = {}
    for fold in split.folds:
        evidence = ExpressionEvidence(screen, fold.train)
        truth = truth_of(screen, evidence, fold.test)
        shape = (len(fold.test), len(screen.genes))
        predictions: dict[str, ArrayLike] = {
            "mean": np.broadcast_to(_mean(evidence), shape),
            "no_change": np.broadcast_to(screen.control, shape),
            "random": _means(evidence, [random(evidence, name) for name in fold.test]),
            "oracle": _nearest(evidence, truth.expression),
        }
        for name, prediction in predictions.items():
            scored.setdefault(name, []).append(truth.truth.score_all(prediction))
    return {name: _joined(folds) for name, folds in scored.items()}


def control_scores(screen: Screen, split: Split) -> dict[str, Scores] | None:
    """Score the negative and the positive control, with one half of the cells as the truth.

    The truth is half 1, and all that scoring needs of it comes from half 1 alone: genes are ranked
    by |t_half_1|, without that layer by |delta| of half 1, and weighted by |t_others_half_1|,
    without it by |z| of half 1 among those of the others. The negative control is the training
    mean. The positive one is the interpolated duplicate, made of half 2 and its `padj_half_2`. The
    blind oracle averages the `K` training perturbations nearest to half 2. So neither gains from
    the noise of the truth, other than the oracle of `reference_scores`.

    Perturbations whose half 1 equals the control, or was not tested (t of 0 in every gene), have
    nothing to rank and are left out.

    Returns:
        For `negative`, `positive`, `blind_oracle` and `perfect` (the truth itself, predicted), the
        scores of each test perturbation, fold by fold; None where the screen lacks one of
        `CONTROL_LAYERS`, or no perturbation has halves to compare.
    """
    half_1, half_2, padj = (screen.layer(name) for name in CONTROL_LAYERS)
    if half_1 is None or half_2 is None or padj is None:
        return None
    ranked = _ranked_by_half(screen, half_1)
    if not ranked.any():
        return None
    measured = _half_as_screen(screen, half_1, ranked)
    kept = set(measured.perturbations)
    row_of = {name: row for row, name in enumerate(screen.perturbations)}
    scored: dict[str, list[Scores]] = {}
    for fold in split.folds:
        evidence = ExpressionEvidence(screen, fold.train)
        test = tuple(name for name in fold.test if name in kept)
        if not test:
            continue
        rows = [row_of[name] for name in test]
        truth, mean = truth_of(measured, evidence, test), _mean(evidence)
        predictions: dict[str, ArrayLike] = {
            "negative": np.broadcast_to(mean, truth.expression.shape),
            "positive": interpolated_duplicate(half_2[rows], mean, padj[rows]),
            "blind_oracle": _nearest(evidence, half_2[rows]),
            "perfect": truth.expression,
        }
        for name, prediction in predictions.items():
            scored.setdefault(name, []).append(truth.truth.score_all(prediction))
    return {name: _joined(folds) for name, folds in scored.items()} or None


def ceilings(screen: Screen, split: Split) -> dict[str, float]:
    """Say what a second experiment of the same size would score, by correlation with the first.

    Half 2 predicts half 1, and by Spearman and Brown's formula the mean r of the halves is 2r / (1
    + r) of two wholes. The truth itself, without any noise, would have the root of it. Both halves
    are held against the same control cells, whose noise makes them agree: where these are few it is
    too high for correlations of changes against control; not for those about the training mean.

    Returns:
        A number above 0 for each of `CORRELATIONS`; none where r is 0 or less, and for no metric
        where the screen has no two halves.
    """
    half_1, half_2 = (screen.layer(name) for name in HALVES)
    if half_1 is None or half_2 is None:
        return {}
    ranked = _ranked_by_half(screen, half_1)
    kept = {name for name, of in zip(screen.perturbations, ranked, strict=True) if of}
    row_of = {name: row for row, name in enumerate(screen.perturbations)}
    found: list[Scores] = []
    for fold in split.folds:
        if test := tuple(name for name in fold.test if name in kept):
            measured = _half_as_screen(screen, half_1, ranked)
            truth = truth_of(measured, ExpressionEvidence(screen, fold.train), test)
            found.append(truth.truth.score_all(half_2[[row_of[name] for name in test]]))
    means = {name: float(values.mean()) for name, values in _joined(found).items()} if found else {}
    return {name: 2 * r / (1 + r) for name in CORRELATIONS if (r := means.get(name, 0.0)) > 0}


def check_metrics(
    references: Mapping[str, Scores],
    controls: Mapping[str, Scores] | None,
    ceiling: Mapping[str, float] | None = None,
) -> dict[str, MetricCheck]:
    """Compare the references, and the controls, under every metric that has a direction.

    Args:
        references: Of `reference_scores`.
        controls: Of `control_scores`.
        ceiling: Of `ceilings`.

    Returns:
        The figures of each metric, by name, the headline first.
    """
    specs = [EXPRESSION_METRICS[name] for name in references["mean"]]
    controlled = {} if controls is None else controls["negative"]
    return {
        spec.name: MetricCheck(
            spec,
            {name: float(scores[spec.name].mean()) for name, scores in references.items()},
            {
                name: _compared(scores[spec.name], references["mean"][spec.name])
                for name, scores in references.items()
                if name != "mean"
            },
            _controls(spec, controls) if controls and spec.name in controlled else None,
            (ceiling or {}).get(spec.name),
        )
        for spec in specs
        if spec.better is not None
    }


def _ranked_by_half(screen: Screen, half: NDArray[np.float32]) -> NDArray[np.bool_]:
    t = screen.layer("t_half_1")
    changed = np.asarray((half != screen.control).any(axis=1))
    return changed if t is None else np.asarray(changed & t.any(axis=1))


def _half_as_screen(screen: Screen, half: NDArray[np.float32], rows: NDArray[np.bool_]) -> Screen:
    t, others = screen.layer("t_half_1"), screen.layer("t_others_half_1")
    return make_screen(
        name=screen.name,
        cell_line=screen.cell_line,
        perturbations=[name for name, kept in zip(screen.perturbations, rows, strict=True) if kept],
        expression=half[rows],
        control=screen.control,
        genes=screen.genes,
        symbols=screen.symbols,
        de_order=None if t is None else order_by_size(t[rows]),
        order_kind="abs_delta" if t is None else "welch_t",
        layers={} if others is None else {"t_others": others[rows]},
        naming=screen.naming,
        fingerprint=screen.fingerprint,
    )


def _nearest(evidence: ExpressionEvidence, targets: NDArray[np.float32]) -> Floats:
    names = evidence.perturbations
    nearest = nearest_rows(targets, evidence.expression, K)
    return _means(evidence, [[names[place] for place in places] for places in nearest])


def _mean(evidence: ExpressionEvidence) -> Floats:
    """The training mean in float64, as means of neighbors are: in float32 it would differ."""
    return np.asarray(_means(evidence, [evidence.perturbations])[0])


def _means(evidence: ExpressionEvidence, neighbors: list[Sequence[str]]) -> Floats:
    return np.array([evidence.vectors(names).mean(axis=0, dtype=float) for names in neighbors])


def _joined(folds: list[Scores]) -> Scores:
    names = [name for name in (*SCORES, *WITH_HALVES) if name in folds[0]]
    return {name: np.concatenate([fold[name] for fold in folds]) for name in names}


def _controls(spec: MetricSpec, scores: Mapping[str, Scores]) -> Controls:
    assert spec.better is not None
    negative, positive, blind, perfect = (
        scores[name][spec.name] for name in ("negative", "positive", "blind_oracle", "perfect")
    )
    positive, blind = _tied(positive, negative), _tied(blind, negative)
    return Controls(
        negative=float(negative.mean()),
        positive=float(positive.mean()),
        drf=drf(negative, positive, float(perfect.mean())),
        bds=bds(negative, positive, spec.better),
        difference=_compared(positive, negative),
        blind_oracle=float(blind.mean()),
        blind_difference=_compared(blind, negative),
    )


def _tied(scores: Floats, base: Floats) -> Floats:
    """Replace scores that differ from the base by no more than rounding."""
    return np.where(np.isclose(scores, base, rtol=ROUNDING, atol=ROUNDING**2), base, scores)


def _compared(scores: Floats, base: Floats) -> PairedDifference:
    return paired_difference(_tied(scores, base), base)
