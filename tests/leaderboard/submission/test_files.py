"""The files of a submission: which are logs, which results, and which log goes with a result."""

import shutil

import pytest
from inspect_ai.log import read_eval_log

from perturb_evals.leaderboard.results.files import whole_result
from perturb_evals.leaderboard.results.result import write_result
from perturb_evals.leaderboard.submission.files import gather
from perturb_evals.logs.headers import LogsError


@pytest.fixture
def folder(runs, tmp_path):
    for name in ("constant de", "constant direction"):
        log = tmp_path / f"{name.replace(' ', '_')}.eval"
        shutil.copy(runs[name], log)
        path = tmp_path / "results" / f"{log.stem}.json"
        write_result(whole_result(read_eval_log(str(log), header_only=True)), path)
    return tmp_path


def found(*paths):
    gathered = gather([str(path) for path in paths])
    runs = sorted(log.eval.task.rpartition("_")[2] for log in gathered.headers.runs)
    return runs, sorted(given.path.name for given in gathered.given)


def test_a_folder_holds_both(folder):
    both = ["constant_de.json", "constant_direction.json"]
    assert found(folder) == (["de", "direction"], both)
    assert found(folder, folder / "results", folder / "constant_de.eval") == found(folder)


def test_a_result_brings_its_log(folder):
    result = folder / "results" / "constant_de.json"
    assert found(result) == (["de"], ["constant_de.json"])
    assert found(folder / "results")[0] == ["de", "direction"]
    assert found(folder / "constant_direction.eval", result)[0] == ["de", "direction"]


def test_a_result_without_its_log_brings_none(folder):
    (folder / "constant_de.eval").unlink()
    assert found(folder / "results" / "constant_de.json") == ([], ["constant_de.json"])


def test_other_json_is_no_result(folder):
    (folder / "results" / "prices.json").write_text("{}")
    assert len(found(folder)[1]) == 2


def test_a_log_in_json_is_a_log(runs, rewrite, tmp_path):
    rewrite(runs["constant de"], tmp_path / "run.json")
    assert found(tmp_path / "run.json") == (["de"], [])


def test_a_broken_result_is_told_with_its_fault(folder):
    path = folder / "results" / "broken.json"
    path.write_text('{"schema_version": 1}')
    (given,) = gather([str(path)]).given
    assert given.result is None
    assert "no result of schema version 1" in given.fault


def test_a_path_that_is_not_there(tmp_path):
    with pytest.raises(LogsError):
        gather([str(tmp_path / "none.json")])
