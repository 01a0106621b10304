"""What is read of a run's samples, against the samples read whole."""

from collections.abc import Callable
from pathlib import Path

import pytest
from inspect_ai.log import EvalLog, read_eval_log

from perturb_evals.logs.headers import LogsError
from perturb_evals.logs.samples import read_samples

Runs = dict[str, Path]


def header(path: Path) -> EvalLog:
    return read_eval_log(str(path), header_only=True)


@pytest.mark.parametrize("name", ["scripted de", "scripted langpert", "constant direction"])
def test_scores_and_counts_are_those_of_the_whole_log(name: str, runs: Runs) -> None:
    whole = read_eval_log(str(runs[name]))
    assert whole.samples
    found = read_samples(header(runs[name]))
    expected = sorted(whole.samples, key=lambda sample: (str(sample.id), sample.epoch))
    (scorer,) = expected[0].scores or {}
    assert [score.sample_id for score in found.scores] == [str(s.id) for s in expected]
    assert [score.score.value for score in found.scores] == [
        (sample.scores or {})[scorer].value for sample in expected
    ]
    assert [score.sample_metadata for score in found.scores] == [s.metadata for s in expected]
    calls = sum(
        message.role == "assistant" and bool(sample.model_usage)
        for sample in expected
        for message in sample.messages
    )
    assert found.answered == len(expected)
    assert found.calls == calls
    assert found.retries == sum(len(sample.error_retries or []) for sample in expected) == 0
    assert found.model_seconds == pytest.approx(sum(s.working_time or 0.0 for s in expected))


def test_prompts_are_the_hashes_of_the_templates(runs: Runs) -> None:
    (prompt,) = read_samples(header(runs["scripted de"])).prompts
    assert len(prompt) >= 6
    assert set(prompt) <= set("0123456789abcdef")
    assert read_samples(header(runs["scripted direction"])).prompts != (prompt,)
    assert read_samples(header(runs["constant de"])).prompts == ()


def test_samples_without_a_score_are_left_out(runs: Runs, unfinished: Runs) -> None:
    assert len(read_samples(header(unfinished["partial"])).scores) == 3


def test_a_score_of_another_scorer_is_an_error(
    runs: Runs, tmp_path: Path, rewrite: Callable[..., None]
) -> None:
    samples = read_eval_log(str(runs["constant de"])).samples or []
    samples[4].scores = {"other": next(iter((samples[4].scores or {}).values()))}
    rewrite(runs["constant de"], tmp_path / "log.eval", "other", samples=samples)
    with pytest.raises(
        LogsError, match=rf"^log.eval, sample {samples[4].id}: expected a score of p_pos.*got other"
    ):
        read_samples(header(tmp_path / "log.eval"))


def test_a_log_that_is_gone_is_an_error_that_names_it(runs: Runs, tmp_path: Path) -> None:
    log = header(runs["constant de"])
    log.location = str(tmp_path / "gone.eval")
    with pytest.raises(LogsError) as error:
        read_samples(log)
    assert str(error.value) == "The samples of gone.eval cannot be read: FileNotFoundError."
