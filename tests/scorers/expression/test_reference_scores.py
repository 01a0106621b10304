"""References and controls against plain loops over the folds."""

import numpy as np
import pytest

from perturb_evals.datasets.demo.screen import demo_screen
from perturb_evals.datasets.screens.make_screen import make_screen
from perturb_evals.datasets.screens.screen import ScreenError
from perturb_evals.datasets.screens.splits import Fold, Split, five_folds
from perturb_evals.scorers.expression.held_out_truth import unmeasured_targets
from perturb_evals.scorers.expression.reference_scores import control_scores, reference_scores


def first_five(training, name):
    return training.perturbations[:5]


@pytest.fixture(scope="module")
def screen():
    return demo_screen()


def vectors(screen, names):
    row_of = {name: row for row, name in enumerate(screen.perturbations)}
    return np.array([screen.expression[row_of[name]].astype(float) for name in names])


def mae(truth, prediction, control):
    top = np.argsort(-np.abs(truth - control), kind="stable")[:20]
    return np.abs(truth - prediction)[top].mean()


def test_references_are_those_of_a_plain_loop(screen):
    split = five_folds(screen.perturbations)
    expected = {"mean": [], "no_change": [], "random": [], "oracle": []}
    for fold in split.folds:
        train = vectors(screen, fold.train)
        for truth in vectors(screen, fold.test):
            near = np.argsort(np.linalg.norm(train - truth, axis=1))[:5]
            predictions = {
                "mean": train.mean(axis=0),
                "no_change": screen.control.astype(float),
                "random": train[:5].mean(axis=0),
                "oracle": train[near].mean(axis=0),
            }
            for name, prediction in predictions.items():
                expected[name].append(mae(truth, prediction, screen.control))
    scored = reference_scores(screen, split, first_five)
    assert scored.keys() == expected.keys()
    for name, values in expected.items():
        np.testing.assert_allclose(scored[name]["mae_top20"], values, rtol=1e-5)
    np.testing.assert_allclose(scored["mean"]["pds"].mean(), 0.5, atol=1e-12)


def test_controls_are_scored_against_half_1(screen):
    split = five_folds(screen.perturbations)
    row_of = {name: row for row, name in enumerate(screen.perturbations)}
    half_1, half_2, padj = (
        screen.layer(name).astype(float) for name in ("half_1", "half_2", "padj_half_2")
    )
    expected = {"negative": [], "positive": [], "blind_oracle": [], "perfect": []}
    for fold in split.folds:
        train = vectors(screen, fold.train)
        mean = train.mean(axis=0)
        for name in fold.test:
            row = row_of[name]
            alpha = 1 - padj[row]
            near = np.argsort(np.linalg.norm(train - half_2[row], axis=1))[:5]
            predictions = {
                "negative": mean,
                "positive": alpha * half_2[row] + (1 - alpha) * mean,
                "blind_oracle": train[near].mean(axis=0),
                "perfect": half_1[row],
            }
            for control, prediction in predictions.items():
                expected[control].append(mae(half_1[row], prediction, screen.control))
    scored = control_scores(screen, split)
    assert scored.keys() == expected.keys()
    for name, values in expected.items():
        np.testing.assert_allclose(scored[name]["mae_top20"], values, rtol=1e-4, atol=1e-6)


def with_halves(order_kind, half_1, order=None):
    names = [f"P{i}" for i in range(6)]
    rng = np.random.default_rng(2)
    expression = rng.normal(size=(6, 8))
    return make_screen(
        name="s",
        cell_line="",
        perturbations=names,
        expression=expression,
        control=np.zeros(8),
        genes=[f"g{i}" for i in range(8)],
        de_order=order,
        order_kind=order_kind,
        layers={"half_1": half_1, "half_2": 2 * expression, "padj_half_2": np.zeros((6, 8))},
        fingerprint="0" * 64,
    )


def test_no_halves_no_controls(screen):
    bare = make_screen(
        name="s",
        cell_line="",
        perturbations=screen.perturbations,
        expression=screen.expression,
        control=screen.control,
        genes=screen.genes,
        layers={"padj_half_2": screen.layer("padj_half_2")},
        fingerprint="0" * 64,
    )
    assert control_scores(bare, five_folds(bare.perturbations)) is None


def test_a_perturbation_without_effect_in_its_half_is_left_out():
    half = np.random.default_rng(3).normal(size=(6, 8))
    half[2] = 0
    screen = with_halves("abs_delta", half)
    names = screen.perturbations
    split = Split((Fold(names[4:], names[:4]), Fold(names[:4], names[4:])))
    scored = control_scores(screen, split)
    assert {name: len(values["mae_all"]) for name, values in scored.items()} == dict.fromkeys(
        scored, 5
    )


def test_the_truth_is_ranked_by_its_own_t():
    """With 30 genes the top 20 by t of half 1 are others than by t of all cells or by |delta|."""
    rng = np.random.default_rng(4)
    names = [f"P{i}" for i in range(6)]
    half_1, t_half_1 = rng.normal(size=(2, 6, 30))
    screen = make_screen(
        name="s",
        cell_line="",
        perturbations=names,
        expression=rng.normal(size=(6, 30)),
        control=np.zeros(30),
        genes=[f"g{i}" for i in range(30)],
        de_order=np.tile(np.arange(30), (6, 1)),
        order_kind="welch_t",
        layers={
            "half_1": half_1,
            "half_2": half_1,
            "padj_half_2": np.ones((6, 30)),
            "t_half_1": t_half_1,
        },
        fingerprint="0" * 64,
    )
    split = Split((Fold(tuple(names[:3]), tuple(names[3:])),))
    error = np.abs(half_1[3:] - screen.expression[:3].mean(axis=0))
    top = np.argsort(-np.abs(t_half_1[3:]), axis=1)[:, :20]
    expected = np.take_along_axis(error, top, axis=1).mean(axis=1)
    scored = control_scores(screen, split)
    np.testing.assert_allclose(scored["negative"]["mae_top20"], expected, rtol=1e-5)
    # p of 1 everywhere: the other half does not speak at all.
    np.testing.assert_allclose(scored["positive"]["mae_top20"], expected, rtol=1e-5)


def test_too_few_perturbations_for_weights_are_an_error():
    screen = make_screen(
        name="two",
        cell_line="",
        perturbations=["A", "B"],
        expression=[[0.5, 1.5], [1.0, 0.25]],
        control=[0, 0],
        genes=["x", "y"],
        fingerprint="0" * 64,
    )
    split = Split((Fold(("A",), ("B",)),))
    with pytest.raises(ScreenError, match="two: the weights of genes need 3 perturbations or more"):
        reference_scores(screen, split, first_five)


def test_targets_that_are_not_measured_are_named(screen):
    names = (screen.symbols[0], "NOT_THERE")
    assert unmeasured_targets(screen, names) == {"NOT_THERE"}
