"""Control runs: what they take from their systems, and that they change nothing else."""

import shlex
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from inspect_ai.log import EvalPlanStep, read_eval_log, write_eval_log
from scipy.stats import norm, t

from perturb_evals.families.expression.family import Expression
from perturb_evals.families.outcome import shared_weights
from perturb_evals.leaderboard.boards import Board, make_boards
from perturb_evals.leaderboard.conclusion import overall
from perturb_evals.leaderboard.control_runs import ControlRow, control_rows
from perturb_evals.leaderboard.entries import Entries, Entry, read_entries
from perturb_evals.leaderboard.frame import summaries_to_frame, to_frame
from perturb_evals.leaderboard.publish import comparisons_of
from perturb_evals.leaderboard.results.protocol import protocol_of
from perturb_evals.leaderboard.results.result import Figure, Result
from perturb_evals.leaderboard.site.page import WRITTEN
from perturb_evals.leaderboard.summary import summaries
from perturb_evals.leaderboard.text import MISSING
from perturb_evals.metrics.pairs.predictions import Predictions

Make = Callable[..., Result]
Enter = Callable[..., Entry]
Runs = dict[str, Path]


def under(control: Any, log: Path, to: Path, name: str | None = None, **params: Any) -> Path:
    """Copy a log as a run of its own under a control."""
    found = read_eval_log(str(log))
    found.eval.eval_id = found.eval.task_id = found.eval.run_id = to.stem
    given = {"control": control, **params}
    step = found.plan.steps[0]
    found.plan.steps = [
        EvalPlanStep(solver=step.solver, params=step.params | given, params_passed=given)
    ]
    if name is not None:
        found.eval.metadata = {**(found.eval.metadata or {}), "system": name}
    write_eval_log(found, str(to))
    return to


@pytest.fixture(scope="module")
def folders(runs: Runs, tmp_path_factory: pytest.TempPathFactory) -> tuple[list[str], list[str]]:
    """Runs of the demo world, and control runs of them, with and without an original."""
    folder = tmp_path_factory.mktemp("controls")
    systems = [str(log) for log in runs.values()]
    controls = [
        under(control, runs[f"scripted {task}"], folder / f"{control}-{task}.eval")
        for control in ("swapped", "anonymised")
        for task in ("de", "direction")
    ]
    controls += [
        under("swapped", runs["scripted de"], folder / "named.eval", name="mine"),
        under("a control of mine", runs["knn de"], folder / "knn.eval"),
    ]
    return systems, list(map(str, controls))


@pytest.fixture(scope="module")
def both(folders: tuple[list[str], list[str]]) -> tuple[Entries, Entries]:
    systems, controls = folders
    return read_entries(systems), read_entries([*controls, *systems])


def told(entries: Entries) -> dict[str, Any]:
    boards = make_boards(entries)
    summed = summaries(boards)
    return {
        "rows": to_frame(boards).to_csv(index=False),
        "means": summaries_to_frame(summed).to_csv(index=False),
        "words": overall(boards, summed, *WRITTEN),
        "floors": [
            (track.name, track.floor and (track.floor.name, track.floor.value, track.floor.factor))
            for board in boards
            for track in board.tracks
        ],
        "compared": [
            [(pair.a.name, pair.b.name, pair.difference, pair.p_holm) for pair in found.pairs]
            for board in boards
            for found in comparisons_of(board)
        ],
        "about": [(board.notes, board.apart, board.scale and board.scale.zero) for board in boards],
        "names": [(entry.system, entry.name) for entry in entries.complete],
    }


def test_control_runs_change_no_rank_no_best_no_summary_and_no_floor(
    both: tuple[Entries, Entries],
) -> None:
    without, beside = both
    assert len(beside.controls) == 6
    assert told(beside) == told(without)


def test_a_control_run_of_another_board_adds_no_board_that_ranks(
    runs: Runs, folders: tuple[list[str], list[str]]
) -> None:
    systems = [str(runs["constant de"]), str(runs["frequency de"])]
    (control,) = [log for log in folders[1] if "swapped-direction" in log]
    without, beside = told(read_entries(systems)), told(read_entries([*systems, control]))
    assert beside.pop("about")[:1] == without.pop("about")
    assert beside == without
    (board,) = [b for b in make_boards(read_entries([*systems, control])) if not b.tracks]
    (row,) = board.controls
    assert (row.original, row.lost) == (None, None)
    assert board.n_units == len(row.entry.outcome.units)


def test_a_control_run_stands_against_its_original_whose_name_it_has(
    both: tuple[Entries, Entries],
) -> None:
    boards = {str(board.parts["task"]): board for board in make_boards(both[1])}
    found = {
        (row.name, row.control): row.original and row.original.name
        for row in boards["perturbqa_de"].controls
    }
    name = next(e.name for e in both[0].complete if e.method == "ask")
    knn = next(e.name for e in both[0].complete if e.method == "cross_line_knn")
    assert found == {
        (name, "anonymised"): name,
        (name, "swapped"): name,
        (knn, "a control of mine"): knn,
    }


def test_one_system_keeps_its_run_beside_a_newer_control_run_of_its_name(
    runs: Runs, tmp_path: Path, rewrite: Any
) -> None:
    own = tmp_path / "own.eval"
    rewrite(runs["scripted de"], own, "own", about_system="mine")
    control = under("swapped", own, tmp_path / "control.eval", name="mine")
    entries = read_entries([str(own), str(control)])
    assert [entry.name for entry in entries.complete] == ["mine"]
    assert [entry.name for entry in entries.controls] == ["mine"]
    assert not entries.older
    (board,) = make_boards(entries)
    assert board.controls[0].original is entries.complete[0]


def test_of_two_runs_under_one_control_the_newer_counts(runs: Runs, tmp_path: Path) -> None:
    first = under("swapped", runs["scripted de"], tmp_path / "first.eval")
    log = read_eval_log(str(first))
    log.eval.eval_id = log.eval.task_id = log.eval.run_id = "second"
    log.eval.created = "2099-01-01T00:00:00+00:00"
    write_eval_log(log, str(tmp_path / "second.eval"))
    entries = read_entries([str(tmp_path)])
    assert [e.result and e.result.eval_id for e in entries.controls] == ["second"]
    assert [run.eval_id for run in entries.older] == ["first"]


def test_the_protocol_says_the_control_and_of_none_nothing(runs: Runs, tmp_path: Path) -> None:
    log = read_eval_log(str(runs["scripted de"]), header_only=True)
    usual = protocol_of(log, None)
    (step,) = log.plan.steps
    for params, line in (
        ({"control": "swapped"}, usual.line().replace("|ask|", "|ask(control=swapped)|")),
        ({"control": None}, usual.line()),
        ({}, usual.line()),
    ):
        kept = {name: value for name, value in step.params.items() if name != "control"}
        passed = {**step.params_passed, **params}
        log.plan.steps = [
            EvalPlanStep(solver=step.solver, params=kept | params, params_passed=passed)
        ]
        protocol = protocol_of(log, None)
        assert protocol.line() == line
        assert protocol.given == {**usual.given, **{k: v for k, v in params.items() if v}}


@pytest.mark.each(
    "params",
    [
        [{"control": "swapped"}, {"control": None}],
        [{"control": None}, {"control": "swapped"}],
        [{"control": "swapped"}, {}],
        [{"control": "swapped"}, {"control": "swapped"}],
    ],
)
def test_no_step_of_a_chain_takes_a_control_back(
    runs: Runs, params: list[dict[str, str | None]]
) -> None:
    log = read_eval_log(str(runs["scripted de"]), header_only=True)
    log.plan.steps = [
        EvalPlanStep(solver="other/solver", params=own, params_passed=own) for own in params
    ]
    protocol = protocol_of(log, None)
    assert protocol.solver_args == {"control": "swapped"}
    assert protocol.given["control"] == "swapped"


@pytest.fixture
def pair(world: Any, a_result: Make, entry_of: Enter) -> Callable[..., ControlRow]:
    """Hold a run, of which some parts are others, against the one control run beside it."""

    def pair(control: dict[str, Any] | None = None, **changes: Any) -> ControlRow:
        told = {"control": "swapped", **(control or {})}
        original = entry_of(a_result(**changes), world.predictions(3.0, "a"), "it")
        beside = entry_of(
            a_result(solver_args=told, given=told, command="x -S control=swapped -T a=b"),
            world.predictions(1.0, "b"),
            "it",
        )
        (row,) = control_rows([original], [beside])
        return row

    return pair


@pytest.mark.each(
    "changes",
    [
        {"epochs": 2},
        {"given": {"temperature": 1}},
        {"given": {"answer": "probability"}},
        {"prompts": ["abc"]},
        {"solver": "other"},
        {"model": "maker/other"},
        {"track": "within"},
        {"track": "cross", "evidence_lines": ["rpe1"]},
        {"data_sha256": "1" * 64},
        {"context": "rpe1"},
    ],
)
def test_a_run_that_differs_in_more_is_not_the_original(
    pair: Callable[..., ControlRow], changes: dict[str, Any]
) -> None:
    row = pair(**changes)
    assert row.original is None
    assert row.lost is None
    assert row.to_run == "x -T a=b"


@pytest.mark.each(
    "changes",
    [
        {},
        {"system": "named"},
        {"solver_args": {"control": None}},
        {"given": {"package version": "0.2", "prompt hash": "abc"}},
        {"settings": {"max_connections": 1}},
        {"packages": {"perturb-evals": "0.0.1"}},
    ],
)
def test_names_and_versions_alone_make_no_other_system(
    pair: Callable[..., ControlRow], changes: dict[str, Any]
) -> None:
    row = pair(**changes)
    assert row.original is not None
    assert row.to_run == ""


def test_of_several_originals_that_of_the_same_given_name_counts_else_the_newest(
    world: Any, a_result: Make, entry_of: Enter
) -> None:
    answers = world.predictions(1.0, "a")
    told = {"control": "swapped"}

    def run(name: str | None, day: int, **more: Any) -> Entry:
        created = datetime(2026, 1, day, tzinfo=UTC)
        return entry_of(a_result(system=name, created=created, **more), answers)

    runs = [run("a", 1), run("b", 3), run("c", 2)]
    for name, expected in (("a", 0), ("c", 2), (None, 1), ("d", 1)):
        (row,) = control_rows(runs, [run(name, 4, solver_args=told, given=told)])
        assert row.original is runs[expected]


def auroc_in_resamples(answers: Predictions, weights: Any) -> Any:
    """The per-gene AUROC under (resamples, perturbations) weights, pair by pair."""
    perts = sorted(set(answers.perts))
    drawn = weights[:, [perts.index(pert) for pert in answers.perts]].astype(float)
    by_gene = []
    for gene in sorted(set(answers.genes)):
        own = answers.genes == gene
        right, total = 0.0, 0.0
        for i in np.flatnonzero(own & (answers.labels == 1)):
            for j in np.flatnonzero(own & (answers.labels == 0)):
                both = drawn[:, i] * drawn[:, j]
                won = answers.scores[i] > answers.scores[j]
                right = right + both * (won + 0.5 * (answers.scores[i] == answers.scores[j]))
                total = total + both
        by_gene.append(right / total)
    return np.mean(by_gene, axis=0)


def test_the_difference_and_its_interval_are_those_of_an_independent_computation(
    world: Any, a_result: Make, entry_of: Enter
) -> None:
    answers = [world.predictions(knows, noise) for knows, noise in ((2.0, "a"), (0.7, "b"))]
    told = {"control": "swapped"}
    original = entry_of(a_result(), answers[0])
    control = entry_of(a_result(solver_args=told, given=told), answers[1])
    (row,) = control_rows([original], [control])
    whole = np.ones((1, 40))
    value = (auroc_in_resamples(answers[0], whole) - auroc_in_resamples(answers[1], whole)).item()
    weights = shared_weights(40)
    drawn = auroc_in_resamples(answers[0], weights) - auroc_in_resamples(answers[1], weights)
    normal = np.quantile(np.abs(drawn - drawn.mean()) / drawn.std(), 0.95)
    reach = t.isf(norm.sf(normal), 39) * drawn.std()
    lost = row.lost
    assert lost is not None
    assert (lost.value, lost.lower, lost.upper) == pytest.approx(
        (value, value - reach, value + reach), abs=1e-9
    )
    assert row.verdict == "It takes away more than chance can explain."


def several(world: Any, a_result: Make, entry_of: Enter, *controls: str) -> tuple[ControlRow, ...]:
    def run(control: str, knows: float, noise: str) -> Entry:
        told = {"control": control}
        return entry_of(a_result(solver_args=told, given=told), world.predictions(knows, noise))

    original = entry_of(a_result(), world.predictions(2.0, "a"), "it")
    settings = [(1.0, "b"), (1.5, "c"), (0.5, "a"), (2.0, "b")]
    runs = [run(name, *how) for name, how in zip(controls, settings, strict=False)]
    return control_rows([original], runs)


def test_controls_of_a_board_are_told_from_chance_at_once_and_in_the_familys_order(
    world: Any, a_result: Make, entry_of: Enter
) -> None:
    names = ("shuffled_evidence", "of mine", "swapped", "anonymised")
    alone = several(world, a_result, entry_of, *names[:1])
    rows = several(world, a_result, entry_of, *names)
    assert [row.control for row in rows] == [
        "anonymised",
        "swapped",
        "shuffled_evidence",
        "of mine",
    ]
    assert [bool(row.about) for row in rows] == [True, True, True, False]
    narrow, wide = (
        next(row.lost for row in found if row.control == names[0]) for found in (alone, rows)
    )
    assert narrow.value == wide.value
    assert narrow.upper < wide.upper


@pytest.mark.each(
    ("lost", "said"),
    [
        (Figure(value=0.1, lower=0.05, upper=0.2), "It takes away more than chance can explain."),
        (Figure(value=0.1, lower=-0.05, upper=0.2), "No more than chance can explain."),
        (Figure(value=-0.1, lower=-0.2, upper=-0.05), "The original is worse"),
        (Figure(value=0.0, lower=0.0, upper=0.0), "Both have the same headline, in every"),
        (Figure(value=0.1), "Too few perturbations to tell."),
        (None, "A headline is undefined."),
    ],
)
def test_words_say_no_more_than_the_interval(
    pair: Callable[..., ControlRow], lost: Figure | None, said: str
) -> None:
    assert replace(pair(), lost=lost).verdict.startswith(said)


@pytest.mark.each(
    ("before", "under", "shown", "told"),
    [
        (0.92, 0.0, "92% → 0%", True),
        (0.92, 0.81, "92% → 81%", True),
        (0.9, 0.8, "90% → 80%", False),
        (0.8, 0.7, "80% → 70%", False),
        (1.0, 0.899, "100% → 90%", True),
        (0.92, 0.92, "92% → 92%", False),
        (0.0, 0.92, "0% → 92%", False),
        (None, 0.5, f"{MISSING} → 50%", False),
        (0.5, None, f"50% → {MISSING}", False),
        (0.5, float("nan"), f"50% → {MISSING}", False),
        (None, None, MISSING, False),
    ],
)
def test_a_loss_stands_beside_coverage_and_words_say_where_far_fewer_were_answered(
    pair: Callable[..., ControlRow],
    before: float | None,
    under: float | None,
    shown: str,
    told: bool,
) -> None:
    row = pair(coverage=before)
    assert row.entry.result is not None
    result = row.entry.result.model_copy(update={"coverage": under})
    row = replace(row, entry=replace(row.entry, result=result))
    assert row.coverage_text == shown
    said = f"The system answered fewer questions: {shown}."
    assert row.verdict == f"{pair().verdict} {said}" if told else pair().verdict == row.verdict


def test_without_an_original_only_the_coverage_under_the_control_is_known(
    pair: Callable[..., ControlRow],
) -> None:
    row = pair(model="maker/other")
    assert row.coverage == (None, 1.0)
    assert row.coverage_text == f"{MISSING} → 100%"
    assert row.verdict == "There is no run of the same without the control."


def test_where_lower_is_better_a_larger_error_under_the_control_is_what_it_takes(
    a_result: Make, entry_of: Enter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Expression, "control_argument", "hidden")
    errors = np.random.default_rng(0).uniform(0.1, 0.2, 30)
    scores = {f"P{n:02}": float(error) for n, error in enumerate(errors)}
    told = {"hidden": True}
    original = entry_of(a_result(task="langpert"), scores)
    worse = {pert: error + 0.1 for pert, error in scores.items()}
    control = entry_of(a_result(task="langpert", solver_args=told, given=told), worse)
    (row,) = control_rows([original], [control])
    assert row.control == "true"
    assert row.lost is not None
    assert row.lost.value == pytest.approx(0.1)


def test_too_few_perturbations_and_undefined_headlines_have_no_interval(
    a_result: Make, entry_of: Enter
) -> None:
    told = {"control": "swapped"}
    few = Predictions(["A", "B"], ["g", "g"], [1, 0], [0.9, 0.1])
    flat = Predictions(["A", "B"], ["g", "g"], [1, 1], [0.9, 0.1])
    for answers, said in ((few, "Too few"), (flat, "A headline is undefined")):
        original = entry_of(a_result(), answers)
        control = entry_of(a_result(solver_args=told, given=told), answers)
        (row,) = control_rows([original], [control])
        assert row.verdict.startswith(said)


@pytest.mark.each(
    ("command", "expected"),
    [
        ("inspect eval a/b -S control=swapped --model m", "inspect eval a/b --model m"),
        ("e -S control='two words' -S other=1", "e -S other=1"),
        ("e -S controls=1 -T control=2", ""),
        ("e -S", ""),
        ("e 'unclosed", ""),
        ("", ""),
    ],
)
def test_the_command_of_the_original_is_that_of_the_control_run_without_the_control(
    world: Any, a_result: Make, entry_of: Enter, command: str, expected: str
) -> None:
    told = {"control": "swapped"}
    result = a_result(solver_args=told, given=told, command=command)
    (row,) = control_rows([], [entry_of(result, world.predictions(1.0, "a"))])
    assert row.to_run == expected
    assert shlex.split(row.to_run) == shlex.split(expected)


def test_a_control_run_that_was_judged_by_other_labels_is_left_out_and_told(
    world: Any, a_result: Make, entry_of: Enter
) -> None:
    told = {"control": "swapped"}
    answers = world.predictions(1.0, "a")
    other = replace(answers, labels=1 - answers.labels)
    runs = [entry_of(a_result(model=f"m{n}"), answers) for n in range(2)]
    control = entry_of(a_result(model="m0", solver_args=told, given=told), other)
    (board,) = make_boards(Entries(tuple(runs), (), (), (), (control,)))
    assert board.controls == ()
    assert any("control run" in note for note in board.notes)


def only(found: tuple[Board, ...]) -> Board:
    (board,) = found
    return board


def test_a_system_whose_only_run_is_a_control_is_called_like_none_that_ran(
    world: Any, a_result: Make, runs: Runs, tmp_path: Path
) -> None:
    log = read_eval_log(str(runs["scripted de"]))
    log.eval.eval_id = "warm"
    log.eval.model_generate_config.temperature = 0.5
    write_eval_log(log, str(tmp_path / "warm.eval"))
    under("swapped", runs["scripted de"], tmp_path / "control.eval")
    entries = read_entries([str(tmp_path)])
    (system,), (control,) = entries.complete, entries.controls
    assert system.name == "perturb_scripted/biologist"
    assert control.name.startswith(f"{system.name} ") or control.name.startswith(f"{system.name},")
    assert only(make_boards(entries)).controls[0].original is None
