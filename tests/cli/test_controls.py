"""Control runs on the command line, over real runs of the demo world."""

import json
from pathlib import Path

import inspect_ai
import pytest
from inspect_ai.log import read_eval_log, write_eval_log

from perturb_evals.cli.main import main
from perturb_evals.solvers.pairs.ask import ask
from perturb_evals.tasks.perturbqa import perturbqa_de

HARM = "\x1b[31m[bold]<b>\nno such control"


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A system, its run with codes for names, and one whose control wants to be markup."""
    folder = tmp_path_factory.mktemp("logs")
    found = {}
    for name, solver in (("system", None), ("anonymised", ask(control="anonymised"))):
        (log,) = inspect_ai.eval(
            perturbqa_de(dataset="demo", genes=5),
            model="perturb_scripted/biologist",
            solver=solver,
            log_dir=str(folder),
            display="none",
            log_realtime=False,
            log_buffer=1000,
            score_display=False,
        )
        assert log.status == "success", log.error
        found[name] = Path(log.location)
    harmful = read_eval_log(str(found["anonymised"]))
    harmful.eval.eval_id = harmful.eval.task_id = harmful.eval.run_id = "harmful"
    (step,) = harmful.plan.steps
    step.params = step.params_passed = {**step.params, "control": HARM}
    harmful.eval.model_generate_config.temperature = 1.0
    found["harmful"] = folder / "harmful.eval"
    write_eval_log(harmful, str(found["harmful"]))
    return found


def said(capsys: pytest.CaptureFixture[str], *args: str | Path) -> tuple[int, str, str]:
    code = main([str(arg) for arg in args])
    shown = capsys.readouterr()
    assert "\x1b" not in shown.out + shown.err
    return code, shown.out, shown.err


@pytest.mark.each("form", [(), ("--verbose",)])
def test_the_leaderboard_ends_with_what_controls_take_away(
    logs: dict[str, Path], capsys: pytest.CaptureFixture[str], form: tuple[str, ...]
) -> None:
    code, out, _ = said(capsys, "leaderboard", *form, *logs.values())
    ranked, _, below = out.partition("What controls take away")
    assert code == 0
    assert "anonymised" not in ranked
    assert "anonymised" in below
    assert "neutral codes" in below
    assert "There is no run of the same without the control." in below
    assert "[31m[bold]<b> no such control" in below


def test_one_sentence_a_control_run_with_brief(
    logs: dict[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    _, out, _ = said(capsys, "leaderboard", "--brief", *logs.values())
    (line,) = [line for line in out.splitlines() if ", anonymised: " in line]
    assert "chance can explain. The system answered fewer questions: " in line
    assert line.endswith(" → 0%.")


def test_what_was_answered_under_a_control_stands_beside_what_was_before(
    logs: dict[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    for command in ("leaderboard", "compare"):
        _, out, _ = said(capsys, command, logs["system"], logs["anonymised"])
        _, _, below = out.partition("What controls take away")
        assert "answered" in below
        assert "% → 0%" in below


@pytest.mark.each("form", ["--json", "--csv"])
def test_tables_for_programs_hold_systems_alone_and_say_so(
    logs: dict[str, Path], capsys: pytest.CaptureFixture[str], form: str
) -> None:
    _, alone, _ = said(capsys, "leaderboard", form, logs["system"])
    _, out, err = said(capsys, "leaderboard", form, *logs.values())
    assert out == alone
    assert "2 control runs are in the tables without" in err


def test_a_comparison_holds_a_control_run_against_its_original(
    logs: dict[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    both = logs["system"], logs["anonymised"]
    code, out, err = said(capsys, "compare", *both)
    assert (code, err) == (0, "")
    assert "What controls take away" in out
    code, out, _ = said(capsys, "compare", "--json", *both)
    (pair,) = json.loads(out)
    assert code == 0
    assert pair["b"] == f"{pair['a']}, control anonymised"
    code, out, _ = said(capsys, "compare", logs["anonymised"], logs["harmful"])
    assert code == 1
    assert "There is no run of the same without the control." in out


def test_boards_and_tracks_are_chosen_with_their_control_runs(
    logs: dict[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    _, out, _ = said(capsys, "leaderboard", "--board", "demo_a", "--track", "none", *logs.values())
    assert "What controls take away" in out
    code, out, _ = said(capsys, "leaderboard", "--track", "none", logs["anonymised"])
    assert code == 0
    assert "no run of the same" in out


def test_a_control_run_passes_the_checks_and_its_result_says_what_it_is(
    logs: dict[str, Path], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    code, out, _ = said(capsys, "check-submission", logs["anonymised"])
    assert code == 0, out
    assert said(capsys, "results", logs["anonymised"], "-o", tmp_path / "out")[0] == 0
    (file,) = (tmp_path / "out").glob("*.json")
    result = json.loads(file.read_text("utf-8"))
    assert "ask(control=anonymised)" in result["protocol_line"]
    assert result["protocol"]["given"]["control"] == "anonymised"


def test_a_site_shows_memory_by_a_table_of_ones_own(
    logs: dict[str, Path], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    system = logs["system"]
    perts = sorted({sample.metadata["pert"] for sample in read_eval_log(str(system)).samples or []})
    table = tmp_path / "counts.csv"
    table.write_text("\n".join(["symbol,count", *(f"{p},{n}" for n, p in enumerate(perts))]))
    args = ("leaderboard", *logs.values(), "--site", tmp_path / "site", "--known", table)
    assert said(capsys, *args)[0] == 0
    page = (tmp_path / "site" / "memory.html").read_text("utf-8")
    assert "counts of the table that was given" in page
    assert "best known" in page
    for page in (tmp_path / "site").glob("*.html"):
        assert HARM.partition("<")[2] not in page.read_text("utf-8")


@pytest.mark.each(
    ("args", "message"),
    [
        (("--known", "counts.csv"), "--known goes with --site"),
        (("--site", "site", "--known", "absent.csv"), "absent.csv: not readable"),
    ],
)
def test_a_table_that_cannot_be_used_is_told_in_a_line(
    logs: dict[str, Path],
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    args: tuple[str, ...],
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    code, out, err = said(capsys, "leaderboard", logs["system"], *args)
    assert code != 0
    assert message in err
    assert "Traceback" not in out + err
    assert not (tmp_path / "site").exists()
