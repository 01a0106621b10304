"""Boards and a comparison over many logs: time and peak memory against `samples_df`, in one run.

    python benchmarks/bench_leaderboard.py [--logs 50] [--questions 5600]

Simulates finished runs of different skill on the same questions, as logs that Inspect writes; since
it takes its time to write one, only the first few have answers of their own, and the others are
copies of them under other headers. Then two processes read them all: one makes the board, with the
paired intervals of all systems, and compares the best two; the other makes the table of samples of
`inspect_ai.analysis` and nothing of it. Imports count for both. On a busy machine the processor's
seconds tell more than the clock's.
"""

import argparse
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

GENES, PERTURBATIONS = 750, 300
DISTINCT = 4  # logs with answers of their own
TARGET_MB, TARGET_RATIO = 500, 1.5


def simulate(folder: Path, n_logs: int, n_questions: int) -> None:
    import numpy as np
    from inspect_ai import eval as inspect_eval
    from inspect_ai.log import EvalSample, write_eval_log
    from inspect_ai.model import ModelOutput

    from perturb_evals.metrics.pairs.auroc import auroc_per_gene
    from perturb_evals.metrics.pairs.predictions import Predictions
    from perturb_evals.solvers.pairs.baselines import constant
    from perturb_evals.tasks.perturbqa import perturbqa_de

    (log,) = inspect_eval(
        perturbqa_de(dataset="demo", genes=8),
        model="none/none",
        solver=constant(),
        log_dir=str(folder / "pattern"),
        display="none",
    )
    assert log.samples
    assert log.results
    pattern = log.samples[0]
    assert pattern.scores
    headers = []
    rng = np.random.default_rng(0)
    pairs = rng.choice(GENES * PERTURBATIONS, n_questions, replace=False)
    perts = [f"P{pair % PERTURBATIONS}" for pair in pairs]
    genes = [f"G{pair // PERTURBATIONS}" for pair in pairs]
    labels = rng.integers(0, 2, n_questions)
    shared = rng.normal(size=n_questions)
    assert log.eval.metadata is not None
    log.eval.metadata |= {"n_questions": n_questions, "data_sha256": "f" * 64}
    for number in range(min(n_logs, DISTINCT)):
        scores = shared + rng.normal(size=n_questions) + 0.2 * number * labels
        probabilities = 1 / (1 + np.exp(-scores))
        samples = []
        for pert, gene, label, probability in zip(perts, genes, labels, probabilities, strict=True):
            score = pattern.scores["p_positive"].model_copy(
                update={
                    "value": float(probability),
                    "answer": f"{probability:.4g}",
                    "metadata": {"label": int(label), "route": "numeric"},
                }
            )
            samples.append(
                EvalSample(
                    id=f"sim/de/{pert}>{gene}",
                    epoch=1,
                    input=pattern.input,
                    target="Yes" if label else "No",
                    metadata={**pattern.metadata, "pert": pert, "gene": gene},
                    output=ModelOutput(),
                    scores={"p_positive": score},
                )
            )
        run = log.model_copy(
            update={
                "eval": log.eval.model_copy(deep=True),
                "results": log.results.model_copy(deep=True),
                "samples": samples,
            }
        )
        # Of the header's numbers only the headline is read.
        headline = run.results.scores[0].metrics["auroc_per_gene"]
        headline.value = auroc_per_gene(Predictions(perts, genes, labels, probabilities))
        run.eval.eval_id, run.eval.task_id = f"eval{number}", f"task{number}"
        run.eval.metadata["system"] = f"system {number}"
        write_eval_log(run, str(folder / "logs" / f"{number:03d}.eval"))
        headers.append(run.model_copy(update={"samples": None}))
    for number in range(DISTINCT, n_logs):
        header = headers[number % DISTINCT].model_copy(deep=True)
        header.eval.eval_id, header.eval.task_id = f"eval{number}", f"task{number}"
        header.eval.metadata["system"] = f"system {number}"
        copy = folder / "logs" / f"{number:03d}.eval"
        shutil.copy(folder / "logs" / f"{number % DISTINCT:03d}.eval", copy)
        # Of two entries with one name the later counts.
        with zipfile.ZipFile(copy, "a") as log_file:
            log_file.writestr("header.json", header.model_dump_json(exclude_none=True))


def ours(folder: Path) -> str:
    from perturb_evals.leaderboard.boards import make_boards
    from perturb_evals.leaderboard.comparison import compare
    from perturb_evals.leaderboard.entries import read_entries

    entries = read_entries([str(folder / "logs")])
    (board,) = make_boards(entries)
    rows = [row for row in board.tracks[0].rows if row.rank is not None]
    (pair,) = compare([row.entry for row in rows[:2]]).pairs
    return (
        f"{len(rows)} systems, {sum(row.with_best for row in rows)} not distinguishable from "
        + (f"the best; the best two: p {pair.p_randomised:.3f}")
    )


def frames(folder: Path) -> str:
    from inspect_ai.analysis import samples_df

    table = samples_df(str(folder / "logs"), quiet=True)
    return f"{len(table):,} rows of {len(table.columns)} columns"


def measured(step: str, folder: Path, args: argparse.Namespace) -> tuple[float, float, float, str]:
    """Run one step in a process of its own; return clock and processor seconds, MB, its words."""
    sizes = ["--logs", str(args.logs), "--questions", str(args.questions)]
    command = [sys.executable, "-W", "ignore", __file__, *sizes, "--step", step, str(folder)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    clock, processor, kilobytes, said = json.loads(done.stdout.splitlines()[-1])
    return clock, processor, kilobytes / 1000, said


def run_step(step: str, folder: Path, args: argparse.Namespace) -> None:
    start = time.perf_counter()
    said = ""
    if step == "simulate":
        simulate(folder, args.logs, args.questions)
    else:
        said = ours(folder) if step == "board" else frames(folder)
    clock = time.perf_counter() - start
    used = resource.getrusage(resource.RUSAGE_SELF)  # ru_maxrss is in kB on Linux
    print(json.dumps([clock, used.ru_utime + used.ru_stime, used.ru_maxrss, said]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--logs", type=int, default=50)
    parser.add_argument("--questions", type=int, default=5600)
    parser.add_argument("--step", nargs=2, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.step:
        run_step(args.step[0], Path(args.step[1]), args)
        return
    with tempfile.TemporaryDirectory() as folder:
        steps = ("simulate", "board", "samples_df")
        took = {step: measured(step, Path(folder), args) for step in steps}
        size = sum(path.stat().st_size for path in Path(folder, "logs").iterdir()) / 1e6
    print(f"{args.logs} logs of {args.questions:,} questions, {size:,.0f} MB")
    for step, (clock, processor, megabytes, said) in took.items():
        print(
            f"{step:<11}{clock:8.1f} s by the clock {processor:8.1f} s of the processor "
            f"{megabytes:8,.0f} MB at most  {said}"
        )
    board, table = took["board"], took["samples_df"]
    print(
        f"board and comparison: {table[0] / board[0]:.1f} times faster than samples_df, "
        f"{table[1] / board[1]:.1f} by the processor's time (target {TARGET_RATIO}), "
        f"at {board[2]:,.0f} MB (target {TARGET_MB})"
    )


if __name__ == "__main__":
    main()
