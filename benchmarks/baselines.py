"""The README's tables: every baseline on every cell line, through Inspect, as Markdown.

    python benchmarks/baselines.py [--lines k562,rpe1,hepg2] [--log-dir logs/baselines]
    python benchmarks/baselines.py --holdout both --log-dir logs/unseen-genes

The lines named are those evaluated and those that `evidence=cross` may read. Only scored questions
are asked; three lines take about twenty minutes on two cores. Finished runs in the folder are not
repeated. The first table has every board and the macro means over the lines, published ones among
them; the second the differences of baselines, paired by perturbation.
"""

import argparse
from collections.abc import Callable, Sequence
from datetime import date
from importlib.util import find_spec
from itertools import groupby
from pathlib import Path
from typing import Literal

from inspect_ai import Task, eval_set
from inspect_ai.solver import Solver

from perturb_evals.datasets.pairs.evidence import Track
from perturb_evals.datasets.pairs.questions import Holdout
from perturb_evals.leaderboard import compare, make_boards, read_entries, summaries
from perturb_evals.leaderboard.boards import Board
from perturb_evals.leaderboard.entries import Entry
from perturb_evals.leaderboard.results.result import Figure
from perturb_evals.leaderboard.summary import Summary
from perturb_evals.solvers.pairs.baselines import (
    constant,
    gene_frequency,
    perturbation_rate,
    random_scores,
    same_pair,
)
from perturb_evals.solvers.pairs.combined import combined
from perturb_evals.solvers.pairs.factor_model import factor_model
from perturb_evals.solvers.pairs.graph_factor import graph_factor
from perturb_evals.solvers.pairs.knn import cross_line_knn, graph_knn
from perturb_evals.solvers.pairs.lpm import lpm
from perturb_evals.solvers.pairs.transfer_baselines import additive, conserved, cross_context_ridge
from perturb_evals.tasks.perturbqa import perturbqa_de, perturbqa_direction

BASELINES: list[tuple[str, Track, Callable[[], Solver]]] = [
    ("constant", "none", constant),
    ("random_scores", "none", random_scores),
    ("gene_frequency", "within", gene_frequency),
    ("graph_knn", "within", graph_knn),
    ("graph_factor", "within", graph_factor),
    ("perturbation_rate", "cross", perturbation_rate),
    ("same_pair", "cross", same_pair),
    ("additive", "cross", additive),
    ("conserved", "cross", conserved),
    ("cross_context_ridge", "cross", cross_context_ridge),
    ("lpm", "cross", lpm),
    ("cross_line_knn", "cross", cross_line_knn),
    ("factor_model", "cross", factor_model),
    ("factor_model+graph_knn", "cross", lambda: factor_model(fallback="graph_knn")),
    ("combined", "cross", combined),
]
DIFFERENCES = [
    ("graph_factor", "graph_knn"),
    ("graph_factor", "cross_line_knn"),
    ("combined", "cross_line_knn"),
    ("combined", "graph_factor"),
    ("combined", "factor_model+graph_knn"),
    ("factor_model+graph_knn", "cross_line_knn"),
]


def task(
    kind: Literal["de", "direction"], line: str, track: Track, lines: str, holdout: Holdout
) -> Task:
    build = perturbqa_de if kind == "de" else perturbqa_direction
    read = lines if track == "cross" else None
    return build(cell_line=line, evidence=track, evidence_lines=read, holdout=holdout)


def digits(value: float, places: int) -> str:
    return f"{value:.{places}f}".replace("0.", ".", 1)


def shown(figure: Figure | None) -> str:
    if figure is None or figure.value is None:
        return ""
    if figure.lower is None or figure.upper is None:
        return digits(figure.value, 3)
    return f"{digits(figure.value, 3)} [{digits(figure.lower, 2)}, {digits(figure.upper, 2)}]"


def over_lines(summed: Sequence[Summary], name: str, task: str) -> str:
    for summary in summed:
        for place, mean in enumerate(summary.over_lines):
            for row in summary.rows:
                if row.name == name and mean.task == task and row.over_lines:
                    return shown(row.over_lines[place])
    return ""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", default="k562,rpe1,hepg2")
    parser.add_argument("--log-dir", default="logs/baselines")
    parser.add_argument("--holdout", default="perturbation")
    parser.add_argument("--only", help="names of baselines, separated by commas; all by default")
    args = parser.parse_args()
    columns = [(kind, line) for kind in ("de", "direction") for line in args.lines.split(",")]
    wanted = args.only.split(",") if args.only else [name for name, _, _ in BASELINES]
    if "lpm" in wanted and not find_spec("torch"):
        print("lpm is left out: PyTorch is not installed.\n")
        wanted.remove("lpm")
    baselines = [row for row in BASELINES if row[0] in wanted]
    for name, track, solver in baselines:
        done, _ = eval_set(
            [task(kind, line, track, args.lines, args.holdout) for kind, line in columns],
            log_dir=str(Path(args.log_dir) / name),
            model="none/none",
            solver=solver(),
            display="none",
            log_realtime=False,
            max_tasks=2,
        )
        if not done:
            raise SystemExit(f"{name} did not end; its logs are in {args.log_dir}/{name}.")
    boards = make_boards(read_entries([args.log_dir]))
    summed = summaries(boards)
    of = {(str(board.parts["task"]), str(board.parts["context"])): board for board in boards}
    places = [(f"perturbqa_{kind}", line) for kind, line in columns]
    tasks = [task for task, _ in groupby(task for task, _ in places)]

    said = f"holdout {args.holdout}, evidence lines {args.lines}"
    print(f"{date.today()}, scored questions, {said}\n")
    heads = [
        *(f"{line} {kind}" for kind, line in columns),
        *(f"mean {task[10:]}" for task in tasks),
    ]
    print(f"| baseline | evidence | {' | '.join(heads)} |\n|---|---{'|---' * len(heads)}|")
    for name, track, _ in baselines:
        cells = [shown(entry(of[place], name).figure) for place in places]
        cells += [over_lines(summed, entry(of[places[0]], name).name, task) for task in tasks]
        print(f"| {name} | {track} | {' | '.join(cells)} |")
    for system in ("SUMMER", "GEARS"):
        cells = [published(of[place], system) for place in places]
        means = {
            mean.task: dict(mean.published).get(system)
            for summary in summed
            for mean in summary.over_lines
        }
        cells += [
            "" if means.get(task) is None else f"*{digits(means[task], 2)}*" for task in tasks
        ]
        if any(cells):
            print(f"| *{system}, published* | | {' | '.join(cells)} |")

    print(f"\n| paired difference | {' | '.join(heads[: len(places)])} |")
    print(f"|---{'|---' * len(places)}|")
    for a, b in DIFFERENCES:
        if not {a, b} <= set(wanted):
            continue
        pairs = [compare([entry(of[place], a), entry(of[place], b)]).pairs[0] for place in places]
        cells = [shown(pair.difference) for pair in pairs]
        print(f"| {a} - {b} | {' | '.join(cells)} |")


def entry(board: Board, name: str) -> Entry:
    rows = (row.entry for track in board.tracks for row in track.rows)
    ran = (row for row in rows if row.result is not None)
    return next(row for row in ran if Path(row.result.log).parent.name == name)


def published(board: Board, system: str) -> str:
    lines = (line for line in board.family.published(board.parts) if line.system == system)
    return next((f"*{digits(line.value, 2)}*" for line in lines), "")


if __name__ == "__main__":
    main()
