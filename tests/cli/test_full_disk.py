"""A full disk, a read-only one and a file in the place of a folder end in one sentence."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from inspect_ai.log import EvalLog

from perturb_evals.cli.main import main
from perturb_evals.datasets.genes import texts
from perturb_evals.solvers.pairs.baselines import constant
from perturb_evals.tasks.perturbqa import perturbqa_de

TEXTS = {f"G{n:03d}": f"word{n % 90} of kind{n % 7}" for n in range(360)}
REASONS = ("full", "read only", "a file")
SAID = {
    "full": ("the disk is full",),
    "read only": ("it is on a disk that is read only",),
    "a file": (
        "it is a folder, not a file",
        "a part of its path is no folder",
        "is no folder",
        "something of that name is there",
    ),
}


@pytest.fixture
def bad(tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    """Make a folder that cannot be written, for the reason named: also for root, who may all."""
    mounted: list[Path] = []

    def make(reason: str) -> Path:
        place = tmp_path / reason.replace(" ", "_")
        if reason == "a file":
            place.write_text("no folder", "utf-8")
            return place
        place.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", str(place)]
        try:
            done = subprocess.run(command, capture_output=True, text=True)
        except FileNotFoundError:
            pytest.skip("there is no mount on this system, so no small disk")
        if done.returncode:
            pytest.skip(f"a small disk cannot be mounted here: {done.stderr.strip()}")
        mounted.append(place)
        if reason == "full":
            with suppress(OSError), (place / "filler").open("wb", buffering=0) as file:
                while file.write(b"0" * 1024):
                    pass
        else:
            subprocess.run(["mount", "-o", "remount,ro", str(place)], check=True)
        return place

    yield make
    for place in mounted:
        subprocess.run(["umount", "-l", str(place)], check=False)


@pytest.fixture
def logs(tmp_path: Path, evaluate: Callable[..., EvalLog]) -> Path:
    evaluate(perturbqa_de(dataset="demo", genes=5), solver=constant(), log_dir=str(tmp_path / "l"))
    return tmp_path / "l"


COMMANDS: dict[str, Callable[[Path, Path], list[str]]] = {
    "site": lambda logs, bad: ["leaderboard", str(logs), "--site", str(bad / "site")],
    "results": lambda logs, bad: ["results", str(logs), "-o", str(bad / "results")],
    "curve": lambda logs, bad: [
        *("curve", "--screen", "demo", "--solver", "mean_effect", "--sizes", "10"),
        *("--log-dir", str(logs / "c"), "-o", str(bad / "c")),
    ],
    "logs of curve": lambda logs, bad: [
        *("curve", "--screen", "demo", "--solver", "mean_effect", "--sizes", "10"),
        *("--log-dir", str(bad / "logs"), "-o", str(logs / "c")),
    ],
    "calibrate": lambda _, bad: ["calibrate", "demo", "--json", str(bad / "c.json")],
}


@pytest.mark.slow
@pytest.mark.each("reason", REASONS)
def test_commands_end_in_one_sentence(
    reason: str, bad: Any, logs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = bad(reason)
    for name, arguments in COMMANDS.items():
        capsys.readouterr()
        assert main(arguments(logs, place)) == 1, name
        said = capsys.readouterr().err.strip().splitlines()
        assert said, name
        assert any(words in said[-1] for words in SAID[reason]), (name, said)
        assert not any("Traceback" in line for line in said), (name, said)
    # An id of Inspect's own, which it makes anew where it is empty.
    found = {path.name for path in place.rglob("*") if path.is_file()}
    left = sorted(found - {".eval-set-id"})
    assert left == (["filler"] if reason == "full" else [])  # nothing half-written


@pytest.mark.each("reason", REASONS)
def test_a_cache_that_cannot_be_written_costs_time_only(
    reason: str,
    bad: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    put_knowledge: Any,
    logged: Any,
) -> None:
    (tmp_path / "data").mkdir(exist_ok=True)
    put_knowledge(tmp_path / "data", [], TEXTS)
    monkeypatch.setenv("PERTURB_EVALS_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("PERTURB_EVALS_CACHE", str(bad(reason)))
    for made in (lambda: texts.text_vectors(4).matrix, lambda: texts.gene_words().weights):
        texts._vectors.cache_clear()
        texts._words.cache_clear()
        logged.records.clear()
        assert made().shape[0] == 360
        assert "cannot be written" in logged.text
    texts._vectors.cache_clear()
    texts._words.cache_clear()


@pytest.mark.each("reason", REASONS)
def test_a_download_that_has_no_place_says_so(
    reason: str, bad: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The place is looked at first: no server is asked for what cannot be kept."""
    monkeypatch.delenv("PERTURB_EVALS_DATA", raising=False)
    monkeypatch.setenv("PERTURB_EVALS_CACHE", str(bad(reason) / "cache"))
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    monkeypatch.setattr("perturb_evals.datasets.files.fetch.RETRY_WAITS", ())
    capsys.readouterr()
    assert main(["data", "fetch", "perturbqa/k562-de.csv"]) == 1
    said = capsys.readouterr().err
    assert "Traceback" not in said
    if reason != "full":  # a folder can still be made on a full disk
        assert "cannot be written" in said


@pytest.mark.slow
@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full")
@pytest.mark.parametrize("form", [["--csv"], []])
def test_a_full_disk_behind_the_output(logs: Path, form: list[str]) -> None:
    command = [sys.executable, "-m", "perturb_evals.cli.main", "leaderboard", str(logs), *form]
    with open("/dev/full", "w", encoding="utf-8") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 1
    assert done.stderr.strip().splitlines() == ["perturb-evals leaderboard: the disk is full"]
