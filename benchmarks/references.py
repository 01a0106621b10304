"""Reference systems on a screen, through Inspect, and the table that is made of them."""

import numpy as np
from inspect_ai import eval as inspect_eval
from inspect_ai.log import EvalLog
from inspect_ai.solver import Solver

from baselines import markdown
from perturb_evals.metrics.intervals import paired_difference
from perturb_evals.solvers.expression.baselines import (
    mean_effect,
    no_change,
    oracle_neighbors,
    random_neighbors,
)
from perturb_evals.solvers.expression.gene_baselines import gaussian_process, graph_neighbors
from perturb_evals.tasks.langpert import langpert

HEADLINE = "mae_top20"
SYSTEMS: list[tuple[str, Solver]] = [
    ("no_change", no_change()),
    ("mean_effect", mean_effect()),
    ("random_neighbors", random_neighbors()),
    ("graph_neighbors (STRING)", graph_neighbors()),
    ("gaussian_process (text)", gaussian_process()),
    ("oracle_neighbors k=10", oracle_neighbors(k=10)),
    ("oracle_neighbors k=5", oracle_neighbors(k=5)),
]
COLUMNS = (HEADLINE, f"{HEADLINE}_no_target", "pearson_delta_top20", "pearson_delta_pert", "pds")


def scores(log: EvalLog) -> np.ndarray:
    """The headline of every perturbation, by name."""
    values = {
        sample.metadata["pert"]: sample.scores["expression"].value[HEADLINE]
        for sample in log.samples or []
        if sample.scores
    }
    return np.array([values[pert] for pert in sorted(values)])


def cell(values: dict[str, float], name: str) -> str:
    lower, upper = values.get(f"{name}_lower"), values.get(f"{name}_upper")
    return f"{values[name]:.3f} [{lower:.3f}, {upper:.3f}]"


def references(screen: str, cell_line: str | None, log_dir: str) -> str:
    """Run every system on a screen, in the fold that holds each perturbation out, and tell it.

    The last but one column is the paired difference of the headline to the training mean with its
    95% interval over perturbations: below 0 is better than the mean.
    """
    logs = {}
    for name, solver in SYSTEMS:
        (logs[name],) = inspect_eval(
            langpert(screen=screen, cell_line=cell_line),
            model="none/none",
            solver=solver,
            log_dir=log_dir,
            display="none",
            log_realtime=False,
        )
        if logs[name].results is None:
            raise SystemExit(f"{name} ended as {logs[name].status}: {logs[name].error}")
    baseline = scores(logs["mean_effect"])
    rows = []
    for name, log in logs.items():
        values = {key: metric.value for key, metric in log.results.scores[0].metrics.items()}
        apart = paired_difference(scores(log), baseline)
        difference = f"{apart.mean:+.3f} [{apart.lower:+.3f}, {apart.upper:+.3f}]"
        cells = [cell(values, column) for column in COLUMNS]
        rows.append([name, *cells, difference, f"{values['fallback_rate']:.0%}"])
    return markdown(["system", *COLUMNS, f"{HEADLINE} minus mean_effect", "fallbacks"], rows)
