"""What the package adds to Inspect: task construction, and CPU per question, as ratios in one run.

Task construction is measured for k562 DE, and for a simulated screen as large as LangPert's K562.

    python benchmarks/bench_task.py

Reads k562 DE from PERTURB_EVALS_DATA or the cache where it is, else the demo world.
"""

import logging
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import anndata
import numpy as np
import pandas as pd
from inspect_ai import Task
from inspect_ai import eval as inspect_eval
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.model import ModelAPI, ModelOutput, ModelUsage, modelapi
from inspect_ai.scorer import includes
from inspect_ai.solver import generate

from perturb_evals.datasets.errors import DataError
from perturb_evals.datasets.pairs.load import known_table
from perturb_evals.solvers.pairs.prompts import render
from perturb_evals.tasks.perturbqa import perturbqa_de

QUESTIONS = 1500
ROUNDS = 4


@modelapi(name="bench_constant")
def bench_constant() -> type[ModelAPI]:
    class Constant(ModelAPI):
        async def generate(self, input, tools, tool_choice, config):
            output = ModelOutput.from_content(
                "bench_constant/x", "It may well be so.\n\nANSWER: Yes"
            )
            output.usage = ModelUsage(input_tokens=200, output_tokens=10, total_tokens=210)
            return output

    return Constant


def task_arguments() -> dict[str, str]:
    try:
        perturbqa_de()
    except DataError:
        return {"dataset": "demo"}
    return {}


def bare_task(ours: Task) -> Task:
    """The same prompts with Inspect's own generate() and its plainest scorer."""
    samples = []
    for sample in ours.dataset:
        about = sample.metadata
        prompt = render(about["kind"], "label", about["cell_line"], about["pert"], about["gene"])
        samples.append(Sample(id=sample.id, input=prompt, target=sample.target))
    return Task(dataset=MemoryDataset(samples), solver=generate(), scorer=includes())


def cpu_per_question(task: Task, log_dir: str) -> float:
    """CPU milliseconds a question of one whole run."""
    start = time.process_time()
    (log,) = inspect_eval(
        task, model="bench_constant/x", limit=QUESTIONS, display="none", log_dir=log_dir
    )
    spent = time.process_time() - start
    assert log.status == "success", log.error
    return 1000 * spent / QUESTIONS


def screen_file(folder: str) -> str:
    """A simulated pseudobulk file of 1,092 perturbations x 5,000 genes."""
    rng = np.random.default_rng(0)
    names = ["control", *(f"P{number}" for number in range(1092))]
    values = np.abs(rng.normal(1, 0.5, (len(names), 5000))).astype(np.float32)
    path = Path(folder) / "screen.h5ad"
    anndata.AnnData(values, obs=pd.DataFrame(index=names)).write_h5ad(path)
    return str(path)


CONSTRUCT = """
import sys, time
from perturb_evals.tasks.langpert import langpert
start = time.perf_counter()
langpert(sys.argv[1], aliases=sys.argv[2])
print(time.perf_counter() - start)
"""


def construct_langpert(screen: str) -> float:
    """Return the seconds that building the task takes in a new process, what it imports included.

    Synonyms are read where their table is at hand, as by default.
    """
    aliases = "ncbi" if os.environ.get("PERTURB_EVALS_DATA") else "none"
    command = [sys.executable, "-W", "ignore", "-c", CONSTRUCT, screen, aliases]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def seconds(function: Callable[[], object]) -> float:
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def main() -> None:
    logging.disable(logging.WARNING)
    arguments = task_arguments()
    name = arguments.get("dataset", "k562")
    for questions in ("scored", "all"):
        known_table.cache_clear()
        first = seconds(lambda: perturbqa_de(**{**arguments, "questions": questions}))  # noqa: B023
        print(f"task construction, {name} DE, {questions} questions, from the file: {first:.2f} s")

    with tempfile.TemporaryDirectory() as folder:
        os.environ["PERTURB_EVALS_CACHE"] = str(Path(folder) / "cache")
        screen = screen_file(folder)
        first = construct_langpert(screen)
        again = min(construct_langpert(screen) for _ in range(3))
        print(
            f"task construction, langpert, 1,092 x 5,000: {first:.2f} s, {again:.2f} s once cached"
        )
        del os.environ["PERTURB_EVALS_CACHE"]

    with tempfile.TemporaryDirectory() as log_dir:
        ours = perturbqa_de(**arguments)
        bare = bare_task(ours)
        pairs = []
        for turn in range(ROUNDS + 1):
            # The order changes each turn, and the first turn, which warms up, is left out.
            first, second = (bare, ours) if turn % 2 else (ours, bare)
            spent = {id(task): cpu_per_question(task, log_dir) for task in (first, second)}
            pairs.append((spent[id(ours)], spent[id(bare)]))
        ratios = [mine / theirs for mine, theirs in pairs[1:]]
    mine, theirs = (statistics.median(column) for column in zip(*pairs[1:], strict=True))
    print(
        f"CPU a question, {QUESTIONS} questions: {mine:.2f} ms here, {theirs:.2f} ms bare Inspect, "
        f"ratio {statistics.median(ratios):.3f} (median of {ROUNDS}; "
        f"{min(ratios):.3f} to {max(ratios):.3f})"
    )


if __name__ == "__main__":
    main()
