"""`perturb-evals run` against a server with a price: the price first, a budget, and going on."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from inspect_ai.log import EvalLog, list_eval_logs, read_eval_log

MODEL = "openai-api/local/label"
PRICE = {"input": 5.0, "output": 0.0, "input_cache_write": 0.0, "input_cache_read": 0.0}
A_QUESTION = 200 * 5.0 / 1e6
"""The server says that each prompt took 200 tokens."""


pytestmark = pytest.mark.slow  # six processes; `test_budget.py` holds the same within one


@pytest.fixture
def prices(tmp_path: Path) -> Path:
    file = tmp_path / "prices.json"
    file.write_text(json.dumps({MODEL: PRICE}), "utf-8")
    return file


@pytest.fixture
def ran(tmp_path: Path) -> Callable[..., "subprocess.CompletedProcess[str]"]:
    """Run the command in an empty folder, on few questions of the demo's boards."""

    def ran(*arguments: str) -> "subprocess.CompletedProcess[str]":
        line = ["run", "--models", MODEL, "--boards", "demo", "-T", "genes=2", *arguments]
        return subprocess.run(
            [sys.executable, "-m", "perturb_evals.cli.main", *line, "--", "--display", "plain"],
            cwd=tmp_path,
            env={k: v for k, v in os.environ.items() if not k.startswith("INSPECT_")},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    return ran


def logs_of(folder: Path) -> dict[str, EvalLog]:
    read = [read_eval_log(log) for log in list_eval_logs(str(folder))]
    found = {f"{log.eval.task} {log.eval.task_args['cell_line']}": log for log in read}
    assert len(found) == len(read)
    return found


def metrics(log: EvalLog) -> dict[str, float]:
    assert log.status == "success"
    assert log.results is not None
    return {name: found.value for name, found in log.results.scores[0].metrics.items()}


def test_a_budget_stops_a_run_that_goes_on_to_what_an_undisturbed_one_gives(
    provider: Any, prices: Path, ran: Callable[..., Any], tmp_path: Path
) -> None:
    priced = ("--model-cost-config", str(prices))
    whole = ran("--log-dir", "whole", *priced)
    assert whole.returncode == 0, whole.stdout + whole.stderr
    undisturbed = logs_of(tmp_path / "whole")
    assert len(undisturbed) == 4
    n = len(provider.of("label"))
    assert n == sum(len(log.samples or []) for log in undisturbed.values())
    assert f"4 of 4 runs are complete, ${n * A_QUESTION:.4f} spent" in whole.stdout
    provider.calls.clear()

    # Half of the money: the price is said before anything is asked, and less is asked.
    half = n // 2 * A_QUESTION
    first = ran("--log-dir", "budget", *priced, "--budget", f"{half}")
    assert first.returncode == 1
    said = first.stdout
    assert said.index("about $") < said.index("Log:")
    assert said.index("inspect eval-set perturb_evals/") < said.index("Log:")
    asked = len(provider.of("label"))
    assert 0 < asked <= n // 2
    assert f"{asked * A_QUESTION:.4f} spent of ${half:.4f}" in said
    for log in logs_of(tmp_path / "budget").values():
        for sample in log.samples or []:
            if sample.error is not None:
                assert "The budget of $" in sample.error.message
                assert not sample.scores, "a question that was not asked has no answer"

    # The rest of it: nothing is asked twice, and the results are the same.
    second = ran("--log-dir", "budget", *priced, "--budget", f"{2 * n * A_QUESTION}")
    assert second.returncode == 0, second.stdout + second.stderr
    assert set(provider.asked("label").values()) == {1}
    assert len(provider.of("label")) == n
    assert f"4 of 4 runs are complete, ${n * A_QUESTION:.4f} spent of" in second.stdout
    resumed = logs_of(tmp_path / "budget")
    assert resumed.keys() == undisturbed.keys()
    for name, log in resumed.items():
        assert metrics(log) == metrics(undisturbed[name])


def test_ctrl_c_starts_no_other_line_and_loses_no_money(
    provider: Any, prices: Path, tmp_path: Path
) -> None:
    """What the server was asked is what the command says was spent, or what it holds for it."""
    given = ["--log-dir", "logs", "--model-cost-config", str(prices), "--budget", "1"]
    line = ["run", "--models", MODEL, "--boards", "demo", *given, "--", "--max-connections", "2"]
    process = subprocess.Popen(
        [sys.executable, "-m", "perturb_evals.cli.main", *line, "--display", "plain"],
        cwd=tmp_path,
        env={k: v for k, v in os.environ.items() if not k.startswith("INSPECT_")},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        # A job in the background is started with Ctrl-C ignored, and so are its tests.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    while len(provider.of("label")) < 10:
        time.sleep(0.05)
        assert process.poll() is None
    os.killpg(process.pid, signal.SIGINT)
    said, _ = process.communicate(timeout=120)
    assert process.returncode == 1
    assert "0 of 4 runs are complete" in said
    assert not (tmp_path / "logs" / "demo_b").exists()
    asked = len(provider.of("label"))
    found = re.search(r"complete, \$([\d.]+) spent", said)
    assert found, said
    assert float(found[1]) >= asked * A_QUESTION - 1e-9


def test_a_server_that_tells_no_tokens_is_asked_once(
    provider: Any, prices: Path, ran: Callable[..., Any]
) -> None:
    def without(*_: Any) -> Any:
        sent = provider.completion("ANSWER: Yes")
        body = {name: value for name, value in sent.body.items() if name != "usage"}
        return replace(sent, body=body)

    provider.kinds[:] = [(provider.kinds[0][0], without)]
    done = ran("--log-dir", "logs", "--model-cost-config", str(prices), "--budget", "1")
    assert done.returncode == 1
    assert len(provider.of("label")) == 1
    assert "does not say how many tokens an answer took" in " ".join(done.stdout.split())
    assert "0 of 4 runs are complete" in done.stdout
