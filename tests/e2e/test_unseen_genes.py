"""holdout=both from the run to a board of its own: asked, scored and checked again, and ranked."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import inspect_ai
import pytest
from inspect_ai.log import EvalLog, read_eval_log

from perturb_evals.cli.estimate import estimate
from perturb_evals.datasets.demo.world import demo_tables
from perturb_evals.datasets.pairs.evidence import PairsEvidence
from perturb_evals.leaderboard.boards import Board, make_boards
from perturb_evals.leaderboard.comparison import compare
from perturb_evals.leaderboard.entries import read_entries
from perturb_evals.leaderboard.submission.check import check_runs
from perturb_evals.scorers.pairs.p_positive import p_positive
from perturb_evals.solvers.pairs import baselines
from perturb_evals.solvers.pairs.combined import combined
from perturb_evals.solvers.pairs.factor_model import factor_model
from perturb_evals.solvers.pairs.graph_factor import GraphFactor, graph_factor
from perturb_evals.solvers.pairs.knn import cross_line_knn, graph_knn
from perturb_evals.solvers.pairs.replay import replay
from perturb_evals.solvers.pairs.transfer_baselines import (
    additive,
    conserved,
    cross_context_ridge,
)
from perturb_evals.tasks.perturbqa import perturbqa_de, perturbqa_direction

SCRIPTED = "perturb_scripted/biologist"
UNSEEN: dict[str, Any] = {"holdout": "both", "seed": 2}
FEW: dict[str, Any] = {**UNSEEN, "genes": 8}


@pytest.fixture
def mine(tmp_path: Path) -> str:
    """Two lines of the demo world as a user's own tables."""
    folder = tmp_path / "mine"
    folder.mkdir()
    for (line, kind), rows in demo_tables().items():
        if line != "demo_c":
            name = line.replace("demo", "mine")
            rows.to_csv(folder / f"{name}-{kind.removesuffix('ection')}.csv", index=False)
    return str(folder)


def boards_of(logs: Path) -> tuple[Board, ...]:
    entries = read_entries([str(logs)])
    assert entries.set_aside == ()
    return make_boards(entries)


def answered(log: EvalLog) -> dict[str, float]:
    assert log.status == "success", log.error
    return {name: metric.value for name, metric in log.results.scores[0].metrics.items()}


@pytest.mark.parametrize("make", [perturbqa_de, perturbqa_direction])
@pytest.mark.parametrize("own", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_a_board_of_its_own_with_its_references(
    evaluate: Callable[..., EvalLog], tmp_path: Path, mine: str, make, own: bool
):
    where = {"dataset": mine, "cell_line": "mine_a"} if own else {"dataset": "demo"}
    evaluate(make(**where, genes=8), solver=baselines.constant())
    task = make(**where, **FEW)
    evaluate(task, model=SCRIPTED)
    rows = [sample.metadata for sample in task.dataset]
    file = tmp_path / "asked.csv"  # predictions for the asked rows and no other
    lines = [f"{about['pert']},{about['gene']},{at}" for at, about in enumerate(rows)]
    file.write_text("\n".join(["pert,gene,score", *lines]), encoding="utf-8")
    evaluate(make(**where, **FEW), solver=replay(str(file)))

    boards = {board.parts["questions"]: board for board in boards_of(tmp_path / "logs")}
    unseen = "scored/unseen_genes/genes8/seed2"
    assert set(boards) == {"scored/genes8/seed0", unseen}
    board = boards[unseen]
    assert board.notes == ()
    found = {row.entry.method: row.entry for track in board.tracks for row in track.rows}
    assert {"ask", "replay", "gene_frequency", "perturbation_rate"} <= set(found)
    # The reference of the gene's rate has nothing to say; that of the perturbation's has.
    frequency, rate = (found[name] for name in ("gene_frequency", "perturbation_rate"))
    assert frequency.outcome.predictions.abstained.all()
    assert not rate.outcome.predictions.abstained.any()
    # They are what runs give.
    for name, track, solver in (
        ("gene_frequency", "within", baselines.gene_frequency()),
        ("perturbation_rate", "cross", baselines.perturbation_rate()),
    ):
        log = evaluate(make(**where, **FEW, evidence=track), solver=solver)
        assert answered(log)["auroc_per_gene"] == pytest.approx(found[name].outcome.value)


def test_baselines_that_need_the_gene_s_rows_say_that_they_abstain(
    evaluate: Callable[..., EvalLog],
):
    for solver in (
        baselines.gene_frequency,
        cross_line_knn,
        graph_knn,
        additive,
        conserved,
        cross_context_ridge,
        factor_model,
    ):
        task = perturbqa_de(dataset="demo", evidence="cross", genes=2, **UNSEEN)
        log = evaluate(task, solver=solver())
        results = answered(log)
        assert results["coverage"] == 0
        assert results["abstained_no_evidence"] == 1
        assert results["auroc_per_gene"] == 0.5
        sample = log.samples[0]
        gene = sample.metadata["gene"]
        said = f"{solver.__name__}: abstains, no training row of {gene} may be read"
        assert sample.output.completion == said
    for solver in (baselines.same_pair, baselines.perturbation_rate):
        log = evaluate(perturbqa_de(dataset="demo", evidence="cross", **FEW), solver=solver())
        results = answered(log)
        assert results["coverage"] == 1
        assert "abstained_no_evidence" not in results


@pytest.mark.parametrize("solver", [graph_factor, combined])
def test_those_that_know_like_perturbations_speak_where_there_are_any(
    evaluate: Callable[..., EvalLog], solver
):
    """By what like knock-downs do to all genes: the same score for each gene."""
    log = evaluate(perturbqa_de(dataset="demo", evidence="cross", **FEW), solver=solver())
    results = answered(log)
    factor = GraphFactor(PairsEvidence.from_metadata(log.samples[0].metadata))
    silent = 0
    for sample in log.samples:
        pert, gene = sample.metadata["pert"], sample.metadata["gene"]
        reason = sample.scores["p_positive"].metadata.get("abstained")
        assert reason == (None if factor.informed(pert, gene) else "no_evidence")
        silent += reason is not None
    assert results["coverage"] == pytest.approx(1 - silent / len(log.samples))
    assert results["coverage"] > 0.5


def test_a_run_is_checked_scored_and_taken_up_again(tmp_path: Path, mine: str):
    run = {"display": "none", "log_realtime": False}
    for args, solver in (
        ({"dataset": "demo", "evidence": "within", "genes": 8}, baselines.gene_frequency()),
        (
            {"dataset": mine, "cell_line": "mine_b", "evidence": "cross", "genes": 8},
            baselines.same_pair(),
        ),
        ({"dataset": "demo", "genes": 3}, None),
    ):
        (log,) = inspect_ai.eval(
            "perturb_evals/perturbqa_de",
            task_args={**UNSEEN, **args},
            solver=solver,
            model="none/none" if solver else SCRIPTED,
            log_dir=str(tmp_path / "logs"),
            **run,
        )
        before = answered(log)
        again = inspect_ai.score(read_eval_log(log.location), p_positive())
        after = {name: metric.value for name, metric in again.results.scores[0].metrics.items()}
        assert before.items() >= {"auroc_per_gene": after["auroc_per_gene"]}.items()
        (retried,) = inspect_ai.eval_retry(log, log_dir=str(tmp_path / "retried"), **run)
        assert answered(retried) == before
        assert retried.eval.metadata == log.eval.metadata
        (checked,) = check_runs([log.location]).runs
        outcomes = {one.name: one.outcome for one in checked.checks}
        assert set(outcomes.values()) <= {"pass", "not applicable"}, checked.checks
        assert outcomes["board key"] == outcomes["questions"] == outcomes["answers"] == "pass"


def test_two_systems_are_compared(evaluate: Callable[..., EvalLog], tmp_path: Path):
    for solver in (baselines.gene_frequency(), baselines.random_scores()):
        evaluate(perturbqa_de(dataset="demo", evidence="within", **FEW), solver=solver)
    one, other = read_entries([str(tmp_path / "logs")]).complete
    (pair,) = compare([one, other]).pairs
    assert pair.difference.value == pytest.approx(one.outcome.value - other.outcome.value)


def test_the_command_line_counts_what_will_be_asked():
    counts = estimate("perturbqa_de", {"dataset": "demo", **UNSEEN})
    assert counts["questions"] == len(perturbqa_de(dataset="demo", **UNSEEN).dataset)
