"""The README's table: every baseline on every cell line, through Inspect, as Markdown.

    python benchmarks/baselines.py [--lines k562,rpe1,hepg2] [--log-dir logs/baselines]

The lines named are those evaluated and those that `evidence=cross` may read. Only scored questions
are asked; three lines take about fifteen minutes on two cores.
"""

import argparse
from datetime import date
from typing import Literal

from inspect_ai import Task
from inspect_ai import eval as inspect_eval
from inspect_ai.log import EvalLog
from inspect_ai.solver import Solver

from perturb_evals.datasets.pairs.evidence import Track
from perturb_evals.solvers.pairs.baselines import (
    constant,
    cross_line_knn,
    gene_frequency,
    perturbation_rate,
    random_scores,
    same_pair,
)
from perturb_evals.tasks.perturbqa import perturbqa_de, perturbqa_direction

BASELINES: list[tuple[str, Track, Solver]] = [
    ("constant", "none", constant()),
    ("random_scores", "none", random_scores()),
    ("gene_frequency", "within", gene_frequency()),
    ("perturbation_rate", "cross", perturbation_rate()),
    ("same_pair", "cross", same_pair()),
    ("cross_line_knn", "cross", cross_line_knn()),
]


def task(kind: Literal["de", "direction"], line: str, track: Track, lines: str) -> Task:
    build = perturbqa_de if kind == "de" else perturbqa_direction
    return build(cell_line=line, evidence=track, evidence_lines=lines if track == "cross" else None)


def cell(log: EvalLog) -> str:
    if log.results is None:
        raise SystemExit(f"{log.eval.task} ended as {log.status}: {log.error}")
    values = {name: metric.value for name, metric in log.results.scores[0].metrics.items()}
    value, lower, upper = (values[f"auroc_per_gene{end}"] for end in ("", "_lower", "_upper"))
    return f"{value:.3f} [{lower:.2f}, {upper:.2f}]"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", default="k562,rpe1,hepg2")
    parser.add_argument("--log-dir", default="logs/baselines")
    args = parser.parse_args()
    columns = [(kind, line) for kind in ("de", "direction") for line in args.lines.split(",")]
    print(f"{date.today()}, scored questions, evidence lines {args.lines}\n")
    titles = ["baseline", "evidence", *(f"{line} {kind}" for kind, line in columns)]
    print(f"| {' | '.join(titles)} |\n{'|---' * len(titles)}|")
    for name, track, solver in BASELINES:
        logs = inspect_eval(
            [task(kind, line, track, args.lines) for kind, line in columns],
            model="none/none",
            solver=solver,
            log_dir=args.log_dir,
            display="none",
            log_realtime=False,
            max_tasks=2,
        )
        print(f"| {name} | {track} | " + " | ".join(map(cell, logs)) + " |", flush=True)


if __name__ == "__main__":
    main()
