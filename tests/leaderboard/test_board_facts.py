"""Which headers can be on a board."""

from typing import Any

import pytest

from perturb_evals.datasets.benchmark import board_key
from perturb_evals.datasets.pairs.benchmark import pairs_benchmark
from perturb_evals.datasets.screens.benchmark import expression_benchmark
from perturb_evals.leaderboard.entries import board_fault


def asked(task: str = "perturbqa_de", evidence: Any = "none") -> dict[str, Any]:
    kind = "de" if task == "perturbqa_de" else "direction"
    return pairs_benchmark(kind, "demo", None, evidence, genes=3).metadata(task, abstention="half")


def unseen(**more: Any) -> dict[str, Any]:
    again = pairs_benchmark("direction", "demo", holdout="both", seed=1, **more)
    return again.metadata("perturbqa_direction", abstention="half")


def without(about: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in about.items() if name not in names}


def screen() -> dict[str, Any]:
    return expression_benchmark("demo").metadata("langpert")


def with_board(about: dict[str, Any], **parts: Any) -> dict[str, Any]:
    board = {name: value for name, value in (about["board"] | parts).items() if value is not None}
    return {**about, "board": board, "board_key": board_key(board)}


@pytest.mark.parametrize("task", ["perturbqa_de", "perturbqa_direction"])
@pytest.mark.parametrize("evidence", ["none", "within", "cross"])
def test_what_tasks_write_can_be_on_a_board(task: str, evidence: str) -> None:
    assert board_fault(asked(task, evidence)) == ""
    assert board_fault(screen()) == ""
    assert board_fault(unseen()) == board_fault(unseen(genes=3)) == ""
    assert board_fault(with_board(asked(task), abstention="lowest", metric_version=2)) == ""


@pytest.mark.each(
    ("about", "said"),
    [
        (with_board(asked(), task="riddles"), "a task among perturbqa_de.*got 'riddles'"),
        (with_board(asked(), abstention="weird"), "abstentions among half, lowest; got 'weird'"),
        (with_board(asked(), abstention=["half"]), r"abstentions among .*got \['half'\]"),
        (with_board(asked(), abstention=None), "the board's parts among .*abstention.*got 'task"),
        (with_board(asked(), more="x"), "the board's parts among .*version, more'"),
        (with_board(screen(), train=None), "the board's parts among .*rank, metric_version'"),
        (with_board(asked(), context="\x1b[31m"), r"a cell line among demo_a.*got '\\x1b\[31m'"),
        ({**asked(), "board_key": "perturbqa_de|demo_a"}, "expected the board key of its parts"),
        ({**asked(), "n_questions": 0}, "at least 1; got 0"),
        ({**asked(), "n_questions": "6"}, "at least 1; got '6'"),
        ({**asked(), "evidence": None}, "a track among none, within, cross; got None"),
        ({**asked(), "evidence": "training"}, "a track among .*got 'training'"),
        ({**asked(), "evidence": ["none"]}, r"a track among .*got \['none'\]"),
        ({**asked(), "evidence_lines": "abc"}, "a list of evidence lines among .*got 'abc'"),
        ({**asked(), "evidence_lines": ["a", "b"]}, "a list of evidence lines among"),
        ({**asked(), "evidence_lines": [["demo_a"]]}, "a list of evidence lines among"),
        ({**asked(), "evidence_lines": ["k562"]}, "a list of evidence lines among demo_a"),
        ({**asked(), "dataset": "mine"}, "a dataset among perturbqa, demo; got 'mine'"),
        ({**asked(), "dataset": ["demo"]}, "a dataset among"),
        ({**screen(), "evidence": "cross"}, "the track of a screen among training; got 'cross'"),
        ({**screen(), "evidence_lines": ["k562"]}, "the track of a screen"),
    ],
)
def test_what_no_task_writes_cannot(about: dict[str, Any], said: str) -> None:
    with pytest.raises(AssertionError, match=said):
        raise AssertionError(board_fault(about))


HIDING = "on 'scored/unseen_genes/seed1' expected holdout 'both' and its seed as unseen_seed; got"
USUAL = "on 'scored/genes3/seed0' expected no holdout, no unseen_seed; got"


@pytest.mark.each(
    ("about", "said"),
    [
        ({**unseen(), "unseen_seed": 7}, f"{HIDING} 'both' and 7."),
        ({**unseen(), "unseen_seed": "x"}, f"{HIDING} 'both' and 'x'."),
        ({**unseen(), "unseen_seed": "1"}, f"{HIDING} 'both' and '1'."),
        ({**unseen(), "unseen_seed": True}, f"{HIDING} 'both' and True."),
        ({**unseen(), "unseen_seed": 1.0}, f"{HIDING} 'both' and 1.0."),
        ({**unseen(), "unseen_seed": [1]}, f"{HIDING} 'both' and [1]."),
        ({**unseen(), "holdout": "perturbation"}, f"{HIDING} 'perturbation' and 1."),
        (without(unseen(), "holdout"), f"{HIDING} None and 1."),
        (without(unseen(), "unseen_seed"), f"{HIDING} 'both' and None."),
        (without(unseen(), "holdout", "unseen_seed"), f"{HIDING} None and None."),
        ({**asked(), "holdout": "both"}, f"{USUAL} 'both' and None."),
        ({**asked(), "holdout": "both", "unseen_seed": 0}, f"{USUAL} 'both' and 0."),
        ({**asked(), "unseen_seed": 0}, f"{USUAL} None and 0."),
        ({**asked(), "holdout": "perturbation"}, f"{USUAL} 'perturbation' and None."),
    ],
)
def test_a_header_hides_the_genes_of_its_board_and_no_others(
    about: dict[str, Any], said: str
) -> None:
    assert board_fault(about) == said
    if about["board"] == unseen()["board"]:  # so it is on a user's own tables
        assert board_fault({**about, "dataset": "mine/"}) == said


@pytest.mark.each(
    "questions",
    [
        "scored/unseen_genes",
        "scored/unseen_genes/seedx",
        "scored/unseen_genes/seed01",
        "scored/unseen_genes/seed-1",
        "scored/unseen_genes/seed1/more",
        "unseen_genes/seed1",
        "all/unseen_genes/seed1",
        "scored/unseen_genes/genes0/seed1",
        "scored/genes3/unseen_genes/seed1",
        "scored/genes3",
        "scored/seed1",
        "scored\n",
        "some",
        "",
        1,
        None,
        ["scored"],
    ],
)
def test_questions_that_no_task_asks_are_none(questions: Any) -> None:
    about = unseen()
    board = {**about["board"], "questions": questions}
    said = board_fault({**about, "board": board, "board_key": board_key(board)})
    assert said.startswith("expected a set of questions such as scored, all,")
    assert said.endswith(f"; got {questions!r}.")


def test_a_long_value_is_cut() -> None:
    assert len(board_fault({**asked(), "evidence": "x" * 10_000})) < 200
    board = with_board(unseen(), questions=f"scored/unseen_genes/seed{'1' * 10_000}")
    assert len(board_fault({**board, "holdout": "x" * 10_000})) < 400
