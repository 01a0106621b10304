"""What is one system and what it is called."""

import re
from collections.abc import Callable
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perturb_evals.leaderboard.results.result import Result
from perturb_evals.leaderboard.systems import (
    baseline_identity,
    identity,
    is_baseline,
    names,
    reads_truth,
    track_of,
)
from perturb_evals.solvers.baseline import READS

Make = Callable[..., Result]
HOSTILE = [
    "<script>alert(1)</script>",
    "a\nb",
    "\x1b[31mred\x1b[0m",
    "[bold]x[/bold]",
    "",
    "\u202eevil",
    "🧬",
]


def called(results: list[Result]) -> list[str]:
    """The names, after checking that neither the order nor anything else changes them."""
    found = names(results)
    assert all(
        names(list(order)) == found for order in permutations(results[:4]) if len(results) < 5
    )
    return [found[identity(result)] for result in results]


def test_a_model_is_called_by_its_name_and_a_method_by_its_own(a_result: Make) -> None:
    assert called(
        [
            a_result(model="openai/gpt-4o"),
            a_result(solver="constant", model="none/none"),
            a_result(solver="neighbor_ensemble", model="openai/gpt-4o", task="langpert"),
        ]
    ) == ["openai/gpt-4o", "constant", "openai/gpt-4o neighbor_ensemble"]


def test_one_system_on_all_boards(a_result: Make) -> None:
    boards = [
        a_result(task="perturbqa_de", context="k562"),
        a_result(task="perturbqa_direction", context="rpe1"),
        a_result(task="langpert", context="replogle_k562", solver="nearest_perturbations"),
    ]
    assert len({identity(result) for result in boards}) == 1
    lines = [("k562", "rpe1", "hepg2"), ("rpe1", "k562", "hepg2"), ("hepg2", "k562", "rpe1")]
    for solver in ("ask", "cross_line_knn"):
        across = [
            a_result(context=first, solver=solver, track="cross", evidence_lines=[first, *rest])
            for first, *rest in lines
        ]
        assert len({identity(result) for result in across}) == 1


def test_settings_by_default_do_not_appear_and_those_that_differ_do(a_result: Make) -> None:
    plain = a_result(solver_args={"variant": "full", "template": None}, task="langpert")
    hot = a_result(given={"temperature": 0.6}, settings={"temperature": 0.6})
    thrice = a_result(given={"temperature": 0.6}, epochs=3)
    assert called([plain]) == ["maker/model"]
    assert called([hot]) == ["maker/model"]  # nobody else is called so
    assert called([plain, hot, thrice]) == [
        "maker/model",
        "maker/model, temperature=0.6",
        "maker/model, temperature=0.6, epochs=3",
    ]
    assert called([hot, thrice]) == ["maker/model", "maker/model, epochs=3"]


def test_the_plain_name_of_a_method_is_that_of_its_default_which_boards_may_compute(
    a_result: Make,
) -> None:
    tuned = a_result(solver="graph_factor", model="none/none", given={"text_weight": 0})
    plain = a_result(solver="graph_factor", model="none/none")
    assert called([tuned]) == ["graph_factor, text_weight=0"]
    assert called([plain, tuned]) == ["graph_factor", "graph_factor, text_weight=0"]
    cross = {"track": "cross", "model": "none/none", "solver": "combined"}
    some = [
        a_result(**cross, evidence_lines=lines, given={"parts": "same_pair"})
        for lines in (["k562", "rpe1"], ["k562", "hepg2"])
    ]
    assert called(some[:1]) == ["combined, parts=same_pair"]
    assert called(some) == [
        "combined, parts=same_pair, lines=k562,rpe1",
        "combined, parts=same_pair, lines=hepg2,k562",
    ]
    own = {"k": 9}
    oracle = a_result(solver="oracle_neighbors", model="none/none", given=own, solver_args=own)
    assert called([oracle]) == ["oracle_neighbors, k=9"]
    # A name that was given is the user's own.
    assert called([a_result(solver="graph_factor", model="none/none", system="mine")]) == ["mine"]


def test_tracks_tell_systems_apart(a_result: Make) -> None:
    closed, own = a_result(), a_result(track="within")
    assert called([closed, own]) == ["maker/model", "maker/model, evidence=within"]
    few = a_result(track="cross", evidence_lines=["k562", "rpe1"])
    many = a_result(track="cross", evidence_lines=["k562", "rpe1", "hepg2"])
    assert called([few, many]) == [
        "maker/model, lines=k562,rpe1",
        "maker/model, lines=hepg2,k562,rpe1",
    ]


def test_a_baseline_is_one_system_whatever_more_is_open_and_whichever_model_is_named(
    a_result: Make,
) -> None:
    lines = ["k562", "rpe1"]
    for solver, track in (("constant", "none"), ("gene_frequency", "within")):
        runs = [
            a_result(solver=solver, model="none/none", track=track),
            a_result(solver=solver, model="none/none", track="cross", evidence_lines=lines),
            a_result(solver=solver, model="openai/gpt-4o", track=track, epochs=3),
        ]
        assert {track_of(run.protocol) for run in runs} == {(track, ())}
        assert {identity(run) for run in runs} == {baseline_identity(solver, track, ())}
        assert set(called(runs)) == {solver}
    run = a_result(
        solver="perturbation_rate", model="none/none", track="cross", evidence_lines=lines
    )
    assert track_of(run.protocol) == ("cross", ("k562", "rpe1"))
    assert identity(run) == baseline_identity("perturbation_rate", "cross", ("rpe1", "k562"))
    mean = a_result(solver="mean_effect", model="none/none", task="langpert")
    assert identity(mean) == baseline_identity("mean_effect", "training", ())


def test_a_given_name_is_the_name(a_result: Make) -> None:
    mine = [
        a_result(system="my method", solver="replay", given={"file": "de.csv"}),
        a_result(
            system="my method",
            solver="replay",
            given={"file": "dir.csv"},
            task="perturbqa_direction",
        ),
        a_result(system="my method", solver="replay_expression", task="langpert"),
    ]
    assert len({identity(result) for result in mine}) == 1
    assert set(called(mine)) == {"my method"}
    open_too = a_result(system="my method", solver="replay", track="within")
    assert called([mine[0], open_too]) == ["my method", "my method, evidence=within"]
    assert called([mine[0], a_result(system="my method", solver="replay", model="none/none")]) == [
        "my method",
        "my method",
    ]


def test_another_model_or_solver_under_a_given_name_is_another_system(a_result: Make) -> None:
    boards = [
        a_result(system="m", model="a/a", given={"temperature": 0.6}),
        a_result(system="m", model="a/a", task="langpert", solver="nearest_perturbations"),
    ]
    assert len({identity(result) for result in boards}) == 1
    others = [
        a_result(system="m", model="b/b"),
        a_result(system="m", model="a/a", solver="mine/agent"),
        a_result(system="m", solver="random_scores"),
    ]
    assert called([boards[0], *others]) == [
        "m, model=a/a",
        "m, model=b/b",
        "m, model=a/a, solver=mine/agent",
        "m, model=none/none, solver=random_scores",
    ]


def test_paths_lose_their_folders_and_get_a_hash_where_these_tell_them_apart(
    a_result: Make,
) -> None:
    def replayed(file: str) -> Result:
        return a_result(solver="replay", model="none/none", given={"file": file})

    assert called([replayed("/home/me/a.csv"), replayed("/home/me/b.csv")]) == [
        "replay, file=a.csv",
        "replay, file=b.csv",
    ]
    first, second = called([replayed("/home/me/one/p.csv"), replayed("/home/me/two/p.csv")])
    assert first != second
    for name in (first, second):
        assert re.fullmatch(r'replay, file="p\.csv#[0-9a-f]{6}"', name)


def test_values_that_look_alike_are_told_apart(a_result: Make) -> None:
    a, b = called([a_result(given={"k": 1}), a_result(given={"k": "1"})])
    assert a != b


def test_a_nested_setting_stands_in_a_name_by_itself(a_result: Make) -> None:
    def asked(thinking: bool) -> Result:
        kwargs = {"enable_thinking": thinking, "language": "en"}
        return a_result(given={"extra_body": {"chat_template_kwargs": kwargs}})

    where = "extra_body.chat_template_kwargs"
    assert called([asked(True), asked(False)]) == [
        f"maker/model, {where}.enable_thinking=true",
        f"maker/model, {where}.enable_thinking=false",
    ]
    plain = a_result(given={f"{where}.enable_thinking": True})
    assert len(set(called([asked(True), plain]))) == 2


def test_of_a_long_setting_the_beginning_and_a_hash_stand_in_a_name(a_result: Make) -> None:
    said = "Answer in one word.\nDo not explain, whatever the question asks for."
    long, longer = called(
        [a_result(given={"system_message": text}) for text in (said, f"{said} Never.")]
    )
    start = "maker/model, system_message=Answer in one word. Do not explain, whatever the"
    assert long != longer
    for name in (long, longer):
        assert name.startswith(start)
        assert re.fullmatch(r"[^\n]{60,110}… #[0-9a-f]{6}", name)


@pytest.mark.parametrize("name", ["system", "model", "solver", "epochs", "evidence", "lines"])
def test_an_argument_of_a_solver_hides_no_part_of_a_system(name: str, a_result: Make) -> None:
    def run(model: str, value: str) -> Result:
        given = {name: value}
        return a_result(model=model, solver="mine/agent", given=given, epochs=3, track="within")

    runs = [run(model, value) for model in ("a/a", "b/b") for value in ("c", "d")]
    assert len({identity(result) for result in runs}) == 4
    changed = [
        run("a/a", "c"),
        a_result(model="a/a", solver="mine/agent", given={name: "c"}),
        a_result(model="a/a", solver="mine/agent", given={name: "c"}, epochs=3),
    ]
    assert len({identity(result) for result in changed}) == 3


def test_a_name_that_another_one_s_settings_spell_is_told_apart(a_result: Make) -> None:
    found = called(
        [
            a_result(model="m"),
            a_result(model="m", epochs=3),
            a_result(model="m, epochs=3"),
            a_result(system="m"),
        ]
    )
    assert len(set(found)) == 4


@given(
    given=st.lists(
        st.dictionaries(
            st.sampled_from(["k", "file", "temperature"]),
            st.one_of(
                st.integers(0, 2), st.sampled_from(["/a/x", "/b/x", "x", "1"]), st.booleans()
            ),
        ),
        min_size=1,
        max_size=6,
    ),
    order=st.randoms(use_true_random=False),
)
def test_no_two_systems_share_a_name(given: list[dict[str, Any]], order: Any) -> None:
    results = [a_run(own) for own in given]
    found = names(results)
    assert len(set(found.values())) == len(found) == len({identity(result) for result in results})
    order.shuffle(results)
    assert names(results) == found


def test_the_order_of_settings_makes_no_other_name() -> None:
    one = a_run({"file": "/b/x", "temperature": True, "k": False})
    other = a_run({"temperature": True, "k": False, "file": "/b/x"})
    beside = a_run({"file": "/a/x", "temperature": False, "k": 1})
    assert names([one, other, beside]) == names([other, one, beside]) == names([beside, other, one])


def a_run(given: dict[str, Any]) -> Result:
    return MAKE[0](given=given)


MAKE: list[Make] = []


@pytest.fixture(autouse=True)
def _make(a_result: Make) -> None:
    MAKE[:] = [a_result]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_may_be_anything(name: str, a_result: Make) -> None:
    found = called([a_result(model=name), a_result(system=name), a_result(model=name, epochs=2)])
    assert len(set(found)) == 3
    assert all(name in one for one in found)


def test_a_track_that_there_is_not_is_an_error(a_result: Make) -> None:
    with pytest.raises(ValueError, match="expected a track among none, within, cross, training"):
        track_of(a_result(track="everything").protocol)


def test_the_registry_knows_every_baseline_and_no_other_method_is_one(a_result: Make) -> None:
    from inspect_ai.util import registry_info

    from perturb_evals import _registry

    solvers = {registry_info(made).name.rpartition("/")[2] for made in _registry.SOLVERS}
    asking = {"ask", "llm_no_cot", "llm_no_retrieval", "summer", "contrast", "lab_agent"}
    asking |= {"nearest_perturbations", "neighbor_ensemble"}
    assert solvers - set(READS) == asking | {"replay", "replay_expression"}
    assert set(READS) <= solvers
    oracle = a_result(solver="oracle_neighbors", model="none/none", task="langpert").protocol
    assert reads_truth(oracle)
    assert not is_baseline(oracle)
