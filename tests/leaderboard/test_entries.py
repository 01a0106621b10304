"""Which runs become entries, and what becomes of the others."""

import math
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from inspect_ai.log import read_eval_log, write_eval_log

from perturb_evals.leaderboard.boards import make_boards
from perturb_evals.leaderboard.entries import Entries, read_entries
from perturb_evals.leaderboard.figures import figure_of
from perturb_evals.leaderboard.results.result import Figure

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
        said = entry.result.metrics[entry.result.headline]
        assert entry.figure == figure_of(entry.outcome.value, entry.outcome.drawn)
        assert entry.figure.value == pytest.approx(said.value, abs=1e-11)
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
    assert said.pop("error") == "The run ended with an error (PredictionsError)."
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
        "graph_factor",
        "combined",
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
    again = samples[0].model_copy(update={"epoch": 2})
    rewrite(source, tmp_path / "twice.eval", "twice", samples=[*samples, again])
    results = read_eval_log(str(source)).results
    assert results is not None
    results.scores[0].metrics["auroc_per_gene"].value = 0.99
    rewrite(source, tmp_path / "forged.eval", "forged", results=results)
    rewrite(source, tmp_path / "track.eval", "track", about_evidence="everything")
    for sample in samples:
        (score,) = (sample.scores or {}).values()
        score.value = "?"
    rewrite(source, tmp_path / "words.eval", "words", samples=samples)
    found = read_entries([str(tmp_path), str(runs["knn de"])])
    assert len(found.complete) == 1
    said = {Path(aside.log).name: aside.reason for aside in found.set_aside}
    n = len(samples)
    start = "Its results cannot be used: "
    assert said["twice.eval"] == (
        f"{start}the log holds {n + 1} answers to {n} questions, the task asks for {n} to {n}."
    )
    assert said["forged.eval"] == (
        f"{start}The header says 0.99 for auroc_per_gene, the samples give 0.5."
    )
    assert said["track.eval"] == (
        f"{start}expected a track among none, within, cross; got 'everything'."
    )
    assert set(said) == {"twice.eval", "forged.eval", "track.eval", "words.eval"}
    assert said["words.eval"] == f"{start}could not convert string to float: '?'"


def test_a_headline_that_is_undefined_is_one_in_the_header_and_the_samples(
    runs: Runs, tmp_path: Path, rewrite: Callable[..., None]
) -> None:
    log = read_eval_log(str(runs["constant de"]))
    for sample in log.samples or []:
        (score,) = (sample.scores or {}).values()
        assert score.metadata
        score.metadata["label"] = 1
    rewrite(runs["constant de"], tmp_path / "half.eval", "half", samples=log.samples)
    assert log.results
    log.results.scores[0].metrics["auroc_per_gene"].value = math.nan
    change = {"samples": log.samples, "results": log.results}
    rewrite(runs["constant de"], tmp_path / "nan.eval", "nan", **change)
    found = read_entries([str(tmp_path)])
    (entry,) = found.complete
    assert entry.figure == Figure(value=None)
    (aside,) = found.set_aside
    assert aside.reason.endswith("says 0.5 for auroc_per_gene, the samples give nan.")


@pytest.mark.parametrize("name", ["scripted de", "scripted langpert"])
def test_a_run_that_lacks_answers_in_an_epoch_is_not_complete(
    name: str, runs: Runs, tmp_path: Path, rewrite: Callable[..., None]
) -> None:
    log = read_eval_log(str(runs[name]))
    samples, epochs = log.samples or [], log.eval.config.epochs or 1
    last = [sample for sample in samples if sample.epoch == epochs]
    gone = {sample.uuid for sample in last[:3]}
    kept = [sample for sample in samples if sample.uuid not in gone]
    rewrite(runs[name], tmp_path / "fewer.eval", "fewer", samples=kept)
    found = read_entries([str(tmp_path)])
    assert not found.complete
    assert not found.set_aside
    (result,) = found.incomplete
    assert (result.status, result.reason) == (
        "partial",
        f"3 of {len(samples)} answers have no score.",
    )


def test_two_systems_under_one_name_do_not_replace_each_other(
    runs: Runs, tmp_path: Path, rewrite: Callable[..., None]
) -> None:
    rewrite(runs["scripted de"], tmp_path / "a.eval", "a", about_system="mine")
    late = "2100-01-01T00:00:00+00:00"
    rewrite(runs["constant de"], tmp_path / "b.eval", "b", about_system="mine", created=late)
    found = read_entries([str(tmp_path)])
    assert not found.older
    assert {entry.name for entry in found.complete} == {
        "mine, model=perturb_scripted/biologist",
        "mine, model=none/none, solver=constant",
    }


def test_secrets_are_nowhere_in_a_result_or_an_entry(
    runs: Runs, tmp_path: Path, rewrite: Callable[..., None]
) -> None:
    model_args = {"api_key": "sk-very-secret", "organization": "sk-very-secret", "revision": "main"}
    log = read_eval_log(str(runs["scripted de"]))
    nested = {"client": {"auth_token": "sk-very-secret", "url": "https://u:sk-very-secret@h/v1"}}
    log.plan.steps[0].params |= nested
    log.plan.steps[0].params_passed |= nested
    rewrite(
        runs["scripted de"],
        tmp_path / "log.eval",
        "log",
        model_args=model_args,
        plan=log.plan,
        solver="perturb_evals/ask",
        solver_args_passed=nested,
        task_args={**log.eval.task_args, "token": "sk-very-secret"},
        task_args_passed={**log.eval.task_args_passed, "token": "sk-very-secret"},
    )
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


def test_another_version_of_the_prompt_is_another_system(
    runs: dict[str, Path], rewrite: Callable[..., None], tmp_path: Path
) -> None:
    log = read_eval_log(str(runs["scripted de"]))
    for sample in log.samples or []:
        for score in (sample.scores or {}).values():
            score.metadata = {**(score.metadata or {}), "prompt": "0123456789ab"}
    log.eval.eval_id = log.eval.task_id = log.eval.run_id = "older"
    write_eval_log(log, str(tmp_path / "older.eval"))
    paths = [str(tmp_path), str(runs["scripted de"]), str(runs["scripted direction"])]
    read = read_entries(paths)
    assert not read.older
    assert len(read.complete) == 3
    assert len({entry.system for entry in read.complete}) == 3
    names = {entry.name for entry in read.complete}
    assert "perturb_scripted/biologist, prompt hash=0123456789ab" in names
    rewrite(tmp_path / "older.eval", tmp_path / "again.eval", "again")
    assert len(read_entries(paths).older) == 1


def test_a_number_has_one_interval_in_the_header_on_the_board_and_in_the_samples(
    runs: dict[str, Path],
) -> None:
    found = read_entries([str(log) for log in runs.values()]).complete
    compared = 0
    for entry in found:
        assert entry.result
        said = entry.result.metrics[entry.result.headline]
        assert (said.lower, said.upper) == (entry.figure.lower, entry.figure.upper)
        assert (said.lower is None) == (entry.outcome.n_perturbations < 10)
        compared += said.lower is not None
    assert {entry.result.task for entry in found if entry.result} >= {"perturbqa_de", "langpert"}
    assert compared
