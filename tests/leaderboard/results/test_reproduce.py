"""The command that runs the same again: run for real, and for arguments of every kind."""

import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from inspect_ai.log import EvalConfig, EvalLog, read_eval_log
from inspect_ai.model import GenerateConfig, ModelConfig

from perturb_evals.leaderboard.entries import read_entries
from perturb_evals.leaderboard.results.protocol import LIMITS, OPERATIONAL, protocol_of
from perturb_evals.leaderboard.results.reproduce import ABOUT_RUN, command, left_out

Runs = dict[str, Path]


def inspect_eval(words: str, *more: str) -> str:
    """Run a command of Inspect for real, and return what it prints."""
    program, *rest = shlex.split(words)
    assert program == "inspect"
    found = Path(sys.executable).parent / "inspect"
    if not found.exists():
        where = shutil.which("inspect")
        assert where, "Inspect's command is not on the path"
        found = Path(where)
    return subprocess.run(
        [str(found), *rest, *more],
        check=True,
        capture_output=True,
        text=True,
        env=os.environ | {"INSPECT_LOG_LEVEL": "warning", "COLUMNS": "200"},
    ).stdout


@pytest.mark.slow
def test_the_command_gives_the_same_headline(
    runs: Runs, tmp_path: Path, rewrite: Callable[..., None]
) -> None:
    rewrite(runs["knn direction"], tmp_path / "named.eval", "named", about_system="my $ystem")
    (entry,) = read_entries([str(tmp_path / "named.eval")]).complete
    assert entry.result
    logs = tmp_path / "again"
    inspect_eval(entry.result.command, "--log-dir", str(logs), "--display", "none")
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

    asked = "-T dataset=demo -T cell_line=demo_a -T genes=5"
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


GIVEN: dict[str, Any] = {
    "temperature": 0.6,
    "top_p": 1e-05,
    "max_tokens": 100,
    "seed": 3,
    "system_message": "Be brief; it's urgent. See http://a.b?c\nNo: yes.",
    "frequency_penalty": -0.5,
    "reasoning_effort": "low",
    "reasoning_tokens": 512,
    "stop_seqs": ["END", "\n\n", "</answer>"],
    "fallback_models": ["a/b", "c/d"],
    "logit_bias": {42: 10.0, 43: -1e-05},
    "logprobs": True,
    "top_logprobs": 5,
    "parallel_tool_calls": False,
    "internal_tools": False,
    "fail_on_refusal": False,
    "response_schema": {"name": "x", "json_schema": {"type": "object"}, "strict": True},
    "extra_body": {"chat_template_kwargs": {"enable_thinking": True, "p": 1e-05, "n": [None]}},
    "modalities": ["image"],
}
HASTE: dict[str, Any] = {
    "max_connections": 3,
    "timeout": 100,
    "max_retries": 2,
    "cache_prompt": True,
}
ARGUMENTS: dict[str, Any] = {
    "revision": "main",
    "version": "1.5",
    "switch": "no",
    "rate": 1e-05,
    "client": {"deep": [True, {"names": ["a,b", "c: d"]}]},
    "one": ["only"],
    "several": ["a", "b c"],
    "date": "2026-01-01",
}


@pytest.fixture
def header(runs: Runs) -> Callable[..., EvalLog]:
    """The header of a run with other settings of generation, and other fields of `eval`."""

    def header(
        settings: dict[str, Any] | None = None, run: str = "scripted de", **changes: Any
    ) -> EvalLog:
        log = read_eval_log(str(runs[run]), header_only=True)
        log.plan.config = GenerateConfig(**(settings or {}))
        for name, value in changes.items():
            setattr(log.eval, name, value)
        return log

    return header


def word_after(words: list[str], option: str) -> str:
    assert words.count(option) == 1
    return words[words.index(option) + 1]


@pytest.mark.slow
def test_what_inspect_reads_from_it_is_what_was_given(
    tmp_path: Path, header: Callable[..., EvalLog]
) -> None:
    given = GIVEN | {"system_message": GIVEN["system_message"].replace("?c", "/c")}
    config = EvalConfig(
        limit=(1, 4),
        sample_shuffle=7,
        message_limit=9,
        token_limit=5000,
        token_limit_type="output",
        turn_limit=4,
        time_limit=600,
        working_limit=500,
        max_samples=2,
    )
    log = header(
        given | HASTE,
        run="constant de",  # which asks no model: that of Inspect for tests needs the network
        model="mockllm/model",
        model_base_url="http://localhost:8000/v1",
        model_args=ARGUMENTS,
        model_roles={
            "critic": ModelConfig(
                model="mockllm/critic", config=GenerateConfig(temperature=0.5), args={"x": 1}
            )
        },
        config=config,
        metadata={**(header().eval.metadata or {}), "system": "a: b"},
    )
    assert left_out(log) == []
    inspect_eval(command(log), "--log-dir", str(tmp_path), "--display", "none")
    (file,) = tmp_path.glob("*.eval")
    again = read_eval_log(str(file), header_only=True)
    assert again.status == "success", again.error
    assert again.eval.model_args == ARGUMENTS
    assert again.eval.model_base_url == "http://localhost:8000/v1"
    assert protocol_of(again, None) == protocol_of(log, None)
    assert command(again) == command(log)
    same = config.model_dump(exclude_none=True, exclude={"max_samples"})
    assert again.eval.config.model_dump(include=set(same)) == same


@pytest.mark.slow
def test_inspect_has_an_option_for_every_setting() -> None:
    options = inspect_eval("inspect eval --help")
    for name in set(GenerateConfig.model_fields) - set(OPERATIONAL):
        assert f"--{name.replace('_', '-')}" in options, name
    # What kind of tokens a limit counts is said within it: --token-limit output:5000.
    limits = set(LIMITS) - {"token_limit_type"}
    for name in (*limits, "limit", "sample_id", "sample_shuffle", "score_on_error"):
        assert f"--{name.replace('_', '-')}" in options, name
    assert set(ABOUT_RUN) | set(LIMITS) <= set(EvalConfig.model_fields)


def test_settings_that_change_answers_stand_in_it(header: Callable[..., EvalLog]) -> None:
    log = header(GIVEN | HASTE, model_args={"revision": "main", "n": 2})
    words = shlex.split(command(log))
    for name in ("temperature", "max_tokens", "seed", "frequency_penalty", "reasoning_effort"):
        assert word_after(words, f"--{name.replace('_', '-')}") == str(GIVEN[name])
    assert word_after(words, "--stop-seqs") == "END,\n\n,</answer>"
    assert word_after(words, "--logit-bias") == "42=10.0,43=-1.0e-05"
    assert word_after(words, "--fallback-models") == "a/b,c/d"
    assert '"enable_thinking": true' in word_after(words, "--extra-body")
    assert {"--logprobs", "--no-parallel-tool-calls", "--no-fail-on-refusal"} <= set(words)
    assert {"revision=main", "n=2"} <= set(words)
    assert not {f"--{name.replace('_', '-')}" for name in HASTE} & set(words)
    assert left_out(log) == ["system_message"]  # the query of an address in it


def test_what_was_not_said_is_named(header: Callable[..., EvalLog]) -> None:
    log = header(
        {
            "extra_headers": {"X-Beta": "LEAK"},
            "extra_body": {"api_key": "LEAK", "top_a": 1},
            "stop_seqs": ["a,b"],
            "modalities": [{"options": {"openai": {}}}],
        },
        model_args={"organization": "LEAK", "text": "a,b", "client": {"key": "LEAK", "n": 1}},
        model_base_url="https://me:LEAK@host/v1?key=LEAK",
        config=EvalConfig.model_validate(
            {
                "approval": {"approvers": [{"name": "human", "tools": "*"}]},
                "sample_id": ["a,b"],
                "sample_shuffle": 0,
                "retry_on_error": 3,
                "epochs": 3,
            }
        ),
        task_args_passed={"api_key": "LEAK", "cell_line": "k562"},
        model_roles={"critic": ModelConfig(model="a/b", base_url="http://LEAK/v1")},
    )
    said = command(log)
    assert "LEAK" not in said
    assert sorted(left_out(log)) == [
        "api_key",
        "approval",
        "base_url",
        "client",
        "critic",
        "extra_body",
        "extra_headers",
        "modalities",
        "organization",
        "sample_id",
        "sample_shuffle",
        "stop_seqs",
        "text",
    ]
    words = shlex.split(said)
    assert word_after(words, "--model-base-url") == "https://host/v1"
    assert word_after(words, "--extra-body") == '{"top_a": 1}'
    assert 'client={"n": 1}' in words
    assert word_after(words, "--epochs") == "3"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"limit": 5}, ["--limit", "5"]),
        ({"limit": (10, 20)}, ["--limit", "11-20"]),
        ({"limit": (0, 20)}, ["--limit", "20"]),
        ({"sample_id": ["a", 2]}, ["--sample-id", "a,2"]),
        ({"sample_id": "a"}, ["--sample-id", "a"]),
        ({"sample_shuffle": True}, ["--sample-shuffle", "true"]),
        ({"sample_shuffle": 42}, ["--sample-shuffle", "42"]),
        ({"token_limit": 500}, ["--token-limit", "500"]),
        (
            {"token_limit": 5, "token_limit_type": "input+output"},
            ["--token-limit", "input+output:5"],
        ),
        ({"cost_limit": 0.5}, ["--cost-limit", "0.5"]),
        ({"score_on_error": True}, ["--score-on-error"]),
        ({"score_on_error": False, "fail_on_error": 0.1, "max_samples": 3}, []),
    ],
)
def test_how_samples_were_chosen_and_limited_stands_in_it(
    given: dict[str, Any], words: list[str], header: Callable[..., EvalLog]
) -> None:
    plain = shlex.split(command(header(config=EvalConfig())))
    said = shlex.split(command(header(config=EvalConfig(**given))))
    assert said == plain + words


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**9), 10**9)
    | st.floats()
    | st.text(alphabet=st.characters(exclude_characters="/\\"), max_size=12)
    | st.sampled_from(["no", "null", "1e5", "2026-01-01", "a: b", "a #b", "~", "=", "<<", "1_0"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=2)
    ),
    max_leaves=6,
)


@given(VALUES)
def test_the_command_line_reads_what_was_given_or_it_is_left_out(value: Any) -> None:
    log = HEADERS[0].model_copy(deep=True)
    log.eval.task_args_passed = {"x": value}
    words = shlex.split(command(log))
    if value is None or "x" in left_out(log):
        assert "-T" not in words
        return
    text = word_after(words, "-T").removeprefix("x=")
    read = yaml.safe_load(text)
    if isinstance(read, str) and "," in read:  # as Inspect's command line does
        read = read.split(",")
    assert json.dumps(read, sort_keys=True) == json.dumps(value, sort_keys=True)


HEADERS: list[EvalLog] = []


@pytest.fixture(autouse=True)
def _header(header: Callable[..., EvalLog]) -> None:
    HEADERS[:] = [header()]


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
