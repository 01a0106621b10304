"""`perturb-evals check-submission` as its user sees it."""

import shutil
import subprocess
import sys

import inspect_ai
import pytest
from inspect_ai.log import read_eval_log, write_eval_log

from perturb_evals.cli.main import main
from perturb_evals.datasets.pairs.benchmark import pairs_benchmark
from perturb_evals.leaderboard.submission.check import NAMES
from perturb_evals.solvers.pairs.baselines import constant
from perturb_evals.tasks.perturbqa import perturbqa_de


@pytest.fixture(scope="module")
def log(tmp_path_factory):
    folder = tmp_path_factory.mktemp("logs")
    inspect_ai.eval(
        perturbqa_de(dataset="demo", genes=3),
        solver=constant(),
        model="none/none",
        metadata={"system": "My [red]method[/red]\x1b[31m"},
        log_dir=str(folder),
        display="none",
        log_realtime=False,
    )
    return next(folder.glob("*.eval"))


@pytest.fixture
def check(capsys):
    def check(*arguments):
        code = main(["check-submission", *map(str, arguments)])
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return check


def test_a_run_that_passes(check, log):
    code, out, err = check(log)
    assert (code, err) == (0, "")
    assert "perturbqa_de on demo_a: My [red]method[/red][31m" in out
    assert "\x1b" not in out
    for name in NAMES:
        assert f" {name} " in out
    assert out.endswith("1 of 1 runs passed.\n")


def test_a_run_that_fails_and_one_that_cannot_be_read(check, log, tmp_path):
    changed = read_eval_log(str(log))
    changed.results.scores[0].metrics["coverage"].value = 0.25
    write_eval_log(changed, str(tmp_path / "changed.eval"))
    code, out, _ = check(tmp_path)
    assert code == 1
    assert "coverage: the header says 0.25, the stored scores give 1." in out
    assert out.endswith("0 of 1 runs passed, 1 failed.\n")
    shutil.copy(log, tmp_path / "changed.eval")
    (tmp_path / "broken.eval").write_bytes(b"no log")
    code, out, err = check(tmp_path)
    assert code == 1
    assert "set aside: " in err
    assert out.endswith("1 of 1 runs passed, 1 logs set aside.\n")


def test_nothing_to_check(check, tmp_path):
    assert check(tmp_path)[:2] == (1, "There is no run of this package to check.\n")
    code, _, err = check(tmp_path / "none.eval")
    assert code == 1
    assert "none.eval" in err


@pytest.mark.slow
def test_predictions_that_pass_are_made_a_run_by_the_command_that_is_printed(
    check, tmp_path, monkeypatch
):
    rows = pairs_benchmark("direction", dataset="demo").rows[["pert", "gene"]]
    path = tmp_path / "my scores.csv"
    rows.assign(score=0.5).to_csv(path, index=False)
    code, out, _ = check(path, "--task", "perturb_evals/perturbqa_direction", "--dataset", "demo")
    assert code == 0
    (command,) = [line for line in out.splitlines() if line.startswith("inspect eval ")]
    command = command.replace("inspect eval ", f"{sys.executable} -m inspect_ai eval ", 1)
    command += f" --display none --log-dir {tmp_path / 'logs'}"
    subprocess.run(command, shell=True, check=True, cwd=tmp_path, capture_output=True)
    code, out, _ = check(tmp_path / "logs")
    assert code == 0
    assert "perturbqa_direction on demo_a: My method" in out


def test_predictions_that_fail(check, tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text("pert,gene,score\nA,B,1\n")
    code, out, _ = check(path, "--task", "perturbqa_de", "--dataset", "demo")
    assert code == 1
    assert "pert=A, gene=B" in " ".join(out.split())
    assert "inspect eval" not in out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--dataset", "demo"], "--dataset is for files of predictions"),
        (["--task", "perturbqa_de", "--control", "NT"], "--control does not go with"),
        (["--task", "perturbqa_de", "--screen", "demo"], "--screen does not go with"),
    ],
)
def test_options_that_do_not_go_together(check, arguments, said):
    code, _, err = check("file", *arguments)
    assert code == 2
    assert said in err
