"""A run whose process is killed half-way is taken up again without asking what was answered."""

import math
import shutil
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import inspect_ai
import pytest
from inspect_ai.log import EvalLog, list_eval_logs, read_eval_log

from perturb_evals.datasets.pairs.benchmark import pairs_benchmark
from perturb_evals.tasks.perturbqa import perturbqa_de

GENES = 8
ANSWERED = 25  # no multiple of 10, the number of samples that Inspect writes to the log at once
CONNECTIONS = 4
MODEL = "openai-api/local/label"

Pairs = Counter[tuple[str, str]]
Inspect = Callable[..., Any]


def test_a_killed_run_goes_on_where_it_was(
    provider: Any, inspect: Inspect, evaluate: Callable[..., EvalLog], tmp_path: Path
) -> None:
    killed, answered = run_and_kill(provider, inspect, tmp_path)
    (resumed,) = inspect_ai.eval_retry(killed, log_dir=str(tmp_path / "logs"), display="none")
    assert provider.asked("label") == every_question() - answered
    assert resumed.status == "success"
    assert pairs_of(read_eval_log(resumed.location)) == every_question()
    task = perturbqa_de(dataset="demo", genes=GENES)
    uninterrupted = evaluate(task, model=MODEL, model_base_url=provider.url)
    assert metrics(resumed) == pytest.approx(metrics(uninterrupted), abs=1e-12)


@pytest.mark.slow
def test_the_log_alone_is_enough_when_every_answer_is_written_at_once(
    provider: Any, inspect: Inspect, tmp_path: Path
) -> None:
    """On another machine there is no buffer of Inspect's; `--log-buffer 1` needs none."""
    killed, answered = run_and_kill(provider, inspect, tmp_path, "--log-buffer", "1")
    shutil.rmtree(tmp_path / "data" / "inspect_ai" / "samplebuffer")
    retry = inspect("eval-retry", killed)
    said, _ = retry.communicate(timeout=120)
    assert retry.returncode == 0, said
    assert provider.asked("label") == every_question() - answered
    logs = [read_eval_log(found) for found in list_eval_logs(str(tmp_path / "logs"))]
    (resumed,) = (log for log in logs if log.status == "success")
    assert pairs_of(resumed) == every_question()


def run_and_kill(provider: Any, inspect: Inspect, folder: Path, *flags: str) -> tuple[str, Pairs]:
    """Kill a run after `ANSWERED` answers, others in flight; return its log and the answered."""
    task = ("perturb_evals/perturbqa_de", "-T", "dataset=demo", "-T", f"genes={GENES}")
    provider.hangs_after = ANSWERED
    connections = ("--max-connections", str(CONNECTIONS))
    run = inspect("eval", *task, "--model", MODEL, *connections, *flags)
    # A question is in the log before its place is given to the next one.
    end = time.monotonic() + 60
    while len(provider.calls) < ANSWERED + CONNECTIONS and time.monotonic() < end:
        assert run.poll() is None, run.communicate()[0]
        time.sleep(0.05)
    run.kill()
    said, _ = run.communicate(timeout=30)
    assert len(provider.calls) == ANSWERED + CONNECTIONS, said
    answered = Counter(call.pair for call in provider.calls[:ANSWERED])
    assert set(answered.values()) == {1}
    (killed,) = list_eval_logs(str(folder / "logs"))
    assert read_eval_log(killed, header_only=True).status == "started"
    provider.hangs_after = math.inf
    provider.calls.clear()
    return killed.name, answered


def every_question() -> Pairs:
    rows = pairs_benchmark("de", "demo", genes=GENES).rows
    return Counter((row.pert, row.gene) for row in rows.itertuples())


def pairs_of(log: EvalLog) -> Pairs:
    assert log.samples is not None
    return Counter((sample.metadata["pert"], sample.metadata["gene"]) for sample in log.samples)


def metrics(log: EvalLog) -> dict[str, float]:
    assert log.results is not None, log.error
    return {name: metric.value for name, metric in log.results.scores[0].metrics.items()}
