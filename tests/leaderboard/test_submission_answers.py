"""Answers scored again with the package's own scorers."""

import numpy as np
import pandas as pd
import pytest
from inspect_ai import eval as inspect_eval
from inspect_ai.log import read_eval_log, read_eval_log_sample_summaries

from perturb_evals.datasets.demo_screen import demo_screen
from perturb_evals.leaderboard.submission_answers import SCORED_AGAIN, answers_check, chosen
from perturb_evals.solvers.replay_expression import replay_expression
from perturb_evals.tasks.langpert import langpert


@pytest.fixture
def run(runs):
    def run(name):
        log = read_eval_log(str(runs[name]), header_only=True)
        return log, read_eval_log_sample_summaries(log.location)

    return run


@pytest.mark.parametrize(
    "name", ["constant de", "knn direction", "scripted de", "mean langpert", "scripted langpert"]
)
def test_stored_scores_are_those_of_the_answers(run, name):
    log, summaries = run(name)
    check = answers_check(log, summaries)
    assert check.outcome == "pass"
    assert check.said.startswith(f"{min(SCORED_AGAIN, len(summaries))} of {len(summaries)} ")


@pytest.mark.parametrize("name", ["scripted de", "scripted langpert"])
def test_a_changed_value_is_found(run, name):
    log, summaries = run(name)
    for sample in summaries:
        (score,) = sample.scores.values()
        if isinstance(score.value, dict):
            score.value["mae_top20"] -= 0.01
        else:
            score.value = 0.25
    check = answers_check(log, summaries)
    assert check.outcome == "fail"
    assert "the stored " in check.said
    assert ", the answer gives " in check.said


def test_an_abstention_taken_back_is_found(run):
    log, summaries = run("scripted de")
    for sample in summaries:
        sample.scores["p_positive"].metadata["abstained"] = "refusal"
    check = answers_check(log, summaries)
    assert "the stored abstained is 'refusal'" in check.said


def test_predicted_vectors_cannot_be_scored_again(tmp_path):
    screen = demo_screen()
    table = pd.DataFrame(np.asarray(screen.expression), columns=list(screen.genes))
    table.insert(0, "perturbation", list(screen.perturbations))
    table.to_parquet(tmp_path / "vectors.parquet")
    (log,) = inspect_eval(
        langpert(screen="demo", fold=0),
        solver=replay_expression(str(tmp_path / "vectors.parquet")),
        model="none/none",
        log_dir=str(tmp_path),
        limit=3,
        display="none",
        log_realtime=False,
    )
    assert log.status == "success"
    check = answers_check(log, read_eval_log_sample_summaries(log.location))
    assert check.outcome == "not applicable"


def test_the_draw_depends_on_the_run_alone(run):
    log, summaries = run("scripted de")
    drawn = chosen(log, summaries, 5)
    assert len(set(drawn)) == 5
    assert chosen(log, summaries[::-1], 5) == drawn
    log.eval.eval_id = "another"
    assert chosen(log, summaries, 5) != drawn
    assert len(chosen(log, summaries, len(summaries))) == len(summaries)
    assert chosen(log, [], 5) == []
