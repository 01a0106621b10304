"""Boards: what is ranked together, and ranks where the truth is known."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from inspect_ai.log import read_eval_log

from perturb_evals.families import family_of
from perturb_evals.families.outcome import shared_weights
from perturb_evals.leaderboard.boards import Board, BoardTrack, make_boards
from perturb_evals.leaderboard.entries import Entries, Entry, read_entries
from perturb_evals.leaderboard.ranks import Row
from perturb_evals.leaderboard.results.result import Result
from perturb_evals.metrics.pairs.differences import paired_auroc_difference
from perturb_evals.metrics.pairs.predictions import Predictions
from perturb_evals.metrics.simultaneous import simultaneous_factor

Runs = dict[str, Path]
Make = Callable[..., Result]
Enter = Callable[..., Entry]
LINES = ("demo_a", "demo_b", "demo_c")


def board_of(*entries: Entry) -> Board:
    (board,) = make_boards(Entries(entries, (), (), ()))
    return board


def rows_of(board: Board, name: str, lines: Sequence[str] = ()) -> dict[str, Row]:
    (track,) = [t for t in board.tracks if (t.name, t.lines) == (name, tuple(lines))]
    assert len({row.entry.name for row in track.rows}) == len(track.rows)
    return {row.entry.name: row for row in track.rows}


@pytest.fixture(scope="module")
def demo(runs: Runs) -> dict[str, Board]:
    boards = make_boards(read_entries([str(log) for log in runs.values()]))
    return {str(board.parts["task"]): board for board in boards}


@pytest.fixture
def ranked(world: Any, a_result: Make, entry_of: Enter) -> tuple[Board, dict[str, Any]]:
    answers = {
        "clear": world.predictions(3.0, "a"),
        "clear again": world.predictions(3.0, "b"),
        "weak": world.predictions(0.8, "a"),
        "guess": world.predictions(0.0, "c"),
    }
    entries = [entry_of(a_result(model=name), table, name) for name, table in answers.items()]
    return board_of(*entries), answers


def test_a_rank_is_one_plus_the_number_of_systems_that_are_better(
    ranked: tuple[Board, dict[str, Any]],
) -> None:
    board, answers = ranked
    rows = rows_of(board, "none")
    assert [row.entry.name for row in board.tracks[0].rows][-2:] == ["weak", "guess"]
    assert {name: row.rank for name, row in rows.items()} == {
        "clear": 1,
        "clear again": 1,
        "weak": 3,
        "guess": 4,
    }
    for name, row in rows.items():
        # A difference that holds with those of all others holds by itself.
        better = sum(paired_auroc_difference(a, answers[name]).lower > 0 for a in answers.values())
        assert row.rank <= 1 + better
        assert row.with_best == (row.rank == 1)
        assert row.why_unranked == ""


def test_how_far_a_system_is_behind_holds_with_all_other_differences(
    ranked: tuple[Board, dict[str, Any]],
) -> None:
    board, answers = ranked
    first, *others = board.tracks[0].rows
    assert first.behind is None
    for row in others:
        assert row.behind
        found = paired_auroc_difference(answers[first.entry.name], answers[row.entry.name])
        assert row.behind.value == pytest.approx(found.mean)
        assert row.behind.lower < found.lower
        assert row.behind.upper > found.upper
        assert row.with_best == (row.behind.lower <= 0)
        assert row.skill
        assert row.skill.value == pytest.approx(2 * row.entry.outcome.value - 1)


def test_equal_systems_share_a_rank_and_the_place_goes_by_name(
    world: Any, a_result: Make, entry_of: Enter
) -> None:
    one, far = world.predictions(1.0, "a"), world.predictions(1.0, "a")
    scaled = type(one)(far.perts, far.genes, far.labels, far.scores / 7 - 100)
    board = board_of(
        entry_of(a_result(model="b"), one, "b"), entry_of(a_result(model="a"), scaled, "a")
    )
    assert [(row.entry.name, row.rank, row.with_best) for row in board.tracks[0].rows] == [
        ("a", 1, True),
        ("b", 1, True),
    ]


def test_where_lower_is_better_the_lowest_is_first(a_result: Make, entry_of: Enter) -> None:
    rng = np.random.default_rng(2)
    base = {f"P{i:02}": float(value) for i, value in enumerate(rng.uniform(0.5, 1.5, 30))}
    shifts = {"low": -0.3, "middle": 0.0, "high": 0.2}
    entries = [
        entry_of(
            a_result(model=name, task="langpert", solver="nearest_perturbations"),
            {pert: value + shift + rng.normal(0, 0.02) for pert, value in base.items()},
            name,
        )
        for name, shift in shifts.items()
    ]
    board = board_of(*entries)
    assert (board.better, board.headline) == ("lower", "mae_top20")
    (track,) = board.tracks
    assert [(row.entry.name, row.rank) for row in track.rows] == [
        ("low", 1),
        ("middle", 2),
        ("high", 3),
    ]
    weights = shared_weights(30)
    outcomes = [entry.outcome for entry in entries]
    drawn = np.stack([weights @ outcome.scores / 30 for outcome in outcomes])  # type: ignore[attr-defined]
    factor = simultaneous_factor([drawn], n_effective=30)
    for row, place in zip(track.rows[1:], (1, 2), strict=True):
        assert row.behind
        assert row.behind.value == pytest.approx(outcomes[place].value - outcomes[0].value)
        assert row.behind.value > 0
        reach = factor * (drawn[place] - drawn[0]).std()
        assert row.behind.lower == pytest.approx(row.behind.value - reach)
        assert row.behind.upper == pytest.approx(row.behind.value + reach)
    # Data that nobody has: no references, so no scale.
    assert board.scale is None
    assert all(row.skill is None for row in track.rows)
    (note,) = board.notes
    assert note.startswith("The reference rows could not be computed: ")


def test_the_oracle_stands_among_the_others_unranked(demo: dict[str, Board]) -> None:
    board = demo["langpert"]
    rows = rows_of(board, "training")
    oracle = rows["oracle_neighbors"]
    assert board.tracks[0].rows[0] is oracle
    assert (oracle.rank, oracle.with_best, oracle.behind) == (None, False, None)
    assert oracle.why_unranked == "reads the truth"
    assert rows["perturb_scripted/biologist"].rank == 1
    assert board.scale
    assert rows["mean_effect"].skill
    assert rows["mean_effect"].skill.value == pytest.approx(0.0, abs=1e-9)
    assert oracle.skill
    assert oracle.skill.value == pytest.approx(1.0)


def test_baselines_stand_in_every_track_whose_rows_they_may_read(demo: dict[str, Board]) -> None:
    board = demo["perturbqa_de"]
    assert [(track.name, track.lines) for track in board.tracks] == [
        ("none", ()),
        ("within", ()),
        ("cross", LINES),
    ]
    within, cross = rows_of(board, "within"), rows_of(board, "cross", LINES)
    scripted = "perturb_scripted/biologist, epochs=2"
    assert set(rows_of(board, "none")) == {
        scripted,
        "constant",
        "gene_frequency",
        "perturbation_rate",
        "graph_factor",
    }
    assert {name for name, row in within.items() if row.rank} == {
        "constant",
        "gene_frequency",
        "graph_factor",
    }
    assert {name for name, row in cross.items() if row.rank} == {
        "constant",
        "gene_frequency",
        "perturbation_rate",
        "cross_line_knn",
        "graph_factor",
        "combined",
    }


@pytest.mark.parametrize("task", ["perturbqa_de", "perturbqa_direction"])
def test_the_rows_that_need_no_model_are_always_there(task: str, demo: dict[str, Board]) -> None:
    for track in demo[task].tracks:
        rows = {row.entry.method: row for row in track.rows}
        for method, own in (("gene_frequency", "within"), ("perturbation_rate", "cross")):
            row = rows[method]
            assert (row.entry.result is None) == (task == "perturbqa_direction")
            allowed = ["none", "within", "cross"].index(own) <= ["none", "within", "cross"].index(
                track.name
            )
            assert (row.rank is not None) == allowed
            assert row.why_unranked == ("" if allowed else f"reads rows of the track {own}")


def test_a_system_of_other_lines_has_a_track_of_its_own(
    runs: Runs, tmp_path: Path, rewrite: Callable[..., None]
) -> None:
    few = ["demo_a", "demo_c"]
    rewrite(
        runs["scripted de"],
        tmp_path / "few.eval",
        "few",
        about_evidence="cross",
        about_evidence_lines=few,
    )
    rewrite(
        runs["scripted de"],
        tmp_path / "all.eval",
        "all",
        about_evidence="cross",
        about_evidence_lines=list(LINES),
    )
    logs = [str(tmp_path), str(runs["knn de"])]
    (board,) = make_boards(read_entries(logs))
    narrow, wide = rows_of(board, "cross", few), rows_of(board, "cross", LINES)
    name = "perturb_scripted/biologist"
    assert {key for key, row in narrow.items() if row.rank} == {
        f"{name}, lines=demo_a,demo_c",
        "gene_frequency",
        "graph_factor",
        "perturbation_rate, lines=demo_a,demo_c",
        "combined, lines=demo_a,demo_c",
    }
    assert {key for key, row in wide.items() if row.rank} == {
        f"{name}, lines=demo_a,demo_b,demo_c",
        "gene_frequency",
        "graph_factor",
        "cross_line_knn",
        *(f"perturbation_rate, lines={lines}" for lines in ("demo_a,demo_c", ",".join(LINES))),
        *(f"combined, lines={lines}" for lines in ("demo_a,demo_c", ",".join(LINES))),
    }
    assert set(narrow) == {key for key, row in narrow.items() if row.rank}


def test_a_method_run_with_other_settings_leaves_the_usual_row_and_the_scale(
    runs: Runs, entry_of: Enter
) -> None:
    (run,) = read_entries([str(runs["mean langpert"])]).complete
    assert run.result
    before = board_of(run)
    protocol = run.result.protocol.model_copy(
        update={"solver": "oracle_neighbors", "given": {"k": 1}}
    )
    result = run.result.model_copy(update={"protocol": protocol})
    worse = dict(zip(run.outcome.units, run.outcome.scores + 1, strict=True))  # type: ignore[attr-defined]
    board = board_of(run, entry_of(result, worse, "oracle_neighbors"))
    rows = rows_of(board, "training")
    assert rows["oracle_neighbors"].entry.result
    assert rows["oracle_neighbors, computed"].entry.result is None
    assert board.scale
    assert before.scale
    assert (board.scale.zero, board.scale.one) == (before.scale.zero, before.scale.one)


def test_where_the_oracle_is_worse_than_the_mean_there_is_no_skill(
    a_result: Make, entry_of: Enter
) -> None:
    def entry(solver: str, value: float) -> Entry:
        result = a_result(solver=solver, model="none/none", task="langpert")
        return entry_of(result, {f"P{i}": value + i for i in range(5)}, solver)

    board = board_of(entry("mean_effect", 0.1), entry("oracle_neighbors", 0.2))
    assert board.scale is None
    assert board.notes[-1] == "oracle_neighbors is not better than mean_effect: there is no skill."
    board = board_of(entry("mean_effect", 0.2), entry("oracle_neighbors", 0.1))
    assert board.scale


def test_a_headline_that_is_undefined_has_no_rank(a_result: Make, entry_of: Enter) -> None:
    from perturb_evals.metrics.pairs.predictions import Predictions

    table = Predictions(["A", "B"], ["g", "h"], [1, 0], [0.2, 0.4])
    board = board_of(entry_of(a_result(), table, "a"), entry_of(a_result(model="b"), table, "b"))
    rows = rows_of(board, "none")
    assert {
        (row.rank, row.with_best, row.skill.value if row.skill else 0) for row in rows.values()
    } == {(None, False, None)}
    assert {row.why_unranked for row in rows.values()} == {"its headline is undefined"}


def test_data_that_are_not_here_make_a_note_and_no_crash(
    put_tables: Callable[..., Path], runs: Runs, tmp_path: Path, rewrite: Callable[..., None]
) -> None:
    put_tables({})
    args = {
        "dataset": "perturbqa",
        "cell_line": "k562",
        "questions": "scored",
        "genes": 6,
        "seed": 0,
    }
    rewrite(runs["constant de"], tmp_path / "real.eval", "real", task_args=args)
    (board,) = make_boards(read_entries([str(tmp_path)]))
    assert [row.entry.method for row in board.tracks[0].rows] == ["constant"]
    (note,) = board.notes
    assert note.startswith("The reference rows could not be computed: ")
    assert "k562-de.csv" in note


def test_two_versions_of_the_data_never_make_one_board(
    runs: Runs, tmp_path: Path, rewrite: Callable[..., None]
) -> None:
    source = runs["constant de"]
    about = read_eval_log(str(source), header_only=True).eval.metadata or {}
    board = {**about["board"], "data": "ffffff"}
    other = {"about_board": board, "about_data_sha256": "f" * 64}
    key = about["board_key"].replace(f"data:{about['board']['data']}", "data:ffffff")
    versions = {
        "whole": {**other, "about_board_key": key},
        "same parts": {"about_data_sha256": about["data_sha256"][:6] + "0" * 58},
    }
    for name, changes in versions.items():
        folder = tmp_path / name
        folder.mkdir()
        rewrite(source, folder / "other.eval", "other", **changes)
        found = make_boards(read_entries([str(folder), str(source), str(runs["scripted de"])]))
        assert len(found) == 2
        ours = next(b for b in found if b.data_sha256 == about["data_sha256"])
        theirs = next(b for b in found if b is not ours)
        methods = [
            {row.entry.method for row in board.tracks[0].rows if row.entry.result}
            for board in (ours, theirs)
        ]
        assert methods == [{"constant", "ask"}, {"constant"}]
        said = "the data differ" if name == "same parts" else f"data is {board['data']}, not "
        (apart,) = theirs.apart
        assert apart.startswith(f"Not ranked with another board here: {said}")
        assert len(ours.apart) == 1
        assert "are not those of the board" in theirs.notes[0]


def test_the_part_that_differs_is_named(
    runs: Runs, tmp_path: Path, rewrite: Callable[..., None]
) -> None:
    source = runs["constant de"]
    about = read_eval_log(str(source), header_only=True).eval.metadata or {}
    board = {**about["board"], "abstention": "lowest"}
    key = about["board_key"].replace("abst:half", "abst:lowest")
    rewrite(source, tmp_path / "log.eval", "log", about_board=board, about_board_key=key)
    found = make_boards(read_entries([str(tmp_path), str(source), str(runs["constant direction"])]))
    assert [b.apart for b in found] == [
        ("Not ranked with another board here: abstention is half, not lowest.",),
        ("Not ranked with another board here: abstention is lowest, not half.",),
        (),
    ]
    assert [b.title for b in found][-1] == "perturbqa_direction on demo_a"


def test_a_run_that_was_asked_other_questions_is_left_out(
    world: Any, a_result: Make, entry_of: Enter
) -> None:
    answers = world.predictions(1.0, "a")
    less = type(answers)(
        answers.perts[6:], answers.genes[6:], answers.labels[6:], answers.scores[6:]
    )
    names = ("a", "b", "c")
    entries = [
        entry_of(a_result(model=name), table, name)
        for name, table in zip(names, (less, answers, answers), strict=True)
    ]
    board = board_of(*entries)
    assert set(rows_of(board, "none")) == {"b", "c"}
    assert board.notes[-1] == "a was asked other questions and is left out."
    assert (board.n_units, board.n_perturbations) == (240, 40)


def test_directions_of_the_headlines() -> None:
    assert family_of("perturbqa_de").better == "higher"
    assert family_of("langpert").better == "lower"


def test_tracks_go_from_the_fewest_rows_to_the_most(
    world: Any, a_result: Make, entry_of: Enter
) -> None:
    opened: list[tuple[str, list[str]]] = [
        ("cross", ["k562", "rpe1", "hepg2"]),
        ("none", []),
        ("cross", ["k562", "rpe1"]),
        ("within", ["k562"]),
        ("cross", ["k562", "hepg2"]),
    ]
    entries = [
        entry_of(a_result(track=track, evidence_lines=lines), world.predictions(1.0, "a"), str(i))
        for i, (track, lines) in enumerate(opened)
    ]
    tracks: tuple[BoardTrack, ...] = board_of(*entries).tracks
    assert [(track.name, *track.lines) for track in tracks] == [
        ("none",),
        ("within",),
        ("cross", "k562", "hepg2"),
        ("cross", "k562", "rpe1"),
        ("cross", "k562", "rpe1", "hepg2"),
    ]
    assert all(len(track.rows) == 1 for track in tracks)


def test_few_perturbations_give_no_interval_and_no_rank(a_result: Make, entry_of: Enter) -> None:
    from perturb_evals.metrics.pairs.predictions import Predictions

    perts = [f"P{i}" for i in range(4)]
    right = Predictions(perts, ["g"] * 4, [1, 0, 1, 0], [0.9, 0.1, 0.8, 0.2])
    wrong = Predictions(perts, ["g"] * 4, [1, 0, 1, 0], [0.1, 0.9, 0.2, 0.8])
    board = board_of(entry_of(a_result(), right, "a"), entry_of(a_result(model="b"), wrong, "b"))
    for row in rows_of(board, "none").values():
        assert (row.rank, row.why_unranked) == (None, "too few perturbations")
        assert row.skill is not None
        assert row.skill.lower is None
    assert any("4 perturbations are too few" in note for note in board.notes)


def test_a_run_judged_by_other_labels_is_left_out(a_result: Make, entry_of: Enter) -> None:
    from perturb_evals.metrics.pairs.predictions import Predictions

    perts = [f"P{i:02d}" for i in range(12)]
    labels, scores = [i % 2 for i in range(12)], [0.1 * i for i in range(12)]
    honest = [
        entry_of(a_result(model=name), Predictions(perts, ["g"] * 12, labels, scores), name)
        for name in ("a", "b")
    ]
    flipped = Predictions(perts, ["g"] * 12, [1 - label for label in labels], scores)
    board = board_of(*honest, entry_of(a_result(model="c"), flipped, "c"))
    assert {row.entry.name for row in board.tracks[0].rows} == {"a", "b"}
    assert "c was judged by other labels and is left out." in board.notes


def test_where_one_perturbation_has_most_questions_nobody_is_told_apart(
    a_result: Make, entry_of: Enter
) -> None:
    sizes = [120] + [4] * 11
    perts = [f"P{place:02}" for place, size in enumerate(sizes) for _ in range(size)]
    genes = [f"G{number % 12:02}" for number in range(len(perts))]
    labels = [number % 5 == 0 for number in range(len(perts))]
    noise = np.random.default_rng(0).normal(size=(2, len(perts)))
    entries = [
        entry_of(
            a_result(model=model),
            Predictions(perts, genes, labels, knows * np.array(labels) + noise[place]),
            model,
        )
        for place, (model, knows) in enumerate((("good", 3.0), ("bad", 0.0)))
    ]
    board = board_of(*entries)
    (track,) = board.tracks
    assert [(row.rank, row.with_best) for row in track.rows] == [(1, True), (1, True)]
    for row in track.rows:
        for figure in (row.behind, row.added, row.over_zero):
            assert figure is None or figure.lower is figure.upper is None
    assert any("differences have no interval" in note for note in board.notes)
