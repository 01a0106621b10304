import json

import numpy as np
import pytest

from perturb_evals.datasets.demo.screen import demo_screen
from perturb_evals.datasets.screens.evidence import HeldOut, expression_evidence, fold_of, split_of
from perturb_evals.datasets.screens.load import ScreenRequest
from perturb_evals.datasets.screens.splits import SplitError

DEMO = ScreenRequest("demo")


def test_a_fold_survives_the_metadata_of_a_sample():
    held_out = HeldOut(ScreenRequest("demo", "guide", "NT", "demo_b"), "s.json", 2, 1, 50, 7)
    metadata = json.loads(json.dumps({"pert": "A", **held_out.to_metadata()}))
    assert HeldOut.from_metadata(metadata) == held_out


def test_the_sample_of_another_task_is_told():
    with pytest.raises(ValueError, match="goes with the task langpert"):
        HeldOut.from_metadata({"pert": "A", "gene": "B", "evidence": "none"})


def test_training_holds_no_test_perturbation():
    for number in range(5):
        held_out = HeldOut(DEMO, fold=number)
        training, fold = expression_evidence(held_out), fold_of(held_out)
        assert training.perturbations == fold.train
        assert not set(training.perturbations) & set(fold.test)
        with pytest.raises(KeyError):
            training.vectors(fold.test[:1])
        # Nothing that hangs on the object leads to a test perturbation's name.
        assert not set(fold.test) & set(vars(training)["_row_of"])


def test_vectors_and_mean_are_those_of_the_screen():
    screen, training = demo_screen(), expression_evidence(HeldOut(DEMO))
    row_of = {name: row for row, name in enumerate(screen.perturbations)}
    rows = screen.expression[[row_of[name] for name in training.perturbations]]
    np.testing.assert_array_equal(training.expression, rows)
    np.testing.assert_allclose(training.mean, rows.astype(float).mean(axis=0), rtol=1e-6)
    names = training.perturbations[7], training.perturbations[3]
    np.testing.assert_array_equal(training.vectors(names), rows[[7, 3]])
    assert (training.screen, training.cell_line) == ("demo", "demo_a")
    np.testing.assert_array_equal(training.control, screen.control)


def test_what_a_solver_does_to_its_vectors_changes_nothing():
    training = expression_evidence(HeldOut(DEMO))
    before = training.expression
    training.expression[:] = 0
    training.vectors(training.perturbations)[:] = 0
    np.testing.assert_array_equal(training.expression, before)


def test_the_same_fold_is_fitted_once():
    assert expression_evidence(HeldOut(DEMO, fold=1)) is expression_evidence(HeldOut(DEMO, fold=1))


def test_a_subset_changes_the_training_set_only():
    whole, part = fold_of(HeldOut(DEMO)), fold_of(HeldOut(DEMO, n_train=20))
    assert part.test == whole.test
    assert len(part.train) == 20
    with pytest.raises(SplitError, match="n_train must be from 1 to 192"):
        fold_of(HeldOut(DEMO, n_train=193))


def test_a_split_file_is_used(tmp_path):
    names = demo_screen().perturbations
    path = tmp_path / "folds.json"
    path.write_text(json.dumps([{"train": names[:9], "test": names[9:12]}]), encoding="utf-8")
    assert len(split_of(DEMO, str(path)).folds) == 1
    training = expression_evidence(HeldOut(DEMO, split=str(path)))
    assert training.perturbations == names[:9]
