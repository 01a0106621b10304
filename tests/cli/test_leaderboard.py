"""`perturb-evals leaderboard` and `compare` over real runs of the demo world."""

import csv
import io
import json
import re
import shutil
from pathlib import Path
from urllib.parse import unquote

import inspect_ai
import pytest

from perturb_evals.cli.main import main
from perturb_evals.families.references import NoReferencesError
from perturb_evals.leaderboard.references import references
from perturb_evals.solvers.pairs.baselines import constant
from perturb_evals.solvers.pairs.knn import cross_line_knn
from perturb_evals.tasks.perturbqa import perturbqa_de, perturbqa_direction

HOSTILE = "[bold]evil[/bold]\x1b[31m\n<script>alert(1)</script>"


@pytest.fixture(scope="module")
def logs(tmp_path_factory):
    """Two systems on two tasks, one of them with a name that wants to be markup; a partial run."""
    folder = tmp_path_factory.mktemp("logs")
    asked = {"dataset": "demo", "genes": 8}
    cross = [task(**asked, evidence="cross") for task in (perturbqa_de, perturbqa_direction)]
    plain = [task(**asked) for task in (perturbqa_de, perturbqa_direction)]
    options = {
        "log_dir": str(folder),
        "display": "none",
        "log_realtime": False,
        "score_display": False,
        "log_buffer": 1000,
    }
    runs = [
        *inspect_ai.eval(cross, model="none/none", solver=cross_line_knn(), **options),
        *inspect_ai.eval(
            plain,
            model="perturb_scripted/biologist",
            metadata={"system": HOSTILE},
            **options,
        ),
        *inspect_ai.eval(plain[:1], model="none/none", solver=constant(), limit=3, **options),
    ]
    assert {run.status for run in runs} == {"success"}
    return folder, [run.location for run in runs]


def test_with_verbose_a_table_a_track_and_a_summary(logs, capsys):
    folder, _ = logs
    assert main(["leaderboard", str(folder), "--verbose"]) == 0
    shown = capsys.readouterr().out
    for expected in (
        "perturbqa_de on demo_a",
        "perturbqa_direction on demo_a",
        "(track none)",
        "(track cross)",
        "cross_line_knn (baseline)",
        "computed",
        "Mean skill over cell lines and tasks (",
        "Not ranked: none/none constant: ",
        "questions have no score",
        "not distinguishable from the best",
    ):
        assert expected in " ".join(shown.split())
    assert shown.index("1=   cross_line_knn") > 0
    assert "…" not in shown  # no cell is cut off in a pipe


def test_who_is_best_comes_first_and_then_the_rows_that_readers_need(logs, capsys):
    folder, _ = logs
    assert main(["leaderboard", str(folder)]) == 0
    shown = capsys.readouterr().out
    first, *others = shown.split("\n\n")
    assert " ".join(first.split()).startswith(
        "Mean skill over 2 boards, track none: [bold]evil[/bold][31m <script>alert(1)</script> is "
    )
    (tables,) = others
    for title in (
        "Mean skill over 2 boards, track none",
        "perturbqa_de on demo_a, track none: auroc_per_gene, higher is better",
        "perturbqa_direction on demo_a, track cross (",
    ):
        assert re.search(rf"^{re.escape(title)}", tables, re.MULTILINE)
    assert re.search(r"^  1=    cross_line_knn \(baseline\) +\.\d{3} \[.*\]  ", tables, re.M)
    assert re.search(r"^  \d=?    +combined \(baseline\) .* reference *$", tables, re.M)
    # What is not shown is counted, not hidden.
    assert re.search(r"^\d+ of \d+ rows; ", tables, re.M)
    assert "Not ranked: 1 run that is not complete" in tables
    assert "questions have no score" not in tables
    assert "…" not in shown  # no cell is cut off in a pipe


def test_brief_is_the_sentences_alone_and_what_is_not_ranked_goes_to_stderr(logs, capsys):
    folder, files = logs
    assert main(["leaderboard", str(folder), "--brief", "--board", "DIRECTION"]) == 0
    printed = capsys.readouterr()
    said = " ".join(printed.out.split())
    assert said.startswith("perturbqa_direction on demo_a, track none: [bold]evil")
    assert "perturbqa_direction on demo_a, track cross (demo_a, demo_b, demo_c): Only base" in said
    assert "perturbqa_de " not in said
    assert "%" not in said
    assert printed.err == ""  # the partial run is on the other board
    assert main(["compare", files[0], files[2], "--brief"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert re.match(
        r"perturbqa_de on demo_a: .* \(\.\d+ \[.*\]\)(:| and | is better than ).*\.$", said
    )


def test_for_programs_there_are_json_and_csv(logs, capsys):
    folder, files = logs
    assert main(["leaderboard", str(folder), "--json", "--track", "none"]) == 0
    printed = capsys.readouterr()
    rows = json.loads(printed.out)
    assert {row["track"] for row in rows} == {"none"}
    assert {row["task"] for row in rows} == {"perturbqa_de", "perturbqa_direction"}
    (best, _) = [row for row in rows if row["kind"] == "system"]
    assert (best["rank"], best["not_told_from_best"]) == (1, True)
    assert best["lower"] < best["value"] < best["upper"]
    assert best["behind_best"] is None
    assert best["log"] in files
    assert "not ranked: 1 run" in printed.err.lower()
    assert main(["compare", files[0], files[2], "--csv"]) == 0
    (pair,) = csv.DictReader(io.StringIO(capsys.readouterr().out))
    assert {pair["a_log"], pair["b_log"]} == {files[0], files[2]}
    assert float(pair["lower"]) < float(pair["difference"]) < float(pair["upper"])
    assert "\x1b" not in pair["a"] + pair["b"]


@pytest.mark.parametrize(
    ("option", "text", "there"),
    [
        ("--board", "k562", "perturbqa_de on demo_a (perturbqa_de|demo_a|"),
        ("--track", "within", "cross or none"),
    ],
)
def test_what_matches_no_board_is_told_with_what_is_there(option, text, there, logs, capsys):
    folder, _ = logs
    assert main(["leaderboard", str(folder), option, text]) == 2
    said = capsys.readouterr().err
    assert f"got '{text}'" in said
    assert there in said


def test_a_line_a_track_says_what_models_add(logs, capsys):
    folder, files = logs
    assert main(["leaderboard", str(folder), "--verbose"]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert len(re.findall(r"Added to guessing \(\.500\): \[bold\]evil", shown)) == 2
    assert "which reads training rows of the own line and asks no model," in shown
    assert "added: how much better than the track's reference" in shown
    assert main(["compare", files[0], files[2], "--verbose"]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert shown.count("Added to ") == 2
    assert re.search(r"Added to \w+ \(\.\d{3}\): cross_line_knn -?\.\d{3} \[", shown)
    assert re.search(r"Added to guessing \(\.500\): \[bold\]evil", shown)


def test_without_the_data_compare_says_that_nothing_is_known_of_what_is_added(
    logs, capsys, monkeypatch
):
    def gone(*of):
        raise NoReferencesError("The data are gone.")

    monkeypatch.setattr("perturb_evals.leaderboard.boards.references", gone)
    _, files = logs
    assert main(["compare", files[0], files[2], "--verbose"]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "What they add is not known: combined, the reference of the track cross, is not" in shown
    assert "Added to guessing (.500)" in shown


def test_compare_computes_the_references_of_the_boards_that_are_compared_alone(
    logs, capsys, monkeypatch
):
    boards = []

    def counted(runs, *of):
        boards.append(runs[0].task)
        return references(runs, *of)

    monkeypatch.setattr("perturb_evals.leaderboard.boards.references", counted)
    _, files = logs
    assert main(["compare", files[0], files[1], files[2]]) == 0
    assert boards == []  # only what is added needs them
    assert main(["compare", files[0], files[1], files[2], "--verbose"]) == 0
    assert boards == ["perturbqa_de"]
    assert "is alone on its board" in capsys.readouterr().out


def test_notes_are_whole(logs, capsys, monkeypatch):
    said = " ".join(f"word{n}" for n in range(300))

    def gone(*of):
        raise NoReferencesError(f"{said}.\x1b[2J")

    monkeypatch.setattr("perturb_evals.leaderboard.boards.references", gone)
    folder, _ = logs
    assert main(["leaderboard", str(folder), "--verbose"]) == 0
    shown = capsys.readouterr().out
    assert f"could not be computed: {said}." in " ".join(shown.split())
    assert "\x1b" not in shown


def test_names_from_logs_are_data(logs, capsys):
    folder, _ = logs
    assert main(["leaderboard", str(folder)]) == 0
    shown = capsys.readouterr().out
    assert "[bold]evil[/bold]" in shown
    assert "\x1b" not in shown


def test_compare_shows_pairs_verdict_and_discordant_questions(logs, capsys):
    _, files = logs
    assert main(["compare", files[0], files[2], "--verbose"]) == 0
    shown = capsys.readouterr().out
    assert "auroc_per_gene, higher is better; " in shown
    assert "were allowed to read different training rows" in shown
    assert "cross_line_knn is better by" in shown or "no difference is shown" in shown
    assert re.search(r"Where .*evil.* \(A\) and cross_line_knn \(B\) differ most", shown) or (
        re.search(r"Where cross_line_knn \(A\) and .*evil.* \(B\) differ most", shown)
    )
    assert "\x1b" not in shown


def test_a_discordant_question_leads_into_the_viewer(logs, capsys):
    folder, files = logs
    assert main(["compare", files[0], files[2], "--verbose"]) == 0
    shown = capsys.readouterr().out
    assert f"inspect view --log-dir {folder}" in shown
    link = re.search(
        r"http://127\.0\.0\.1:7575/index\.html#/logs/(\S+)/samples/sample/(\S+)/1/", shown
    )
    assert link
    assert unquote(link[1]) in {Path(file).name for file in files}
    assert re.fullmatch(r"demo_a/de/\w+>\w+", unquote(link[2]))


def test_of_runs_in_two_folders_no_link_is_shown(logs, tmp_path, capsys):
    _, files = logs
    other = shutil.copy(files[2], tmp_path)
    assert main(["compare", files[0], str(other), "--verbose"]) == 0
    assert "http://" not in capsys.readouterr().out


def test_runs_on_different_boards_are_refused_with_the_part_that_differs(logs, capsys):
    _, files = logs
    assert main(["compare", files[0], files[1]]) == 1
    said = capsys.readouterr().err
    assert "task is perturbqa_de and perturbqa_direction" in said


def test_one_run_cannot_be_compared(logs, capsys):
    _, files = logs
    assert main(["compare", files[0]]) == 1
    assert "two systems or more" in capsys.readouterr().err


def test_no_logs(tmp_path, capsys):
    assert main(["leaderboard", str(tmp_path / "none")]) == 1
    assert "There is no log file or folder" in capsys.readouterr().err
    assert main(["leaderboard", str(tmp_path)]) == 1
    assert "nothing to rank" in capsys.readouterr().out
    assert main(["compare", str(tmp_path / "none")]) == 1
    assert "There is no log file or folder" in capsys.readouterr().err


def test_transcripts_need_a_site(tmp_path, capsys):
    assert main(["leaderboard", str(tmp_path), "--transcripts"]) == 2
    assert "--site" in capsys.readouterr().err


def test_a_folder_with_something_else_is_not_overwritten(logs, tmp_path, capsys):
    folder, _ = logs
    (tmp_path / "mine.txt").write_text("x")
    assert main(["leaderboard", str(folder), "--site", str(tmp_path)]) == 1
    assert str(tmp_path) in capsys.readouterr().err
    assert (tmp_path / "mine.txt").read_text() == "x"


def test_the_site_with_transcripts(logs, tmp_path, capsys):
    folder, _ = logs
    site = tmp_path / "site"
    assert main(["leaderboard", str(folder), "--site", str(site), "--transcripts"]) == 0
    assert str(site / "index.html") in capsys.readouterr().out
    assert (site / "transcripts" / "index.html").is_file()
    assert len(list((site / "transcripts" / "logs").glob("*.eval"))) == 4
    pages = {page: page.read_text("utf-8") for page in site.glob("*.html")}
    assert any("transcripts/index.html#/logs/" in page for page in pages.values())
    assert not any("<script>alert" in page for page in pages.values())


def test_partial_runs_alone_are_listed_with_the_reason(logs, tmp_path, capsys):
    _, files = logs
    shutil.copy(files[4], tmp_path)
    assert main(["leaderboard", str(tmp_path), "--site", str(tmp_path / "site")]) == 1
    printed = capsys.readouterr()
    assert "questions have no score" in printed.out
    assert "nothing to write a site of" in printed.err
    assert not (tmp_path / "site").exists()
