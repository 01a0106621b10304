"""The short leaderboard: which rows it shows, and that it counts what it does not."""

import io
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from perturb_evals.cli.tables.glance import MOST, not_shown, show_glance
from perturb_evals.families.outcome import MeanOutcome
from perturb_evals.leaderboard.boards import Board, BoardTrack
from perturb_evals.leaderboard.entries import Entries, Entry
from perturb_evals.leaderboard.floor import Floor
from perturb_evals.leaderboard.ranks import Row
from perturb_evals.leaderboard.results.result import Figure

OUTCOME = MeanOutcome(("P",), np.zeros(1), ("id/P",))
NOTHING = Entries((), (), (), ())


def row(name: str, rank: int | None, kind: Any = "baseline", why: str = "") -> Row:
    figure = Figure(value=0.6, lower=0.5, upper=0.7)
    entry = Entry(name, name, kind, "knn", "none", (), figure, OUTCOME, None)
    behind = None if rank == 1 else Figure(value=0.1, lower=0.05, upper=0.2)
    return Row(entry, rank, rank == 1, behind, None, why, figure)


def board(*rows: Row, n_perturbations: int = 40, **changes: Any) -> Board:
    parts: dict[str, str | int] = {"task": "perturbqa_de", "context": "k562"}
    about = ("key", parts, "0" * 64, "auroc_per_gene", "higher", 100, n_perturbations)
    made = Board(*about, (BoardTrack("none", (), rows),), None, (), (), ())  # type: ignore[arg-type]
    return replace(made, **changes)


def shown(*boards: Board, width: int = 100, entries: Entries = NOTHING) -> str:
    out = io.StringIO()
    console = Console(file=out, width=width, markup=False, highlight=False)
    show_glance(console, boards, (), entries)
    return out.getvalue()


def test_few_rows_are_all_shown_but_for_what_is_not_ranked_beside_them() -> None:
    rows = [row("m", 1, "system"), row("n", None, "system", "its headline is undefined")]
    rows += [row(f"b{n}", n) for n in range(2, 8)]
    rows += [row("wide", None, why="reads rows of the track within"), row("oracle", None, "truth")]
    said = shown(board(*rows))
    assert all(f" b{n} (baseline) " in said for n in range(2, 8))
    assert "  1     m  " in said
    assert " n (its headline is undefined) " in said
    assert "wide" not in said
    assert "oracle" not in said
    assert "8 of 10 rows; " in said


def test_what_stands_beside_the_headline_is_in_brackets() -> None:
    one = row("m", 1, "system")
    beside = replace(OUTCOME, beside=replace(OUTCOME, scores=np.full(1, 0.25)))
    found = replace(one, entry=replace(one.entry, outcome=beside))
    screen = {"task": "langpert", "context": "demo", "metric_version": 2}
    said = shown(board(found, parts=screen, headline="mae_top20", better="lower"))
    assert (
        "langpert on demo: mae_top20 (in brackets mae_top20_no_target), lower is better\n" in said
    )
    assert " .600 [.50, .70] (.250) " in said
    assert "(in brackets" not in shown(board(one))


def test_of_many_rows_the_systems_the_best_baseline_and_the_reference_are_shown() -> None:
    models = [row(f"m{n}", n, "system") for n in range(1, 6)]
    baselines = [row(f"b{n}", n) for n in range(6, 6 + MOST)]
    reference = baselines[9]
    floor = Floor("b15", 0.5, np.zeros(1), reference.entry)
    track = BoardTrack("none", (), (*models, *baselines), floor)
    said = shown(board(tracks=(track,)))
    assert all(f" m{n} " in said for n in range(1, 6))
    named = [n for n in range(6, 6 + MOST) if f" b{n} (baseline)" in said]
    assert named == [6, 15]
    assert " reference" in said.partition("b15 (baseline)")[2].partition("\n")[0]
    # Where only baselines ran, the next best is of interest too.
    assert [
        n for n in range(6, 6 + MOST) if f" b{n} " in shown(board(*baselines, row("x", 30)))
    ] == [6, 7]


def test_where_nothing_is_ranked_the_rows_are_there_with_the_reason() -> None:
    few = [row("b", None, why="too few perturbations")]
    said = shown(board(*few, n_perturbations=5))
    assert said.startswith("perturbqa_de on k562, track none: Nobody can be called best: 5 ")
    assert " b (baseline; too few perturbations) " in " ".join(said.split())


def test_boards_of_one_title_are_told_apart_by_their_keys() -> None:
    rows = [row("m", 1, "system")]
    assert "track none (key)" not in shown(board(*rows))
    both = shown(board(*rows), board(*rows, key="other"))
    assert "track none (key): " in both
    assert "track none (other): " in both


@pytest.mark.parametrize("width", [80, 100, 120])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    said = shown(board(row("maker/" + "long-" * 12, 1, "system"), row("b", 2)), width=width)
    assert max(map(len, said.splitlines())) <= width
    assert "…" not in said


def test_what_is_not_ranked_and_what_has_notes_is_counted() -> None:
    result: Any = SimpleNamespace()
    assert not_shown((), NOTHING) == ""
    assert not_shown((), Entries((), (result,), (), (result, result))) == (
        "Not ranked: 1 run that is not complete, 2 logs set aside: see --verbose."
    )
    noted = board(notes=("a", "b"), apart=("c",))
    assert not_shown((noted,), Entries((), (), (result,), ())) == (
        "Not ranked: 1 older run of a system; 3 notes on these boards: see --verbose."
    )
    assert not_shown((noted,), NOTHING) == "3 notes on these boards: see --verbose."
    assert "3 notes on these boards" in shown(replace(noted, tracks=board(row("m", 1)).tracks))
