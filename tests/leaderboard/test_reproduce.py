"""The command that runs the same again: run for real, and for arguments of every kind."""

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from inspect_ai.log import read_eval_log
from inspect_ai.model import GenerateConfig

from perturb_evals.leaderboard.entries import read_entries
from perturb_evals.leaderboard.reproduce import command

Runs = dict[str, Path]


@pytest.mark.slow
def test_the_command_gives_the_same_headline(
    runs: Runs, tmp_path: Path, rewrite: Callable[..., None]
) -> None:
    rewrite(runs["knn direction"], tmp_path / "named.eval", "named", about_system="my $ystem")
    (entry,) = read_entries([str(tmp_path / "named.eval")]).complete
    assert entry.result
    words = shlex.split(entry.result.command)
    assert words[0] == "inspect"
    inspect = Path(sys.executable).parent / "inspect"
    if not inspect.exists():
        found = shutil.which("inspect")
        assert found, "Inspect's command is not on the path"
        inspect = Path(found)
    logs = tmp_path / "again"
    subprocess.run(
        [str(inspect), *words[1:], "--log-dir", str(logs), "--display", "none"],
        check=True,
        capture_output=True,
        cwd=tmp_path,
        env=os.environ | {"INSPECT_LOG_LEVEL": "warning"},
    )
    (again,) = read_entries([str(logs)]).complete
    assert again.result
    assert again.name == entry.name == "my $ystem"
    assert again.figure == entry.figure
    assert again.result.board == entry.result.board
    assert again.result.command == entry.result.command
    assert again.system == entry.system


def test_it_says_what_was_given_and_nothing_else(runs: Runs) -> None:
    def of(name: str) -> str:
        return command(read_eval_log(str(runs[name]), header_only=True))

    asked = "-T dataset=demo -T cell_line=demo_a -T genes=6"
    assert of("scripted de") == (
        f"inspect eval perturb_evals/perturbqa_de {asked} --model perturb_scripted/biologist "
        "--epochs 2"
    )
    words = of("knn direction").split()
    assert words[:3] == ["inspect", "eval", "perturb_evals/perturbqa_direction"]
    assert "evidence=cross" in words
    assert words[-4:] == ["--solver", "perturb_evals/cross_line_knn", "--model", "none/none"]
    assert of("mean langpert") == (
        "inspect eval perturb_evals/langpert -T screen=demo -T fold=1 "
        "--solver perturb_evals/mean_effect --model none/none"
    )


def test_settings_that_change_answers_stand_in_it(
    runs: Runs, tmp_path: Path, rewrite: Callable[..., None]
) -> None:
    given: dict[str, Any] = {
        "temperature": 0.6,
        "top_p": 0.9,
        "max_tokens": 100,
        "seed": 3,
        "system_message": "Be brief; it's urgent.",
        "frequency_penalty": 0.5,
        "reasoning_effort": "low",
        "reasoning_tokens": 512,
    }
    rewrite(
        runs["scripted de"],
        tmp_path / "log.eval",
        "log",
        model_generate_config=GenerateConfig(**given),
        model_args={"api_key": "sk-secret"},
    )
    words = shlex.split(command(read_eval_log(str(tmp_path / "log.eval"), header_only=True)))
    for name, value in given.items():
        assert words[words.index(f"--{name.replace('_', '-')}") + 1] == str(value)
    assert "sk-secret" not in " ".join(words)


@pytest.mark.parametrize(
    ("value", "word"),
    [
        ("with space; rm -rf ~", "x=with space; rm -rf ~"),
        ("$(evil) `evil` 'q'", "x=$(evil) `evil` 'q'"),
        (["a", "b"], "x=a,b"),
        (True, "x=true"),
        (0.25, "x=0.25"),
        ([1, 2], "x=[1, 2]"),
    ],
)
def test_whatever_an_argument_holds_is_one_word_of_the_shell(
    value: Any, word: str, runs: Runs
) -> None:
    log = read_eval_log(str(runs["knn de"]), header_only=True)
    log.eval.task_args_passed = {"x": value, "y": None}
    log.eval.solver_args_passed = {"x": value}
    words = shlex.split(command(log))
    assert words[words.index("-T") + 1] == words[words.index("-S") + 1] == word
    assert not any(word.startswith("y=") for word in words)
    printed = subprocess.run(
        ["sh", "-c", f"printf '%s\\n' {shlex.join(words)}"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert printed.stdout.splitlines() == words


def test_neither_secrets_nor_folders_stand_in_it(runs: Runs) -> None:
    log = read_eval_log(str(runs["knn de"]), header_only=True)
    log.eval.solver = "/home/me/agent.py@solve"
    log.eval.solver_args_passed = {
        "api_key": "LEAK",
        "client": {"password": "LEAK", "timeout": 5},
        "files": ["/home/me/a.csv", "b/c.csv"],
        "max_tokens": 100,
    }
    log.eval.task_args_passed = {"account": "LEAK", "projection": "pca"}
    words = shlex.split(command(log))
    assert "LEAK" not in " ".join(words)
    assert "/home" not in " ".join(words)
    assert words[words.index("--solver") + 1] == "agent.py@solve"
    assert {
        'client={"timeout": 5}',
        "files=a.csv,c.csv",
        "max_tokens=100",
        "projection=pca",
    } <= set(words)
