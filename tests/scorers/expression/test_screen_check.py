"""References and controls against plain loops over the folds, and what is concluded from them."""

import h5py
import numpy as np
import pytest

from perturb_evals.datasets.demo.screen import demo_screen
from perturb_evals.datasets.screens.cell_sums import cell_sums, halved, joined
from perturb_evals.datasets.screens.make_screen import make_screen
from perturb_evals.datasets.screens.profiles import half_layers, profiles
from perturb_evals.datasets.screens.screen import ScreenError
from perturb_evals.datasets.screens.splits import Fold, Split, five_folds
from perturb_evals.metrics.expression.spec import SCORES
from perturb_evals.metrics.intervals import paired_difference
from perturb_evals.scorers.expression.held_out_truth import unmeasured_targets
from perturb_evals.scorers.expression.screen_check import (
    CORRELATIONS,
    ceilings,
    check_metrics,
    control_scores,
    reference_scores,
)


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
    measured = set(screen.symbols)
    expected = {name for name in screen.perturbations if name not in measured}
    assert unmeasured_targets(screen, screen.perturbations) == expected
    assert 0 < len(expected) < len(screen.perturbations)


def scores(**values):
    """Scores of a reference that are all the same but for those given."""
    return {name: np.asarray(values.get(name, np.full(40, 0.3)), dtype=float) for name in SCORES}


@pytest.fixture(scope="module")
def noise():
    return np.random.default_rng(0).normal(0, 0.01, 40)


def test_standing_follows_the_direction_of_the_metric(noise):
    mean = scores()
    references = {
        "mean": mean,
        "no_change": scores(mae_top20=0.4 + noise, pds=0.4 + noise),
        "random": scores(mae_top20=0.3 + noise - noise.mean()),
        "oracle": scores(mae_top20=0.2 + noise, pds=0.2 + noise),
    }
    found = check_metrics(references, None)
    assert "systematic_share" not in found  # says nothing of a prediction
    assert list(found) == [name for name in SCORES if name != "systematic_share"]
    error, rank = found["mae_top20"], found["pds"]
    assert [error.standing(name) for name in ("no_change", "random", "oracle")] == [
        "worse",
        "same",
        "better",
    ]
    assert [rank.standing(name) for name in ("no_change", "random", "oracle")] == [
        "better",
        "same",
        "worse",
    ]
    assert error.differences["oracle"] == paired_difference(0.2 + noise, mean["mae_top20"])
    assert error.means["no_change"] == pytest.approx(0.4 + noise.mean())
    assert error.controls is None
    assert error.blind_standing() is None


def test_one_perturbation_tells_nothing_apart():
    one = {name: np.array([0.3]) for name in SCORES}
    two = {name: np.array([0.9]) for name in SCORES}
    found = check_metrics({"mean": one, "no_change": one, "random": two, "oracle": two}, None)
    assert {metric.standing("oracle") for metric in found.values()} == {"same"}


def test_controls_by_hand(noise):
    """Errors: .4 for the mean, .1 for the other half, which is ahead on 30 of 40."""
    positive = np.r_[np.full(30, 0.1), np.full(10, 0.6)]
    controls = {
        "negative": scores(mae_top20=np.full(40, 0.4), overlap_top20=np.full(40, 0.1)),
        "positive": scores(mae_top20=positive, overlap_top20=np.full(40, 0.1)),
        "blind_oracle": scores(mae_top20=np.full(40, 0.5)),
        "perfect": scores(mae_top20=np.zeros(40), overlap_top20=np.full(40, 0.9)),
    }
    same = scores()
    references = dict.fromkeys(("mean", "no_change", "random", "oracle"), same)
    found = check_metrics(references, controls)
    error = found["mae_top20"].controls
    assert error.drf == pytest.approx((0.4 - positive.mean()) / 0.4)
    assert error.bds == 0.75
    assert found["mae_top20"].trusted
    assert (error.negative, error.blind_oracle) == pytest.approx((0.4, 0.5))
    assert found["mae_top20"].blind_standing() == "worse"
    # The perfect score of an overlap depends on the data: it is that of the truth itself.
    overlap = found["overlap_top20"].controls
    assert (overlap.drf, overlap.bds) == (0, 0.5)
    assert not found["overlap_top20"].trusted
    assert np.isnan(found["mse_all"].controls.drf)  # the negative control is perfect


def noisy(signal, seed=5):
    """Four groups of perturbations that share an effect of the given size, and two halves."""
    rng = np.random.default_rng(seed)
    effect = signal * rng.normal(size=(4, 200))[np.arange(80) % 4]
    halves = effect + rng.normal(size=(2, 80, 200))
    return make_screen(
        name="noise",
        cell_line="",
        perturbations=[f"P{i:02d}" for i in range(80)],
        expression=halves.mean(axis=0),
        control=np.zeros(200),
        genes=[f"g{i}" for i in range(200)],
        layers={"half_1": halves[0], "half_2": halves[1], "padj_half_2": np.full((80, 200), 0.2)},
        fingerprint="0" * 64,
    )


def checked(screen):
    split = five_folds(screen.perturbations)
    return check_metrics(reference_scores(screen, split, first_five), control_scores(screen, split))


def controlled(found):
    """The metrics that have controls: all but the one that both halves judge."""
    kept = [metric for metric in found.values() if metric.controls]
    assert len(kept) == len(found) - 1
    return kept


def test_the_oracle_can_be_ahead_in_pure_noise_but_the_blind_one_is_not():
    found = checked(noisy(0))
    assert found["mae_top20"].standing("oracle") == "better"
    assert found["pds"].standing("oracle") == "better"
    assert {metric.blind_standing() for metric in controlled(found)} <= {"same", "worse"}


def test_the_ceiling_is_the_correlation_of_two_whole_experiments():
    """Signal and noise of a half have variance 1: halves correlate by 1/2, wholes by 2/3."""
    screen = noisy(1.0)
    split = five_folds(screen.perturbations)
    found = ceilings(screen, split)
    assert set(found) == set(CORRELATIONS)
    for name in ("pearson_delta_all", "pearson_delta_all_no_target"):
        assert found[name] == pytest.approx(2 / 3, abs=0.02)
    assert ceilings(noisy(0), split).get("pearson_delta_all", 0) < 0.05


def test_a_screen_without_halves_has_no_ceiling_and_no_unbiased_error():
    made = noisy(1.0)
    bare = make_screen(
        name="bare",
        cell_line="",
        perturbations=made.perturbations,
        expression=made.expression,
        control=made.control,
        genes=made.genes,
        layers={"half_1": made.layer("half_1")},
        fingerprint="0" * 64,
    )
    split = five_folds(bare.perturbations)
    assert ceilings(bare, split) == {}
    found = check_metrics(reference_scores(bare, split, first_five), None, ceilings(bare, split))
    assert "mse_unbiased" not in found
    assert {metric.ceiling for metric in found.values()} == {None}


def test_the_unbiased_error_of_the_mean_is_that_of_the_effects():
    """Four effects of variance 1: the mean of all misses them by .75 or so, noise aside."""
    found = checked(noisy(1.0))["mse_unbiased"]
    assert found.controls is None  # the other half is one of the two that judge
    assert 0.5 < found.means["mean"] < 0.9
    assert checked(noisy(0))["mse_unbiased"].means["no_change"] == pytest.approx(0, abs=0.02)


def test_both_oracles_are_ahead_where_neighbors_share_an_effect():
    found = checked(noisy(1.0))
    for name in ("mae_top20", "mse_all", "pearson_delta_pert", "pds"):
        assert found[name].standing("oracle") == found[name].blind_standing() == "better"
        assert found[name].trusted


def test_every_metric_tells_the_controls_of_the_demo_apart():
    found = checked(demo_screen())
    assert {metric.standing("oracle") for metric in found.values()} == {"better"}
    for metric in controlled(found):
        assert metric.controls.bds > 0.85
        assert metric.trusted
        assert 0 < metric.controls.drf <= 1


def test_cells_without_any_effect_pass_no_metric(tmp_path):
    """60 perturbations x 40 cells and 40 control cells, all of one distribution."""
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(61), 40)
    cells = np.clip(rng.normal(1, 0.5, (len(groups), 300)), 0, None).astype(np.float32)
    with h5py.File(tmp_path / "cells.h5", "w") as file:
        file["X"] = cells
        sums = cell_sums(file["X"], halved(groups), 2 * 61)
    made = profiles(joined(sums))
    screen = make_screen(
        name="null",
        cell_line="",
        perturbations=[f"P{i:02d}" for i in range(60)],
        expression=made.expression,
        control=made.control,
        genes=[f"g{i}" for i in range(300)],
        de_order=made.order,
        order_kind="welch_t",
        layers={**half_layers(sums), "t_others": made.t_others},
        fingerprint="0" * 64,
    )
    found = checked(screen)
    assert [name for name, metric in found.items() if metric.trusted] == []
    assert max(metric.controls.bds for metric in controlled(found)) < 0.65
    assert {metric.blind_standing() for metric in controlled(found)} <= {"same", "worse"}


def test_winning_often_by_little_and_losing_seldom_by_much_is_not_trusted():
    positive = np.r_[np.full(25, 0.29), np.full(15, 0.9)]
    controls = dict.fromkeys(("negative", "blind_oracle", "perfect"), scores())
    controls["positive"] = scores(mae_top20=positive)
    found = check_metrics(
        dict.fromkeys(("mean", "no_change", "random", "oracle"), scores()), controls
    )
    assert found["mae_top20"].controls.bds > 0.5
    assert not found["mae_top20"].trusted


def test_rounding_is_no_result():
    """With as many neighbors as training perturbations the oracle is the mean."""
    screen = noisy(1.0)
    names = screen.perturbations
    found = check_metrics(
        reference_scores(screen, Split((Fold(names[:5], names[5:]),)), first_five), None
    )
    for metric in found.values():
        for name in ("oracle", "random"):
            difference = metric.differences[name]
            assert (difference.lower, difference.mean, difference.upper) == (0, 0, 0)
            assert metric.standing(name) == "same"
