"""Ensembles over epochs and runs: which names stay, what is read of logs, what is refused."""

import asyncio
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from statistics import mean, median_low
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from inspect_ai.log import EvalLog, read_eval_log, write_eval_log

from perturb_evals.datasets.screens.evidence import HeldOut, expression_evidence, split_of
from perturb_evals.datasets.screens.load import ScreenRequest
from perturb_evals.solvers.expression.baselines import mean_effect, no_change, random_neighbors
from perturb_evals.solvers.expression.nearest_perturbations import nearest_perturbations
from perturb_evals.solvers.expression.neighbor_ensemble import (
    NeighborLog,
    NeighborLogError,
    neighbor_ensemble,
    ranked,
    read_neighbor_log,
    read_neighbor_logs,
    usual_size,
)
from perturb_evals.solvers.pairs.baselines import constant
from perturb_evals.tasks.langpert import langpert
from perturb_evals.tasks.perturbqa import perturbqa_de

FOLD = HeldOut(ScreenRequest("demo"))
NAMES = expression_evidence(FOLD).perturbations
ANSWERS = st.lists(st.lists(st.sampled_from("ABCDEFGH"), unique=True))


@given(ANSWERS)
def test_names_rank_by_votes_then_by_mean_rank_then_by_name(answers):
    order = ranked(answers)
    assert sorted(order) == sorted(set().union(*answers))
    keys = []
    for name in order:
        places = [names.index(name) for names in answers if name in names]
        keys.append((-len(places), mean(places), name))
    assert keys == sorted(keys)


@given(ANSWERS, st.randoms())
def test_the_order_of_answers_does_not_matter(answers, random):
    mixed = list(answers)
    random.shuffle(mixed)
    assert ranked(mixed) == ranked(answers)
    assert usual_size(mixed) == usual_size(answers)


def test_votes_by_hand():
    answers = [["B", "A", "C"], ["A", "B"], [], ["D", "A"]]
    assert ranked(answers) == ["A", "B", "D", "C"]
    assert usual_size(answers) == 2
    assert usual_size([["A"], ["A", "B"]]) == 1
    assert usual_size([[], []]) == 0
    assert ranked([]) == []


def neighbors(log: EvalLog) -> dict[str, list[str]]:
    assert log.status == "success", log.error
    return {str(s.id): s.scores["expression"].metadata["neighbors"] for s in log.samples}


def test_a_vote_over_the_epochs_of_a_run(evaluate: Callable[..., EvalLog], speaker: Any):
    said: dict[str, list[list[str]]] = {}
    answers = [
        NAMES[:4],
        NAMES[2:8],
        ["FOO1"],
        NAMES[3:4] + NAMES[:1],
        ["FOO1"],
    ]

    def reply(heard: Any) -> str:
        mine = said.setdefault(heard.texts[0], [])
        mine.append(list(answers[len(mine)]))
        return json.dumps({"kNN": mine[-1]})

    task = langpert(screen="demo", fold=0)
    model = speaker(reply)
    solver = nearest_perturbations(reasks=0)
    run = evaluate(task, model=model.model, solver=solver, limit=2, epochs=5)
    usable = [list(names) for names in answers if names != ["FOO1"]]
    size = median_low([len(names) for names in usable])
    assert size == 4
    # Chosen three times: NAMES[3]. Twice: 0, at ranks 0 and 1, and 2, at ranks 2 and 0.
    expected = [NAMES[3], NAMES[0], NAMES[2], NAMES[1]]

    voted = evaluate(task, solver=neighbor_ensemble(run.location), limit=2)
    assert list(neighbors(voted).values()) == [expected, expected]
    for sample in voted.samples:
        assert json.loads(sample.output.completion) == {"kNN": expected}
    few = evaluate(task, solver=neighbor_ensemble([run.location], k=2), limit=2)
    assert list(neighbors(few).values()) == [expected[:2]] * 2


def test_where_every_answer_fell_back_the_ensemble_does_too(
    evaluate: Callable[..., EvalLog], speaker: Any
):
    task = langpert(screen="demo", fold=0)
    run = evaluate(task, model=speaker(lambda heard: "I cannot tell.").model, limit=1)
    log = evaluate(task, solver=neighbor_ensemble(run.location), limit=1)
    assert list(neighbors(log).values()) == [[]]
    (sample,) = log.samples
    assert sample.scores["expression"].metadata["fallback"] == "empty_list"
    assert sample.scores["expression"].value == run.samples[0].scores["expression"].value


def test_a_union_over_runs_keeps_all_names(evaluate: Callable[..., EvalLog]):
    task = langpert(screen="demo", fold=1)
    runs = [evaluate(task, solver=random_neighbors(k=9, seed=s), limit=2) for s in (0, 1)]
    logs = ",".join(run.location for run in runs)
    union = neighbors(evaluate(task, solver=neighbor_ensemble(logs, rule="union"), limit=2))
    for sample_id, found in union.items():
        chosen = [neighbors(run)[sample_id] for run in runs]
        assert sorted(found) == sorted(set(chosen[0]) | set(chosen[1]))
        assert len(found) > 10  # more than the task's k


def test_a_run_votes_once_and_an_invalidated_one_not_at_all(
    evaluate: Callable[..., EvalLog], tmp_path: Path
):
    task = langpert(screen="demo", fold=1)
    run = evaluate(task, solver=random_neighbors(k=3), limit=1)
    copy = str(tmp_path / "copy.eval")
    shutil.copy(run.location.removeprefix("file://"), copy)
    paths = [run.location, run.location, copy]
    (log,) = asyncio.run(read_neighbor_logs(paths))
    assert [len(votes) for votes in log.answers.values()] == [1]
    header = read_eval_log(copy)
    header.invalidated = True
    write_eval_log(header, copy)
    with pytest.raises(NeighborLogError, match="has no part in an ensemble: The run was inval"):
        asyncio.run(read_neighbor_logs([copy]))


@pytest.mark.each(
    ("arguments", "message"),
    [
        ({"logs": ""}, "logs must be paths"),
        ({"logs": []}, "logs must be paths"),
        ({"logs": "a.eval,,b.eval"}, "logs must be paths"),
        ({"logs": "a.eval", "rule": "mean"}, "rule must be one of vote, union"),
        ({"logs": "a.eval", "k": 0}, "k must be 1 or more"),
        ({"logs": "a.eval", "k": "3"}, "k must be a whole number"),
        ({"logs": "a.eval", "k": 3, "rule": "union"}, "k belongs to rule=vote"),
    ],
)
def test_bad_arguments_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        neighbor_ensemble(**arguments)


@pytest.mark.each("logs", [None, 3, [], "", "a.eval,", [None], [3, "a.eval"]])
def test_logs_must_be_paths(logs: Any):
    with pytest.raises(ValueError, match="logs must be paths of logs, separated by commas; got"):
        neighbor_ensemble(logs=logs)


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
    names = NAMES[:2]
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
