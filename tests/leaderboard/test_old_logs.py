"""Logs that version 0.1.0 wrote stay readable for good: they rank, compare and pass as they did.

`tests/fixtures/logs` holds five small runs on the demo world, and in `expected.json` what that
version said of them. Neither is ever written anew.
"""

import json
from pathlib import Path
from typing import Any

import pytest
from inspect_ai import score
from inspect_ai.log import EvalLog, read_eval_log, write_eval_log

from perturb_evals.cli.main import main
from perturb_evals.families import family_of
from perturb_evals.leaderboard.boards import make_boards
from perturb_evals.leaderboard.comparison import compare
from perturb_evals.leaderboard.entries import Entry, read_entries
from perturb_evals.leaderboard.references import references
from perturb_evals.leaderboard.submission.check import check_runs

FOLDER = Path(__file__).parents[1] / "fixtures" / "logs"
EXPECTED: dict[str, Any] = json.loads((FOLDER / "expected.json").read_text("utf-8"))
NAMES = sorted(EXPECTED["runs"])
OLDER = ("langpert_mean", "langpert_scripted")
"""Of a metric version that is not today's."""

COMPUTED = (
    *("gene_frequency", "perturbation_rate"),
    *("no_change", "mean_effect", "oracle_neighbors"),
)
"""The rows that version 0.1.0 computed for boards."""


@pytest.fixture(scope="module")
def entries() -> dict[str, Entry]:
    read = read_entries([str(FOLDER)])
    assert (read.incomplete, read.older, read.set_aside) == ((), (), ())
    return {Path(e.result.log).stem: e for e in read.complete if e.result is not None}


def near(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: near(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [near(inner) for inner in value]
    return pytest.approx(value, abs=1e-9) if isinstance(value, float) else value


@pytest.mark.parametrize("name", NAMES)
def test_a_run_says_what_it_said(name: str, entries: dict[str, Entry]) -> None:
    entry = entries[name]
    assert entry.result is not None
    figure, result = entry.figure, entry.result
    assert {
        "board_key": result.board_key,
        "name": entry.name,
        "track": entry.track,
        "metrics": {metric: found.value for metric, found in result.metrics.items()},
        "counts": result.counts,
        "value": figure.value,
        "lower": figure.lower,
        "upper": figure.upper,
        "command": result.command,
    } == near(EXPECTED["runs"][name])


@pytest.fixture
def without_later_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """No other rows are computed than version 0.1.0 did."""

    def then(*of: Any) -> tuple[list[Entry], list[Any]]:
        rows, _ = references(*of)
        return [row for row in rows if row.method in COMPUTED], []

    monkeypatch.setattr("perturb_evals.leaderboard.boards.references", then)


@pytest.mark.usefixtures("without_later_rows")
def test_they_rank_as_they_did() -> None:
    assert ranked() == near(EXPECTED["boards"])


def test_rows_that_later_versions_compute_move_no_number_but_ranks() -> None:
    now = ranked()
    for key, tracks in EXPECTED["boards"].items():
        assert [track["track"] for track in now[key]] == [track["track"] for track in tracks]
        for was, found in zip(tracks, now[key], strict=True):
            names = [row[0] for row in was["rows"]]
            kept = [row for row in found["rows"] if row[0] in names]
            assert [row[0] for row in kept] == names
            for (_, rank, *rest), (_, rank_now, *rest_now) in zip(was["rows"], kept, strict=True):
                assert rest_now == near(rest)
                assert (rank is None) == (rank_now is None)
                assert rank is None or rank <= rank_now <= rank + len(found["rows"]) - len(names)


def ranked() -> dict[str, Any]:
    boards = make_boards(read_entries([str(FOLDER)]))
    return {
        board.key: [
            {
                "track": track.name,
                "rows": [
                    [
                        row.entry.name,
                        row.rank,
                        row.entry.outcome.value,
                        row.skill.value if row.skill else None,
                        row.why_unranked,
                    ]
                    for row in track.rows
                ],
            }
            for track in board.tracks
        ]
        for board in boards
    }


@pytest.mark.parametrize(
    ("said", "a", "b"),
    [
        ("compare de", "de_scripted", "de_knn"),
        ("compare langpert", "langpert_scripted", "langpert_mean"),
    ],
)
def test_they_compare_as_they_did(said: str, a: str, b: str, entries: dict[str, Entry]) -> None:
    (pair,) = compare([entries[a], entries[b]]).pairs
    difference = pair.difference
    assert {
        "difference": [difference.value, difference.lower, difference.upper],
        "p": pair.p_randomised,
        "counts": [pair.only_a, pair.only_b, pair.both, pair.neither],
        "first": pair.discordant[0].unit,
    } == near(EXPECTED[said])


def scored_again(name: str) -> tuple[dict[str, float], dict[str, float], EvalLog]:
    """The results of a log, those of the same answers scored now, and the log with these."""
    log = read_eval_log(str(FOLDER / f"{name}.eval"))
    assert log.results is not None
    before = {key: metric.value for key, metric in log.results.scores[0].metrics.items()}
    family = family_of(str((log.eval.metadata or {})["board"]["task"]))
    again = score(log, family.scorer(), action="overwrite", display="none", copy=True)
    assert again.results is not None
    after = {key: metric.value for key, metric in again.results.scores[0].metrics.items()}
    return before, after, again


@pytest.mark.parametrize("name", sorted(set(NAMES) - set(OLDER)))
def test_scored_again_they_have_the_same_results(name: str) -> None:
    before, after, _ = scored_again(name)
    assert after == {
        key: pytest.approx(value, abs=1e-9, nan_ok=True) for key, value in before.items()
    }


@pytest.mark.parametrize("name", OLDER)
def test_scored_again_an_older_metric_version_has_the_same_headline_and_no_board(
    name: str, tmp_path: Path
) -> None:
    before, after, again = scored_again(name)
    older = family_of("langpert").older_metrics((again.eval.metadata or {})["board"])
    assert older is not None
    same = {m for m in before if m.startswith(("mae_", "mse_", "pearson_delta_top", "pds", "n_"))}
    assert len(same) > 25
    for metric in same - older.redrawn:
        assert after[metric] == pytest.approx(before[metric], abs=1e-9)
    differs = {m for m in before if after[m] != pytest.approx(before[m], abs=1e-9, nan_ok=True)}
    assert differs - older.redrawn <= {
        *older.changed,
        "mode_collapse",
    }
    write_eval_log(again, str(tmp_path / "again.eval"))
    read = read_entries([str(tmp_path)])
    assert read.complete == ()
    (aside,) = read.set_aside
    assert "its scores are of metric version 2, its board is of 1" in aside.reason


def test_an_older_metric_version_says_what_sets_it_apart(
    capsys: pytest.CaptureFixture[str],
) -> None:
    boards = {board.parts["task"]: board for board in make_boards(read_entries([str(FOLDER)]))}
    (said,) = [note for note in boards["langpert"].notes if "metric version" in note]
    assert said.startswith("These runs are of metric version 1, in which the perturbed gene")
    assert not any("metric version" in note for note in boards["perturbqa_de"].notes)
    assert main(["leaderboard", str(FOLDER / "langpert_mean.eval")]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "lower is better; metric version 1, not ranked with later runs" in shown
    assert main(["leaderboard", str(FOLDER / "langpert_mean.eval"), "--verbose"]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert said in shown
    assert "mae_top20 (in brackets mae_top20_no_target), lower is better" in shown


@pytest.mark.parametrize("name", OLDER)
def test_an_older_log_has_what_stands_beside_the_headline(
    name: str, entries: dict[str, Entry]
) -> None:
    found = entries[name].companion
    assert found is not None
    said = EXPECTED["runs"][name]["metrics"]["mae_top20_no_target"]
    assert found.value == pytest.approx(said, abs=1e-9)
    assert found.lower is not None
    assert found.upper is not None
    assert found.lower < said < found.upper


def test_they_pass_as_submissions() -> None:
    submission = check_runs([str(FOLDER)])
    assert len(submission.runs) == len(NAMES)
    assert submission.passed


@pytest.mark.parametrize("name", ["de_scripted", "langpert_mean"])
def test_words_about_the_data_may_have_been_others(name: str, tmp_path: Path) -> None:
    """A licence is put right now and then; which data they are, their hash says."""
    log = read_eval_log(str(FOLDER / f"{name}.eval"))
    assert log.eval.metadata is not None
    log.eval.metadata |= {"licence": "as it was written then", "citation": "somebody, some day"}
    write_eval_log(log, str(tmp_path / "log.eval"))
    assert check_runs([str(tmp_path / "log.eval")]).passed
    log.eval.metadata["data_sha256"] = "0" * 64
    write_eval_log(log, str(tmp_path / "log.eval"))
    assert not check_runs([str(tmp_path / "log.eval")]).passed


def test_a_log_of_another_task_than_its_board_fails_and_the_others_are_checked(
    tmp_path: Path,
) -> None:
    log = read_eval_log(str(FOLDER / "de_scripted.eval"))
    log.eval.task = "other/foo"
    write_eval_log(log, str(tmp_path / "forged.eval"))
    submission = check_runs([str(tmp_path / "forged.eval"), str(FOLDER / "langpert_mean.eval")])
    passed = {Path(run.place).stem: run.passed for run in submission.runs}
    assert passed == {"forged": False, "langpert_mean": True}


def test_escapes_of_a_foreign_log_stay_out_of_what_curve_says(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    log = read_eval_log(str(FOLDER / "de_knn.eval"))
    log.eval.metadata, log.eval.task = {}, "evil\x1b[2J"
    write_eval_log(log, str(tmp_path / "foreign.eval"))
    assert main(["curve", "foreign.eval", str(FOLDER / "langpert_mean.eval")]) == 0
    said = capsys.readouterr().err
    assert "evil" in said
    assert "\x1b" not in said
