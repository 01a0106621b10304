"""Logs whose method cannot have run on the track that they declare."""

from collections.abc import Callable
from pathlib import Path

import pytest
from inspect_ai.log import read_eval_log

from perturb_evals.families import FAMILIES
from perturb_evals.leaderboard.boards import make_boards
from perturb_evals.leaderboard.entries import read_entries
from perturb_evals.leaderboard.results.result import Result
from perturb_evals.leaderboard.unrunnable import unrunnable
from perturb_evals.solvers.baseline import NEEDS, READS

LINES = {"none": [], "within": ["k562"], "cross": ["k562", "rpe1"]}
CROSS = (
    "additive",
    "combined",
    "conserved",
    "cross_context_ridge",
    "cross_line_knn",
    "factor_model",
    "lpm",
    "perturbation_rate",
    "same_pair",
)
WITHIN = ("contrast_vote", "gene_frequency", "graph_factor", "graph_knn", "retrieval_only")
Make = Callable[..., Result]


def fault(a_result: Make, solver: str, track: str, **changes) -> str:
    changes = {"evidence_lines": LINES[track], **changes}
    return unrunnable(a_result(solver=solver, track=track, **changes))


@pytest.mark.each(
    ("solver", "least"),
    [
        *((name, "cross") for name in CROSS),
        *((name, "within") for name in WITHIN),
        *((name, "none") for name in ("constant", "random_scores", "ask", "replay", "of_a_user")),
    ],
)
def test_a_method_runs_from_the_track_on_that_opens_what_it_needs(
    a_result: Make, solver: str, least: str
):
    order = list(LINES)
    for track in order:
        found = fault(a_result, solver, track)
        assert bool(found) == (order.index(track) < order.index(least)), (track, found)
        if found:
            assert found.startswith(f"{solver} cannot run on the track {track} (")
            assert found.endswith(f"it needs {least}.")


def test_every_baseline_of_pairs_was_asked_what_it_needs():
    own = {solver.__name__ for solver in FAMILIES[0].solvers} & set(READS)
    assert own == {*CROSS, *WITHIN, "constant", "random_scores"}
    assert set(READS) == set(NEEDS)


@pytest.mark.each(
    ("parts", "fine"),
    [
        ("graph_knn,graph_factor", True),
        (["graph_factor"], True),
        ("graph_factor, same_pair", False),
        (["factor_model", "graph_knn"], False),
    ],
)
def test_a_mixture_needs_what_its_parts_need(a_result: Make, parts: str | list[str], fine: bool):
    given = {"solver_args": {"parts": parts}}
    assert (fault(a_result, "combined", "within", **given) == "") == fine
    assert fault(a_result, "combined", "none", **given)


def test_a_baseline_in_a_chain_of_solvers_counts(a_result: Make):
    assert fault(a_result, "ask+same_pair", "within").startswith("same_pair cannot run")


def test_the_track_cross_with_no_other_line_opens_nothing_more(a_result: Make):
    found = fault(a_result, "same_pair", "cross", evidence_lines=["k562"])
    assert "another line than 'k562'" in found
    assert not fault(a_result, "ask", "cross", evidence_lines=["k562"])


def test_a_task_that_was_given_another_track(a_result: Make):
    found = fault(a_result, "ask", "none", task_args={"evidence": "cross"})
    assert found == "The log declares the track 'none', and its task was given evidence='cross'."


def test_a_relabelled_log_is_set_apart_with_a_sentence_and_the_rest_is_ranked(
    runs: dict[str, Path], rewrite: Callable[..., None], tmp_path: Path
):
    none = {"about_evidence": "none", "about_evidence_lines": []}
    for number, name in enumerate(("knn de", "frequency de", "constant de")):
        args = read_eval_log(str(runs[name]), header_only=True).eval.task_args
        args |= {"evidence": "none", "evidence_lines": None}
        rewrite(runs[name], tmp_path / f"{number}.eval", task_args=args, **none)
    entries = read_entries([str(tmp_path)])
    assert [entry.method for entry in entries.complete] == ["constant"]
    first, second = (aside.reason for aside in entries.set_aside)
    assert "cross_line_knn cannot run on the track none" in first
    assert "gene_frequency cannot run on the track none" in second
    (board,) = make_boards(entries)
    rows = [row for track in board.tracks for row in track.rows if row.entry.result]
    assert [row.entry.method for row in rows] == ["constant"]
