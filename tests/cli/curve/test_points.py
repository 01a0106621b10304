"""Points of curves from logs: one real run, and copies of its log with another header."""

import hashlib
import shutil

import inspect_ai
import pytest
from hypothesis import given
from hypothesis import strategies as st
from inspect_ai.log import EvalPlan, EvalPlanStep, read_eval_log, write_eval_log
from inspect_ai.model import GenerateConfig

from perturb_evals.cli.curve.points import CurveError, CurvePoint, lines, read_curve
from perturb_evals.datasets.benchmark import board_key
from perturb_evals.datasets.screens.load import load_screen
from perturb_evals.leaderboard.results.result import Protocol, Result
from perturb_evals.logs.headers import LogsError
from perturb_evals.solvers.expression.baselines import oracle_neighbors
from perturb_evals.tasks.langpert import langpert

DEFAULT = "perturb_evals/nearest_perturbations"


@pytest.fixture(scope="module")
def run(small_screen, tmp_path_factory):
    """The log of a run with 8 training perturbations; a few of its samples, as none is read."""
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
            log_realtime=False,
        )
    load_screen.cache_clear()
    assert log.status == "success"
    whole = read_eval_log(log.location)
    whole.samples = whole.samples[:2]
    return whole


@pytest.fixture
def write(run, tmp_path):
    """Write the log with a changed header: `write(n_train=4)`, `write(solver_args=...)`, ..."""
    number = 0

    def write(
        *,
        results=None,
        metadata=None,
        status="success",
        solver_args=None,
        config=None,
        model_args=None,
        **changed,
    ):
        nonlocal number
        number += 1
        log = run.model_copy(deep=True)
        log.status = status
        spec = log.eval
        spec.eval_id = changed.pop("eval_id", f"eval{number}")
        log.invalidated = changed.pop("invalidated", False)
        spec.task_id = changed.pop("task_id", f"task{number}")
        spec.created = f"2026-01-01T00:00:{number:02d}+00:00"
        spec.solver_args_passed = {"k": 2} if solver_args is None else solver_args
        for name in ("model", "solver", "task"):
            if name in changed:
                setattr(spec, name, changed.pop(name))
        spec.config.epochs = changed.pop("epochs", 1)
        spec.model_generate_config = GenerateConfig(**(config or {}))
        spec.model_args = model_args or {}
        passed = spec.solver_args_passed
        step = EvalPlanStep(solver=spec.solver or DEFAULT, params=passed, params_passed=passed)
        log.plan = EvalPlan(steps=[step], config=spec.model_generate_config)
        spec.task_args = {**spec.task_args, **changed}
        train = "all"
        if spec.task_args["n_train"] is not None:
            train = "{n_train}x{repeats}/seed{seed}".format(**spec.task_args)
        board = {**spec.metadata["board"], "train": train}
        spec.metadata = {**spec.metadata, "board": board, **(metadata or {})}
        if board := spec.metadata["board"]:
            spec.metadata["board_key"] = board_key(board)
        for name, value in (results or {}).items():
            log.results.scores[0].metrics[name].value = value
        path = tmp_path / f"log{number}.eval"
        write_eval_log(log, str(path))
        return str(path)

    return write


def trains(curve):
    return [(name, point.train) for name in sorted(curve.lines) for point in curve.lines[name]]


def places(curve):
    return [(name, point.size) for name in sorted(curve.lines) for point in curve.lines[name]]


def test_a_point_is_what_the_log_says(run, write):
    curve = read_curve([write()])
    ((name, (point,)),) = curve.lines.items()
    metrics = {name: metric.value for name, metric in run.results.scores[0].metrics.items()}
    assert (name, point.size, point.train) == ("oracle_neighbors, k=2", 8, "8x2/seed0")
    assert (*point.figures, point.paper_se) == tuple(
        metrics[f"mae_top20{end}"] for end in ("", "_lower", "_upper", "_paper_se")
    )
    assert (curve.context, curve.n_perturbations, curve.passed_by) == ("small", 20, {})


def test_without_n_train_it_is_the_size_of_the_training_set(write, run):
    all_folds = {"n_questions": 20}
    assert trains(read_curve([write(n_train=None, metadata=all_folds)]))[0][1] == "all"
    assert places(read_curve([write(n_train=None, metadata=all_folds)]))[0][1] == 16
    one_fold = {"n_questions": 4}
    assert places(read_curve([write(n_train=None, fold=2, metadata=one_fold)]))[0][1] == 16
    path = write(n_train=None, split="folds.json", metadata=all_folds)
    with pytest.raises(CurveError, match=r"log4\.eval: with a split file and without n_train"):
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
        "openai/one",
        "openai/one, epochs=3",
        "openai/two",
        "openai/two neighbor_ensemble",
        "oracle_neighbors, k=2",
        "oracle_neighbors, k=3",
    ]


@pytest.mark.parametrize(
    ("first", "second", "names"),
    [
        (
            {"config": {"temperature": 0.0}},
            {"config": {"temperature": 1.0}},
            ["openai/one, temperature=0.0", "openai/one, temperature=1.0"],
        ),
        (
            {"config": {"reasoning_effort": "low", "max_tokens": 100}},
            {"config": {"reasoning_effort": "high", "max_tokens": 100}},
            ["openai/one, reasoning_effort=high", "openai/one, reasoning_effort=low"],
        ),
        (
            {"config": {"system_message": "Be brief."}},
            {},
            ["openai/one", "openai/one, system_message=Be brief."],
        ),
        (
            {"config": {"extra_body": {"thinking": False}}},
            {"config": {"extra_body": {"thinking": True}}},
            [
                "openai/one, extra_body.thinking=false",
                "openai/one, extra_body.thinking=true",
            ],
        ),
        (
            {"model_args": {"quantization": "int8"}},
            {},
            ["openai/one", "openai/one, quantization=int8"],
        ),
        ({"k": 5}, {}, ["openai/one", "openai/one, k=5"]),
        (
            {"config": {"seed": 1}, "solver_args": {"seed": 1}},
            {"config": {"seed": 1}, "solver_args": {"seed": 2}},
            ["openai/one, solver seed=1", "openai/one, solver seed=2"],
        ),
        (
            {"config": {"seed": 1}, "solver_args": {"seed": 1}},
            {"solver_args": {"seed": 1}},
            ["openai/one", "openai/one, solver seed=1"],
        ),
        (
            {"k": 5, "solver_args": {"k": 3}},
            {"k": 5, "solver_args": {"k": 4}},
            ["openai/one, solver k=3", "openai/one, solver k=4"],
        ),
        ({"aliases": "ncbi"}, {}, ["openai/one, aliases=ncbi", "openai/one, aliases=none"]),
        (
            {"solver_args": {"variant": "minimal"}},
            {},
            ["openai/one", "openai/one, variant=minimal"],
        ),
        (
            {"metadata": {"system": "mine"}, "solver_args": {"variant": "minimal"}},
            {},
            ["mine", "openai/one"],
        ),
    ],
)
def test_settings_that_change_answers_tell_systems_apart(write, first, second, names):
    asked = {"model": "openai/one", "solver": None, "solver_args": {}}
    curve = read_curve([write(**asked | first), write(**asked | second)])
    assert sorted(curve.lines) == names
    assert curve.passed_by == {}


@pytest.mark.parametrize(
    "conduct",
    [
        {"max_connections": 5},
        {"timeout": 60, "attempt_timeout": 20, "max_retries": 2},
        {"batch": True},
        {"batch": {"size": 100}},
        {"cache": True},
    ],
)
def test_how_a_model_was_reached_is_no_setting(write, conduct):
    asked = {"model": "openai/one", "solver": None, "solver_args": {}}
    own = {"temperature": 0.0}
    curve = read_curve([write(**asked, config=own), write(**asked, config=own | conduct)])
    assert places(curve) == [("openai/one", 8)]
    assert curve.passed_by == {"older runs of the same": 1}


def test_of_long_system_messages_the_beginning_and_a_hash_are_shown(write):
    asked = {"model": "openai/one", "solver": None, "solver_args": {}}
    said = [f"You are a biologist.\nAnswer in {number} words. " * 9 for number in range(2)]
    curve = read_curve([write(**asked, config={"system_message": text}) for text in said])
    expected = [
        "openai/one, system_message="
        "You are a biologist. Answer in "
        f"{number} words. You are a biologist.… #" + hashlib.sha256(text.encode()).hexdigest()[:6]
        for number, text in enumerate(said)
    ]
    assert sorted(curve.lines) == sorted(expected)


def test_what_is_named_like_a_secret_is_not_shown(write):
    asked = {"model": "openai/one", "solver": None, "solver_args": {}}
    paths = [
        write(**asked, model_args={"api_key": f"LEAK{number}", "client": {"password": "LEAK"}})
        for number in range(2)
    ]
    paths += [write(**asked, config={"extra_body": {"token": "LEAK", "mode": 1}})]
    curve = read_curve(paths)
    assert "LEAK" not in repr(curve)
    assert len(curve.lines) == 2


def test_training_sets_that_were_cut_differently_are_lines_of_their_own(write):
    cuts = ((4, 1, 0), (8, 1, 0), (4, 1, 1), (4, 2, 0), (12, 2, 0))
    paths = [write(n_train=size, repeats=many, seed=seed) for size, many, seed in cuts]
    curve = read_curve(paths)
    assert trains(curve) == [
        ("oracle_neighbors, k=2, train=x1/seed0", "4x1/seed0"),
        ("oracle_neighbors, k=2, train=x1/seed0", "8x1/seed0"),
        ("oracle_neighbors, k=2, train=x1/seed1", "4x1/seed1"),
        ("oracle_neighbors, k=2, train=x2/seed0", "4x2/seed0"),
        ("oracle_neighbors, k=2, train=x2/seed0", "12x2/seed0"),
    ]
    assert curve.passed_by == {}
    again = read_curve([*paths, write(n_train=4, repeats=1, seed=1)])
    assert places(again) == places(curve)
    assert again.passed_by == {"older runs of the same": 1}


def test_the_cut_is_named_only_where_a_system_has_several(write):
    other = {"solver": "perturb_evals/mean_effect", "solver_args": {}}
    paths = [write(n_train=4), write(n_train=8), write(n_train=4, repeats=5, **other)]
    assert places(read_curve(paths)) == [
        ("mean_effect", 4),
        ("oracle_neighbors, k=2", 4),
        ("oracle_neighbors, k=2", 8),
    ]


def test_the_whole_training_set_ends_the_line_of_every_cut(write):
    whole = {"n_train": None, "metadata": {"n_questions": 20}}
    paths = [write(n_train=4), write(**whole)]
    assert places(read_curve(paths)) == [
        ("oracle_neighbors, k=2", 4),
        ("oracle_neighbors, k=2", 16),
    ]
    curve = read_curve([*paths, write(n_train=4, seed=1)])
    assert trains(curve) == [
        ("oracle_neighbors, k=2, train=x2/seed0", "4x2/seed0"),
        ("oracle_neighbors, k=2, train=x2/seed0", "all"),
        ("oracle_neighbors, k=2, train=x2/seed1", "4x2/seed1"),
        ("oracle_neighbors, k=2, train=x2/seed1", "all"),
    ]


def test_the_whole_training_set_stands_beside_a_cut_of_its_size(write):
    whole = {"n_train": None, "metadata": {"n_questions": 20}}
    curve = read_curve([write(n_train=4), write(n_train=16), write(**whole)])
    assert trains(curve) == [
        ("oracle_neighbors, k=2, train=all", "all"),
        ("oracle_neighbors, k=2, train=x2/seed0", "4x2/seed0"),
        ("oracle_neighbors, k=2, train=x2/seed0", "16x2/seed0"),
    ]
    assert curve.passed_by == {}


def test_the_newest_run_of_a_size_counts(write):
    paths = [write(results={"mae_top20": value}) for value in (0.1, 0.2, 0.3)]
    curve = read_curve([*paths, paths[0]])
    assert [[point.figures[0] for point in own] for own in curve.lines.values()] == [[0.3]]
    assert curve.passed_by == {"older runs of the same": 2}


def test_logs_without_a_point_are_counted(write, run, tmp_path):
    board = run.eval.metadata["board"]
    write(n_train=4)
    write(n_train=12, status="error")
    write(n_train=12, results={"n_missing": 3})
    write(task="perturb_evals/perturbqa_de", metadata={"board": {**board, "task": "perturbqa_de"}})
    write(n_train=16, status="started", task_id="killed")
    write(n_train=16, task_id="killed")  # taken up again
    curve = read_curve([str(tmp_path)])
    assert places(curve) == [("oracle_neighbors, k=2", 4), ("oracle_neighbors, k=2", 16)]
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
    found = read_curve(paths).lines
    assert {name: [point.size for point in points] for name, points in found.items()} == {
        "b": [4, 8],
        "a": [4, 8],
    }
    assert list(found) == ["b", "a"]


def test_runs_on_other_boards(write, run):
    board = run.eval.metadata["board"]
    assert len(places(read_curve([write(), write(n_train=4)]))) == 2
    for size in (4, 8):  # not even of the same size are they older runs of the same
        other_data = write(n_train=size, metadata={"board": {**board, "data": "abcdef"}})
        with pytest.raises(CurveError, match=r"log\d\.eval cannot be in one plot: data is .*abc"):
            read_curve([write(), other_data])


def test_logs_that_are_not_as_the_task_writes_them_are_counted(write):
    board = {"task": "langpert", "context": "small"}
    about = ({"board": {}}, {"board": board}, {"n_questions": "many"}, {"n_perturbations": "many"})
    curve = read_curve([write(), *(write(metadata=found) for found in about)])
    assert places(curve) == [("oracle_neighbors, k=2", 8)]
    assert curve.passed_by == {
        "It is a run of another task, perturb_evals/langpert": 1,
        "not as this package writes them": 3,
    }


def test_nothing_to_show(write, tmp_path):
    with pytest.raises(LogsError, match="no log file or folder at 'nowhere'"):
        read_curve(["nowhere"])
    path = write(status="error")
    with pytest.raises(CurveError, match="passed by: 1 unfinished or failed"):
        read_curve([path])


def test_what_cannot_be_read_is_counted(write, tmp_path):
    write()
    (tmp_path / "2026-01-01T00-00-00_langpert_cut.eval").write_bytes(b"PK no more")
    (tmp_path / "2026-01-01T00-00-00_langpert_cut.json").write_text('{"version": 2', "utf-8")
    curve = read_curve([str(tmp_path)])
    assert len(places(curve)) == 1
    assert sum(curve.passed_by.values()) == 2
    assert all(reason.startswith("It cannot be read: ") for reason in curve.passed_by)
    with pytest.raises(CurveError, match="passed by: 1 It cannot be read: "):
        read_curve([str(tmp_path / "2026-01-01T00-00-00_langpert_cut.eval")])


def test_with_a_board_all_other_runs_are_counted(write, run, tmp_path):
    board = run.eval.metadata["board"]
    write()
    write(n_train=4)
    for part in ("data", "split", "context", "fold"):
        write(metadata={"board": {**board, part: "another"}})
    write(metadata={"board": {"task": "langpert", "context": "another"}})
    write(n_train=None, split="folds.json")
    curve = read_curve([str(tmp_path)], board)
    assert places(curve) == [("oracle_neighbors, k=2", 4), ("oracle_neighbors, k=2", 8)]
    assert curve.passed_by == {"other screens, data or splits": 5, "training size not known": 1}


def test_the_leaderboards_rules_say_which_logs_count(write, tmp_path):
    """Copies count once, of contradicting ones none, and nothing that was invalidated."""
    kept = write(n_train=4)
    shutil.copy(kept, tmp_path / "copy.eval")
    for value in (0.1, 0.2):
        write(n_train=8, eval_id="twice", task_id="twice", results={"mae_top20": value})
    write(n_train=12, invalidated=True)
    curve = read_curve([str(tmp_path)])
    assert places(curve) == [("oracle_neighbors, k=2", 4)]
    assert sum(curve.passed_by.values()) == 3
    assert curve.passed_by["The run was invalidated"] == 1


WHOLE_SIZE = 16


def run_of(method, train):
    protocol = Protocol(
        track="training",
        evidence_lines=[],
        answer="",
        epochs=1,
        solver=method,
        solver_args={},
        given={},
        prompts=[],
        model="none/none",
        settings={},
    )
    result = Result.model_construct(system=None, protocol=protocol, board={"train": train})
    size = WHOLE_SIZE if train == "all" else int(train.partition("x")[0])
    return CurvePoint(result, size)


cuts = st.builds(
    "{}x{}/seed{}".format,
    st.sampled_from([4, 8, WHOLE_SIZE]),
    st.integers(1, 2),
    st.integers(0, 1),
)
methods = st.tuples(st.sampled_from(["mean_effect", "no_change"]), cuts | st.just("all"))
runs = st.lists(methods, unique=True, max_size=12)


@given(runs, st.randoms(use_true_random=False))
def test_every_run_is_in_a_line_with_runs_of_its_system_and_cut_only(found, random):
    made = [run_of(method, train) for method, train in found]
    grouped = lines(made)
    for name, own in grouped.items():
        assert len({run.result.protocol.solver for run in own}) == 1
        assert name.partition(",")[0] == own[0].result.protocol.solver
        assert len({run.cut for run in own} - {"all"}) <= 1
        assert len({run.size for run in own}) == len(own)  # no two points above each other
    for run in made:
        times = sum(run in own for own in grouped.values())
        assert times == 1 if run.train != "all" else times >= 1
    random.shuffle(made)
    again = lines(made)
    assert {name: {run.train for run in own} for name, own in again.items()} == {
        name: {run.train for run in own} for name, own in grouped.items()
    }


@given(runs)
def test_the_cut_is_named_where_a_system_has_several_lines(found):
    grouped = lines([run_of(method, train) for method, train in found])
    for method in {method for method, _ in found}:
        own = [name for name in grouped if name.partition(",")[0] == method]
        assert own == [method] if len(own) == 1 else all(", train=" in name for name in own)


def test_the_cut_is_the_training_sets_without_their_size():
    assert run_of("no_change", "100x3/seed12").cut == "x3/seed12"
    assert run_of("no_change", "all").cut == "all"
    assert lines([]) == {}
