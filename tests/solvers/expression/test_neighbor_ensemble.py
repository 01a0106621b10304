"""Ensembles over epochs and over runs: which names stay, in which order."""

import json
from collections.abc import Callable
from statistics import mean, median_low
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from inspect_ai.log import EvalLog

from perturb_evals.datasets.screens.evidence import HeldOut, expression_evidence
from perturb_evals.datasets.screens.load import ScreenRequest
from perturb_evals.solvers.expression.baselines import random_neighbors
from perturb_evals.solvers.expression.nearest_perturbations import nearest_perturbations
from perturb_evals.solvers.expression.neighbor_ensemble import neighbor_ensemble, ranked, usual_size
from perturb_evals.tasks.langpert import langpert

NAMES = expression_evidence(HeldOut(ScreenRequest("demo"))).perturbations
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


@pytest.mark.parametrize(
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


@pytest.mark.parametrize("logs", [None, 3, [], "", "a.eval,", [None], [3, "a.eval"]])
def test_logs_must_be_paths(logs: Any):
    with pytest.raises(ValueError, match="logs must be paths of logs, separated by commas; got"):
        neighbor_ensemble(logs=logs)
