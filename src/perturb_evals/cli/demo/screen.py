"""The part of the demo that predicts expression: the langpert task on the demo screen."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from perturb_evals.cli.arguments import NO_MODEL
from perturb_evals.cli.demo.runs import SCRIPTED, evaluate, metrics, short, with_interval

if TYPE_CHECKING:
    import numpy as np
    from inspect_ai.log import EvalLog
    from inspect_ai.solver import Solver
    from numpy.typing import NDArray
    from rich.console import Console
    from rich.table import Table

FOLD = 1
"""One of the five, so that the demo stays short."""

SCORE = "mae_top20"
BIOLOGIST = "scripted biologist"
MEAN = "mean effect"
ORACLE = "oracle (truth)"


@dataclass(frozen=True, eq=False)
class Run:
    """One row of the table.

    Attributes:
        name: Of the system.
        found: Its results by name.
        errors: (n,) `SCORE` of each perturbation, sorted by name.
    """

    name: str
    found: dict[str, float]
    errors: "NDArray[np.float64]"

    @property
    def fallbacks(self) -> float:
        """How many answers the training mean stood in for."""
        return sum(n for name, n in self.found.items() if name.startswith("n_fallback_"))


def predict_screen(console: "Console", log_dir: Path) -> None:
    """Run every system on the demo screen, print the table and say how to read it.

    Raises:
        DemoError: A run did not succeed.
    """
    from perturb_evals.solvers.expression.baselines import (
        mean_effect,
        no_change,
        oracle_neighbors,
        random_neighbors,
    )

    def run(name: str, solver: "Solver | None", model: str = NO_MODEL) -> Run:
        with console.status(f"{name} …"):
            return _run(name, solver, model, log_dir)

    biologist = run(BIOLOGIST, None, SCRIPTED)
    # As many as the biologist names: more neighbors would be a better mean by themselves.
    k = max(1, round(biologist.found["mean_k"]))
    runs = [
        biologist,
        run("no change", no_change()),
        run(MEAN, mean_effect()),
        run("random neighbors", random_neighbors(k=k)),
        run(ORACLE, oracle_neighbors()),
    ]
    console.print(_table(runs))
    _explain(console, runs)


def _run(name: str, solver: "Solver | None", model: str, log_dir: Path) -> Run:
    from perturb_evals.tasks.langpert import langpert

    (log,) = evaluate([langpert("demo", fold=FOLD)], solver, model, log_dir)
    return Run(name, metrics(log), _errors(log))


def _errors(log: "EvalLog") -> "NDArray[np.float64]":
    from inspect_ai.scorer import SampleScore

    from perturb_evals.scorers.expression.regression import extract

    scores = [
        SampleScore(score=score, sample_id=sample.id, sample_metadata=sample.metadata)
        for sample in log.samples or []
        for score in (sample.scores or {}).values()
    ]
    return extract(scores).by_perturbation()[SCORE].to_numpy(dtype=float)


def _table(runs: Sequence[Run]) -> "Table":
    from rich import box
    from rich.table import Table

    from perturb_evals.metrics.intervals import paired_difference

    table = Table(
        title=f"MAE of the 20 most changed genes with 95% intervals, demo screen, fold {FOLD}",
        box=box.SIMPLE_HEAD,
        title_justify="left",
    )
    table.add_column("system", no_wrap=True)
    for column in ("error", f"minus {MEAN}", "k", "fallbacks"):
        table.add_column(column, justify="right", no_wrap=True)
    mean = _of(runs, MEAN)
    for run in runs:
        if run.name == ORACLE:
            table.add_section()
        error = with_interval(*(run.found[f"{SCORE}{end}"] for end in ("", "_lower", "_upper")))
        less = paired_difference(run.errors, mean.errors)
        table.add_row(
            run.name,
            error,
            "" if run is mean else with_interval(less.mean, less.lower, less.upper),
            f"{run.found['mean_k']:.1f}" if run.found["mean_k"] else "",
            f"{run.fallbacks:.0f}",
        )
    return table


def _explain(console: "Console", runs: Sequence[Run]) -> None:
    biologist = _of(runs, BIOLOGIST)
    error, mean, best = (_of(runs, name).found[SCORE] for name in (BIOLOGIST, MEAN, ORACLE))
    console.print(
        f"langpert: the scripted biologist gets {(mean - error) / (mean - best):.0%} of the way "
        f"from the mean effect ({short(mean, 3)}) to the oracle ({short(best, 3)}); less error is "
        "better. Its notes know every complex of the demo world; of a real screen they know less."
    )
    counts = {
        "not in the list": "n_dropped_invented",
        "repeated": "n_dropped_duplicate",
        "the target itself": "n_dropped_target",
        "in other letters": "n_found_by_case",
    }
    said = ", ".join(f"{what} {biologist.found[name]:.0f}" for what, name in counts.items())
    console.print(
        f"What was counted of the names that it gave: {said}. "
        f"Asked again: {biologist.found['n_reasks']:.0f} times. "
        "Where nothing can be used, the mean effect stands in: a fallback."
    )


def _of(runs: Sequence[Run], name: str) -> Run:
    return next(run for run in runs if run.name == name)
