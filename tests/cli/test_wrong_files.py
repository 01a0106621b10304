"""Every command given a file that is none, or not the right one: a line that says so, and no 0."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from perturb_evals.cli.main import main
from perturb_evals.datasets.errors import why

LOG = Path(__file__).parents[1] / "fixtures" / "logs" / "de_knn.eval"


def write(content: bytes) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(content)


WRONG: dict[str, Callable[[Path], object]] = {
    "missing": lambda path: None,
    "a folder": lambda path: path.mkdir(),
    "a folder of junk": lambda path: (path.mkdir(), (path / "a.eval").write_bytes(b"junk")),
    "empty": write(b""),
    "blank lines": write(b"\n\n"),
    "text": write(b"This is no such file.\n"),
    "binary": write(bytes(range(256)) * 8),
    "Latin-1": write("pert,gene,score\nÄÖ,é,1\n".encode("latin-1")),
    "a broken zip": write(b"PK\x03\x04" + bytes(40)),
    "broken HDF5": write(b"\x89HDF\r\n\x1a\n" + bytes(40)),
    "broken Parquet": write(b"PAR1" + bytes(40)),
    "JSON of another kind": write(b'{"a": [1, {"b": null}]}'),
    "a list": write(b"[1, 2]"),
    "a link to itself": lambda path: path.symlink_to(path),
    "a link to nothing": lambda path: path.symlink_to(path.with_name("gone")),
}

COMMANDS = {
    "split": ("split", "x.h5ad"),
    "split, zip": ("split", "x.zip"),
    "split, folds": ("split", "demo", "-T", "split=x.json"),
    "calibrate": ("calibrate", "x.h5ad"),
    "calibrate, folds": ("calibrate", "demo", "-T", "split=x.json"),
    "curve": ("curve", "x.eval"),
    "curve, screen": ("curve", "--screen", "x.h5ad"),
    "leaderboard": ("leaderboard", "x.eval"),
    "leaderboard, JSON": ("leaderboard", "x.json"),
    "leaderboard, prices": ("leaderboard", str(LOG), "--model-cost-config", "x.yaml"),
    "compare": ("compare", "x.eval"),
    "results": ("results", "x.eval", "-o", "out"),
    "results, prices": ("results", str(LOG), "-o", "out", "--model-cost-config", "x.json"),
    "check-submission": ("check-submission", "x.eval"),
    "check-submission, result": ("check-submission", "x.json"),
    **{
        f"check-submission, {suffix}": (
            *("check-submission", f"x{suffix}", "--task", "perturbqa_de"),
            *("--dataset", "demo"),
        )
        for suffix in (".csv", ".tsv", ".parquet", ".jsonl", ".xlsx", "")
    },
    **{
        f"check-submission, expression{suffix}": (
            *("check-submission", f"x{suffix}", "--task", "langpert", "--screen", "demo"),
        )
        for suffix in (".h5ad", ".parquet")
    },
    "estimate": ("estimate", "perturbqa_de", "-T", "dataset=x"),
    "estimate, screen": ("estimate", "langpert", "-T", "screen=x.h5ad"),
}


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS)
def test_it_is_said_in_words(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
):
    words = COMMANDS[command]
    name = next(
        word.rpartition("=")[2]
        for word in words
        if word.rpartition("=")[2].partition(".")[0] == "x"
    )
    for kind, make in WRONG.items():
        folder = tmp_path / kind.replace(" ", "_")
        folder.mkdir()
        monkeypatch.chdir(folder)
        make(folder / name)
        code = main(words)
        said = capsys.readouterr()
        everything = said.out + said.err
        assert code in (1, 2), (kind, everything)
        for never in ("Errno", "Traceback", "Error(", "Error:", "PosixPath", "{'"):
            assert never not in everything, (kind, everything)
        assert everything.strip(), kind


PLOT = "a plot"  # beside a file of its name without the ending it can be written
PLACES = {
    "a site": ("leaderboard", str(LOG), "--site", "place"),
    "results": ("results", str(LOG), "-o", "place"),
    "figures": ("calibrate", "demo", "--json", "place"),
    PLOT: ("curve", str(LOG.with_name("langpert_mean.eval")), "-o", "place"),
}


@pytest.mark.parametrize(
    ("command", "below"),
    [(command, below) for command in PLACES for below in ("", "/below") if command + below != PLOT],
)
def test_a_place_that_cannot_be_written_to(
    command: str, below: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys
):
    monkeypatch.chdir(tmp_path)
    place = tmp_path / "place"
    if command == "figures" and not below:
        place.mkdir()
    else:
        place.write_text("a file", encoding="utf-8")
    code = main([word.replace("place", f"place{below}") for word in PLACES[command]])
    said = capsys.readouterr()
    assert code in (1, 2), said.out
    (line,) = said.err.strip().splitlines()[-1:]
    assert line.startswith("perturb-evals "), line
    assert "place" in line
    assert "Errno" not in line


@pytest.mark.parametrize(
    "command",
    [
        "list",
        *(
            pytest.param(command, marks=pytest.mark.slow)
            for command in ("split demo", "data list", "estimate perturbqa_de -T dataset=demo")
        ),
    ],
)
def test_a_pipe_that_nobody_reads_from(command: str):
    """`| head` closes its end when it has enough."""
    read, written = os.pipe()
    os.close(read)
    done = subprocess.run(
        [sys.executable, "-m", "perturb_evals.cli.main", *command.split()],
        stdout=written,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    os.close(written)
    assert done.returncode == 1
    assert "BrokenPipe" not in done.stderr
    assert "Traceback" not in done.stderr


def test_a_system_error_in_words(tmp_path: Path):
    def said(act: Callable[[], object]) -> str:
        with pytest.raises((OSError, ValueError, KeyError)) as caught:
            act()
        return why(caught.value)

    (tmp_path / "file").write_bytes(b"\xff")
    assert said((tmp_path / "no").read_text) == "there is no such file or folder"
    assert said(tmp_path.read_text) == "it is a folder, not a file"
    assert said((tmp_path / "file" / "below").read_text) == "a part of its path is no folder"
    assert said(lambda: (tmp_path / "file").read_text("utf-8")) == (
        "it is not text in UTF-8 (byte 0)"
    )
    assert said(lambda: {}["pert"]) == "it lacks 'pert'"
    assert said((tmp_path / ("n" * 999)).read_text) == "its name is too long"
    assert why(PermissionError(13, "Permission denied")) == "you have no permission"
    assert why(OSError("as h5py says it")) == "as h5py says it"
    assert why(OSError()) == "OSError"
