"""The task of a run, made again: the same samples and the same facts, and what may differ."""

import pytest
from inspect_ai.log import read_eval_log, read_eval_log_sample_summaries

from perturb_evals.leaderboard.submission.board import (
    asked_again,
    board_check,
    questions_check,
)
from perturb_evals.leaderboard.submission.checks import NotAtHandError
from perturb_evals.solvers.pairs.baselines import constant
from perturb_evals.tasks.perturbqa import perturbqa_de


def header(path):
    return read_eval_log(str(path), header_only=True)


def summaries(path):
    return read_eval_log_sample_summaries(str(path))


@pytest.mark.parametrize("name", ["knn de", "scripted direction", "mean langpert"])
def test_the_task_is_made_again_as_it_was(runs, name):
    log = header(runs[name])
    asked = asked_again(log)
    assert set(asked.samples) == {str(sample.id) for sample in summaries(runs[name])}
    assert dict(asked.facts) == {name: log.eval.metadata[name] for name in asked.facts}


def test_another_version_of_the_package_is_no_fault(runs):
    log = header(runs["constant de"])
    log.eval.metadata["package_version"] = "0.0.1"
    assert board_check(log, asked_again(log)).outcome == "pass"


def test_another_version_of_the_metrics_is_one(runs):
    log = header(runs["constant de"])
    log.eval.metadata["board"] = {**log.eval.metadata["board"], "metric_version": 0}
    check = board_check(log, asked_again(log))
    assert check.outcome == "fail"
    assert check.said == "metric_version: the log says 0, the data 1."


def test_a_screen_that_is_not_here(runs):
    log = header(runs["mean langpert"])
    log.eval.task_args = {**log.eval.task_args, "screen": "/nowhere/screen.h5ad"}
    with pytest.raises(NotAtHandError, match=r"/nowhere/screen\.h5ad"):
        asked_again(log)


def test_a_split_that_is_not_here(runs):
    log = header(runs["mean langpert"])
    log.eval.task_args = {**log.eval.task_args, "split": "/nowhere/split.json"}
    with pytest.raises(NotAtHandError, match=r"/nowhere/split\.json"):
        asked_again(log)


def test_an_answer_given_twice(runs):
    log, found = header(runs["constant de"]), summaries(runs["constant de"])
    check = questions_check(log, asked_again(log), [*found, found[3]])
    assert check.outcome == "fail"
    assert f"stand in the log more than once: {found[3].id}, epoch 1." in check.said


def test_an_answer_without_a_score(runs):
    log, found = header(runs["scripted de"]), summaries(runs["scripted de"])
    found[0].scores = None
    check = questions_check(log, asked_again(log), found)
    assert check.outcome == "fail"
    assert check.said == (
        f"1 of {len(found)} answers are missing or have no score: {found[0].id}, epoch 1."
    )


def test_epochs_are_counted(runs):
    log, found = header(runs["scripted de"]), summaries(runs["scripted de"])
    assert "once in each of 2 epochs" in questions_check(log, asked_again(log), found).said
    log.eval.config.epochs = 3
    assert questions_check(log, asked_again(log), found).outcome == "fail"


def test_nothing_answered(runs):
    log = header(runs["constant de"])
    assert questions_check(log, asked_again(log), []).outcome == "fail"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"unseen_seed": 7}, "unseen_seed is 7, not 1."),
        ({"unseen_seed": None}, "unseen_seed is None, not 1."),
        ({"holdout": "perturbation"}, "holdout is 'perturbation', not 'both'."),
    ],
)
def test_a_sample_that_hides_other_genes_than_its_board(evaluate, changes, said):
    asked = perturbqa_de(dataset="demo", holdout="both", seed=1, genes=3)
    log = evaluate(asked, solver=constant())
    found = summaries(log.location)
    found[2].metadata |= changes
    check = questions_check(log, asked_again(log), found)
    assert check.outcome == "fail"
    assert check.said.endswith(said)


def test_a_header_and_its_samples_that_hide_other_genes_than_the_arguments(evaluate):
    log = evaluate(perturbqa_de(dataset="demo", holdout="both", seed=1), solver=constant())
    log.eval.metadata["unseen_seed"] = 7
    check = board_check(log, asked_again(log))
    assert (check.outcome, check.said) == ("fail", "unseen_seed: the log says 7, the data 1.")
