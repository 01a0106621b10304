"""Which systems of a track the site compares."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from perturb_evals.families import FAMILIES
from perturb_evals.families.pairs.outcome import AnswersOutcome
from perturb_evals.leaderboard.boards import Board, make_boards
from perturb_evals.leaderboard.comparison import MOST_COMPARED, Comparison
from perturb_evals.leaderboard.entries import Entries, Entry
from perturb_evals.leaderboard.publish import SiteError, comparisons_of, publish
from perturb_evals.leaderboard.results.result import Result
from perturb_evals.leaderboard.site.pages.comparison import systems_of
from perturb_evals.metrics.pairs.predictions import Predictions
from perturb_evals.solvers.baseline import READS

BASELINES = tuple(own.__name__ for own in FAMILIES[0].solvers if own.__name__ in READS)
LINES = ["k562", "rpe1"]


@pytest.fixture(autouse=True)
def without_test(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is compared does not depend on the p of a pair, which takes the time."""
    monkeypatch.setattr(AnswersOutcome, "randomised_p", lambda *_: 0.5)


@pytest.fixture
def track_of(
    world: Any, a_result: Callable[..., Result], entry_of: Callable[..., Entry]
) -> Callable[..., Board]:
    """Make a board of a track cross; systems know the more the later, baselines more than all."""

    def answers(known: float, noise: str) -> Predictions:
        whole = world.predictions(known, noise)
        few = slice(72)  # 12 perturbations
        return Predictions(whole.perts[few], whole.genes[few], whole.labels[few], whole.scores[few])

    def track_of(systems: int, baselines: int) -> Board:
        cross = {"track": "cross", "evidence_lines": LINES}
        runs = [
            entry_of(a_result(model=f"m{n}", **cross), answers(0.3 * n, "abc"[n % 3]))
            for n in range(systems)
        ]
        runs += [
            entry_of(
                a_result(solver=method, model="none/none", **cross),
                answers(3.0 + 0.1 * n, "abc"[n % 3]),
            )
            for n, method in enumerate(BASELINES[:baselines])
        ]
        (board,) = make_boards(Entries(tuple(runs), (), (), ()))
        return board

    return track_of


def cross(board: Board) -> Comparison:
    """Return the comparison of the track that all its systems may stand in."""
    return comparisons_of(board)[-1]


def best(board: Board, kind: str) -> list[str]:
    rows = [row for row in board.tracks[-1].rows if row.rank is not None]
    return [row.entry.name for row in rows if row.entry.kind == kind]


@pytest.mark.parametrize(
    ("systems", "baselines", "compared"),
    [
        (8, 0, (6, 0)),
        (8, 3, (5, 1)),
        (4, 3, (4, 2)),
        (1, 6, (1, 5)),
        (2, 1, (2, 1)),
    ],
)
def test_systems_come_first_and_the_best_baseline_has_a_place(
    track_of: Callable[..., Board], systems: int, baselines: int, compared: tuple[int, int]
) -> None:
    board = track_of(systems, baselines)
    found = cross(board)
    chosen = systems_of(found)
    n_systems, n_baselines = compared
    names = best(board, "system")[:n_systems] + best(board, "baseline")[:n_baselines]
    assert [entry.name for entry in chosen] == names
    assert len(chosen) <= MOST_COMPARED
    assert len(found.pairs) == len(chosen) * (len(chosen) - 1) // 2
    assert len(found.left_out) == systems + baselines - len(chosen)
    assert not {id(entry) for entry in chosen} & {id(entry) for entry in found.left_out}
    assert found.track == "cross (k562, rpe1)"


def test_one_system_alone_is_not_compared(track_of: Callable[..., Board]) -> None:
    assert comparisons_of(track_of(1, 0)) == []


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(SiteError, match=r"file/site: no site can be written there: "):
        publish(tmp_path / "file" / "site", (), (), Entries((), (), (), ()), transcripts=False)
