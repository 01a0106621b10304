"""Answers scored again with the package's own scorers."""

import numpy as np
import pandas as pd
import pytest
from inspect_ai import eval as inspect_eval
from inspect_ai.log import read_eval_log, read_eval_log_sample_summaries

from perturb_evals.datasets.demo.screen import demo_screen
from perturb_evals.leaderboard.submission.answers import RescoredAnswers
from perturb_evals.leaderboard.submission.samples import checked_samples
from perturb_evals.replies.expression import ExpressionReply
from perturb_evals.replies.reply import attach
from perturb_evals.solvers.expression.replay import replay_expression
from perturb_evals.tasks.langpert import langpert


def answers_check(log, summaries):
    (check,) = checked_samples(log, summaries, [RescoredAnswers(log)])
    return check


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
    assert check.said.startswith(f"{len(summaries)} of {len(summaries)} answers were scored again")


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
    first = f"; the first, {summaries[0].id}, epoch {summaries[0].epoch}: the stored "
    assert first in check.said
    assert ", the answer gives " in check.said


@pytest.mark.parametrize(
    ("name", "part", "change"),
    [
        ("scripted langpert", "projection", lambda told: [2 * number for number in told]),
        ("mean langpert", "counts", lambda told: {**told, "n_top20": 3}),
        ("scripted langpert", "n_given", lambda told: told + 1),
        ("scripted langpert", "dropped_invented", lambda told: 1),
        ("scripted de", "route", lambda told: "logprobs"),
    ],
)
def test_changed_counts_and_projections_are_found(run, name, part, change):
    """Metrics go by them: mode collapse, rates and counts."""
    log, summaries = run(name)
    (score,) = summaries[-1].scores.values()
    score.metadata[part] = change(score.metadata.get(part))
    check = answers_check(log, summaries)
    assert check.outcome == "fail"
    assert check.said.startswith(f"1 of {len(summaries)} answers have another score")
    assert f"epoch {summaries[-1].epoch}: the stored {part} is " in check.said


@pytest.mark.parametrize("name", ["scripted de", "scripted langpert"])
def test_the_question_is_that_of_the_summary(runs, rewrite, tmp_path, name):
    """Only summaries are compared with the task: what the sample says of itself does not count."""
    log, path = read_eval_log(str(runs[name])), tmp_path / "log.eval"
    summaries = read_eval_log_sample_summaries(str(runs[name]))
    first, second = log.samples[0], log.samples[-1]
    first.metadata, first.target = second.metadata, "No" if first.target == "Yes" else "Yes"
    rewrite(runs[name], path, samples=log.samples)
    check = answers_check(read_eval_log(str(path), header_only=True), summaries)
    assert check.outcome == "pass"


def test_an_answer_that_cannot_be_scored_again_is_found(run):
    log, summaries = run("scripted de")
    summaries[3].metadata["kind"] = "other"
    check = answers_check(log, summaries)
    assert check.outcome == "fail"
    assert f"{summaries[3].id}, epoch {summaries[3].epoch}: it cannot be scored" in check.said


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
    assert check.said.startswith("3 predicted vectors are not in the log")


def test_vectors_among_other_answers_are_counted(runs, rewrite, tmp_path):
    """As of gaussian_process, which predicts the training mean where it knows no embedding."""
    log, path = read_eval_log(str(runs["mean langpert"])), tmp_path / "log.eval"
    attach(log.samples[0].output, ExpressionReply("vector"))
    rewrite(runs["mean langpert"], path, samples=log.samples)
    header = read_eval_log(str(path), header_only=True)
    summaries = read_eval_log_sample_summaries(str(path))
    check = answers_check(header, summaries)
    assert check.outcome == "pass"
    n = len(summaries)
    assert check.said.startswith(f"{n - 1} of {n} answers were scored again")
    assert check.said.endswith(" 1 predicted vectors are not in the log: not scored again.")


def test_without_any_score_there_is_nothing_to_score_again(run):
    log, summaries = run("constant de")
    for sample in summaries:
        sample.scores = None
    assert answers_check(log, summaries).outcome == "not applicable"
