"""Files of predictions, checked as the run would that replays them."""

import shlex

import numpy as np
import pandas as pd
import pytest

from perturb_evals.datasets.demo.screen import demo_screen
from perturb_evals.datasets.pairs.benchmark import pairs_benchmark
from perturb_evals.leaderboard.submission.predictions_file import check_predictions, replay_command

DEMO = {"dataset": "demo", "cell_line": "demo_b"}


@pytest.fixture
def predictions():
    rows = pairs_benchmark("de", dataset="demo", cell_line="demo_b").rows[["pert", "gene"]]
    return rows.assign(score=np.linspace(0, 1, len(rows)))


@pytest.fixture
def check(tmp_path):
    def check(table, task="perturbqa_de", given=DEMO):
        path = tmp_path / "mine.csv"
        table.to_csv(path, index=False)
        checked = check_predictions(path, task, given)
        (only,) = checked.checks
        assert checked.place == str(path)
        return only

    return check


def test_a_whole_file_passes(check, predictions):
    found = check(predictions)
    assert found.outcome == "pass"
    assert found.said == f"Each of the {len(predictions)} scored questions has one finite score."


def test_a_file_with_all_test_rows_passes(check):
    rows = pairs_benchmark("de", dataset="demo", cell_line="demo_b", questions="all").rows
    found = check(rows[["pert", "gene"]].assign(score=0.5))
    assert found.outcome == "pass"
    assert "more are questions of questions=all" in found.said


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda t: t.iloc[1:], "no prediction for pert="),
        (lambda t: t.iloc[:0], "no predictions for demo_b"),
        (lambda t: pd.concat([t, t.iloc[:1]]), "stands here twice"),
        (lambda t: t.assign(score=np.nan), "not a finite number"),
        (lambda t: t.assign(score=np.inf), "not a finite number"),
        (lambda t: pd.concat([t, t.iloc[:1].assign(pert="X")]), "not test questions"),
        (lambda t: t.drop(columns="score"), "expected the columns"),
    ],
)
def test_a_fault_is_named(check, predictions, change, named):
    found = check(change(predictions))
    assert found.outcome == "fail"
    assert named in found.said


def test_another_task_or_line_has_other_questions(check, predictions):
    assert check(predictions, "perturbqa_direction").outcome == "fail"
    assert check(predictions, given={**DEMO, "cell_line": "demo_a"}).outcome == "fail"
    found = check(predictions, given={**DEMO, "cell_line": "k562"})
    assert "cell_line must be one of demo_a" in found.said


def test_data_that_are_not_here(check, predictions, put_tables):
    put_tables({})
    assert check(predictions, given={"cell_line": "k562"}).outcome == "not checked"


def test_vectors(tmp_path):
    screen, path = demo_screen(), tmp_path / "vectors.parquet"
    table = pd.DataFrame(np.asarray(screen.expression), columns=list(screen.genes))
    table.insert(0, "perturbation", list(screen.perturbations))
    table.to_parquet(path)
    (passed,) = check_predictions(path, "langpert", {"screen": "demo"}).checks
    assert passed.outcome == "pass"
    assert f"{len(screen.perturbations)} perturbations" in passed.said
    table.iloc[1:].to_parquet(path)
    (failed,) = check_predictions(path, "langpert", {"screen": "demo"}).checks
    assert failed.outcome == "fail"
    assert repr(screen.perturbations[0]) in failed.said


def test_the_command_is_quoted(tmp_path):
    path = tmp_path / "my file; rm.csv"
    words = shlex.split(replay_command(path, "perturbqa_de", DEMO))
    assert words[:3] == ["inspect", "eval", "perturb_evals/perturbqa_de"]
    assert f"file={path}" in words
    assert words[words.index("cell_line=demo_b") - 1 :][:2] == ["-T", "cell_line=demo_b"]
    assert "perturb_evals/replay_expression" in replay_command(path, "langpert", {})
