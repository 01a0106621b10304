"""What baselines share."""

import traceback

import pytest

from perturb_evals.solvers.baseline import fit_once


def test_each_key_is_fitted_once():
    fitted = []
    method = fit_once(lambda key: fitted.append(key) or f"method of {key}")
    assert [method(key) for key in "abab"] == ["method of a", "method of b"] * 2
    assert fitted == ["a", "b"]


def test_a_failed_fit_is_told_again_and_not_tried_again():
    tried = []

    def fit(key):
        tried.append(key)
        raise OSError("no network")

    method = fit_once(fit)
    lengths = []
    for _ in range(3):
        with pytest.raises(OSError, match="no network") as caught:
            method("a")
        lengths.append(len(traceback.extract_tb(caught.value.__traceback__)))
    assert tried == ["a"]
    assert lengths[1] == lengths[2]
