"""Points of curves from logs: one real run, and copies of its log with another header."""

import inspect_ai
import pytest
from inspect_ai.log import read_eval_log, write_eval_log

from perturb_evals.cli.curve_points import CurveError, read_curve
from perturb_evals.datasets.screens import load_screen
from perturb_evals.solvers.references import oracle_neighbors
from perturb_evals.tasks.langpert import langpert


@pytest.fixture(scope="module")
def run(small_screen, tmp_path_factory):
    """The log of a run with 8 training perturbations."""
    folder = tmp_path_factory.mktemp("run")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PERTURB_EVALS_CACHE", str(folder / "cache"))
        load_screen.cache_clear()
        (log,) = inspect_ai.eval(
            langpert(screen=str(small_screen), n_train=8, repeats=2, aliases="none"),
            solver=oracle_neighbors(k=2),
            model="none/none",
            log_dir=str(folder),
            display="none",
        )
    load_screen.cache_clear()
    assert log.status == "success"
    return read_eval_log(log.location)


@pytest.fixture
def write(run, tmp_path):
    """Write the log with a changed header: `write(n_train=4)`, `write(solver_k=3)`, ..."""
    number = 0

    def write(*, results=None, metadata=None, status="success", solver_args=None, **changed):
        nonlocal number
        number += 1
        log = run.model_copy(deep=True)
        log.status = status
        spec = log.eval
        spec.eval_id = f"eval{number}"
        spec.task_id = changed.pop("task_id", f"task{number}")
        spec.created = f"2026-01-01T00:00:{number:02d}+00:00"
        spec.solver_args_passed = {"k": 2} if solver_args is None else solver_args
        for name in ("model", "solver", "task"):
            if name in changed:
                setattr(spec, name, changed.pop(name))
        spec.config.epochs = changed.pop("epochs", 1)
        spec.task_args = {**spec.task_args, **changed}
        spec.metadata = {**spec.metadata, **(metadata or {})}
        for name, value in (results or {}).items():
            log.results.scores[0].metrics[name].value = value
        path = tmp_path / f"log{number}.eval"
        write_eval_log(log, str(path))
        return str(path)

    return write


def places(curve):
    return [(point.system, point.size) for point in curve.points]


def test_a_point_is_what_the_log_says(run, write):
    curve = read_curve([write()])
    (point,) = curve.points
    metrics = {name: metric.value for name, metric in run.results.scores[0].metrics.items()}
    assert (point.system, point.size, point.train) == ("oracle_neighbors", 8, "8x2/seed0")
    assert (point.value, point.lower, point.upper, point.paper_se) == tuple(
        metrics[f"mae_top20{end}"] for end in ("", "_lower", "_upper", "_paper_se")
    )
    assert (curve.context, curve.n_perturbations, curve.passed_by) == ("small", 20, {})


def test_without_n_train_it_is_the_size_of_the_training_set(write, run):
    all_folds = {"n_questions": 20}
    assert places(read_curve([write(n_train=None, metadata=all_folds)]))[0][1] == 16
    one_fold = {"n_questions": 4}
    assert places(read_curve([write(n_train=None, fold=2, metadata=one_fold)]))[0][1] == 16
    path = write(n_train=None, split="folds.json", metadata=all_folds)
    with pytest.raises(CurveError, match=r"log3\.eval: with a split file and without n_train"):
        read_curve([path])


def test_systems_are_named_by_what_tells_them_apart(write):
    paths = [
        write(),
        write(solver_args={"k": 3}),
        write(solver="perturb_evals/mean_effect", solver_args={}),
        write(model="openai/one", solver=None, solver_args={}),
        write(model="openai/one", solver=None, solver_args={}, epochs=3),
        write(model="openai/two", solver="perturb_evals/nearest_perturbations", solver_args={}),
        write(model="openai/two", solver="perturb_evals/neighbor_ensemble", solver_args={}),
    ]
    assert [system for system, _ in places(read_curve(paths))] == [
        "mean_effect",
        "openai/one, epochs=1",
        "openai/one, epochs=3",
        "openai/two",
        "openai/two neighbor_ensemble",
        "oracle_neighbors, k=2",
        "oracle_neighbors, k=3",
    ]


def test_the_newest_run_of_a_size_counts(write):
    paths = [write(results={"mae_top20": value}) for value in (0.1, 0.2, 0.3)]
    curve = read_curve([*paths, paths[0]])
    assert [point.value for point in curve.points] == [0.3]
    assert curve.passed_by == {"older runs of the same": 2}


def test_logs_without_a_point_are_counted(write, tmp_path):
    write(n_train=4)
    write(n_train=12, status="error")
    write(n_train=12, results={"n_missing": 3})
    write(task="perturb_evals/perturbqa_de")
    write(n_train=16, status="started", task_id="killed")
    write(n_train=16, task_id="killed")  # taken up again
    curve = read_curve([str(tmp_path)])
    assert places(curve) == [("oracle_neighbors", 4), ("oracle_neighbors", 16)]
    assert curve.passed_by == {
        "unfinished or failed": 1,
        "some perturbations missing": 1,
        "other tasks": 1,
    }


def test_systems_by_their_last_point(write):
    paths = [
        write(n_train=size, solver=f"perturb_evals/{name}", results={"mae_top20": value})
        for name, size, value in (("a", 4, 0.1), ("a", 8, 0.9), ("b", 4, 0.8), ("b", 8, 0.2))
    ]
    found = read_curve(paths).by_system()
    assert {name: [point.size for point in points] for name, points in found.items()} == {
        "b": [4, 8],
        "a": [4, 8],
    }
    assert list(found) == ["b", "a"]


def test_runs_on_other_boards(write, run):
    board = run.eval.metadata["board"]
    other_cut = write(n_train=4, metadata={"board": {**board, "train": "4x1/seed0"}})
    assert len(read_curve([write(), other_cut]).points) == 2
    other_data = write(n_train=4, metadata={"board": {**board, "data": "abcdef"}})
    with pytest.raises(CurveError, match=r"log\d\.eval cannot be in one plot: data is .*abcdef"):
        read_curve([write(), other_data])


def test_nothing_to_show(write, tmp_path):
    with pytest.raises(CurveError, match="no log file or folder at 'nowhere'"):
        read_curve(["nowhere"])
    path = write(status="error")
    with pytest.raises(CurveError, match="passed by: 1 unfinished or failed"):
        read_curve([path])


def test_what_cannot_be_read_is_counted(write, tmp_path):
    write()
    (tmp_path / "2026-01-01T00-00-00_langpert_cut.eval").write_bytes(b"PK no more")
    (tmp_path / "2026-01-01T00-00-00_langpert_cut.json").write_text('{"version": 2', "utf-8")
    curve = read_curve([str(tmp_path)])
    assert len(curve.points) == 1
    assert curve.passed_by == {"unreadable": 2}
    with pytest.raises(CurveError, match="passed by: 1 unreadable"):
        read_curve([str(tmp_path / "2026-01-01T00-00-00_langpert_cut.eval")])


def test_with_a_board_all_other_runs_are_counted(write, run, tmp_path):
    board = run.eval.metadata["board"]
    write()
    write(n_train=4, metadata={"board": {**board, "train": "4x1/seed0"}})
    for part in ("data", "split", "context", "fold"):
        write(metadata={"board": {**board, part: "another"}})
    write(task="langpert", metadata={"board": {}})
    write(n_train=None, split="folds.json")
    curve = read_curve([str(tmp_path)], board)
    assert places(curve) == [("oracle_neighbors", 4), ("oracle_neighbors", 8)]
    assert curve.passed_by == {"other screens, data or splits": 5, "training size not known": 1}
