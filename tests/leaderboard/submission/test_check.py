"""A submission as a whole: honest runs pass, and each way of changing one is found."""

import json
import random
import shutil

import pytest
from inspect_ai.event import ScoreEvent
from inspect_ai.log import read_eval_log, write_eval_log
from inspect_ai.scorer import SampleScore

from perturb_evals.leaderboard.results.files import whole_result
from perturb_evals.leaderboard.results.result import read_result, write_result
from perturb_evals.leaderboard.submission.check import NAMES, check_runs
from perturb_evals.logs.headers import TAKEN_UP, LogsError
from perturb_evals.scorers.pairs.results import classification


def header(path):
    return read_eval_log(str(path), header_only=True)


def found(paths):
    """Outcome and words of each check of the one run."""
    (checked,) = check_runs([str(path) for path in paths]).runs
    return {check.name: (check.outcome, check.said) for check in checked.checks}


def outcomes(paths):
    return {name: outcome for name, (outcome, _) in found(paths).items()}


def said(paths, name):
    return found(paths)[name]


@pytest.fixture
def edited(runs, tmp_path):
    """Copy a run with its whole log changed in place by a function."""

    def edited(name, change):
        log = read_eval_log(str(runs[name]))
        change(log)
        path = tmp_path / "edited.eval"
        write_eval_log(log, str(path))
        return path

    return edited


def fit_header(log):
    """Make the events and the metrics of a header those of scores that were changed."""
    scores = []
    for sample in log.samples:
        for event in sample.events:
            if isinstance(event, ScoreEvent):
                event.score = sample.scores["p_positive"]
        about = {"sample_id": sample.id, "sample_metadata": sample.metadata}
        scores.append(SampleScore(score=sample.scores["p_positive"], **about))
    asked = log.eval.metadata["n_questions"]
    for name, value in classification(asked=asked)(scores).items():
        log.results.scores[0].metrics[name].value = value


def test_honest_runs_pass_every_check(runs):
    submission = check_runs(sorted(map(str, runs.values())))
    assert len(submission.runs) == len(runs)
    assert submission.passed
    for checked in submission.runs:
        assert tuple(check.name for check in checked.checks) == NAMES
        assert all(check.said.endswith(".") for check in checked.checks)
    with_model = [run for run in submission.runs if "scripted" in run.title]
    assert len(with_model) == 3
    assert {check.outcome for run in with_model for check in run.checks} == {"pass"}


def test_runs_that_are_not_complete_fail(unfinished):
    for status, path in unfinished.items():
        submission = check_runs([str(path)])
        assert not submission.passed
        (check,) = [check for check in submission.runs[0].checks if check.name == "complete"]
        assert check.outcome == "fail"
        assert check.said.startswith(f"{status}: ")


def test_a_metric_of_the_header_that_was_changed(edited):
    def change(log):
        log.results.scores[0].metrics["auroc_per_gene"].value += 1e-6

    checks = found([edited("constant de", change)])
    assert "auroc_per_gene: the header says" in checks["metrics"][1]
    assert [name for name, (outcome, _) in checks.items() if outcome == "fail"] == ["metrics"]


def test_scores_that_were_changed(edited):
    def change(log):
        for sample in log.samples:
            sample.scores["p_positive"].value = 1.0 if sample.target == "Yes" else 0.0

    checks = outcomes([edited("scripted de", change)])
    assert (checks["metrics"], checks["answers"]) == ("fail", "fail")


def test_scores_and_header_changed_to_fit_are_found_by_the_answers(edited):
    def change(log):
        for sample in log.samples:
            score = sample.scores["p_positive"]
            score.value = 1.0 if sample.target == "Yes" else 0.0
            score.metadata = {**score.metadata, "abstained": None, "route": "text"}
        fit_header(log)

    checks = found([edited("scripted de", change)])
    assert (checks["metrics"][0], checks["answers"][0]) == ("pass", "fail")
    assert "the answer gives" in checks["answers"][1]


@pytest.mark.parametrize("place", [0, 17, -1])
def test_one_falsified_score_is_found_wherever_it_stands(edited, place):
    changed = []

    def change(log):
        sample = log.samples[place]
        sample.scores["p_positive"].value = 0.123
        changed.append(f"{sample.id}, epoch {sample.epoch}: the stored score is 0.123, the answer ")
        fit_header(log)

    outcome, reason = said([edited("scripted de", change)], "answers")
    assert outcome == "fail"
    assert reason.startswith("1 of ")
    assert changed[0] in reason


def test_scores_falsified_all_around_a_draw_that_the_log_gives_away(edited):
    spared = []

    def change(log):
        places = sorted(((sample.id, sample.epoch) for sample in log.samples), key=str)
        spared[:] = random.Random(log.eval.eval_id).sample(places, 20)
        for sample in log.samples:
            score = sample.scores["p_positive"]
            if (sample.id, sample.epoch) not in spared and "abstained" not in score.metadata:
                score.value = 0.95 if score.metadata["label"] else 0.05
        fit_header(log)

    checks = found([edited("scripted de", change)])
    assert [name for name, (outcome, _) in checks.items() if outcome == "fail"] == ["answers"]
    assert "epoch 1: the stored score is 0." in checks["answers"][1]


def test_labels_that_were_turned_round(edited):
    def change(log):
        for sample in log.samples:
            sample.scores["p_positive"].metadata["label"] ^= 1

    outcome, reason = said([edited("constant de", change)], "questions")
    assert outcome == "fail"
    assert "the label is" in reason


def test_the_truth_that_was_turned_round(edited):
    def change(log):
        for sample in log.samples:
            sample.target = "No" if sample.target == "Yes" else "Yes"
            sample.scores["p_positive"].metadata["label"] ^= 1

    assert "the truth is" in said([edited("constant de", change)], "questions")[1]


def test_a_question_left_out_and_one_of_another_task(edited):
    path = edited("constant de", lambda log: log.samples.pop())
    assert "are missing or have no score" in said([path], "questions")[1]

    def change(log):
        log.samples[0].id = "demo_a/de/X>Y"

    _, reason = said([edited("constant de", change)], "questions")
    assert "1 of" in reason
    assert "X>Y, epoch 1" in reason


def test_a_second_answer_to_a_question(edited):
    def change(log):
        log.samples[1].epoch = 7

    assert "are not asked" in said([edited("scripted de", change)], "questions")[1]


def test_another_perturbation_under_the_id_of_a_question(edited):
    def change(log):
        log.samples[0].metadata["pert"] = "X"

    assert "pert is 'X', not" in said([edited("constant de", change)], "questions")[1]


@pytest.mark.parametrize("name", ["constant de", "mean langpert"])
@pytest.mark.parametrize(
    ("part", "value"), [("data_sha256", "0" * 64), ("board_key", "other"), ("n_questions", 3)]
)
def test_data_facts_that_are_not_those_of_the_data(runs, rewrite, tmp_path, name, part, value):
    path = tmp_path / "log.eval"
    rewrite(runs[name], path, **{f"about_{part}": value})
    outcome, reason = said([path], "board key")
    assert outcome == "fail"
    assert reason.startswith(f"{part}: the log says {value!r}")


def test_parts_of_the_board_that_are_not_those_of_the_data(runs, rewrite, tmp_path):
    path, board = tmp_path / "log.eval", header(runs["constant de"]).eval.metadata["board"]
    rewrite(runs["constant de"], path, about_board={**board, "questions": "all"})
    assert "questions: the log says 'all'" in said([path], "board key")[1]
    rewrite(runs["constant de"], path, about_board={**board, "more": 1})
    assert "parts that the task does not have" in said([path], "board key")[1]


def test_a_track_that_was_changed_in_the_header(runs, rewrite, tmp_path):
    path = tmp_path / "log.eval"
    args = header(runs["knn de"]).eval.task_args
    rewrite(runs["knn de"], path, about_evidence="none", task_args=args)
    assert said([path], "board key")[1].startswith("evidence: the log says 'none'")


def test_data_that_are_not_here_leave_checks_open(runs, rewrite, tmp_path):
    path = tmp_path / "log.eval"
    args = header(runs["mean langpert"]).eval.task_args
    rewrite(runs["mean langpert"], path, task_args={**args, "screen": "/nowhere/screen.h5ad"})
    submission = check_runs([str(path)])
    assert not submission.passed
    checks = {check.name: check for check in submission.runs[0].checks}
    for name in ("board key", "questions", "evidence"):
        assert checks[name].outcome == "not checked"
    assert checks["metrics"].outcome == "pass"
    assert "/nowhere/screen.h5ad" in checks["board key"].said


@pytest.mark.parametrize("args", [{}, {"dataset": "other"}, {"more": 1}, {"cell_line": 5}])
def test_arguments_that_the_task_does_not_take_fail(runs, rewrite, tmp_path, args):
    path = tmp_path / "log.eval"
    given = header(runs["constant de"]).eval.task_args
    rewrite(runs["constant de"], path, task_args={**given, **args} if args else {})
    assert outcomes([path])["board key"] == "fail"


def test_a_log_that_is_no_run_or_no_log_is_no_submission(tmp_path):
    (tmp_path / "broken.eval").write_bytes(b"no log")
    submission = check_runs([str(tmp_path)])
    assert not submission.passed
    assert len(submission.set_aside) == 1
    with pytest.raises(LogsError):
        check_runs([str(tmp_path / "none.eval")])
    (tmp_path / "empty").mkdir()
    assert not check_runs([str(tmp_path / "empty")]).passed


def test_a_log_that_cannot_be_read_beside_a_good_run_fails_the_submission(runs, gather):
    folder = gather(runs["constant de"])
    assert check_runs([folder]).passed
    (runs["constant de"].parent / folder / "broken.eval").write_bytes(b"no log")
    assert not check_runs([folder]).passed


def test_a_run_that_was_taken_up_again_is_judged_by_its_last_log(runs, rewrite, tmp_path):
    task = header(runs["constant de"]).eval.task_id
    rewrite(runs["constant de"], tmp_path / "1.eval", "first", status="cancelled", task_id=task)
    shutil.copy(runs["constant de"], tmp_path / "2.eval")
    created = "2020-01-01T00:00:00+00:00"
    rewrite(tmp_path / "1.eval", tmp_path / "1.eval", created=created)
    submission = check_runs([str(tmp_path)])
    assert [aside.reason for aside in submission.set_aside] == [TAKEN_UP]
    assert submission.passed


@pytest.fixture
def handed_in(honest, tmp_path):
    """A result in a folder, and its log beside it."""
    shutil.copy(honest["asks"], tmp_path / "log.eval")
    result = whole_result(header(tmp_path / "log.eval"))
    write_result(result, tmp_path / "result.json")
    return tmp_path / "result.json"


def test_a_result_is_compared_with_its_log_wherever_that_stands(handed_in, tmp_path):
    log = tmp_path / "log.eval"
    assert set(outcomes([handed_in]).values()) == {"pass"}
    assert said([handed_in, log], "result") == ("pass", "result.json is what the log gives.")
    assert said([tmp_path], "result") == ("pass", "result.json is what the log gives.")
    result = read_result(handed_in).model_copy(update={"log": "file:///elsewhere/log.eval"})
    write_result(result, handed_in)
    assert set(outcomes([handed_in]).values()) == {"pass"}
    (tmp_path / "moved").mkdir()
    moved = log.rename(tmp_path / "moved" / "other.eval")
    assert set(outcomes([handed_in, moved.parent]).values()) == {"pass"}
    assert outcomes([handed_in]) == {"result": "not checked"}


def change_json(path, change):
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (
            lambda r: r["metrics"]["auroc_per_gene"].update(value=0.9),
            "metrics.auroc_per_gene.value",
        ),
        (lambda r: r["metrics"].pop("auroc_per_gene"), "metrics.auroc_per_gene"),
        (lambda r: r["metrics"].update(best={"value": 1.0}), "metrics.best"),
        (lambda r: r.update(system="Mine"), "system"),
        (lambda r: r["protocol"].update(track="cross"), "protocol.track"),
        (lambda r: r["usage"]["tokens"].update(output_tokens=1), "usage.tokens.output_tokens"),
        (lambda r: r["board"].update(data="000000"), "board.data"),
    ],
)
def test_a_result_that_says_something_else_than_its_log(handed_in, change, named):
    change_json(handed_in, change)
    outcome, reason = said([handed_in], "result")
    assert outcome == "fail"
    assert f"gives: {named} is " in reason


def test_the_cost_may_be_of_other_prices(handed_in):
    change_json(handed_in, lambda result: result["usage"].update(cost=12.5))
    assert said([handed_in], "result")[0] == "pass"


def test_a_result_that_is_not_valid_fails(handed_in):
    change_json(handed_in, lambda result: result.update(status="fine"))
    submission = check_runs([str(handed_in)])
    assert [check.outcome for check in submission.runs[0].checks] == ["fail"]
    assert "status" in submission.runs[0].checks[0].said


def test_a_result_of_a_run_that_is_not_complete_still_needs_its_log(unfinished, tmp_path):
    path = tmp_path / "error.json"
    write_result(whole_result(header(unfinished["error"])), path)
    assert outcomes([path]) == {"result": "pass", "complete": "fail"}
