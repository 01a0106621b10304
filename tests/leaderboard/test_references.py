"""Rows that every board has, against runs of the same methods."""

import shutil
from collections.abc import Callable, Collection
from dataclasses import replace
from pathlib import Path
from typing import Any

import inspect_ai
import numpy as np
import pytest

from perturb_evals.datasets.errors import DataError
from perturb_evals.datasets.pairs.evidence import PairsEvidence
from perturb_evals.families import known_graph
from perturb_evals.families.board import Control
from perturb_evals.families.outcome import MeanOutcome
from perturb_evals.families.pairs import references as pairs_references
from perturb_evals.families.pairs.family import Pairs
from perturb_evals.families.pairs.outcome import AnswersOutcome
from perturb_evals.families.pairs.references import COMPUTED, ComputedMethod
from perturb_evals.families.references import NoReferencesError
from perturb_evals.leaderboard.boards import make_boards
from perturb_evals.leaderboard.entries import Entries, Entry, read_entries
from perturb_evals.leaderboard.figures import figure_of
from perturb_evals.leaderboard.references import references
from perturb_evals.leaderboard.results.result import Result
from perturb_evals.leaderboard.systems import baseline_identity, identity, names
from perturb_evals.solvers.expression.gene_baselines import graph_neighbors
from perturb_evals.solvers.pairs.baselines import GeneFrequency, PerturbationRate, Predictor
from perturb_evals.solvers.pairs.combined import combined
from perturb_evals.solvers.pairs.graph_factor import graph_factor
from perturb_evals.tasks.langpert import langpert
from perturb_evals.tasks.perturbqa import perturbqa_de

Runs = dict[str, Path]
LINES = ("demo_a", "demo_b", "demo_c")


@pytest.fixture(scope="module")
def entries(runs: Runs) -> dict[tuple[str, str], Entry]:
    found = read_entries([str(log) for log in runs.values()]).complete
    return {(entry.method, entry.result.task): entry for entry in found if entry.result}


def result(entries: dict[tuple[str, str], Entry], task: str) -> Result:
    return next(e.result for (_, own), e in entries.items() if own == task and e.result)


def computed(
    asked: Result,
    present: Collection[str] = (),
    line_sets: Collection[tuple[str, ...]] = (),
) -> list[Entry]:
    """The rows of a board on which none is lacking."""
    rows, lacking = references([asked], present, line_sets)
    assert lacking == []
    return rows


def test_computed_rows_are_those_that_runs_have(entries: dict[tuple[str, str], Entry]) -> None:
    found = {row.method: row for row in computed(result(entries, "perturbqa_de"))}
    for method in ("gene_frequency", "perturbation_rate"):
        run = entries[method, "perturbqa_de"]
        row = found[method]
        assert row.result is None
        assert (row.system, row.track, row.lines) == (run.system, run.track, run.lines)
        assert row.outcome.units == run.outcome.units
        assert isinstance(row.outcome, AnswersOutcome)
        assert isinstance(run.outcome, AnswersOutcome)
        own, other = row.outcome.predictions, run.outcome.predictions
        assert own.labels.tolist() == other.labels.tolist()
        np.testing.assert_allclose(own.scores, other.scores, atol=1e-12)
        assert row.figure.value == pytest.approx(run.figure.value, abs=1e-12)
        assert row.figure.lower == pytest.approx(run.figure.lower, abs=1e-12)


def test_computed_rows_of_a_screen_are_those_that_runs_have(
    entries: dict[tuple[str, str], Entry],
) -> None:
    run = entries["mean_effect", "langpert"]
    found = {row.method: row for row in computed(result(entries, "langpert"))}
    assert {row.kind for row in found.values()} == {"baseline", "truth"}
    assert set(found) == {"no_change", "mean_effect", "graph_neighbors", "oracle_neighbors"}
    row = found["mean_effect"]
    assert (row.system, row.track) == (run.system, "training")
    assert row.outcome.units == run.outcome.units
    assert isinstance(row.outcome, MeanOutcome)
    assert isinstance(run.outcome, MeanOutcome)
    np.testing.assert_allclose(row.outcome.scores, run.outcome.scores, atol=1e-12)
    values = {name: entry.outcome.value for name, entry in found.items()}
    assert values["oracle_neighbors"] < values["graph_neighbors"]
    assert values["graph_neighbors"] < values["mean_effect"] < values["no_change"]


def test_the_floors_of_pairs_are_those_of_runs_to_the_last_digit(
    entries: dict[tuple[str, str], Entry], tmp_path: Path
) -> None:
    """Cross reads the lines of the track, in the order of the run."""
    asked = {"dataset": "demo", "cell_line": "demo_a", "genes": 5}
    for evidence, solver in (("within", graph_factor()), ("cross", combined())):
        (log,) = inspect_ai.eval(
            perturbqa_de(**asked, evidence=evidence),
            solver=solver,
            model="none/none",
            log_dir=str(tmp_path),
            display="none",
            log_realtime=False,
        )
        assert log.status == "success", log.error
    found = computed(result(entries, "perturbqa_de"), (), (LINES,))
    rows = {row.method: row for row in found}
    for run in read_entries([str(tmp_path)]).complete:
        row = rows[run.method]
        assert row.by_default
        assert run.by_default
        assert (row.system, row.track, row.lines) == (run.system, run.track, run.lines)
        assert isinstance(row.outcome, AnswersOutcome)
        assert isinstance(run.outcome, AnswersOutcome)
        own, other = row.outcome.predictions, run.outcome.predictions
        assert row.outcome.units == run.outcome.units
        assert own.scores.tolist() == other.scores.tolist()
        assert own.abstained.tolist() == other.abstained.tolist()
        assert row.figure == run.figure


def test_the_row_of_a_graph_is_that_of_a_run_to_the_last_digit(
    entries: dict[tuple[str, str], Entry], tmp_path: Path
) -> None:
    task = langpert(screen="demo", fold=1)
    (log,) = inspect_ai.eval(
        task,
        solver=graph_neighbors(),
        model="none/none",
        log_dir=str(tmp_path),
        display="none",
        log_realtime=False,
    )
    assert log.status == "success", log.error
    (run,) = read_entries([str(tmp_path)]).complete
    (row,) = [
        row for row in computed(result(entries, "langpert")) if row.method == "graph_neighbors"
    ]
    assert row.result is None
    assert row.by_default
    assert run.by_default
    assert (row.system, row.track, row.lines) == (run.system, run.track, run.lines)
    assert isinstance(row.outcome, MeanOutcome)
    assert isinstance(run.outcome, MeanOutcome)
    assert row.outcome.units == run.outcome.units
    assert row.outcome.scores.tolist() == run.outcome.scores.tolist()
    assert row.figure == run.figure


def test_what_was_run_is_not_computed_again_but_for_references(
    entries: dict[tuple[str, str], Entry],
) -> None:
    asked = result(entries, "perturbqa_de")
    frequency = baseline_identity("gene_frequency", "within", ())
    rate = baseline_identity("perturbation_rate", "cross", LINES)
    factor = baseline_identity("graph_factor", "within", ())
    both = baseline_identity("combined", "cross", LINES)
    present = (frequency, rate, factor)

    def methods(present: Collection[str], *line_sets: tuple[str, ...]) -> list[str]:
        return [row.method for row in computed(asked, present, line_sets)]

    assert methods((frequency, factor)) == ["perturbation_rate", "graph_factor"]
    assert methods((*present, both), LINES) == ["graph_factor", "combined"]
    # That of other lines is another system.
    rows = computed(asked, (*present, both), (("demo_a", "demo_b"),))
    assert {row.method: row.lines for row in rows if row.lines} == {
        "perturbation_rate": ("demo_a", "demo_b"),
        "combined": ("demo_a", "demo_b"),
    }


def test_each_set_of_lines_has_its_own_rate(entries: dict[tuple[str, str], Entry]) -> None:
    asked = result(entries, "perturbqa_direction")
    few = ("demo_a", "demo_c")
    found = computed(asked, (), (LINES, few))
    for method in ("perturbation_rate", "combined"):
        rows = [row for row in found if row.method == method]
        assert [row.lines for row in rows] == [LINES, few]
        assert len({row.system for row in rows}) == 2


@pytest.mark.parametrize(
    ("task", "changes", "said"),
    [
        ("perturbqa_de", {"data_sha256": "f" * 64}, "are not those of the board .ffffffffffff"),
        ("langpert", {"data_sha256": "f" * 64}, "are not those of the board .ffffffffffff"),
        (
            "perturbqa_de",
            {"task_args": {}},
            "The arguments of its task are others: it lacks .dataset",
        ),
        (
            "langpert",
            {"task_args": {"planet": "mars"}},
            "arguments of its task are others: .*planet",
        ),
        ("langpert", {"task_args": {"screen": "/gone/x.h5ad"}}, "there is none at 'x.h5ad'"),
    ],
)
def test_data_that_cannot_be_had_or_are_others_are_named(
    task: str, changes: dict[str, Any], said: str, entries: dict[tuple[str, str], Entry]
) -> None:
    with pytest.raises(NoReferencesError, match=said):
        references([result(entries, task).model_copy(update=changes)], (), ())


def test_tables_that_cannot_be_had_are_named(
    put_tables: Callable[..., Path], entries: dict[tuple[str, str], Entry]
) -> None:
    put_tables({})
    asked = result(entries, "perturbqa_de")
    args = asked.task_args | {"dataset": "perturbqa", "cell_line": "k562", "genes": None}
    with pytest.raises(NoReferencesError, match=r"k562-de\.csv"):
        references([asked.model_copy(update={"task_args": args})], (), ())


def test_one_method_that_lacks_something_loses_no_other_row(
    entries: dict[tuple[str, str], Entry], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(evidence: PairsEvidence) -> Predictor:
        raise DataError("Its file is broken.")

    methods = [
        ComputedMethod("far", "within", broken, lacking=lambda evidence: "Its file is not here."),
        ComputedMethod("torn", "within", broken),
    ]
    monkeypatch.setattr(pairs_references, "COMPUTED", (*methods, *COMPUTED))
    asked = result(entries, "perturbqa_de")
    rows, lacking = references([asked], (), ())
    assert {row.method for row in rows} >= {"gene_frequency", "perturbation_rate"}
    assert [(row.method, row.why) for row in lacking] == [
        ("far", "Its file is not here."),
        ("torn", "Its file is broken."),
    ]
    (board,) = make_boards(Entries((entries["constant", "perturbqa_de"],), (), (), ()))
    assert board.notes == (
        "The row of far is not here: Its file is not here.",
        "The row of torn is not here: Its file is broken.",
    )


def test_rows_that_lack_the_same_share_a_sentence_and_folders_stay_unsaid(
    entries: dict[tuple[str, str], Entry], monkeypatch: pytest.MonkeyPatch
) -> None:
    places = {
        "one": "/home/me/my data/a.csv",
        "two": "/srv/other/a.csv",
        "three": "C:\\mine\\a.csv",
        "four": "file:///home/me/a.csv",
        "five": "~/x/a.csv",
    }

    def gone(place: str) -> Callable[[PairsEvidence], Predictor]:
        def fit(evidence: PairsEvidence) -> Predictor:
            raise DataError(f"'{place}' is gone (and/or torn), see https://a.org/b/c.")

        return fit

    methods = [ComputedMethod(name, "within", gone(place)) for name, place in places.items()]
    monkeypatch.setattr(pairs_references, "COMPUTED", methods)
    (board,) = make_boards(Entries((entries["constant", "perturbqa_de"],), (), (), ()))
    assert board.notes == (
        "The rows of one, two, three, four and five are not here: "
        "'a.csv' is gone (and/or torn), see https://a.org/b/c.",
    )


def as_run(row: Entry, like: Entry, scores: float | None = None) -> Entry:
    """A computed row as a run of a board that another run is of; its log may say other scores."""
    outcome = row.outcome
    if scores is not None:
        assert isinstance(outcome, AnswersOutcome)
        same = np.full(len(outcome.predictions.scores), scores)
        outcome = replace(outcome, predictions=replace(outcome.predictions, scores=same))
    figure = figure_of(outcome.value, outcome.drawn)
    return replace(row, outcome=outcome, figure=figure, result=like.result)


def test_value_added_is_counted_from_the_computed_row_where_a_log_says_otherwise(
    entries: dict[tuple[str, str], Entry],
) -> None:
    first = entries["constant", "perturbqa_de"]
    assert first.result
    (factor,) = [row for row in computed(first.result) if row.method == "graph_factor"]
    (honest,) = make_boards(Entries((first, as_run(factor, first)), (), (), ()))
    (forged,) = make_boards(Entries((first, as_run(factor, first, 0.5)), (), (), ()))
    for board in (honest, forged):
        (within,) = [track for track in board.tracks if track.name == "within"]
        (none,) = [track for track in board.tracks if track.name == "none"]
        for floor in (within.floor, none.above):
            assert floor
            assert floor.value == pytest.approx(factor.outcome.value)
        rows = {row.entry.name: row for row in within.rows if row.entry.method == "graph_factor"}
        assert len({row.entry.system for row in rows.values()}) == len(rows)
        if board is honest:
            assert list(rows) == ["graph_factor"]
            assert rows["graph_factor"].entry.result
            assert within.is_floor(rows["graph_factor"])
            assert not any("another result" in note for note in board.notes)
        else:
            assert set(rows) == {"graph_factor", "graph_factor, computed"}
            assert rows["graph_factor"].added
            assert rows["graph_factor"].added.value == pytest.approx(0.5 - factor.outcome.value)
            assert within.is_floor(rows["graph_factor, computed"])
            (note,) = [note for note in board.notes if "another result" in note]
            assert note == (
                "graph_factor was run with another result (0.500) than is computed here "
                f"({factor.outcome.value:.3f}): value added is counted from the computed row."
            )


def test_a_reference_that_was_run_is_not_lacking(
    entries: dict[tuple[str, str], Entry], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = entries["constant", "perturbqa_de"]
    assert first.result
    (factor,) = [row for row in computed(first.result) if row.method == "graph_factor"]
    lost = ComputedMethod("graph_factor", "within", GeneFrequency, lacking=lambda _: "Lost.")
    monkeypatch.setattr(pairs_references, "COMPUTED", (lost,))
    (board,) = make_boards(Entries((first, as_run(factor, first)), (), (), ()))
    assert board.notes == ()
    assert [track.floor and track.floor.name for track in board.tracks][-1] == "graph_factor"


def test_settings_of_a_run_are_told_from_the_computed_default(
    entries: dict[tuple[str, str], Entry], a_result: Callable[..., Result]
) -> None:
    run = a_result(solver="graph_factor", model="none/none", given={"text_weight": 0})
    first = entries["constant", "perturbqa_de"]
    assert first.result
    (factor,) = [row for row in computed(first.result) if row.method == "graph_factor"]
    name = names([run])[identity(run)]
    tuned = replace(as_run(factor, first), system=identity(run), name=name)
    (board,) = make_boards(Entries((first, tuned), (), (), ()))
    (within,) = [track for track in board.tracks if track.name == "within"]
    shown = {row.entry.name for row in within.rows if row.entry.method == "graph_factor"}
    assert shown == {"graph_factor", "graph_factor, text_weight=0"}
    assert within.floor
    assert within.floor.name == "graph_factor"


def test_what_a_method_has_nothing_to_say_of_is_an_abstention(
    entries: dict[tuple[str, str], Entry], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Shy(GeneFrequency):
        def score(self, pert: str, gene: str) -> float | None:  # type: ignore[override]
            return None if pert < "M" else super().score(pert, gene)

    shy = ComputedMethod("shy", "within", Shy)
    monkeypatch.setattr(pairs_references, "COMPUTED", (shy,))
    (row,) = computed(result(entries, "perturbqa_de"))
    assert isinstance(row.outcome, AnswersOutcome)
    answers = row.outcome.predictions
    assert answers.abstained.tolist() == [pert < "M" for pert in answers.perts]
    assert 0 < answers.abstained.sum() < len(answers.perts)


def test_a_row_that_tracks_show_is_on_all_boards_and_another_where_there_is_such_a_track(
    entries: dict[tuple[str, str], Entry], monkeypatch: pytest.MonkeyPatch
) -> None:
    own = ComputedMethod("own", "cross", PerturbationRate, on_all=False)
    monkeypatch.setattr(pairs_references, "COMPUTED", (own,))
    asked = result(entries, "perturbqa_de")
    assert computed(asked) == []
    assert [row.lines for row in computed(asked, (), (LINES,))] == [LINES]


def test_settings_that_stand_for_the_default_are_in_name_and_identity(
    entries: dict[tuple[str, str], Entry], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fit(evidence: PairsEvidence, graph: str) -> Predictor:
        assert graph == "string_links"
        return GeneFrequency(evidence)

    settings = {"graph": "string_links"}
    other = ComputedMethod("gene_frequency", "within", fit, settings=lambda _: settings)
    monkeypatch.setattr(pairs_references, "COMPUTED", (other,))
    floor = {"none": Pairs.zero, "within": Control("rate", method="gene_frequency")}
    monkeypatch.setattr(Pairs, "floor", floor)
    (row,) = computed(result(entries, "perturbqa_de"))
    assert row.name == "gene_frequency, graph=string_links"
    assert not row.by_default
    assert row.system == baseline_identity("gene_frequency", "within", (), settings)
    (board,) = make_boards(Entries((entries["constant", "perturbqa_de"],), (), (), ()))
    (none,) = [track for track in board.tracks if track.name == "none"]
    assert none.above
    assert none.above.name == "gene_frequency, graph=string_links"


def test_without_a_graph_at_hand_a_screen_has_its_other_rows_and_says_how_to_get_one(
    entries: dict[tuple[str, str], Entry], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(known_graph, "graph_at_hand", lambda simulated: None)
    rows, lacking = references([result(entries, "langpert")], (), ())
    assert [row.method for row in rows] == ["no_change", "mean_effect", "oracle_neighbors"]
    (row,) = lacking
    assert row.method == "graph_neighbors"
    assert "perturb-evals data fetch" in row.why
    (board,) = make_boards(Entries((entries["mean_effect", "langpert"],), (), (), ()))
    assert any("perturb-evals data fetch" in note for note in board.notes)
    assert all(row.added is None for track in board.tracks for row in track.rows)


def test_a_log_of_another_split_gets_no_references(
    runs: Runs, tmp_path: Path, entries: dict[tuple[str, str], Entry]
) -> None:
    shutil.copy(runs["mean langpert"], tmp_path / "log.eval")
    ours = result(entries, "langpert")
    other = ours.model_copy(update={"board": {**ours.board, "split": "ffffff"}})
    with pytest.raises(
        NoReferencesError, match=r"split is '\w{6}' here, and not 'ffffff', as on the board\.$"
    ):
        references([other], (), ())


@pytest.mark.parametrize(
    ("task", "args", "said"),
    [
        ("perturbqa_de", {"holdout": "both"}, "questions is 'scored/unseen_genes/genes5/seed0'"),
        (
            "perturbqa_de",
            {"seed": 5},
            "questions is 'scored/genes5/seed5' here, and not '.*/seed0'",
        ),
        ("perturbqa_de", {"genes": None}, "questions is 'scored' here"),
        ("perturbqa_de", {"genes": None, "questions": "all"}, "questions is 'all' here"),
        ("perturbqa_de", {"cell_line": "demo_b"}, "context is 'demo_b' here"),
        ("perturbqa_de", {"holdout": "x" * 900}, "^holdout must be"),
        ("perturbqa_de", {"seed": "0"}, "^seed must be a whole number"),
        ("langpert", {"fold": "all"}, "fold is 'all' here, and not '1', as on the board"),
        ("langpert", {"n_train": 20}, "train is '20x1/seed0' here, and not 'all'"),
    ],
)
def test_altered_arguments_cost_no_reference_where_another_run_has_those_of_the_board(
    task: str, args: dict[str, Any], said: str, entries: dict[tuple[str, str], Entry]
) -> None:
    ours = result(entries, task)
    forged = ours.model_copy(update={"task_args": {**ours.task_args, **args}})
    with pytest.raises(NoReferencesError, match=said):
        references([forged, forged], (), ())
    expected = computed(ours)
    for runs in ([forged, ours], [ours, forged], [forged, forged, ours]):
        rows, _ = references(runs, (), ())
        assert [row.outcome.asked for row in rows] == [row.outcome.asked for row in expected]
        assert [row.outcome.value for row in rows] == [row.outcome.value for row in expected]


def test_an_altered_log_leaves_the_honest_runs_on_their_board(
    runs: Runs, tmp_path: Path, rewrite: Callable[..., None]
) -> None:
    honest = read_entries([str(runs["knn de"])]).complete
    args = honest[0].result.task_args
    source, forged = runs["constant de"], tmp_path / "forged.eval"
    rewrite(source, forged, "forged", task_args={**args, "evidence": "none", "holdout": "both"})
    (altered,) = read_entries([str(forged)]).complete
    for order in ((altered, *honest), (*honest, altered)):
        (board,) = make_boards(Entries(order, (), (), ()))
        methods = {row.entry.method for track in board.tracks for row in track.rows}
        assert {"constant", "cross_line_knn", "gene_frequency", "perturbation_rate"} <= methods
        assert not any("left out" in note or "computed" in note for note in board.notes)
    # Alone it is ranked without them.
    (board,) = make_boards(Entries((altered,), (), (), ()))
    assert [row.entry.method for track in board.tracks for row in track.rows] == ["constant"]
    assert any("By the arguments of its task questions is" in note for note in board.notes)
