"""Logs as a source of neighbors: what is read, and what is refused."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from inspect_ai.log import EvalLog

from perturb_evals.datasets.screens.evidence import HeldOut, expression_evidence, split_of
from perturb_evals.datasets.screens.load import ScreenRequest
from perturb_evals.solvers.expression.baselines import mean_effect, no_change, random_neighbors
from perturb_evals.solvers.expression.neighbor_ensemble import neighbor_ensemble
from perturb_evals.solvers.expression.neighbor_logs import (
    NeighborLog,
    NeighborLogError,
    read_neighbor_log,
)
from perturb_evals.solvers.pairs.numeric import constant
from perturb_evals.tasks.langpert import langpert
from perturb_evals.tasks.perturbqa import perturbqa_de

FOLD = HeldOut(ScreenRequest("demo"))


def read(path: str) -> NeighborLog:
    return asyncio.run(read_neighbor_log(path))


def test_long_lists_are_read_whole(evaluate: Callable[..., EvalLog]):
    """Inspect leaves lists above 1 kB out of the summaries of samples."""
    log = evaluate(
        langpert(screen="demo", fold=0), solver=random_neighbors(k=180), limit=2, epochs=2
    )
    found = read(log.location)
    assert found.subset == (None, None)
    expected: dict[str, list[tuple[str, ...]]] = {}
    for sample in log.samples:
        names = sample.scores["expression"].metadata["neighbors"]
        assert len(json.dumps(names)) > 1024
        expected.setdefault(str(sample.id), []).append(tuple(names))
    assert found.answers == expected
    assert {len(answers) for answers in found.answers.values()} == {2}


@pytest.fixture
def log(evaluate: Callable[..., EvalLog]) -> NeighborLog:
    """A run over two perturbations of fold 0."""
    task = langpert(screen="demo", fold=0)
    return read(evaluate(task, solver=random_neighbors(k=3), limit=2).location)


def test_another_task_is_told_by_what_differs(log: NeighborLog, tmp_path: Path):
    log.check(FOLD)
    log.check(replace(FOLD, seed=5))  # without subsets the seed draws nothing
    split, shorter = tmp_path / "split.json", tmp_path / "shorter.json"
    split.write_text(split_of(FOLD.request, None).to_json())
    shorter.write_text(json.dumps(json.loads(split.read_text())[:1]))
    log.check(replace(FOLD, split=str(split)))  # the same folds
    for other, told in (
        (replace(FOLD, request=ScreenRequest("demo", cell_line="demo_b")), "data differs"),
        (replace(FOLD, split=str(shorter)), "split differs"),
        (replace(FOLD, n_train=50), "train differs"),
        (
            replace(FOLD, request=ScreenRequest("demo", cell_line="demo_c"), n_train=50),
            "data, train differ",
        ),
    ):
        with pytest.raises(NeighborLogError, match=told) as raised:
            log.check(other)
        assert log.path in str(raised.value)
        assert log.facts["board_key"] in str(raised.value)


def test_subsets_of_another_seed_or_size_are_others(evaluate: Callable[..., EvalLog]):
    task = langpert(screen="demo", fold=0, n_train=50, seed=3)
    log = read(evaluate(task, solver=random_neighbors(k=3), limit=1).location)
    log.check(replace(FOLD, n_train=50, seed=3))
    for other in (replace(FOLD, n_train=50, seed=4), replace(FOLD, n_train=51, seed=3), FOLD):
        with pytest.raises(NeighborLogError, match="train differs"):
            log.check(other)


def test_what_a_log_lacks_is_counted(log: NeighborLog):
    answered = list(log.answers)
    assert log.of(answered[0], answered[0].rpartition("/")[2], FOLD) == log.answers[answered[0]]
    with pytest.raises(NeighborLogError, match=r"lacks 46 of the 48 test perturbations of fold 0"):
        log.of("demo/fold0/XYZ", "XYZ", FOLD)


def test_a_name_that_is_no_candidate_is_refused(log: NeighborLog):
    sample_id = next(iter(log.answers))
    names = expression_evidence(FOLD).perturbations[:2]
    log.answers[sample_id].append((names[0], "SMG5000", names[1]))
    with pytest.raises(NeighborLogError, match=r"'SMG5000', chosen for demo.*is no training"):
        log.of(sample_id, sample_id.rpartition("/")[2], FOLD)


def test_logs_of_other_runs_are_refused(evaluate: Callable[..., EvalLog], tmp_path: Path):
    task = langpert(screen="demo", fold=0)
    for solver, method in ((mean_effect(), "training_mean"), (no_change(), "control")):
        run = evaluate(task, solver=solver, limit=1)
        with pytest.raises(NeighborLogError, match=f"not a choice of neighbors .*{method}"):
            read(run.location)
    run = evaluate(perturbqa_de(dataset="demo", genes=1), solver=constant(), limit=1)
    with pytest.raises(NeighborLogError, match=r"is a log of .*perturbqa_de"):
        read(run.location)
    failed = evaluate(task, limit=1)  # none/none fails when it is asked
    assert failed.status == "error"
    with pytest.raises(NeighborLogError, match=r"no finished run: its status is error.*eval-retry"):
        read(failed.location)
    (tmp_path / "x.eval").write_text("not a log")
    for name in ("x.eval", "nowhere.eval", "x.txt"):
        with pytest.raises(NeighborLogError, match="cannot be read as a log of Inspect"):
            read(str(tmp_path / name))


def test_a_refused_log_ends_the_run_with_its_name(evaluate: Callable[..., EvalLog]):
    run = evaluate(langpert(screen="demo", fold=0), solver=random_neighbors(k=3), limit=1)
    ensemble = neighbor_ensemble(run.location)
    ended = evaluate(langpert(screen="demo", fold=0), solver=ensemble, max_samples=1)
    assert ended.status == "error"
    assert "lacks 47 of the 48" in ended.error.message
    assert run.location in ended.error.message
