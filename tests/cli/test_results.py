"""`perturb-evals results`: the files that it writes, and what it says."""

import json
import shutil

import inspect_ai
import pytest
from inspect_ai.log import read_eval_log, write_eval_log

from perturb_evals.cli.main import main
from perturb_evals.leaderboard.results.result import read_result
from perturb_evals.solvers.pairs.baselines import constant
from perturb_evals.tasks.perturbqa import perturbqa_de

SCRIPTED = "perturb_scripted/biologist"
PRICE = {"input": 1.0, "output": 2.0, "input_cache_write": 1.0, "input_cache_read": 1.0}


@pytest.fixture(scope="module")
def logs(tmp_path_factory):
    """A complete run, one of a model, and one that was limited."""
    folder = tmp_path_factory.mktemp("logs")
    for options in (
        {"solver": constant(), "model": "none/none"},
        {"model": SCRIPTED, "metadata": {"system": "My [red]method[/red]\x1b[31m"}},
        {"solver": constant(), "model": "none/none", "limit": 2},
    ):
        (log,) = inspect_ai.eval(
            perturbqa_de(dataset="demo", genes=3),
            log_dir=str(folder),
            display="none",
            log_realtime=False,
            **options,
        )
        assert log.status == "success"
    return folder


@pytest.fixture
def results(tmp_path, capsys):
    """Run the command into a folder, and return the exit code, what was printed, and the files."""

    def results(*paths, folder=tmp_path / "results"):
        code = main(["results", *map(str, paths), "-o", str(folder)])
        printed = capsys.readouterr()
        files = sorted(folder.glob("*")) if folder.exists() else []
        return code, printed, {path.name: path.read_bytes() for path in files}

    return results


def test_a_file_a_run(results, logs, tmp_path):
    code, printed, files = results(logs)
    assert code == 0
    assert len(files) == 3
    found = [read_result(tmp_path / "results" / name) for name in files]
    assert sorted(result.status for result in found) == ["complete", "complete", "partial"]
    (partial,) = [result for result in found if result.status == "partial"]
    assert "have no score" in partial.reason
    (model,) = [result for result in found if result.system]
    assert model.system == "My [red]method[/red]\x1b[31m"
    assert model.usage.calls == model.n_questions
    for name in files:
        assert str(tmp_path / "results" / name) in printed.out
    assert printed.out.endswith(
        f"3 results in {tmp_path / 'results'}, 1 of them of runs that are not complete\n"
    )
    assert not printed.err


def test_again_gives_the_same_bytes(results, logs, tmp_path):
    first = results(logs)[2]
    assert results(logs)[2] == first
    moved = tmp_path / "moved"
    shutil.copytree(logs, moved)
    again = results(moved, folder=tmp_path / "others")[2]
    assert set(again) == set(first)
    for name, content in again.items():
        before, after = json.loads(first[name]), json.loads(content)
        assert before.pop("log") != after.pop("log")
        assert before == after
        same = content.replace(str(moved).encode(), str(logs).encode())
        assert same == first[name]


@pytest.mark.parametrize("option", ["--model-cost-config", "--prices"])
def test_prices(results, logs, tmp_path, capsys, option):
    prices = tmp_path / "prices.json"
    prices.write_text(json.dumps({SCRIPTED: PRICE}))
    folder = tmp_path / "priced"
    assert main(["results", str(logs), "-o", str(folder), option, str(prices)]) == 0
    (found,) = [r for r in map(read_result, folder.iterdir()) if r.system]
    tokens = found.usage.tokens
    expected = (tokens["input_tokens"] + 2 * tokens["output_tokens"]) / 1e6
    assert found.usage.cost == pytest.approx(expected, rel=1e-12)
    capsys.readouterr()
    prices.write_text(json.dumps({SCRIPTED: {"input": 1}}))
    assert main(["results", str(logs), "-o", str(folder), option, str(prices)]) == 1
    assert f"{SCRIPTED}: expected input, output" in capsys.readouterr().err


def test_logs_that_are_none_are_told(results, logs, tmp_path):
    shutil.copytree(logs, tmp_path / "mixed")
    (tmp_path / "mixed" / "bro\x1bken.eval").write_bytes(b"no log")
    code, printed, files = results(tmp_path / "mixed")
    assert (code, len(files)) == (0, 3)
    assert printed.err.startswith("set aside: ")
    assert "\x1b" not in printed.err
    code, printed, _ = results(tmp_path / "mixed" / "bro\x1bken.eval", folder=tmp_path / "none")
    assert code == 1
    assert "there is no run" in printed.err


def test_a_run_that_ended_with_an_error_has_a_file_too(results, logs, tmp_path):
    log = read_eval_log(str(next(logs.glob("*.eval"))))
    log.status, log.results = "error", None
    write_eval_log(log, str(tmp_path / "failed.json"))
    code, printed, files = results(tmp_path / "failed.json")
    assert code == 0
    (name,) = files
    found = read_result(tmp_path / "results" / name)
    assert found.status == "error"
    assert found.metrics == {}
    assert "error  auroc_per_gene -" in printed.out


def test_a_path_that_is_not_there_and_a_folder_that_cannot_be(results, logs, tmp_path):
    assert results(tmp_path / "none")[0] == 1
    (tmp_path / "file").write_text("")
    code = main(["results", str(logs), "-o", str(tmp_path / "file")])
    assert code == 1
