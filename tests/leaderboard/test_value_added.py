"""What models add, in one line."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from perturb_evals.families.board import Control
from perturb_evals.families.pairs.family import Pairs
from perturb_evals.leaderboard.boards import Board, make_boards
from perturb_evals.leaderboard.entries import Entries, Entry
from perturb_evals.leaderboard.results.result import Figure, Result
from perturb_evals.leaderboard.text import decimal, with_interval
from perturb_evals.leaderboard.value_added import added_to, models_add, verdict

Make = Callable[..., Result]
Enter = Callable[..., Entry]


@pytest.fixture(autouse=True)
def floor(monkeypatch: pytest.MonkeyPatch) -> None:
    rate = Control("the gene's rate", method="gene_frequency")
    none = Control("guessing", value=0.5)
    monkeypatch.setattr(Pairs, "floor", {"none": none, "within": rate})


@pytest.fixture
def board(world: Any, a_result: Make, entry_of: Enter) -> Callable[..., Board]:
    """A board on which the reference knows so much, and models of a track know so much."""

    def board(track: str, reference: float, **models: float) -> Board:
        rate = a_result(solver="gene_frequency", model="none/none", track="within")
        entries = [entry_of(rate, world.predictions(reference, "b"), "rate")]
        for name, knows in models.items():
            run = a_result(model=name, track=track)
            entries.append(entry_of(run, world.predictions(knows, "a"), name))
        (made,) = make_boards(Entries(tuple(entries), (), (), ()))
        return made

    return board


def said(board: Board, track: str) -> str:
    (found,) = [one for one in board.tracks if one.name == track]
    return models_add(board, found, lambda entry: entry.name, decimal, with_interval)


@pytest.mark.each(
    ("lower", "upper", "words"),
    [
        (0.01, 0.2, "more than the reference"),
        (-0.1, 0.2, "no more than chance can explain"),
        (0.0, 0.2, "no more than chance can explain"),
        (-0.2, 0.0, "no more than chance can explain"),
        (0.0, 0.0, "no more than chance can explain"),
        (-0.2, -0.01, "less than nothing"),
        (None, None, "too few perturbations to tell"),
    ],
)
def test_the_interval_decides_the_words(
    lower: float | None, upper: float | None, words: str
) -> None:
    # An upper bound below 0 goes with a value below 0, whatever that is.
    assert verdict(Figure(value=0.05, lower=lower, upper=upper)) == words


def test_a_model_below_the_reference_adds_less_than_nothing(board: Callable[..., Board]) -> None:
    line = said(board("within", 2.0, weak=0.1), "within")
    assert line.startswith("Added to rate (0.")
    assert line.endswith("]: less than nothing.")
    assert "weak \N{MINUS SIGN}0." in line
    assert "more than the reference" in said(board("within", 0.1, strong=2.0), "within")
    assert "no more than chance" in said(board("within", 1.0, alike=1.0), "within")


def test_of_many_the_best_are_named_and_the_others_counted(board: Callable[..., Board]) -> None:
    made = board("within", 0.0, a=0.5, b=1.0, c=1.5, d=2.0, e=2.5)
    line = said(made, "within")
    assert [line.find(f"{name} 0.") > 0 for name in "edcba"] == [True, True, True, False, False]
    assert line.index("e 0.") < line.index("d 0.") < line.index("c 0.")
    assert line.endswith("2 more in the table.")
    assert "more in the table" not in said(board("within", 0.0, a=0.5, b=1.0, c=1.5), "within")


def test_in_the_track_of_a_number_a_method_that_reads_follows(board: Callable[..., Board]) -> None:
    line = said(board("none", 2.0, weak=0.3), "none")
    assert line.startswith("Added to guessing (0.500): weak ")
    reads = "which reads training rows of the own line and asks no model,"
    assert re.search(r"\. rate \(0\.\d{3}\), which reads", line)
    assert f"{reads} is ahead of weak by 0." in line
    assert line.endswith("]: less than nothing is added to that.")
    assert f"{reads} is behind strong by 0." in said(board("none", 0.3, strong=2.0), "none")
    assert f"{reads} cannot be told from alike: " in said(board("none", 1.0, alike=1.0), "none")
    assert f"{reads} is ahead of the best of them by 0." in said(
        board("none", 2.0, a=0.3, b=0.1), "none"
    )


def test_where_nothing_is_added_nothing_is_said(
    board: Callable[..., Board], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert said(board("within", 2.0), "within") == ""  # baselines alone
    monkeypatch.setattr(Pairs, "floor", {})
    made = board("within", 1.0, model=2.0)
    assert said(made, "within") == ""
    (track,) = [one for one in made.tracks if one.name == "within"]
    assert added_to(track, track.rows, lambda entry: entry.name, decimal, with_interval) == ""
