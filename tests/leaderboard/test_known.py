"""Skill by how well known genes are, where the truth is known."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.stats import norm, t

from perturb_evals.families import family_of
from perturb_evals.families.outcome import shared_weights
from perturb_evals.leaderboard.boards import Board, make_boards
from perturb_evals.leaderboard.entries import Entries, Entry
from perturb_evals.leaderboard.known import KnownBoard, KnownPart, known_board
from perturb_evals.metrics.pairs.auroc import auroc_per_gene
from perturb_evals.metrics.pairs.predictions import Predictions

PERTS = [f"P{n:02}" for n in range(40)]
COUNTS = {pert: float(n) for n, pert in enumerate(PERTS[:36])} | {f"g{n}": 5.0 for n in range(6)}


@pytest.fixture
def board(world: Any, a_result: Any, entry_of: Any) -> Callable[..., Board]:
    """A board of systems that know the questions about the last perturbations only."""

    def board(*lifts: float) -> Board:
        def answers(lift: float, noise: str) -> Predictions:
            late = np.array([pert >= "P24" for pert in world.perts])
            scores = np.where(late, lift * np.array(world.labels), 0) + world.noise[noise]
            return Predictions(world.perts, world.genes, world.labels, scores)

        runs = [
            entry_of(a_result(model=f"m{n}"), answers(lift, "abc"[n]), f"m{n}")
            for n, lift in enumerate(lifts)
        ]
        (found,) = make_boards(Entries(tuple(runs), (), (), ()))
        return found

    return board


def part_of(known: KnownBoard, name: str = "perturbation") -> KnownPart:
    return next(part for part in known.parts if part.part == name)


def rows_of(outcome: Any, first: str, last: str) -> Predictions:
    kept = (outcome.predictions.perts >= first) & (outcome.predictions.perts <= last)
    own = outcome.predictions
    return Predictions(own.perts[kept], own.genes[kept], own.labels[kept], own.scores[kept])


def test_within_a_third_stands_the_headline_of_its_questions(board: Callable[..., Board]) -> None:
    part = part_of(known_board(board(3.0), COUNTS))
    assert [(third.n_genes, third.fewest, third.most) for third in part.thirds] == [
        (12, 0, 11),
        (12, 12, 23),
        (12, 24, 35),
    ]
    assert part.n_unknown == 4
    (row,) = part.rows
    ends = (("P00", "P11"), ("P12", "P23"), ("P24", "P35"))
    expected = [auroc_per_gene(rows_of(row.entry.outcome, *end)) for end in ends]
    assert [figure.value for figure in row.within] == pytest.approx(expected)
    assert row.verdict == "Better on the best known, by more than chance can explain."


def test_the_difference_of_the_outer_thirds_has_the_interval_of_both_resampled(
    board: Callable[..., Board],
) -> None:
    (row,) = part_of(known_board(board(1.0), COUNTS)).rows
    weights = shared_weights(40)

    def drawn(first: int, last: int) -> Any:
        some = row.entry.outcome.among(
            np.array(
                [
                    PERTS[first] <= unit.partition(">")[0] <= PERTS[last]
                    for unit in row.entry.outcome.units
                ]
            )
        )
        return some.resampled(weights[:, first : last + 1])

    found = drawn(24, 35) - drawn(0, 11)
    whole = found[np.isfinite(found)]
    normal = np.quantile(np.abs(whole - whole.mean()) / whole.std(), 0.95)
    reach = t.isf(norm.sf(normal), 11) * whole.std()
    value = row.within[-1].value - row.within[0].value
    assert (row.ahead.value, row.ahead.lower, row.ahead.upper) == pytest.approx(
        (value, value - reach, value + reach), abs=1e-9
    )


def test_all_differences_of_a_board_hold_at_once(board: Callable[..., Board]) -> None:
    alone = part_of(known_board(board(1.0), COUNTS)).rows[0].ahead
    rows = part_of(known_board(board(1.0, 0.5, 0.0), COUNTS)).rows
    beside = next(row.ahead for row in rows if row.entry.name == "m0")
    assert beside.value == alone.value
    assert beside.upper > alone.upper


def test_genes_with_one_count_stay_together(board: Callable[..., Board]) -> None:
    counts = {pert: 0.0 if n < 20 else float(n) for n, pert in enumerate(PERTS)}
    part = part_of(known_board(board(1.0), counts))
    assert [third.n_genes for third in part.thirds] == [20, 7, 13]
    assert sum(third.n_genes for third in part.thirds) + part.n_unknown == 40


@pytest.mark.each(
    "counts",
    [
        dict.fromkeys(PERTS, 1.0),
        {pert: float(n == 0) for n, pert in enumerate(PERTS)},
        {"P00": 1.0, "P01": 2.0},
        {"another": 1.0},
    ],
)
def test_what_cannot_be_cut_says_so(board: Callable[..., Board], counts: dict[str, float]) -> None:
    part = part_of(known_board(board(1.0), counts))
    assert part.thirds == ()
    assert part.rows == ()
    assert part.why_not.startswith("They cannot be cut into thirds")
    assert part.n_unknown == 40 - len(counts.keys() & set(PERTS))


def test_a_third_without_both_answers_has_no_headline(
    world: Any, a_result: Any, entry_of: Any
) -> None:
    labels = [
        int(pert >= "P12") * label for pert, label in zip(world.perts, world.labels, strict=True)
    ]
    answers = Predictions(world.perts, world.genes, labels, world.noise["a"])
    (found,) = make_boards(Entries((entry_of(a_result(), answers),), (), (), ()))
    (row,) = part_of(known_board(found, COUNTS)).rows
    assert row.within[0].value is None
    assert row.ahead is None
    assert row.verdict == "A headline is undefined."


def test_perturbations_of_a_screen_are_cut_too_and_a_lower_error_is_better(
    a_result: Any, entry_of: Any
) -> None:
    scores = {pert: 1.0 - 0.02 * n + 0.01 * (n % 3) for n, pert in enumerate(PERTS)}
    (found,) = make_boards(Entries((entry_of(a_result(task="langpert"), scores),), (), (), ()))
    known = known_board(found, COUNTS)
    (part,) = known.parts
    row = next(row for row in part.rows if row.entry.kind == "system")
    best, least = (np.mean([scores[p] for p in own]) for own in (PERTS[24:36], PERTS[:12]))
    assert [row.within[-1].value, row.within[0].value] == pytest.approx([best, least])
    assert row.ahead.value == pytest.approx(least - best)
    assert row.ahead.lower > 0


def test_without_ncbis_files_the_board_says_how_to_get_them_and_nothing_is_fetched(
    board: Callable[..., Board], monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    found = board(1.0)
    monkeypatch.delenv("PERTURB_EVALS_DATA", raising=False)
    monkeypatch.setenv("PERTURB_EVALS_CACHE", str(tmp_path))

    def refused(*_: Any, **__: Any) -> None:
        raise AssertionError("something is downloaded")

    monkeypatch.setattr("requests.Session.request", refused)
    known = known_board(found)
    assert known.parts == ()
    assert "`perturb-evals data fetch genes/" in known.why_not
    assert "--known FILE" in known.why_not


def test_the_demo_world_has_texts_of_its_own() -> None:
    found = family_of("perturbqa_de").how_known({"context": "demo_a"}, ["PSMA1", "no gene"])
    assert "demo world" in found.what
    assert found.counts["PSMA1"] >= 0
    assert "no gene" not in found.counts
    assert len(set(found.counts.values())) > 10


def test_baselines_stand_below_systems_and_what_reads_the_truth_nowhere(
    board: Callable[..., Board], world: Any, a_result: Any, entry_of: Any
) -> None:
    def run(**changes: Any) -> Entry:
        return entry_of(a_result(**changes), world.predictions(3.0, "a"), changes.get("model"))

    entries = (run(solver="constant", model="none/none"), run(model="m"))
    (found,) = make_boards(Entries(entries, (), (), ()))
    rows = part_of(known_board(found, COUNTS)).rows
    assert [row.entry.kind for row in rows] == ["system", "baseline"]
