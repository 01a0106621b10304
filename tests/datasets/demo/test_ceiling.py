import pandas as pd
import pytest

from perturb_evals.datasets.demo.ceiling import attainable_scores
from perturb_evals.datasets.demo.world import DEMO_LINES, demo_tables


@pytest.mark.parametrize("line", DEMO_LINES)
@pytest.mark.parametrize("task", ["de", "direction"])
def test_attainable_scores_belong_to_the_test_rows_and_are_calibrated(line, task):
    table = demo_tables()[line, task]
    test = table[table["split"] == "test"].reset_index(drop=True)
    scores = attainable_scores(line, task)
    pd.testing.assert_frame_equal(scores[["pert", "gene"]], test[["pert", "gene"]])
    assert scores["score"].between(0, 1).all()
    if task == "direction":  # no sampling stands between the probability and the label
        assert scores["score"].mean() == pytest.approx(test["label"].mean(), abs=0.05)


def test_attainable_scores_refuse_unknown_tables():
    with pytest.raises(KeyError, match="k562"):
        attainable_scores("k562", "de")
