"""Baselines that count the rows which are shown to a model: in runs, with their rows on record."""

from collections.abc import Callable
from typing import Any

import pytest
from inspect_ai.log import EvalLog, EvalSample, read_eval_log
from inspect_ai.solver import Solver

from perturb_evals.datasets.errors import ArgumentError
from perturb_evals.datasets.pairs.evidence import PairsEvidence, TrainingRow
from perturb_evals.leaderboard import make_boards, read_entries
from perturb_evals.replies.pairs import PairsReply
from perturb_evals.replies.reply import attached
from perturb_evals.solvers.pairs.baselines import gene_frequency
from perturb_evals.solvers.pairs.knowledge import Knowledge
from perturb_evals.solvers.pairs.retrieval.baselines import contrast_vote, retrieval_only
from perturb_evals.solvers.pairs.retrieval.nearest import NearestOfEach, Vote
from perturb_evals.solvers.pairs.retrieval.retriever import Retriever
from perturb_evals.tasks.perturbqa import perturbqa_de, perturbqa_direction

FEW: dict[str, Any] = {"dataset": "demo", "genes": 2}


def shown(sample: EvalSample) -> tuple[TrainingRow, ...]:
    return tuple(TrainingRow(*row) for row in attached(sample.output, PairsReply).shown)


@pytest.mark.parametrize("track", ["within", "cross"])
def test_a_run_counts_the_rows_that_are_shown_and_records_them(
    evaluate: Callable[..., EvalLog], track: str
):
    task = perturbqa_direction(**FEW, evidence=track)
    log = evaluate(task, solver=retrieval_only(neighbors=4, budget=2, seed=3))
    evidence = PairsEvidence.from_metadata(task.dataset[0].metadata)
    retriever = Retriever(evidence, Knowledge(), 4, 2, 3)
    for sample in read_eval_log(log.location).samples:
        rows = shown(sample)
        about = sample.metadata["pert"], sample.metadata["gene"]
        assert rows == tuple(found.row for found in retriever.rows(*about))
        value = sum(row.label for row in rows) / len(rows)
        assert sample.scores["p_positive"].value == pytest.approx(value)
        assert sample.output.completion.startswith("retrieval_only: score ")


def test_the_vote_of_a_run_is_that_of_its_rows(evaluate: Callable[..., EvalLog]):
    task = perturbqa_de(**FEW, evidence="within")
    log = evaluate(task, solver=contrast_vote(each=2))
    evidence = PairsEvidence.from_metadata(task.dataset[0].metadata)
    vote, silent = Vote(NearestOfEach(evidence, Knowledge(), 2)), 0
    for sample in log.samples:
        about = sample.metadata["pert"], sample.metadata["gene"]
        score = attached(sample.output, PairsReply).score
        assert score == vote.score(*about)
        assert shown(sample) == vote.counted(*about)
        silent += score is None
    assert 0 < silent < len(log.samples)


def test_other_baselines_record_what_they_did_before(evaluate: Callable[..., EvalLog]):
    log = evaluate(perturbqa_de(**FEW, evidence="within"), solver=gene_frequency())
    for sample in log.samples:
        assert set(sample.output.metadata["perturb_evals"]) == {"form", "score", "prompt"}


def test_they_rank_in_the_track_that_they_ran_in(evaluate: Callable[..., EvalLog], tmp_path):
    for track in ("within", "cross"):
        for solver in (retrieval_only(), contrast_vote()):
            evaluate(perturbqa_de(**FEW, evidence=track), solver=solver)
    (board,) = make_boards(read_entries([str(tmp_path / "logs")]))
    ran = {
        track.name: {row.entry.method for row in track.rows if row.entry.result is not None}
        for track in board.tracks
    }
    both = {"retrieval_only", "contrast_vote"}
    assert ran["within"] == both
    assert ran["cross"] == both


@pytest.mark.parametrize("make", [retrieval_only, contrast_vote])
def test_they_need_training_rows(evaluate: Callable[..., EvalLog], make: Callable[[], Solver]):
    log = evaluate(perturbqa_de(**FEW), solver=make(), max_samples=1)
    assert log.status == "error"
    assert "evidence=none does not allow" in log.error.message


@pytest.mark.each(
    ("make", "given", "said"),
    [
        (retrieval_only, {"neighbors": 0}, "neighbors must be at least 1; got 0."),
        (retrieval_only, {"budget": -5}, "budget must be at least 1; got -5."),
        (retrieval_only, {"budget": "5"}, "budget must be a whole number; got '5'."),
        (retrieval_only, {"seed": 0.5}, "seed must be a whole number; got 0.5."),
        (contrast_vote, {"each": 0}, "each must be at least 1; got 0."),
    ],
)
def test_arguments_are_checked_when_the_solver_is_made(make, given: dict[str, Any], said: str):
    with pytest.raises(ArgumentError) as caught:
        make(**given)
    assert str(caught.value) == said


@pytest.mark.each("make", [retrieval_only, contrast_vote])
@pytest.mark.each("given", [{"graph": "no_such_graph"}, {"budgets": 5}])
def test_other_arguments_are_refused(make, given: dict[str, Any]):
    with pytest.raises(ArgumentError):
        make(**given)
