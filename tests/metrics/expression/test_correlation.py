import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import cosine
from scipy.stats import pearsonr

from perturb_evals.metrics.expression.correlation import cosine_rows, pearson_rows


def test_rows_equal_scipy():
    rng = np.random.default_rng(0)
    left = rng.normal(5, 1, (30, 40))
    right = left * rng.uniform(-1, 1, (30, 1)) + rng.normal(0, 0.5, (30, 40))
    r, undefined = pearson_rows(left, right)
    assert r == pytest.approx([pearsonr(a, b).statistic for a, b in zip(left, right, strict=True)])
    angle, nothing = cosine_rows(left, right)
    assert angle == pytest.approx([1 - cosine(a, b) for a, b in zip(left, right, strict=True)])
    assert not undefined.any()
    assert not nothing.any()


def test_only_used_entries_count():
    rng = np.random.default_rng(0)
    left, right = rng.normal(size=(2, 10, 8))
    used = np.arange(8) < rng.integers(2, 9, 10)[:, None]
    expected = [pearsonr(a[u], b[u]).statistic for a, b, u in zip(left, right, used, strict=True)]
    left[~used] = np.nan
    r, undefined = pearson_rows(np.nan_to_num(left, nan=1e9), right, used=used)
    assert r == pytest.approx(expected)
    assert not undefined.any()


def test_constant_rows_have_the_value_0_and_are_flagged():
    rows = np.array([[0.1] * 7, [0.0] * 7, [1, 2, 3, 4, 5, 6, 7]])
    line = np.tile(np.arange(7.0), (3, 1))
    for r, undefined in (pearson_rows(rows, line), pearson_rows(line, rows)):
        assert r == pytest.approx([0, 0, 1])
        assert undefined.tolist() == [True, True, False]
    angle, undefined = cosine_rows(rows, line)
    assert angle[1] == 0
    assert undefined.tolist() == [False, True, False]


def test_one_entry_alone_is_constant():
    assert pearson_rows(np.array([[3.0]]), np.array([[2.0]]))[1].all()


def test_variation_below_the_noise_is_none():
    line, noise = np.arange(50.0)[None], np.random.default_rng(0).normal(0, 1e-7, (1, 50))
    for flags in (
        pearson_rows(line, noise, right_noise=1e-6)[1],
        pearson_rows(noise, line, left_noise=np.array([1e-6]))[1],
        cosine_rows(line, noise, right_noise=1e-6)[1],
        cosine_rows(noise, line, left_noise=1e-6)[1],
    ):
        assert flags.all()
    assert not pearson_rows(line, noise, right_noise=1e-8)[1].any()


@settings(deadline=None)
@given(
    values=st.lists(
        st.tuples(st.floats(-100, 100, width=32), st.floats(-100, 100, width=32)),
        min_size=2,
        max_size=20,
    ),
    factor=st.floats(1e-3, 1e3),
)
def test_correlations_stay_in_range_and_do_not_depend_on_the_unit(values, factor):
    left, right = np.array(values).T[:, None]
    r, undefined = pearson_rows(left, right, left_noise=1e-3, right_noise=1e-3)
    scaled, same = pearson_rows(
        left * factor, right, left_noise=1e-3 * factor * (1 - 1e-9), right_noise=1e-3
    )
    assert abs(r[0]) <= 1
    if undefined[0] == same[0]:
        assert scaled == pytest.approx(r, abs=1e-9)
