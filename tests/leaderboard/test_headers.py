"""Which logs are runs that count, whatever lies in a folder beside them."""

import json
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import fsspec
import inspect_ai
import pytest
from inspect_ai import Task
from inspect_ai.dataset import Sample
from inspect_ai.log import read_eval_log, write_eval_log
from inspect_ai.solver import chain

from perturb_evals.logs.headers import LogsError, read_headers
from perturb_evals.logs.samples import read_samples

Runs = dict[str, Path]


def ids(*paths: str) -> list[str]:
    return [log.eval.eval_id for log in read_headers(paths).runs]


def reasons(*paths: str) -> dict[str, str]:
    return {Path(aside.log).name: aside.reason for aside in read_headers(paths).set_aside}


def test_all_runs_of_a_folder_and_of_folders_in_it(runs: Runs, tmp_path: Path) -> None:
    deep = tmp_path / "a" / "b"
    deep.mkdir(parents=True)
    shutil.copy(runs["constant de"], tmp_path / "one.eval")
    shutil.copy(runs["knn de"], deep / "two.eval")
    found = read_headers([str(tmp_path)])
    assert [log.eval.solver for log in found.runs] == [
        "perturb_evals/constant",
        "perturb_evals/cross_line_knn",
    ]
    assert not found.set_aside
    assert all(log.samples is None for log in found.runs)


def test_the_oldest_run_comes_first_whatever_its_time_zone(
    runs: Runs, tmp_path: Path, rewrite: Callable[..., None]
) -> None:
    times = {"c": "2026-03-01T09:00:00+00:00", "b": "2026-03-01T11:30:00+02:00"}
    times["a"] = "2026-03-01T02:00:00-08:00"  # 10:00
    for name, time in times.items():
        rewrite(runs["constant de"], tmp_path / f"{name}.eval", name, created=time)
    assert ids(str(tmp_path)) == ["c", "b", "a"]


def test_paths_are_a_list_of_texts_or_paths(runs: Runs) -> None:
    path = runs["constant de"]
    assert len(read_headers([path]).runs) == len(read_headers([str(path)]).runs) == 1
    with pytest.raises(LogsError, match="expected a list of logs and folders; got"):
        read_headers(str(path))


def test_a_log_given_twice_or_copied_counts_once(runs: Runs, tmp_path: Path) -> None:
    one = runs["constant de"]
    shutil.copy(one, tmp_path / "copy.eval")
    write_eval_log(read_eval_log(str(one)), str(tmp_path / "copy.json"))
    given = [str(one), str(one), str(tmp_path), one.as_uri()]
    assert len(ids(*given)) == 1
    assert not reasons(*given)


@pytest.mark.parametrize("names", [("a", "b"), ("b", "a")])
def test_of_copies_the_one_that_got_furthest_counts_whatever_they_are_called(
    names: tuple[str, str], runs: Runs, tmp_path: Path, rewrite: Callable[..., None]
) -> None:
    whole, cut = (tmp_path / f"{name}.eval" for name in names)
    shutil.copy(runs["constant de"], whole)
    rewrite(runs["constant de"], cut, status="started", results=None)
    (log,) = read_headers([str(tmp_path)]).runs
    assert (log.status, Path(log.location).name) == ("success", whole.name)


def test_copies_that_contradict_each_other_are_set_aside_both(
    runs: Runs, tmp_path: Path, rewrite: Callable[..., None]
) -> None:
    shutil.copy(runs["constant de"], tmp_path / "a.eval")
    results = read_eval_log(str(runs["constant de"]), header_only=True).results
    assert results is not None
    results.scores[0].metrics["auroc_per_gene"].value = 0.99
    rewrite(runs["constant de"], tmp_path / "b.eval", results=results)
    assert not ids(str(tmp_path))
    said = reasons(str(tmp_path))
    assert set(said) == {"a.eval", "b.eval"}
    assert said["a.eval"] == "b.eval is of the same run and says otherwise; keep one of them."
    assert said["b.eval"] == "a.eval is of the same run and says otherwise; keep one of them."
    (tmp_path / "other").mkdir()
    (tmp_path / "b.eval").rename(tmp_path / "other" / "a.eval")
    assert reasons(str(tmp_path)) == {
        "a.eval": "Another a.eval is of the same run and says otherwise; keep one of them."
    }


def test_of_a_run_taken_up_again_the_last_log_counts(
    runs: Runs, tmp_path: Path, rewrite: Callable[..., None]
) -> None:
    first = {"eval_id": "first", "task_id": "task", "created": "2026-03-01T10:00:00+00:00"}
    last = {"eval_id": "last", "task_id": "task", "created": "2026-03-02T10:00:00+00:00"}
    rewrite(runs["constant de"], tmp_path / "z.eval", **first, status="error", results=None)
    rewrite(runs["constant de"], tmp_path / "a.eval", **last)
    assert ids(str(tmp_path)) == ["last"]
    assert reasons(str(tmp_path)) == {"z.eval": "The run was taken up again."}


def test_what_is_no_run_of_this_package_is_set_aside_with_the_reason(
    runs: Runs, tmp_path: Path, rewrite: Callable[..., None]
) -> None:
    (tmp_path / "noise.eval").write_bytes(b"no log")
    with zipfile.ZipFile(tmp_path / "empty.eval", "w"):
        pass
    whole = runs["constant de"].read_bytes()
    (tmp_path / "cut.eval").write_bytes(whole[: len(whole) // 2])
    notes = tmp_path / "notes.json"
    notes.write_text('{"a": 1}')
    inspect_ai.eval(
        Task([Sample("?")], name="riddles", metadata={"board": "chess"}, solver=chain()),
        model="none/none",
        log_dir=str(tmp_path / "others"),
        display="none",
        log_realtime=False,
    )
    about = read_eval_log(str(runs["constant de"]), header_only=True).eval.metadata or {}
    less = {name: value for name, value in about.items() if name != "data_sha256"}
    rewrite(runs["constant de"], tmp_path / "less.eval", "less", metadata=less)
    rewrite(runs["constant de"], tmp_path / "invalid.eval", "invalid", invalidated=True)
    assert not ids(str(tmp_path), str(notes))
    said = reasons(str(tmp_path), str(notes))
    other = next(name for name in said if "riddles" in name)
    assert said.pop(other) == "It is a run of another task, riddles."
    assert said.pop("invalid.eval") == "The run was invalidated."
    assert said.pop("less.eval").startswith("Its header lacks data_sha256:")
    assert set(said) == {"noise.eval", "empty.eval", "cut.eval", "notes.json"}
    assert all(reason.startswith("It cannot be read: ") for reason in said.values())


def test_whatever_the_files_are_called(runs: Runs, tmp_path: Path) -> None:
    names = ["a space.eval", "%20.eval", "#1.eval", "q?x=1.eval", "<b>&amp;.eval", "ö\x1b[31m.eval"]
    for name, log in zip(names, runs.values(), strict=False):
        shutil.copy(log, tmp_path / name)
    assert len(ids(str(tmp_path))) == len(names)
    assert len(ids(*(str(tmp_path / name) for name in names))) == len(names)
    for log in read_headers([str(tmp_path)]).runs:
        assert read_samples(log).scores


def test_a_path_that_does_not_exist_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(LogsError, match=r"no log file or folder at .*nowhere"):
        read_headers([str(tmp_path / "nowhere")])
    with pytest.raises(LogsError, match=r"no log file or folder"):
        read_headers([str(tmp_path / "nowhere.eval")])
    assert not read_headers([str(tmp_path)]).runs


def test_any_url_that_fsspec_knows(runs: Runs) -> None:
    memory = fsspec.filesystem("memory")
    for name in ("constant de", "knn de"):
        memory.pipe(f"/logs/{runs[name].name}", runs[name].read_bytes())
    try:
        found = read_headers(["memory://logs"])
        assert [log.eval.solver for log in found.runs] == [
            "perturb_evals/constant",
            "perturb_evals/cross_line_knn",
        ]
        (again,) = read_headers([found.runs[0].location]).runs
        assert again.eval.eval_id == found.runs[0].eval.eval_id
        local = read_samples(read_eval_log(str(runs["constant de"]), header_only=True))
        assert read_samples(again).scores == local.scores
    finally:
        memory.rm("/logs", recursive=True)


def test_a_log_in_json_is_read_too(runs: Runs, tmp_path: Path) -> None:
    target = tmp_path / "log.json"
    write_eval_log(read_eval_log(str(runs["knn de"])), str(target))
    assert json.loads(target.read_text())["status"] == "success"
    (log,) = read_headers([str(target)]).runs
    kept = read_samples(read_eval_log(str(runs["knn de"]), header_only=True))
    assert read_samples(log).scores == kept.scores
