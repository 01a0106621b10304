"""Which runs become entries, and what becomes of the others."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from inspect_ai.log import read_eval_log

from perturb_evals.leaderboard.boards import make_boards
from perturb_evals.leaderboard.entries import Entries, read_entries

Runs = dict[str, Path]
Gather = Callable[..., str]


@pytest.fixture(scope="module")
def entries(runs: Runs) -> Entries:
    return read_entries([str(log) for log in runs.values()])


def test_every_complete_run_is_an_entry(entries: Entries, runs: Runs) -> None:
    found = {
        (entry.name, entry.result.task, entry.kind, entry.method, entry.track)
        for entry in entries.complete
        if entry.result
    }
    scripted = "perturb_scripted/biologist"
    assert found == {
        ("constant", "perturbqa_de", "baseline", "constant", "none"),
        ("constant", "perturbqa_direction", "baseline", "constant", "none"),
        (f"{scripted}, epochs=2", "perturbqa_de", "system", "ask", "none"),
        (f"{scripted}, epochs=2", "perturbqa_direction", "system", "ask", "none"),
        (scripted, "langpert", "system", "nearest_perturbations", "training"),
        ("cross_line_knn", "perturbqa_de", "baseline", "cross_line_knn", "cross"),
        ("cross_line_knn", "perturbqa_direction", "baseline", "cross_line_knn", "cross"),
        ("gene_frequency", "perturbqa_de", "baseline", "gene_frequency", "within"),
        ("perturbation_rate", "perturbqa_de", "baseline", "perturbation_rate", "cross"),
        ("mean_effect", "langpert", "baseline", "mean_effect", "training"),
    }
    assert len(entries.complete) == len(runs)
    assert not entries.incomplete + entries.older
    assert not entries.set_aside
    lines = {entry.lines for entry in entries.complete if entry.track == "cross"}
    assert lines == {("demo_a", "demo_b", "demo_c")}


def test_the_headline_is_that_of_the_log_and_of_the_outcome(entries: Entries) -> None:
    for entry in entries.complete:
        assert entry.result
        assert entry.figure == entry.result.metrics[entry.result.headline]
        assert entry.figure.value == pytest.approx(entry.outcome.value, abs=1e-11)
        assert all(entry.outcome.sample_ids)


def test_runs_that_are_not_complete_are_listed_with_the_reason_and_never_ranked(
    runs: Runs, unfinished: Runs, gather: Gather
) -> None:
    folder = gather(runs["knn de"], *unfinished.values())
    found = read_entries([folder])
    assert [entry.method for entry in found.complete] == ["cross_line_knn"]
    n = found.complete[0].outcome.predictions.labels.size  # type: ignore[attr-defined]
    said = {result.status: result.reason for result in found.incomplete}
    assert said.pop("partial") == f"{n - 3} of {n} questions have no score (limit or errors)."
    assert said.pop("error").startswith("The run ended with an error: ")
    assert said.pop("cancelled") == "The run was cancelled."
    assert said.pop("started") == "The run is not finished."
    assert not said
    (board,) = make_boards(found)
    assert board.incomplete == found.incomplete
    rows = [row for track in board.tracks for row in track.rows]
    assert {row.entry.method for row in rows} == {
        "cross_line_knn",
        "gene_frequency",
        "perturbation_rate",
    }


def test_incomplete_runs_alone_make_no_board(unfinished: Runs) -> None:
    found = read_entries([str(log) for log in unfinished.values()])
    assert len(found.incomplete) == 4
    assert not found.complete
    assert make_boards(found) == ()


@pytest.mark.parametrize("names", [("a", "b"), ("b", "a")])
def test_of_several_runs_of_a_system_the_newest_counts(
    names: tuple[str, str], runs: Runs, tmp_path: Path, rewrite: Callable[..., None]
) -> None:
    old, new = (tmp_path / f"{name}.eval" for name in names)
    rewrite(runs["scripted de"], old, "old", created="2026-03-01T23:00:00-05:00")
    rewrite(runs["scripted de"], new, "new", created="2026-03-02T05:00:00+00:00")
    found = read_entries([str(tmp_path)])
    (kept,) = found.complete
    assert kept.result
    assert kept.result.eval_id == "new"
    assert [result.eval_id for result in found.older] == ["old"]


def test_a_newer_run_with_other_settings_is_another_system(
    runs: Runs, tmp_path: Path, rewrite: Callable[..., None]
) -> None:
    config = read_eval_log(str(runs["scripted de"]), header_only=True).eval.model_generate_config
    hot = config.model_copy(update={"temperature": 0.6})
    rewrite(runs["scripted de"], tmp_path / "hot.eval", "hot", model_generate_config=hot)
    shutil.copy(runs["scripted de"], tmp_path / "cold.eval")
    found = read_entries([str(tmp_path)])
    assert not found.older
    assert {entry.name for entry in found.complete} == {
        "perturb_scripted/biologist",
        "perturb_scripted/biologist, temperature=0.6",
    }


def test_runs_whose_header_and_samples_disagree_are_set_aside_with_the_reason(
    runs: Runs, tmp_path: Path, rewrite: Callable[..., None]
) -> None:
    source = runs["constant de"]
    samples = read_eval_log(str(source)).samples or []
    rewrite(source, tmp_path / "fewer.eval", "fewer", samples=samples[:-1])
    rewrite(source, tmp_path / "track.eval", "track", about_evidence="everything")
    board = {"task": "riddles", "context": "demo_a"}
    rewrite(source, tmp_path / "task.eval", "task", about_board=board)
    rewrite(
        source,
        tmp_path / "empty.eval",
        "empty",
        about_board={"task": "perturbqa_de", "context": "x"},
    )
    found = read_entries([str(tmp_path), str(runs["knn de"])])
    assert len(found.complete) == 1
    said = {Path(aside.log).name: aside.reason for aside in found.set_aside}
    n = len(samples)
    start = "Its results cannot be used: "
    assert said["fewer.eval"] == f"{start}{n - 1} of {n} questions have a score."
    assert said["track.eval"].startswith(f"{start}expected a track among none, within")
    assert said["task.eval"] == f"{start}KeyError('riddles')"
    assert said["empty.eval"] == f"{start}KeyError('abstention')"


def test_secrets_are_nowhere_in_a_result_or_an_entry(
    runs: Runs, tmp_path: Path, rewrite: Callable[..., None]
) -> None:
    model_args = {"api_key": "sk-very-secret", "auth_token": "sk-very-secret", "revision": "main"}
    rewrite(runs["scripted de"], tmp_path / "log.eval", "log", model_args=model_args)
    (entry,) = read_entries([str(tmp_path)]).complete
    assert entry.result
    assert entry.result.protocol.settings["revision"] == "main"
    for text in (entry.result.model_dump_json(), entry.system, entry.name, repr(entry)):
        assert "sk-very-secret" not in text


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "a\nb", "\x1b[31mred", "[bold]x[/]"])
def test_a_model_may_be_called_anything(
    name: str, runs: Runs, tmp_path: Path, rewrite: Callable[..., None]
) -> None:
    rewrite(runs["scripted de"], tmp_path / "log.eval", "log", model=name)
    found = read_entries([str(tmp_path)])
    assert [entry.name for entry in found.complete] == [name]
    (board,) = make_boards(found)
    assert name in {row.entry.name for row in board.tracks[0].rows}


def test_a_url_of_any_file_system(runs: Runs) -> None:
    import fsspec

    memory = fsspec.filesystem("memory")
    memory.pipe("/board/one.eval", runs["knn de"].read_bytes())
    try:
        (entry,) = read_entries(["memory://board"]).complete
        (local,) = read_entries([str(runs["knn de"])]).complete
        assert entry.figure == local.figure
        assert entry.outcome.sample_ids == local.outcome.sample_ids
    finally:
        memory.rm("/board", recursive=True)
