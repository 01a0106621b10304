import h5py
import numpy as np
import pytest

from perturb_evals.datasets.demo.screen import demo_screen
from perturb_evals.datasets.screens.cell_sums import cell_sums, halved, joined
from perturb_evals.datasets.screens.make_screen import make_screen
from perturb_evals.datasets.screens.profiles import half_layers, profiles
from perturb_evals.datasets.screens.splits import Fold, Split, five_folds
from perturb_evals.metrics.expression.spec import SCORES
from perturb_evals.metrics.intervals import paired_difference
from perturb_evals.scorers.expression.calibration import calibrate
from perturb_evals.scorers.expression.reference_scores import control_scores, reference_scores


def first_five(training, name):
    return training.perturbations[:5]


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
    found = calibrate(references, None)
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
    found = calibrate({"mean": one, "no_change": one, "random": two, "oracle": two}, None)
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
    found = calibrate(references, controls)
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


def calibrated(screen):
    split = five_folds(screen.perturbations)
    return calibrate(reference_scores(screen, split, first_five), control_scores(screen, split))


def test_the_oracle_can_be_ahead_in_pure_noise_but_the_blind_one_is_not():
    found = calibrated(noisy(0))
    assert found["mae_top20"].standing("oracle") == "better"
    assert found["pds"].standing("oracle") == "better"
    assert {metric.blind_standing() for metric in found.values()} <= {"same", "worse"}


def test_both_oracles_are_ahead_where_neighbors_share_an_effect():
    found = calibrated(noisy(1.0))
    for name in ("mae_top20", "mse_all", "pearson_delta_pert", "pds"):
        assert found[name].standing("oracle") == found[name].blind_standing() == "better"
        assert found[name].trusted


def test_the_demo_can_be_calibrated_by_every_metric():
    found = calibrated(demo_screen())
    for metric in found.values():
        assert metric.standing("oracle") == "better"
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
    found = calibrated(screen)
    assert [name for name, metric in found.items() if metric.trusted] == []
    assert max(metric.controls.bds for metric in found.values()) < 0.65
    assert {metric.blind_standing() for metric in found.values()} <= {"same", "worse"}


def test_winning_often_by_little_and_losing_seldom_by_much_is_not_trusted():
    positive = np.r_[np.full(25, 0.29), np.full(15, 0.9)]
    controls = dict.fromkeys(("negative", "blind_oracle", "perfect"), scores())
    controls["positive"] = scores(mae_top20=positive)
    found = calibrate(dict.fromkeys(("mean", "no_change", "random", "oracle"), scores()), controls)
    assert found["mae_top20"].controls.bds > 0.5
    assert not found["mae_top20"].trusted


def test_rounding_is_no_result():
    """With as many neighbors as training perturbations the oracle is the mean."""
    screen = noisy(1.0)
    names = screen.perturbations
    found = calibrate(
        reference_scores(screen, Split((Fold(names[:5], names[5:]),)), first_five), None
    )
    for metric in found.values():
        for name in ("oracle", "random"):
            difference = metric.differences[name]
            assert (difference.lower, difference.mean, difference.upper) == (0, 0, 0)
            assert metric.standing(name) == "same"
