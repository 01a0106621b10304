"""All samples of real logs, shown to checks that write down what they see."""

import zipfile

import pytest
from inspect_ai.log import read_eval_log, read_eval_log_sample_summaries

from perturb_evals.datasets.errors import DataError
from perturb_evals.leaderboard.submission import samples as submission_samples
from perturb_evals.leaderboard.submission.checks import Check
from perturb_evals.leaderboard.submission.samples import checked_samples


class Sees:
    """A check that remembers places, and ends at one of them in an error."""

    def __init__(self, name="sees", error=None, at=0):
        self.name, self.error, self.at, self.seen = name, error, at, []

    def read(self, summary, sample):
        assert (summary.id, summary.epoch) == (sample.id, sample.epoch)
        assert sample.output is not None
        if self.error is not None and len(self.seen) == self.at:
            raise self.error
        self.seen.append((sample.id, sample.epoch))

    def check(self):
        return Check(self.name, "pass", f"{len(self.seen)} samples.")


def read(path):
    log = read_eval_log(str(path), header_only=True)
    return log, read_eval_log_sample_summaries(str(path))


@pytest.mark.parametrize("batch", [1, 7, 1000])
def test_every_sample_is_shown_once_to_every_check(runs, monkeypatch, batch):
    monkeypatch.setattr(submission_samples, "BATCH", batch)
    log, summaries = read(runs["scripted de"])
    checks = [Sees("one"), Sees("two")]
    assert [check.said for check in checked_samples(log, summaries, checks)] == [
        f"{len(summaries)} samples."
    ] * 2
    assert checks[0].seen == checks[1].seen == [(one.id, one.epoch) for one in summaries]


def test_no_sample_and_no_check(runs):
    log, summaries = read(runs["constant de"])
    (check,) = checked_samples(log, [], [Sees()])
    assert check.said == "0 samples."
    assert checked_samples(log, summaries, []) == []


def test_a_check_that_ends_leaves_the_others_alone(runs):
    log, summaries = read(runs["constant de"])
    lacks, broken, whole = Sees("a", DataError("no file"), 2), Sees("b", TypeError("x"), 1), Sees()
    first, second, third = checked_samples(log, summaries, [lacks, broken, whole])
    assert (first.outcome, first.said) == ("not checked", "The data cannot be had here: no file")
    assert second.outcome == "fail"
    assert f"{summaries[1].id}, epoch 1: TypeError('x')" in second.said
    assert third.said == f"{len(summaries)} samples."
    assert (len(lacks.seen), len(broken.seen)) == (2, 1)


def swapped(source, target):
    """Copy a log with the texts of two samples exchanged."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        names = [name for name in old.namelist() if name.startswith("samples/")]
        other = {names[0]: names[1], names[1]: names[0]}
        for name in old.namelist():
            new.writestr(name, old.read(other.get(name, name)))


def test_a_sample_in_the_place_of_another_fails(runs, tmp_path):
    swapped(runs["constant de"], tmp_path / "log.eval")
    log, summaries = read(tmp_path / "log.eval")
    (check,) = checked_samples(log, summaries, [Sees()])
    assert check.outcome == "fail"
    assert " stands in the place of " in check.said


def test_a_sample_that_is_not_in_the_log_fails(runs):
    log, summaries = read(runs["constant de"])
    summaries[-1].id = "gone"
    (check,) = checked_samples(log, summaries, [Sees()])
    assert check.outcome == "fail"
    assert "gone" in check.said
