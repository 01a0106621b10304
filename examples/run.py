"""Eight systems on three cell lines and two tasks, to show a leaderboard on real data.

    python examples/run.py [--genes 200] [--log-dir logs/examples] [--graph string]

Four baselines, two prediction files (`predictions.py`), a model behind a loopback server
(`string_server.py`) and the scripted biologist, each asked about the same random genes. None of
them is a language model. Then:

    perturb-evals leaderboard logs/examples --site site --transcripts
"""

import argparse
import os
from pathlib import Path
from typing import Any

from inspect_ai import Task
from inspect_ai import eval as inspect_eval
from inspect_ai.solver import Solver

from perturb_evals.datasets.pairs.questions import Kind
from perturb_evals.solvers.pairs.baselines import (
    gene_frequency,
    random_scores,
    same_pair,
)
from perturb_evals.solvers.pairs.knn import cross_line_knn
from perturb_evals.solvers.pairs.replay import replay
from perturb_evals.tasks.perturbqa import perturbqa_de, perturbqa_direction
from predictions import METHODS, write_predictions
from string_server import string_server

LINES = ("k562", "rpe1", "hepg2")
KINDS: tuple[Kind, ...] = ("de", "direction")
BASELINES = {
    "random_scores": ("none", random_scores()),
    "gene_frequency": ("within", gene_frequency()),
    "same_pair": ("cross", same_pair()),
    "cross_line_knn": ("cross", cross_line_knn()),
}
TRACKS = {"text_knn": "within", "vote": "cross"}
NO_MODEL = "none/none"


def task(kind: Kind, line: str, track: str, genes: int, answer: str = "label") -> Task:
    build = perturbqa_de if kind == "de" else perturbqa_direction
    lines = list(LINES) if track == "cross" else None
    return build(cell_line=line, evidence=track, evidence_lines=lines, genes=genes, answer=answer)


def run(tasks: list[Task], log_dir: str, model: str, solver: Solver | None, **more: Any) -> None:
    logs = inspect_eval(
        tasks,
        model=model,
        solver=solver,
        log_dir=log_dir,
        log_realtime=False,
        score_display=False,
        log_buffer=1000,
        display="plain",
        **more,
    )
    failed = [log for log in logs if log.status != "success"]
    if failed:
        raise SystemExit(f"{failed[0].eval.task} ended as {failed[0].status}: {failed[0].error}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--genes", type=int, default=200)
    parser.add_argument("--log-dir", default="logs/examples")
    parser.add_argument("--graph", default="string", help="of the server, as for -S graph=")
    args = parser.parse_args()
    boards = [(kind, line) for kind in KINDS for line in LINES]

    def asked(track: str, answer: str = "label") -> list[Task]:
        return [task(kind, line, track, args.genes, answer) for kind, line in boards]

    for track, solver in BASELINES.values():
        run(asked(track), args.log_dir, NO_MODEL, solver)
    run(asked("none", "probability"), args.log_dir, "perturb_scripted/biologist", None)
    with string_server(args.graph) as url:
        os.environ |= {"LOCAL_API_KEY": "unused", "LOCAL_BASE_URL": url}
        run(asked("none", "probability"), args.log_dir, "openai-api/local/string-links", None)
    folder = Path(args.log_dir) / "predictions"
    folder.mkdir(parents=True, exist_ok=True)
    for kind, line in boards:
        write_predictions(folder, line, kind, LINES)
        for name in METHODS:
            run(
                [task(kind, line, TRACKS[name], args.genes)],
                args.log_dir,
                NO_MODEL,
                replay(str(folder / f"{name}-{line}-{kind}.csv")),
                metadata={"system": f"{name} (replayed)"},
            )


if __name__ == "__main__":
    main()
