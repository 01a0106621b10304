"""The part of the demo that asks about pairs of genes: PerturbQA's tasks on the demo world."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from perturb_evals.cli.arguments import NO_MODEL
from perturb_evals.cli.demo.runs import SCRIPTED, evaluate, metrics, short, with_interval

if TYPE_CHECKING:
    from inspect_ai.log import EvalLog
    from inspect_ai.solver import Solver
    from rich.console import Console
    from rich.table import Table

    from perturb_evals.datasets.pairs.evidence import Track
    from perturb_evals.datasets.pairs.questions import Kind

    Logs = dict[str, dict[str, EvalLog]]

CELL_LINE = "demo_a"


@dataclass(frozen=True)
class System:
    """One row of the table: a solver with the evidence that it may read."""

    name: str
    solver: str
    model: str
    evidence: "Track"


SYSTEMS = (
    System("scripted biologist", "ask", SCRIPTED, "none"),
    System("constant", "constant", NO_MODEL, "none"),
    System("random scores", "random_scores", NO_MODEL, "none"),
    System("gene frequency", "gene_frequency", NO_MODEL, "within"),
    System("perturbation rate", "perturbation_rate", NO_MODEL, "cross"),
    System("same pair", "same_pair", NO_MODEL, "cross"),
    System("cross-line kNN", "cross_line_knn", NO_MODEL, "cross"),
)


def ask_questions(console: "Console", log_dir: Path) -> None:
    """Run every system on both tasks, print the table and say how to read it.

    Raises:
        DemoError: A run did not succeed.
    """
    logs: Logs = {}
    for system in SYSTEMS:
        with console.status(f"{system.name} …"):
            logs[system.name] = _evaluate(system, log_dir)
    console.print(_table(logs))
    _explain(console, logs)


def _evaluate(system: System, log_dir: Path) -> "dict[str, EvalLog]":
    from perturb_evals.tasks.perturbqa import perturbqa_de, perturbqa_direction

    tasks = [
        task(dataset="demo", cell_line=CELL_LINE, evidence=system.evidence)
        for task in (perturbqa_de, perturbqa_direction)
    ]
    solver = None if system.solver == "ask" else _solver(system.solver)
    logs = evaluate(tasks, solver, system.model, log_dir)
    return {log.eval.metadata["board"]["task"]: log for log in logs if log.eval.metadata}


def _solver(name: str) -> "Solver":
    from perturb_evals.solvers.pairs import baselines

    solver: Solver = getattr(baselines, name)()
    return solver


def _table(logs: "Logs") -> "Table":
    from rich import box
    from rich.table import Table

    first = next(iter(logs.values()))
    table = Table(
        title=f"Per-gene AUROC with 95% intervals, demo world, line {CELL_LINE}",
        box=box.SIMPLE_HEAD,
        title_justify="left",
    )
    table.add_column("system", no_wrap=True)
    for task in first:
        table.add_column(task.removeprefix("perturbqa_"), justify="right", no_wrap=True)
    table.add_column("answered", justify="right")
    table.add_column("evidence")
    for system in SYSTEMS:
        results = {task: metrics(log) for task, log in logs[system.name].items()}
        answered = min(found["coverage"] for found in results.values())
        cells = [
            with_interval(*(found[f"auroc_per_gene{end}"] for end in ("", "_lower", "_upper")))
            for found in results.values()
        ]
        table.add_row(system.name, *cells, f"{answered:.0%}", system.evidence)
    table.add_section()
    best = [f"{short(_attainable(kind), 3)}{' ' * 11}" for kind in ("de", "direction")]
    table.add_row("best attainable", *best, "", "truth")
    return table


def _attainable(kind: "Kind") -> float:
    """Per-gene AUROC of the simulation's own probabilities on the questions of the demo."""
    from perturb_evals.datasets.demo.world import attainable_scores
    from perturb_evals.datasets.pairs.benchmark import pairs_benchmark
    from perturb_evals.metrics.pairs.auroc import auroc_per_gene
    from perturb_evals.metrics.pairs.predictions import Predictions

    rows = pairs_benchmark(kind, "demo", CELL_LINE).rows
    best = rows.merge(attainable_scores(CELL_LINE, kind), on=["pert", "gene"], validate="1:1")
    return auroc_per_gene(Predictions(best["pert"], best["gene"], best["label"], best["score"]))


def _explain(console: "Console", logs: "Logs") -> None:
    console.print(
        "The scripted biologist is a script, not a language model: it answers in prose from notes "
        "of its own and sees no label."
    )
    for task, log in logs[SYSTEMS[0].name].items():
        reached = metrics(log)["auroc_per_gene"]
        best = _attainable("de" if task.endswith("_de") else "direction")
        console.print(
            f"{task}: the scripted biologist gets {(reached - 0.5) / (best - 0.5):.0%} of the way "
            f"from guessing (.5) to the best attainable ({short(best, 3)})."
        )
    console.print(
        "Systems are comparable within one evidence track only: none < within < cross. Overlapping "
        "intervals mean that these questions cannot tell two systems apart."
    )
