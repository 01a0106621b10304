"""`perturb-evals` alone, before and after the first runs."""

import re
import shlex
import shutil
from pathlib import Path

import pytest
from inspect_ai.log import read_eval_log, write_eval_log

from perturb_evals.cli.main import main
from perturb_evals.families import task_names

LOGS = sorted((Path(__file__).parents[1] / "fixtures" / "logs").glob("*.eval"))


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.delenv("INSPECT_LOG_DIR", raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def said(capsys):
    """The first line, and the commands that are proposed."""

    def said():
        assert main([]) == 0
        first, *lines = capsys.readouterr().out.splitlines()
        return first, [line.strip() for line in lines if re.match(r"  \w", line)]

    return said


def test_without_logs_it_names_a_demo_a_first_run_and_the_list(said):
    first, commands = said()
    assert first == "Logs: ./logs, no logs yet."
    assert [command.split()[:2] for command in commands] == [
        ["perturb-evals", "demo"],
        ["inspect", "eval"],
        ["perturb-evals", "list"],
    ]
    assert re.search(r"perturb_evals/(\w+)", commands[1])[1] in task_names()


def test_with_logs_it_counts_them_and_names_what_reads_them(here, said, monkeypatch):
    folder = here / "my logs"
    folder.mkdir()
    shutil.copy(LOGS[0], folder)
    (folder / f"{LOGS[0].stem}-broken.eval").write_text("x")
    monkeypatch.setenv("INSPECT_LOG_DIR", str(folder))
    first, commands = said()
    assert first == f"Logs: {folder} (INSPECT_LOG_DIR), 2 logs: 1 complete run, 1 set aside."
    read, view, third = map(shlex.split, commands)
    assert read == ["perturb-evals", "leaderboard", str(folder)]
    assert view == ["inspect", "view", "--log-dir", str(folder)]
    assert third[:2] == ["perturb-evals", "estimate"]


def test_of_several_runs_on_a_board_it_proposes_to_compare_them(here, said):
    shutil.copytree(LOGS[0].parent, here / "logs")
    first, commands = said()
    assert re.match(rf"Logs: ./logs, {len(LOGS)} logs: \d+ complete runs", first)
    assert commands[2] == "perturb-evals compare logs"


def test_a_run_that_broke_off_is_to_go_on(here, said):
    log = read_eval_log(str(LOGS[0]))
    log.status = "cancelled"
    write_eval_log(log, str(here / "logs" / LOGS[0].name))
    first, commands = said()
    assert first == "Logs: ./logs, 1 log: 0 complete runs, 1 not complete."
    assert commands[0] == f"inspect eval-retry logs/{LOGS[0].name}"
    assert commands[1] == "inspect view --log-dir logs"


def test_logs_at_an_address_are_not_read(said, monkeypatch):
    monkeypatch.setenv("INSPECT_LOG_DIR", "s3://nowhere/logs")
    first, commands = said()
    assert first == "Logs: s3://nowhere/logs (INSPECT_LOG_DIR), which is not read here."
    assert commands[0] == "perturb-evals leaderboard s3://nowhere/logs"
