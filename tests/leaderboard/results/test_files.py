"""All runs as results, complete or not, and the names of their files."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from inspect_ai.log import read_eval_log
from inspect_ai.model import ModelCost

from perturb_evals.leaderboard.results.files import file_name, read_runs, whole_result
from perturb_evals.logs.headers import LogsError


def test_runs_of_every_status_are_there(runs, unfinished, gather):
    folder = gather(runs["constant de"], runs["scripted langpert"], *unfinished.values())
    found = read_runs([folder])
    assert sorted(result.status for result in found.results) == sorted(
        ["complete", "complete", *unfinished]
    )
    assert [bool(result.reason) for result in found.results] == [
        result.status != "complete" for result in found.results
    ]
    assert not found.set_aside


def test_samples_tell_calls_and_prompts(runs):
    (result,) = read_runs([str(runs["scripted de"])]).results
    samples = read_eval_log(str(runs["scripted de"])).samples
    assert result.usage.calls == len(samples) == 2 * result.n_questions
    assert result.usage.retries == 0
    assert len(result.protocol.prompts) == 1
    assert result.usage.model_seconds == pytest.approx(sum(s.working_time for s in samples))


def test_prices_make_a_cost(runs):
    price = ModelCost(input=1e6, output=2e6, input_cache_write=0, input_cache_read=0)
    (result,) = read_runs([str(runs["scripted de"])], {"perturb_scripted/biologist": price}).results
    tokens = result.usage.tokens
    assert result.usage.cost == tokens["input_tokens"] + 2 * tokens["output_tokens"]
    (unknown,) = read_runs([str(runs["scripted de"])]).results
    (free,) = read_runs([str(runs["constant de"])]).results
    assert (unknown.usage.cost, free.usage.cost) == (None, 0.0)


def test_a_log_whose_samples_cannot_be_used_is_set_aside(runs, rewrite, tmp_path):
    log = read_eval_log(str(runs["constant de"]))
    for sample in log.samples:
        sample.scores = {"other": sample.scores["p_positive"]}
    rewrite(runs["constant de"], tmp_path / "log.eval", samples=log.samples)
    found = read_runs([str(tmp_path)])
    assert not found.results
    assert "expected a score of p_positive" in found.set_aside[0].reason


@pytest.mark.parametrize(
    "change", [{"about_n_questions": "many"}, {"about_board": {"task": "other", "context": "x"}}]
)
def test_a_header_that_makes_no_result_is_refused(runs, rewrite, tmp_path, change):
    path = tmp_path / "log.eval"
    rewrite(runs["constant de"], path, **change)
    with pytest.raises(LogsError, match="not as this package writes it"):
        whole_result(read_eval_log(str(path), header_only=True))


@given(key=st.text(), one=st.text(), other=st.text())
def test_file_names_are_safe_and_told_apart_by_the_run(a_result, key, one, other):
    names = [file_name(a_result(board_key=key, eval_id=run)) for run in (one, other)]
    for name in names:
        assert re.fullmatch(r"[a-z0-9_][a-z0-9._-]{0,130}\.json", name)
    # A lone half of a character has no bytes of its own.
    same = one.encode(errors="replace") == other.encode(errors="replace")
    assert (names[0] == names[1]) == same


def test_a_name_of_a_real_board(a_result):
    name = file_name(a_result(board_key="perturbqa_de|k562|data:1f3a9c|q:scored/genes5/seed0"))
    assert name.startswith("perturbqa_de-k562-data-1f3a9c-q-scored-genes5-seed0-")
    assert "/" not in file_name(a_result(board_key="../../etc/passwd"))
