"""Value added: a headline minus that of the track's reference, against loops."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from perturb_evals.families import family_of
from perturb_evals.families.board import Control
from perturb_evals.families.outcome import shared_weights
from perturb_evals.families.pairs.family import Pairs
from perturb_evals.leaderboard.boards import Board, BoardTrack, make_boards
from perturb_evals.leaderboard.entries import Entries, Entry
from perturb_evals.leaderboard.ranks import Row
from perturb_evals.leaderboard.results.result import Result
from perturb_evals.metrics.pairs.intervals import resampled_auroc_per_gene
from perturb_evals.metrics.simultaneous import simultaneous_factor

Make = Callable[..., Result]
Enter = Callable[..., Entry]
LINES = ["k562", "rpe1"]
FLOOR = {
    "none": Control("guessing", value=0.5),
    "within": Control("the gene's rate", method="gene_frequency"),
    "cross": Control("the perturbation's rate", method="perturbation_rate"),
}


@pytest.fixture(autouse=True)
def floor(monkeypatch: pytest.MonkeyPatch) -> None:
    """The references of these tests, whichever the family names."""
    monkeypatch.setattr(Pairs, "floor", FLOOR)
    monkeypatch.setattr(type(family_of("langpert")), "floor", {"training": GRAPH})


GRAPH = Control("neighbors in a graph", method="graph_neighbors")


def only_board(*entries: Entry) -> Board:
    (board,) = make_boards(Entries(entries, (), (), ()))
    return board


def track_of(board: Board, name: str) -> BoardTrack:
    (track,) = [track for track in board.tracks if track.name == name]
    return track


def rows_of(board: Board, name: str) -> dict[str, Row]:
    return {row.entry.name: row for row in track_of(board, name).rows}


@pytest.fixture
def pairs(world: Any, a_result: Make, entry_of: Enter) -> Callable[..., Entry]:
    def pairs(name: str, knows: float, noise: str = "a", **changes: Any) -> Entry:
        run = a_result(**{"model": "none/none" if "solver" in changes else name, **changes})
        return entry_of(run, world.predictions(knows, noise), name)

    return pairs


def within(pairs: Callable[..., Entry]) -> list[Entry]:
    return [
        pairs("rate", 0.4, "b", solver="gene_frequency", track="within"),
        pairs("good", 2.0, track="within"),
        pairs("bad", -0.5, track="within"),
    ]


def test_it_is_paired_with_the_resamples_of_both(pairs: Callable[..., Entry]) -> None:
    entries = within(pairs)
    found = rows_of(only_board(*entries), "within")
    rate = entries[0].outcome
    weights = shared_weights(40)
    guessing = np.full(len(weights), 0.5)
    drawn = np.stack([*(entry.outcome.drawn for entry in entries), guessing])
    factor = simultaneous_factor([drawn], n_effective=rate.n_effective)
    for entry in entries[1:]:
        added = found[entry.name].added
        own, _ = resampled_auroc_per_gene(entry.outcome.predictions, weights)  # type: ignore[attr-defined]
        base, _ = resampled_auroc_per_gene(rate.predictions, weights)  # type: ignore[attr-defined]
        assert added
        assert added.value == pytest.approx(entry.outcome.value - rate.value)
        reach = factor * (own - base).std()
        assert (added.lower, added.upper) == pytest.approx(
            (added.value - reach, added.value + reach)
        )
    assert found["good"].added.lower > 0 > found["bad"].added.upper  # type: ignore[union-attr,operator]
    assert found["rate"].added is None
    assert track_of(only_board(*entries), "within").is_floor(found["rate"])


def test_of_a_number_it_is_what_ranks_go_by(pairs: Callable[..., Entry]) -> None:
    entry = pairs("good", 2.0)
    board = only_board(entry)
    row = rows_of(board, "none")["good"]
    assert row.added
    assert row.added == row.over_zero
    assert row.added.value == pytest.approx(entry.outcome.value - 0.5)
    assert row.added.upper == pytest.approx(entry.figure.upper - 0.5, abs=0.01)
    reference = track_of(board, "none").floor
    assert reference
    assert (reference.name, reference.value, reference.entry) == ("guessing", 0.5, None)


def test_more_is_better_where_the_metric_is_an_error(a_result: Make, entry_of: Enter) -> None:
    rng = np.random.default_rng(3)
    base = {f"P{i:02}": float(error) for i, error in enumerate(rng.uniform(0.4, 0.8, 25))}
    run = a_result(solver="graph_neighbors", model="none/none", task="langpert")
    graph = entry_of(run, base, "graph")
    less = entry_of(
        a_result(task="langpert", model="a/less"),
        {pert: error - 0.1 - rng.uniform(0, 0.05) for pert, error in base.items()},
        "less",
    )
    more = entry_of(
        a_result(task="langpert", model="a/more"),
        {pert: error + 0.2 for pert, error in base.items()},
        "more",
    )
    found = rows_of(only_board(graph, less, more), "training")
    assert found["less"].added
    assert found["less"].added.value == pytest.approx(graph.outcome.value - less.outcome.value)
    assert found["less"].added.lower > 0.1  # type: ignore[operator]
    assert found["more"].added
    for end in (found["more"].added.lower, found["more"].added.upper):
        assert end == pytest.approx(-0.2)


def test_the_reference_has_its_default_settings_never_the_best(
    pairs: Callable[..., Entry],
) -> None:
    _, good, _ = entries = within(pairs)
    tuned = pairs("tuned", 1.5, "b", solver="gene_frequency", track="within", given={"power": 1})
    for order in ([tuned, *entries], [*entries, tuned]):
        board = only_board(*order)
        reference = track_of(board, "within").floor
        assert reference
        assert reference.name == "rate"
        assert rows_of(board, "within")["tuned"].added
    board = only_board(tuned, good)
    assert track_of(board, "within").floor is None
    assert all(row.added is None for row in rows_of(board, "within").values())


def test_of_several_tracks_cross_each_has_the_reference_that_reads_its_lines(
    pairs: Callable[..., Entry],
) -> None:
    few, many = ["k562", "rpe1"], ["k562", "rpe1", "hepg2"]
    cross = {"track": "cross", "solver": "perturbation_rate"}
    board = only_board(
        pairs("few", 0.4, "b", evidence_lines=few, **cross),
        pairs("many", 0.6, "c", evidence_lines=many, **cross),
        pairs("model of few", 2.0, track="cross", evidence_lines=few),
        pairs("model of many", 2.0, track="cross", evidence_lines=many),
    )
    references = {track.lines: track.floor for track in board.tracks if track.name == "cross"}
    assert {lines: floor and floor.name for lines, floor in references.items()} == {
        tuple(few): "few",
        tuple(many): "many",
    }


def test_a_reference_that_reads_stands_in_the_track_whose_own_is_a_number(
    pairs: Callable[..., Entry], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Pairs, "always", ())
    rate = pairs("rate", 0.4, "b", solver="gene_frequency", track="within")
    board = only_board(rate, pairs("good", 2.0))
    row = rows_of(board, "none")["rate"]
    assert (row.rank, row.why_unranked) == (None, "reads rows of the track within")
    above = track_of(board, "none").above
    assert above
    assert above.entry is rate
    assert track_of(board, "within").above is None


def test_a_reference_that_is_no_better_than_guessing_is_noted(
    pairs: Callable[..., Entry],
) -> None:
    _, good, _ = within(pairs)
    weak = pairs("weak", -2.0, "b", solver="gene_frequency", track="within")
    (note,) = [note for note in only_board(weak, good).notes if "weak" in note]
    assert note.startswith("weak, the reference of the track within, is not better than guessing")
    strong = pairs("strong", 2.0, "b", solver="gene_frequency", track="within")
    assert not any("strong" in note for note in only_board(strong, good).notes)


def test_without_a_reference_or_a_headline_nothing_is_added(
    world: Any, pairs: Callable[..., Entry], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Pairs, "floor", {})
    board = only_board(*within(pairs))
    for track in board.tracks:
        assert (track.floor, track.above) == (None, None)
        assert all(row.added is None for row in track.rows)


def test_too_few_perturbations_have_no_interval(a_result: Make, entry_of: Enter) -> None:
    scores = {"A": 0.2, "B": 0.3, "C": 0.4}
    graph = entry_of(
        a_result(solver="graph_neighbors", model="none/none", task="langpert"), scores, "graph"
    )
    model = entry_of(a_result(task="langpert"), {**scores, "A": 0.5}, "model")
    added = rows_of(only_board(graph, model), "training")["model"].added
    assert added
    assert added.value == pytest.approx(-0.1)
    assert (added.lower, added.upper) == (None, None)
