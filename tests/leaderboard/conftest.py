"""Small real logs of the demo world, and entries made by hand whose truth is known."""

import json
import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import inspect_ai
import numpy as np
import pytest
from inspect_ai import Task
from inspect_ai.log import EvalLog, read_eval_log, write_eval_log
from inspect_ai.solver import Solver

from perturb_evals.families.outcome import MeanOutcome, shared_weights
from perturb_evals.families.pairs.outcome import sorted_answers
from perturb_evals.leaderboard.entries import Entry
from perturb_evals.leaderboard.figures import figure_of
from perturb_evals.leaderboard.results.result import Protocol, Result, Usage
from perturb_evals.leaderboard.systems import identity, is_baseline, reads_truth, track_of
from perturb_evals.metrics.pairs.predictions import Predictions
from perturb_evals.solvers.expression.baselines import mean_effect
from perturb_evals.solvers.pairs.baselines import (
    constant,
    gene_frequency,
    perturbation_rate,
)
from perturb_evals.solvers.pairs.knn import cross_line_knn
from perturb_evals.solvers.pairs.replay import replay
from perturb_evals.tasks.langpert import langpert
from perturb_evals.tasks.perturbqa import perturbqa_de, perturbqa_direction

SCRIPTED = "perturb_scripted/biologist"
ASKED = {"dataset": "demo", "cell_line": "demo_a", "genes": 5}
MEANT = {"langpert": "mae_top20"}


def run(
    folder: Path, tasks: Sequence[Task], solver: Solver | None, **options: Any
) -> list[EvalLog]:
    """Run a system for real; `none/none` fails when it is asked."""
    options = {"model": "none/none", **options}
    return list(
        inspect_ai.eval(
            list(tasks),
            solver=solver,
            log_dir=str(folder),
            display="none",
            log_realtime=False,
            log_buffer=1000,
            score_display=False,
            max_tasks=len(tasks),
            **options,
        )
    )


@pytest.fixture(scope="session")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Complete runs by what ran, e.g. `constant de`; do not change them.

    The processes of pytest-xdist share those of the first that needs them: they begin far apart in
    the list of tests, so that nobody has to wait for another.
    """
    base = tmp_path_factory.getbasetemp()
    listed = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "runs.json"
    if not listed.exists():
        mine = tmp_path_factory.mktemp("runs")
        (mine / "runs.json").write_text(json.dumps(make_runs(mine)))
        os.replace(mine / "runs.json", listed)
    return {name: Path(location) for name, location in json.loads(listed.read_text()).items()}


def make_runs(folder: Path) -> dict[str, str]:
    pairs = (perturbqa_de, perturbqa_direction)
    logs = {}

    def keep(name: str, found: Sequence[EvalLog]) -> None:
        for log in found:
            assert log.status == "success", log.error
            logs[f"{name} {log.eval.task.rpartition('_')[2].rpartition('/')[2]}"] = log.location

    keep("constant", run(folder, [task(**ASKED) for task in pairs], constant()))
    asked = [task(**ASKED) for task in pairs]
    keep("scripted", run(folder, asked, None, model=SCRIPTED, epochs=2))
    cross = [task(**ASKED, evidence="cross") for task in pairs]
    keep("knn", run(folder, cross, cross_line_knn()))
    keep("frequency", run(folder, [perturbqa_de(**ASKED, evidence="within")], gene_frequency()))
    keep("rate", run(folder, [perturbqa_de(**ASKED, evidence="cross")], perturbation_rate()))
    keep("mean", run(folder, [langpert(screen="demo", fold=1)], mean_effect()))
    keep("scripted", run(folder, [langpert(screen="demo", fold=1)], None, model=SCRIPTED))
    return logs


@pytest.fixture(scope="session")
def unfinished(tmp_path_factory: pytest.TempPathFactory, runs: dict[str, Path]) -> dict[str, Path]:
    """Runs by how they ended: partial, error, cancelled, started."""
    folder = tmp_path_factory.mktemp("unfinished")
    (partial,) = run(folder, [perturbqa_de(**ASKED)], constant(), limit=3)
    predictions = folder / "few.csv"
    predictions.write_text("pert,gene,score\n")
    (error,) = run(folder, [perturbqa_de(**ASKED)], replay(str(predictions)), limit=1)
    assert (partial.status, error.status) == ("success", "error")
    found = {"partial": Path(partial.location), "error": Path(error.location)}
    for status in ("cancelled", "started"):
        found[status] = folder / f"{status}.eval"
        rewrite(runs["constant de"], found[status], status, status=status, results=None)
    return found


def rewrite(source: Path, target: Path, run_id: str | None = None, **changes: Any) -> None:
    """Copy a log with changes to it; with an id it is a run of its own.

    Changes are fields of the log or of its `eval`; those that begin with `about_` are of the
    metadata of the header.
    """
    log = read_eval_log(str(source))
    about = log.eval.metadata or {}
    if run_id is not None:
        log.eval.eval_id = log.eval.task_id = log.eval.run_id = run_id
    for name, value in changes.items():
        if name.startswith("about_"):
            about[name.removeprefix("about_")] = value
            if name == "about_evidence":  # which follows the argument of the task
                log.eval.task_args = {**log.eval.task_args, "evidence": value}
        elif name in type(log.eval).model_fields:
            setattr(log.eval, name, value)
        else:
            setattr(log, name, value)
    write_eval_log(log, str(target))


@pytest.fixture(scope="session", name="rewrite")
def rewrite_fixture() -> Callable[..., None]:
    """Copy a log with changes to it: fields of the log or of `eval`, `about_` of its metadata."""
    return rewrite


@pytest.fixture
def gather(tmp_path: Path) -> Callable[..., str]:
    """Copy logs into one folder, each under a name of its own, and return the folder."""

    def gather(*logs: Path) -> str:
        folder = tmp_path / "gathered"
        folder.mkdir(exist_ok=True)
        for number, log in enumerate(logs):
            shutil.copy(log, folder / f"{number}{log.suffix}")
        return str(folder)

    return gather


def a_result(
    solver: str = "ask", model: str = "maker/model", task: str = "perturbqa_de", **changes: Any
) -> Result:
    """A complete result that no log has; changes are of the result or of its protocol."""
    protocol = {
        "track": "training" if task == "langpert" else "none",
        "evidence_lines": [],
        "answer": "",
        "epochs": 1,
        "solver": solver,
        "solver_args": {},
        "given": {},
        "prompts": [],
        "model": model,
        "settings": {},
    }
    protocol |= {name: changes.pop(name) for name in list(changes) if name in protocol}
    context = changes.pop("context", "k562")
    board = {"task": task, "context": context, "data": "0" * 6, "abstention": "half"}
    board |= changes.pop("board", {})
    given = {
        "status": "complete",
        "reason": "",
        "system": None,
        "board": board,
        "board_key": "|".join(map(str, board.values())),
        "protocol": Protocol(**protocol),
        "protocol_line": "",
        "headline": MEANT.get(task, "auroc_per_gene"),
        "metrics": {},
        "coverage": 1.0,
        "reasons": {},
        "counts": {},
        "n_questions": 1,
        # The demo's data are not those of this board, and nothing is fetched to find that out.
        "task_args": {"screen": "demo"} if task == "langpert" else {},
        "command": "",
        "usage": Usage(
            tokens={}, calls=0, retries=0, cost=0.0, wall_seconds=0.0, model_seconds=0.0
        ),
        "task_version": "1-A",
        "packages": {},
        "data_sha256": "0" * 64,
        "licence": "",
        "citation": "",
        "log": f"{solver}-{model}.eval",
        "eval_id": json.dumps([solver, model, task], default=str),
        "created": datetime(2026, 1, 1, tzinfo=UTC),
    }
    return Result(**{**given, **changes})


@pytest.fixture(scope="session", name="a_result")
def a_result_fixture() -> Callable[..., Result]:
    """Make a result that no log has."""
    return a_result


@dataclass(frozen=True)
class World:
    """Questions of one board: labels by lot, and answers that know them to some degree."""

    perts: list[str]
    genes: list[str]
    labels: list[int]
    noise: dict[str, "np.typing.NDArray[np.float64]"]

    def predictions(self, knows: float, noise: str, abstains: Sequence[int] = ()) -> Predictions:
        """Answers with so much of the truth and the rest by lot, of one lot for one name."""
        scores = knows * np.array(self.labels) + self.noise[noise]
        gone = [row in abstains for row in range(len(self.labels))]
        return Predictions(self.perts, self.genes, self.labels, scores, gone)


@pytest.fixture(scope="session")
def world() -> World:
    """40 perturbations, each asked about 6 genes."""
    rng = np.random.default_rng(7)
    pairs = [(f"P{p:02}", f"g{g}") for p in range(40) for g in range(6)]
    return World(
        perts=[pert for pert, _ in pairs],
        genes=[gene for _, gene in pairs],
        labels=[int(label) for label in rng.random(len(pairs)) < 0.4],
        noise={name: rng.normal(size=len(pairs)) for name in "abc"},
    )


@pytest.fixture(scope="session")
def entry_of() -> Callable[..., Entry]:
    """Make an entry from a result and answers, or scores by perturbation."""

    def entry_of(
        result: Result, answers: "Predictions | dict[str, float]", name: str | None = None
    ) -> Entry:
        if isinstance(answers, dict):
            units = tuple(sorted(answers))
            scores = np.array([answers[unit] for unit in units])
            outcome: Any = MeanOutcome(units, scores, tuple(f"id/{unit}" for unit in units))
        else:
            pairs = zip(answers.perts, answers.genes, strict=True)
            ids = tuple(f"id/{pert}>{gene}" for pert, gene in pairs)
            outcome = sorted_answers(answers, "half", ids)
        protocol = result.protocol
        kind = "baseline" if is_baseline(protocol) else "system"
        track, lines = track_of(protocol)
        drawn = outcome.resampled(shared_weights(outcome.n_perturbations))
        return Entry(
            system=identity(result),
            name=name or f"{protocol.model} {protocol.solver}",
            kind="truth" if reads_truth(protocol) else kind,
            method=protocol.solver,
            track=track,
            lines=lines,
            figure=figure_of(outcome.value, drawn),
            outcome=outcome,
            result=result,
        )

    return entry_of
