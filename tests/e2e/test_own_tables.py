"""A user's own tables from the run to the board: every track, ranked, with reference rows."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import inspect_ai
import numpy as np
import pandas as pd
import pytest
from inspect_ai import Task
from inspect_ai.log import EvalLog, read_eval_log
from inspect_ai.model import ModelOutput
from inspect_ai.solver import Generate, Solver, TaskState, fork, solver

from perturb_evals.cli.estimate import estimate
from perturb_evals.datasets.demo.knowledge import demo_pairs, demo_texts
from perturb_evals.datasets.demo.world import demo_tables
from perturb_evals.datasets.genes.graphs import GRAPHS
from perturb_evals.datasets.genes.ncbi import GENE_INFO, GENE_SUMMARY
from perturb_evals.leaderboard.boards import Board, make_boards
from perturb_evals.leaderboard.entries import read_entries
from perturb_evals.leaderboard.submission.check import check_runs
from perturb_evals.scorers.pairs.p_positive import p_positive
from perturb_evals.solvers.pairs import baselines
from perturb_evals.solvers.pairs.ask import ask
from perturb_evals.solvers.pairs.graph_factor import graph_factor
from perturb_evals.solvers.pairs.knn import cross_line_knn, graph_knn
from perturb_evals.solvers.pairs.replay import replay
from perturb_evals.tasks.perturbqa import perturbqa_de, perturbqa_direction

LINES = {"demo_a": "hela", "demo_b": "a549"}
SUFFIX = {"de": "de", "direction": "dir"}
ASKED: dict[str, Any] = {"cell_line": "hela", "genes": 3}
SCRIPTED = "perturb_scripted/biologist"
SYSTEMS: dict[str, tuple[str, Callable[..., Any]]] = {
    "constant": ("none", baselines.constant),
    "gene_frequency": ("within", baselines.gene_frequency),
    "perturbation_rate": ("cross", baselines.perturbation_rate),
    "same_pair": ("cross", baselines.same_pair),
    "cross_line_knn": ("cross", cross_line_knn),
}


def tables() -> dict[tuple[str, str], pd.DataFrame]:
    """Two lines of the demo world under names that nobody knows."""
    return {(LINES[a], kind): rows for (a, kind), rows in demo_tables().items() if a in LINES}


def put(folder: Path, tables: dict[tuple[str, str], pd.DataFrame], form: str = "csv") -> Path:
    folder.mkdir()
    for (line, kind), rows in tables.items():
        path = folder / f"{line}-{SUFFIX[kind]}.{form}"
        if form == "csv":
            rows.to_csv(path, index=False)
        else:
            rows.to_parquet(path, index=False)
    return folder


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the package keeps of the real texts takes seconds to make, and goes by their hash."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(autouse=True)
def _cache(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PERTURB_EVALS_CACHE", str(cache))


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    return put(tmp_path / "mine", tables())


def board_of(logs: Path) -> Board:
    entries = read_entries([str(logs)])
    assert entries.set_aside == ()
    (board,) = make_boards(entries)
    return board


def test_every_track_ranks_beside_its_references(
    evaluate: Callable[..., EvalLog], mine: Path, tmp_path: Path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    keys = set()
    for track, make in SYSTEMS.values():
        log = evaluate(perturbqa_de("mine", evidence=track, **ASKED), solver=make())
        assert log.status == "success", log.error
        assert log.eval.metadata["dataset"] == "mine/"
        keys.add(log.eval.metadata["board_key"])
    log = evaluate(perturbqa_de("mine", **ASKED), model=SCRIPTED)
    assert "Cell line: hela\n" in log.samples[0].messages[0].text
    (key,) = keys | {log.eval.metadata["board_key"]}
    assert "mine" not in key
    assert str(tmp_path) not in key
    # The same rows in another form and place are the same board.
    other = put(tmp_path / "other", tables(), "parquet")
    assert perturbqa_de(str(other), **ASKED).metadata["board_key"] == key

    shutil.rmtree(tmp_path / "logs")
    evaluate(perturbqa_de(str(mine), **ASKED), model=SCRIPTED, log_dir=str(tmp_path / "kept"))
    evaluate(
        perturbqa_de(str(other), **ASKED),
        solver=baselines.constant(),
        log_dir=str(tmp_path / "kept"),
    )
    board = board_of(tmp_path / "kept")
    assert {track.name for track in board.tracks} >= {"none"}
    shown = {row.entry.method for track in board.tracks for row in track.rows}
    assert {"constant", "gene_frequency", "perturbation_rate"} <= shown

    # Without the tables, or with others of that name, the runs are ranked without references.
    for gone in (mine, other):
        gone.rename(gone.with_name(gone.name + "-gone"))
    board = board_of(tmp_path / "kept")
    shown = {row.entry.method for track in board.tracks for row in track.rows}
    assert "constant" in shown
    assert "perturbation_rate" not in shown
    turned = tables()
    turned["hela", "de"] = turned["hela", "de"].iloc[::-1]
    put(mine, turned)
    put(other, turned)
    assert "are not those of the board" in " ".join(board_of(tmp_path / "kept").notes)


def test_a_line_without_another_of_its_kind_has_its_own_reference_rows(
    evaluate: Callable[..., EvalLog], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """The perturbation's rate needs another line, the factor model a graph; the gene's neither."""
    monkeypatch.delenv("PERTURB_EVALS_DATA", raising=False)
    alone = {key: table for key, table in tables().items() if key == ("hela", "de")}
    evaluate(
        perturbqa_de(str(put(tmp_path / "alone", alone)), **ASKED), solver=baselines.constant()
    )
    board = board_of(tmp_path / "logs")
    shown = {row.entry.method for track in board.tracks for row in track.rows}
    assert shown == {"constant", "gene_frequency"}
    (note,) = board.notes
    assert note.startswith("The row of graph_factor is not here: `perturb-evals data fetch ")
    for file in (*GRAPHS["string_links"], GENE_INFO, GENE_SUMMARY):
        assert note.count(file) == 1


@pytest.mark.parametrize(
    ("kind", "task"), [("de", perturbqa_de), ("direction", perturbqa_direction)]
)
def test_the_floor_of_tables_of_one_kind_alone(
    evaluate: Callable[..., EvalLog],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    put_knowledge: Callable[..., str],
    kind: str,
    task: Callable[..., Task],
):
    """Over a user's own file of pairs, and with nothing but the files of NCBI beside it."""
    mirror = tmp_path / "mirror"
    mirror.mkdir()
    monkeypatch.setenv("PERTURB_EVALS_DATA", str(mirror))
    pairs = demo_pairs().itertuples(index=False, name=None)
    graph = put_knowledge(mirror, pairs, demo_texts())
    some = {key: table for key, table in tables().items() if key[1] == kind}
    folder = str(put(tmp_path / "mine", some))
    for make in (graph_knn, graph_factor):
        asked = task(folder, cell_line="hela", evidence="within", genes=15)
        log = evaluate(asked, solver=make(graph))
        assert log.status == "success", log.error
        metrics = {name: one.value for name, one in log.results.scores[0].metrics.items()}
        assert metrics["coverage"] == 1
        assert metrics["auroc_per_gene"] > 0.55


def test_the_command_line_counts_what_will_be_asked(mine: Path):
    counts = estimate("perturbqa_direction", {"dataset": str(mine), **ASKED})
    assert counts["questions"] == len(perturbqa_direction(str(mine), **ASKED).dataset)


def test_a_log_is_scored_again_and_checked_from_another_folder(mine: Path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run = {"log_dir": str(tmp_path / "logs"), "display": "none", "log_realtime": False}
    (log,) = inspect_ai.eval(
        "perturb_evals/perturbqa_de",
        task_args={"dataset": str(mine), "evidence": "cross", **ASKED},
        solver=baselines.perturbation_rate(),
        model="none/none",
        **run,
    )
    assert log.status == "success", log.error
    before = log.results.scores[0].metrics["auroc_per_gene"].value
    monkeypatch.chdir("/")
    again = inspect_ai.score(read_eval_log(log.location), p_positive())
    assert again.results.scores[0].metrics["auroc_per_gene"].value == pytest.approx(before)
    (retried,) = inspect_ai.eval_retry(log, log_dir=str(tmp_path / "retried"), display="none")
    assert retried.status == "success", retried.error
    (checked,) = check_runs([log.location]).runs
    assert {one.name: one.outcome for one in checked.checks}["board key"] == "pass"
    assert not [one for one in checked.checks if one.outcome == "fail"]
    mine.rename(tmp_path / "moved")
    (checked,) = check_runs([log.location]).runs
    outcomes = {one.name: one.outcome for one in checked.checks}
    assert outcomes["board key"] == outcomes["questions"] == "not checked"


def test_a_folder_that_is_not_here_is_not_looked_for_elsewhere(mine, evaluate, monkeypatch):
    """`tables/mine` could be a data set's name; the header says that it was a folder."""
    monkeypatch.chdir(mine.parents[0].parent)
    named = f"{mine.parent.name}/{mine.name}"
    log = evaluate(perturbqa_de(named, **ASKED), solver=baselines.constant())
    assert log.status == "success", log.error
    monkeypatch.chdir("/")
    (checked,) = check_runs([log.location]).runs
    (board,) = (one for one in checked.checks if one.name == "board key")
    assert board.outcome == "not checked"
    assert f"The folder {named} of the log's own tables is not here." in board.said


def test_a_line_called_as_one_of_perturbqa_has_dates_of_its_own(evaluate, tmp_path: Path):
    """What became public is PerturbQA's k562, not whatever is called so."""
    called = {("k562", "de"): tables()["hela", "de"]}
    task = perturbqa_de(str(put(tmp_path / "called", called)), genes=3)
    evaluate(task, solver=baselines.constant())
    board = board_of(tmp_path / "logs")
    assert board.parts["context"] == "k562"
    assert board.family.public_since(board.parts) is None
    assert board.family.published(board.parts) == ()


@solver
def everybody(scores: str) -> Solver:
    """Let every solver answer from the same start, and keep what each sent and said."""
    solvers = [*(make() for _, make in SYSTEMS.values()), replay(scores), ask()]

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        done = await fork(state, solvers)
        seen = [[s.output.completion, *(message.text for message in s.messages)] for s in done]
        state.store.set("seen", seen)
        state.output = ModelOutput.from_content("everybody", "See the store.")
        return state

    return solve


def test_no_test_label_reaches_a_solver(evaluate, tmp_path: Path):
    """As `test_label_blindness`, through a folder: labels of test rows are shuffled in genes."""
    world = tables()
    rng = np.random.default_rng(7)
    other = {}
    for key, frame in world.items():
        test = frame["split"] == "test"
        other[key] = frame.astype({"label": int})
        groups = other[key].loc[test].groupby("gene")["label"]
        other[key].loc[test, "label"] = groups.transform(rng.permutation)
    scores = tmp_path / "scores.csv"
    rows = world["hela", "de"].query("split == 'test'")[["pert", "gene"]]
    rows.assign(score=range(len(rows))).to_csv(scores, index=False)

    def seen(world: dict[tuple[str, str], pd.DataFrame]) -> tuple[list[Any], list[str]]:
        folder = put(tmp_path / "world", world)
        task = perturbqa_de(str(folder), evidence="cross", **ASKED)
        log = evaluate(task, solver=everybody(str(scores)), model=SCRIPTED)
        assert log.status == "success", log.error
        shutil.rmtree(folder)
        samples = sorted(log.samples, key=lambda sample: str(sample.id))
        shown = [[s.id, s.input, s.metadata, s.store["seen"]] for s in samples]
        return shown, [str(s.target) for s in samples]

    (before, targets), (after, others) = seen(world), seen(other)
    assert before == after
    assert targets != others
    assert len({str(shown[-1]) for shown in before}) == len(before)
