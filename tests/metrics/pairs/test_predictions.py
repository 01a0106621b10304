import numpy as np
import pandas as pd
import pytest

from perturb_evals.metrics.pairs.predictions import Predictions

GOOD = {
    "perts": ["AAMP", "AARS", "AAMP"],
    "genes": ["NOTCH1", "NOTCH1", "YES1"],
    "labels": [0, 1, 1],
    "scores": [0.1, 0.9, 0.5],
}


def test_plain_lists_become_arrays_nobody_can_change():
    table = Predictions(**GOOD)
    assert len(table) == 3
    assert table.labels.dtype == np.int8
    assert table.scores.dtype == np.float64
    assert not table.abstained.any()
    with pytest.raises(ValueError, match="read-only"):
        table.scores[0] = 1.0


def test_the_input_is_copied():
    scores = np.array([0.1, 0.9, 0.5])
    table = Predictions(**{**GOOD, "scores": scores}, abstained=[True, False, False])
    scores[1] = 7.0
    assert np.isnan(table.scores[0])
    assert table.scores[1] == 0.9
    assert scores[0] == 0.1


@pytest.mark.parametrize("score", [np.nan, np.inf, 0.7, None])
def test_an_abstained_score_is_forgotten(score):
    table = Predictions(**{**GOOD, "scores": [0.1, score, 0.5]}, abstained=[0, 1, 0])
    assert np.isnan(table.scores).tolist() == [False, True, False]


@pytest.mark.parametrize(
    "column",
    [
        pd.Series(["a", "b", "c"], dtype="string"),
        pd.Categorical(["a", "b", "c"]),
        np.array([3, 1, 2]),
        pd.Series([3, 1, 2], dtype="int32"),
    ],
)
def test_names_may_be_strings_or_codes_of_any_container(column):
    assert Predictions(**{**GOOD, "genes": column}).genes.tolist() == list(column)


def test_a_table_without_rows_is_allowed():
    assert len(Predictions([], [], [], [])) == 0


@pytest.mark.each(
    ("change", "message"),
    [
        ({"scores": [0.1, np.nan, np.inf]}, "finite.*2 of 3 rows.*row 1 with nan"),
        ({"scores": [0.1, None, 0.5]}, "finite.*1 of 3 rows.*row 1"),
        ({"scores": ["0.1", "0.2", "0.3"]}, "scores must be numbers, got string"),
        ({"scores": [1j, 2, 3]}, "scores must be numbers, got complex"),
        ({"scores": [[0.1], [0.9], [0.5]]}, r"one-dimensional, got shape \(3, 1\)"),
        ({"scores": [[0.1], 0.9, 0.5]}, "scores must be one-dimensional"),
        ({"scores": [0.1, 0.9]}, "one length.*'scores': 2"),
        ({"labels": [0, 1, 2]}, "labels must be 0 or 1: 1 of 3 rows.*row 2 with 2"),
        ({"labels": ["0", "1", "1"]}, "labels must be 0 or 1: 3 of 3 rows.*row 0 with '0'"),
        ({"labels": [0, np.nan, 1]}, "labels must be 0 or 1.*row 1 with nan"),
        ({"labels": pd.Series([0, pd.NA, 1], dtype=object)}, "labels must be 0 or 1.*row 1"),
        ({"labels": [0, 1, 1, 0]}, "one length.*'labels': 4"),
        ({"abstained": [0, 0.5, 1]}, "abstained must be 0 or 1.*row 1 with 0.5"),
        ({"abstained": [True]}, "one length.*'abstained': 1"),
        ({"genes": ["a", None, "b"]}, "genes must not be missing: 1 of 3 rows.*row 1"),
        ({"genes": [1.0, 2.0, 3.0]}, "genes must be all strings or all integers, got floating"),
        ({"perts": pd.Series(["a", 1, "b"])}, "perts must be all strings or all integers"),
        ({"perts": "AAMP"}, r"perts must be one-dimensional, got shape \(\)"),
    ],
)
def test_bad_columns_are_refused_with_the_place(change, message):
    with pytest.raises(ValueError, match=message):
        Predictions(**{**GOOD, **change})
