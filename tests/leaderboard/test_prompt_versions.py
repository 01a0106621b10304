"""Versions of a prompt: two systems on one board, one system over boards."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from inspect_ai.log import read_eval_log

from perturb_evals.leaderboard.entries import board_of
from perturb_evals.leaderboard.results.files import whole_result
from perturb_evals.leaderboard.results.result import Result
from perturb_evals.leaderboard.systems import identity, names, told_by_prompt

Make = Callable[..., Result]


def run(
    a_result: Make, context: str, prompt: str, version: str = "0.1", **changes: object
) -> Result:
    prompts = [prompt] if prompt else []
    return a_result(
        context=context,
        board_key=f"board of {context}",
        prompts=prompts,
        packages={"perturb-evals": version},
        eval_id=f"{context} {prompt} {version}",
        **changes,
    )


def systems(results: list[Result]) -> list[str]:
    """Which runs are one system, as letters, and that they are called so."""
    told = told_by_prompt(results, board_of)
    assert [result.eval_id for result in told] == [result.eval_id for result in results]
    found = list(dict.fromkeys(map(identity, told)))
    called = names(told)
    assert len(set(called.values())) == len(found)
    return ["ABCDEF"[found.index(identity(result))] for result in told]


def test_another_prompt_on_every_board_is_one_system(a_result: Make) -> None:
    runs = [run(a_result, f"line{n}", f"hash{n}", f"0.{n}") for n in range(4)]
    assert systems(runs) == ["A"] * 4
    assert told_by_prompt(runs, board_of) == runs
    assert systems([*runs, run(a_result, "line0", "hash0", "0.9")]) == ["A"] * 5


def test_two_prompts_on_a_board_are_two_systems_over_all_boards(a_result: Make) -> None:
    runs = [
        run(a_result, line, f"{line}-{version}", version)
        for version in ("0.1", "0.2")
        for line in ("k562", "rpe1", "hepg2")
    ]
    assert systems(runs) == ["A"] * 3 + ["B"] * 3
    assert set(names(told_by_prompt(runs, board_of)).values()) == {
        "maker/model, package version=0.1",
        "maker/model, package version=0.2",
    }


def test_prompts_that_differ_within_a_version_are_told_by_their_hashes(a_result: Make) -> None:
    runs = [
        run(a_result, "k562", "one"),
        run(a_result, "k562", "two"),
        run(a_result, "rpe1", "three"),
        run(a_result, "k562", "one", "0.2"),
    ]
    assert systems(runs) == ["A", "B", "C", "D"]
    assert systems(runs[:3]) == ["A", "B", "C"]
    assert list(names(told_by_prompt(runs[:2], board_of)).values()) == [
        "maker/model, prompt hash=one",
        "maker/model, prompt hash=two",
    ]


def test_other_systems_are_left_alone_and_a_given_name_is_one(a_result: Make) -> None:
    runs = [run(a_result, "k562", "one"), run(a_result, "k562", "two")]
    other = run(a_result, "k562", "three", model="b/b")
    assert told_by_prompt([*runs, other], board_of)[2] == other
    assert systems([*runs, other]) == ["A", "B", "C"]
    named = [run(a_result, "k562", prompt, system="mine") for prompt in ("one", "two")]
    assert systems(named) == ["A", "A"]
    assert told_by_prompt(named, board_of) == named


def test_an_argument_called_prompt_stays_what_it_is(a_result: Make) -> None:
    runs = [
        run(a_result, "k562", prompt, given={"prompt": own}, solver="mine/agent")
        for prompt in ("one", "two")
        for own in ("x", "y")
    ]
    assert len(set(systems(runs))) == 4


MAKE: list[Make] = []


@pytest.fixture(autouse=True)
def _make(a_result: Make) -> None:
    MAKE[:] = [a_result]


@given(
    st.lists(
        st.tuples(st.sampled_from("kr"), st.sampled_from("abc"), st.sampled_from(["1", "2"])),
        min_size=1,
        max_size=8,
    ),
    st.randoms(use_true_random=False),
)
def test_no_two_prompts_on_a_board_are_one_system(
    places: list[tuple[str, str, str]], order: object
) -> None:
    runs = [run(MAKE[0], line, f"{line}{prompt}", version) for line, prompt, version in places]
    told = told_by_prompt(runs, board_of)
    asked: dict[tuple[object, str], set[str]] = {}
    for result in told:
        place = board_of(result), identity(result)
        asked.setdefault(place, set()).add(*result.protocol.prompts)
    assert all(len(prompts) == 1 for prompts in asked.values())
    again = list(range(len(runs)))
    order.shuffle(again)  # type: ignore[attr-defined]
    shuffled = told_by_prompt([runs[n] for n in again], board_of)
    assert [identity(result) for result in shuffled] == [identity(told[n]) for n in again]


def test_real_runs_of_both_tasks_are_one_system(runs: dict[str, Path]) -> None:
    found = [
        whole_result(read_eval_log(str(runs[name]), header_only=True))
        for name in ("scripted de", "scripted direction")
    ]
    assert found[0].protocol.prompts != found[1].protocol.prompts
    assert systems(found) == ["A", "A"]
