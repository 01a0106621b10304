"""What `perturb-evals run` says before it runs, and what it refuses."""

import json
from pathlib import Path

import pytest

from perturb_evals.cli.estimate import estimate
from perturb_evals.cli.main import main
from perturb_evals.cli.run import command, lines

MODEL = "openai-api/local/any"
PRICE = {"input": 2.0, "output": 10.0, "input_cache_write": 0.0, "input_cache_read": 0.0}


@pytest.fixture
def prices(tmp_path: Path) -> str:
    file = tmp_path / "prices.json"
    file.write_text(json.dumps({MODEL: PRICE}), "utf-8")
    return str(file)


def said_before(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *arguments: str
) -> str:
    """What is printed before the first question, which somebody at the terminal does not want."""
    monkeypatch.setattr(command, "_wanted", lambda shown: False)
    assert main(["run", "--boards", "demo", "-T", "genes=2", *arguments]) == 1
    return capsys.readouterr().out


def test_the_price_and_the_lines_come_first(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, prices: str
) -> None:
    said = said_before(
        capsys, monkeypatch, "--models", f"{MODEL},b/c", "--model-cost-config", prices
    )
    boards = [
        (task, line)
        for line in ("demo_a", "demo_b")
        for task in ("perturbqa_de", "perturbqa_direction")
    ]
    counts = [
        estimate(task, {"dataset": "demo", "cell_line": line, "genes": 2, "seed": 0})
        for task, line in boards
    ]
    for task, line in boards:
        assert f"{task} on {line}" in said
    total = {name: sum(found[name] for found in counts) for name in counts[0]}
    for number in total.values():
        assert f" {number:,}" in said
    cost = (total["input tokens"] * 2 + total["output tokens"] * 10) / 1e6
    assert f"{MODEL}: about ${cost:.4f}." in said
    assert "What b/c costs is not known here." in said
    lines = [line for line in said.splitlines() if " inspect eval-set " in line]
    assert len(lines) == 2
    assert "perturb_evals/perturbqa_de perturb_evals/perturbqa_direction" in lines[0]
    assert f"--model {MODEL},b/c --log-dir logs/demo/demo_a" in lines[0]
    assert lines[0].startswith(f"PERTURB_EVALS_PRICES={prices} inspect")


def test_with_a_budget_what_was_paid_for_is_kept(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, prices: str
) -> None:
    given = ("--models", MODEL, "--model-cost-config", prices, "--budget", "0.5")
    said = said_before(capsys, monkeypatch, *given, "-T", "answer=logprobs", "--", "--temperature")
    assert "The budget for all of it is $0.5000" in said
    assert "PERTURB_EVALS_BUDGET=LEFT inspect eval-set" in said
    assert "-T answer=logprobs" in said
    assert (
        said.count(
            "--continue-on-fail --log-buffer 1 --retry-attempts 0 --no-retry-immediate --temp"
        )
        == 2
    )


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--models", " , "], "--models expects names of models; got none"),
        (["--models", MODEL, "--budget", "3"], f"needs the price of every model, and {MODEL} has"),
        (["--models", MODEL, "--budget", "-3"], "--budget expects dollars, a number above 0"),
        (["--models", MODEL, "-T", "genes"], "-T expects NAME=VALUE; got 'genes'"),
        (["--models", MODEL, "-T", "colour=red"], "colour"),
        (["--models", MODEL, "--epochs", "0"], "epochs must be at least 1"),
        (["--models", MODEL, "--", "--log-dir", "other"], "--log-dir behind -- is set by this"),
        (["--models", MODEL, "--", "--epochs=3"], "--epochs=3 behind -- is set by this"),
    ],
)
def test_what_is_refused(
    capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    assert main(["run", "--boards", "demo", *arguments]) == 2
    said = capsys.readouterr().err
    assert words in said
    assert said.startswith("perturb-evals run: ")
    assert said.count("\n") == 1


def test_prices_that_cannot_be_read(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "none.yaml"
    assert main(["run", "--models", MODEL, "--model-cost-config", str(file)]) == 1
    assert "none.yaml" in capsys.readouterr().err


def test_an_interrupted_line_is_the_last(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Inspect ends with 0 after Ctrl-C; what it was interrupted in is not taken for done."""
    started: list[list[str]] = []

    class Process:
        def __init__(self, words: list[str], env: dict[str, str]) -> None:
            started.append(words)
            self.waits = 0

        def wait(self) -> int:
            self.waits += 1
            if self.waits == 1:
                raise KeyboardInterrupt
            return 0

    monkeypatch.setattr(lines.subprocess, "Popen", Process)
    given = ["--boards", "demo", "-T", "genes=2", "--log-dir", str(tmp_path / "logs")]
    assert main(["run", "--models", MODEL, *given]) == 1
    assert len(started) == 1
    assert "0 of 4 runs are complete" in capsys.readouterr().out


def test_logs_of_others_are_no_runs_of_the_command(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "start", lambda *_: 1)
    fixtures = Path(__file__).parents[1] / "fixtures" / "logs"
    given = ["--boards", "demo", "-T", "genes=2", "--log-dir", str(fixtures)]
    assert main(["run", "--models", MODEL, *given]) == 1
    assert "0 of 4 runs are complete" in capsys.readouterr().out
