"""The one sentence: who is best, and whether that is real."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from perturb_evals.families.board import Control
from perturb_evals.families.outcome import MeanOutcome
from perturb_evals.families.pairs.family import Pairs
from perturb_evals.leaderboard.boards import Board, make_boards
from perturb_evals.leaderboard.conclusion import conclusion, overall, place_of
from perturb_evals.leaderboard.entries import Entries, Entry
from perturb_evals.leaderboard.results.result import Result
from perturb_evals.leaderboard.summary import summaries
from perturb_evals.leaderboard.text import decimal, with_interval
from perturb_evals.metrics.pairs.predictions import Predictions

Make = Callable[..., Result]
Enter = Callable[..., Entry]

NUMBER = r"\N{MINUS SIGN}?\d\.\d{3}"
FIGURE = rf"{NUMBER} \[{NUMBER}, {NUMBER}\]"
SOLVERS = {"rate": "perturbation_rate", "frequency": "gene_frequency", "knn": "graph_knn"}


@pytest.fixture(autouse=True)
def floor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Pairs, "floor", {"none": Control("guessing", value=0.5)})


@pytest.fixture
def enter(world: Any, a_result: Make, entry_of: Enter) -> Callable[..., Entry]:
    """An entry that knows so much: a baseline by the names of `SOLVERS`, else a model."""

    def enter(
        name: str, knows: float, noise: str = "a", track: str = "within", **made: Any
    ) -> Entry:
        solver = SOLVERS.get(name, "ask")
        model = "none/none" if name in SOLVERS else name
        result = a_result(solver=made.pop("solver", solver), model=model, track=track, **made)
        return entry_of(result, world.predictions(knows, noise), name)

    return enter


def boards_of(*entries: Entry) -> tuple[Board, ...]:
    return make_boards(Entries(entries, (), (), ()))


def said(board: Board, track: str = "within") -> str:
    (found,) = [one for one in board.tracks if one.name == track]
    sentence = conclusion(board, found, lambda entry: entry.name, decimal, with_interval)
    assert sentence.count(". ") == 0
    assert sentence.endswith(".")
    return sentence


def over_all(*entries: Entry) -> str:
    boards = boards_of(*entries)
    return overall(boards, summaries(boards), lambda entry: entry.name, decimal, with_interval)


def test_a_model_that_is_told_apart_is_best(enter: Callable[..., Entry]) -> None:
    (board,) = boards_of(enter("m", 3.0), enter("knn", 1.0, "b"), enter("rate", 0.1, "c"))
    assert re.fullmatch(
        rf"m is best \({FIGURE}\), ahead of the next, the baseline knn, by {FIGURE}; "
        r"it is better than guessing \(0\.500\)\.",
        said(board),
    )


def test_of_two_models_the_best_is_held_against_the_best_baseline_too(
    enter: Callable[..., Entry],
) -> None:
    (board,) = boards_of(enter("m", 4.0), enter("n", 1.5, "b"), enter("knn", 0.1, "c"))
    assert re.match(
        rf"m is best \({FIGURE}\), ahead of the next, n, by {FIGURE}; "
        rf"it is ahead of the best baseline, knn, by {FIGURE}; it is better than guessing",
        said(board),
    )


def test_of_systems_that_are_not_told_apart_none_is_best(enter: Callable[..., Entry]) -> None:
    models = [enter(name, 1.0) for name in ("m", "n", "o", "p")]
    (board,) = boards_of(*models, enter("knn", 1.0))
    sentence = said(board)
    assert re.fullmatch(
        rf"The baseline knn has the highest auroc_per_gene \({FIGURE}\) but cannot be told from "
        rf"the best model, m \({FIGURE}\), n or 2 more; m is better than guessing \(0\.500\)\.",
        sentence,
    )


def test_a_tie_of_models_is_still_held_against_the_baseline(enter: Callable[..., Entry]) -> None:
    (board,) = boards_of(enter("m", 3.0), enter("n", 3.0), enter("knn", 0.1, "c"))
    assert re.match(
        rf"m has the highest auroc_per_gene \({FIGURE}\) but cannot be told from n; "
        rf"it is ahead of the best baseline, knn, by {FIGURE}; it is better than guessing",
        said(board),
    )


def test_a_baseline_may_be_best_and_the_best_model_has_its_figure(
    enter: Callable[..., Entry],
) -> None:
    (board,) = boards_of(enter("knn", 4.0, "b"), enter("rate", 1.5, "c"), enter("m", 0.0))
    assert re.fullmatch(
        rf"The baseline knn is best \({FIGURE}\), ahead of the next, the baseline rate, by "
        rf"{FIGURE}; the best model, m \({FIGURE}\), is behind knn by {FIGURE}; "
        r"m cannot be told from guessing \(0\.500\)\.",
        said(board),
    )
    (board,) = boards_of(enter("knn", 4.0, "b"), enter("m", 1.0))
    assert re.search(
        rf"ahead of the next, the best model, m \({FIGURE}\), by {FIGURE}; m is better than",
        said(board),
    )


def test_predictions_of_a_file_are_not_called_a_model(enter: Callable[..., Entry]) -> None:
    replayed = enter("file", 0.5, solver="replay")
    (board,) = boards_of(enter("knn", 4.0, "b"), replayed)
    assert "the next, the best that is no baseline, file (" in said(board)


def test_where_only_baselines_ran_that_is_said(enter: Callable[..., Entry]) -> None:
    (board,) = boards_of(enter("knn", 4.0, "b"), enter("rate", 0.5, "c"))
    assert re.match(
        rf"Only baselines are ranked here: knn is best \({FIGURE}\), ahead of the next, rate, by",
        said(board),
    )
    (board,) = boards_of(enter("knn", 4.0, "b"))
    assert said(board).startswith("knn is a baseline and the only system ranked here (")


def test_of_a_best_that_is_no_better_than_guessing_nothing_else_is_said(
    enter: Callable[..., Entry],
) -> None:
    (board,) = boards_of(enter("m", 0.0, "a"), enter("n", 0.0, "b"), enter("rate", 0.0, "c"))
    assert re.fullmatch(
        rf"Tested together, none of \d is better than guessing \(0\.500\): "
        rf"(the baseline rate|[mn]) has the highest auroc_per_gene \({FIGURE}\)"
        rf"(; the best model, [mn] \({FIGURE}\), cannot be told from guessing \(0\.500\))?\.",
        said(board),
    )


def test_one_system_alone_and_worse_than_guessing(enter: Callable[..., Entry]) -> None:
    (board,) = boards_of(enter("m", -2.0))
    assert re.fullmatch(
        rf"m is the only system ranked here \({FIGURE}\); it is worse than guessing \(0\.500\)\.",
        said(board),
    )


def test_nothing_is_claimed_of_too_few_perturbations(
    world: Any, a_result: Make, entry_of: Enter
) -> None:
    full = world.predictions(3.0, "a")
    kept = [row for row, pert in enumerate(full.perts) if pert < "P05"]
    few = Predictions(
        *([column[row] for row in kept] for column in (full.perts, full.genes, full.labels)),
        full.scores[kept],
        [False] * len(kept),
    )
    (board,) = boards_of(entry_of(a_result(model="m", track="within"), few, "m"))
    assert said(board) == (
        "Nobody can be called best: 5 perturbations are too few for intervals, which need 10."
    )


def test_nothing_is_claimed_where_the_headline_is_undefined(
    world: Any, a_result: Make, entry_of: Enter
) -> None:
    alike = replace(world, labels=[0] * len(world.labels)).predictions(1.0, "a")
    (board,) = boards_of(entry_of(a_result(model="m", track="within"), alike, "m"))
    assert said(board) == (
        "Nobody can be called best: auroc_per_gene is undefined for every system here."
    )


@pytest.fixture
def screen(a_result: Make, entry_of: Enter) -> Callable[..., Entry]:
    """A system of a screen with so large an error, and the rest by lot."""

    def screen(name: str, error: float, seed: int, solver: str = "nearest_perturbations") -> Entry:
        rng = np.random.default_rng(seed)
        scores = {f"P{at:02}": error + 0.05 * rng.random() for at in range(40)}
        model = name if solver == "nearest_perturbations" else "none/none"
        return entry_of(a_result(solver=solver, model=model, task="langpert"), scores, name)

    return screen


def test_of_errors_the_lowest_is_best_and_the_zero_of_skill_is_the_training_mean(
    screen: Callable[..., Entry],
) -> None:
    mean, oracle = screen("mean", 0.5, 1, "mean_effect"), screen("o", 0.1, 2, "oracle_neighbors")
    graph = screen("graph", 0.4, 3, "graph_neighbors")
    (board,) = boards_of(mean, oracle, graph, screen("m", 0.3, 4))
    assert re.fullmatch(
        rf"m is best \({FIGURE}\), ahead of the next, the baseline graph, by {FIGURE}; "
        rf"it is better than the training mean \({NUMBER}\)\.",
        said(board, "training"),
    )
    (board,) = boards_of(mean, oracle, screen("m", 0.3, 4))
    assert "training mean" not in said(board, "training")  # the next is that very baseline
    (board,) = boards_of(mean, oracle, screen("m", 0.6, 4))
    assert re.fullmatch(
        rf"Tested together, none of \d is better than the training mean \({NUMBER}\): the "
        rf"baseline mean has the lowest mae_top20 \({FIGURE}\); the best model, m \({FIGURE}\), "
        rf"is worse than the training mean \({NUMBER}\)\.",
        said(board, "training"),
    )
    (board,) = boards_of(graph, screen("m", 0.3, 4), screen("n", 0.3, 4))
    sentence = said(board, "training")
    assert "m has the lowest mae_top20" in sentence
    assert sentence.endswith("whether it is better than the training mean is not known here.")


def test_who_is_better_by_the_perturbed_gene_alone_is_said_to_be(
    screen: Callable[..., Entry],
) -> None:
    def known(entry: Entry, without: float) -> Entry:
        assert isinstance(entry.outcome, MeanOutcome)
        rng = np.random.default_rng(9)
        scores = without + 0.001 * rng.random(len(entry.outcome.units))
        beside = replace(entry.outcome, scores=scores)
        return replace(entry, outcome=replace(entry.outcome, beside=beside))

    oracle = known(screen("o", 0.1, 2, "oracle_neighbors"), 0.1)
    mean = known(screen("mean", 0.5, 1, "mean_effect"), 0.45)
    own, whole = screen("own", 0.4, 4), screen("whole", 0.3, 5)
    (board,) = boards_of(mean, oracle, known(own, 0.45))
    assert re.search(
        rf"it is better than the training mean \({NUMBER}\), but not without the perturbed gene\.$",
        said(board, "training"),
    )
    (board,) = boards_of(mean, oracle, known(own, 0.45), known(whole, 0.2))
    assert "but not" not in said(board, "training")


def test_in_the_track_none_a_baseline_that_reads_more_follows(
    enter: Callable[..., Entry], monkeypatch: pytest.MonkeyPatch
) -> None:
    none, knn = Control("guessing", value=0.5), Control("a graph", method="graph_knn")
    monkeypatch.setattr(Pairs, "floor", {"none": none, "within": knn})
    reads = "the baseline knn, which reads training rows of the own line,"
    for knows, words in ((3.0, "is ahead of it"), (-2.0, "is behind it")):
        (board,) = boards_of(enter("m", 0.7, track="none"), enter("knn", knows, "b"))
        sentence = said(board, "none")
        assert sentence.startswith("m is the only system ranked here (")
        assert sentence.endswith(f"{reads} {words}.")


def test_over_several_boards_it_is_about_the_mean_skill(enter: Callable[..., Entry]) -> None:
    def of(line: str, *models: str) -> list[Entry]:
        return [
            *(enter(model, 3.0, context=line) for model in models),
            enter("knn", 1.0, "b", context=line),
            enter("wide", 0.1, "b", track="cross", evidence_lines=["x"], context=line),
        ]

    sentence = over_all(*of("k562", "m"), *of("rpe1", "m"))
    assert re.fullmatch(
        rf"Mean skill over 2 boards, track within: m is best \({FIGURE}\), ahead of the next, "
        rf"the baseline knn, by {FIGURE}; it is better than guessing\.",
        sentence,
    )


def test_of_one_board_it_is_that_boards_sentence_with_its_place(
    enter: Callable[..., Entry], screen: Callable[..., Entry]
) -> None:
    systems = [enter("m", 3.0), enter("knn", 1.0, "b")]
    (board,) = boards_of(*systems)
    where = "perturbqa_de on k562, track within"
    assert place_of(board, board.tracks[0]) == where
    assert over_all(*systems) == f"{where}: {said(board)}"
    # Another family is another kind of question, with a sentence of its own.
    sentence = over_all(*systems, screen("n", 0.3, 1))
    assert f"{where}: {said(board)}" in sentence
    assert "langpert on k562: n is the only system ranked here (" in sentence


def test_a_track_with_models_comes_before_one_of_baselines(enter: Callable[..., Entry]) -> None:
    models = [enter("m", 1.0, track="none")]
    assert over_all(*models, enter("knn", 3.0, "b")).startswith(
        "perturbqa_de on k562, track none: m is the only"
    )


def test_names_are_data(enter: Callable[..., Entry]) -> None:
    name = "{0.__class__} {} {x} %s"
    (board,) = boards_of(enter(name, 3.0), enter("knn", 1.0, "b"))
    assert said(board).startswith(f"{name} is best (")


def test_without_boards_or_rows_there_is_nothing_to_say(enter: Callable[..., Entry]) -> None:
    assert over_all() == ""
    (board,) = boards_of(enter("m", 1.0))
    empty = replace(board, tracks=())
    assert overall([empty], (), lambda entry: entry.name, decimal, with_interval) == ""
