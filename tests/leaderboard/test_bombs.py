"""Logs that are small and unpack to gigabytes, and logs nested without end, are left out."""

import json
import shutil
import struct
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import zstandard
from inspect_ai.log import read_eval_log, write_eval_log

from perturb_evals.leaderboard.entries import read_entries
from perturb_evals.leaderboard.results.files import read_runs
from perturb_evals.logs import unpacked
from perturb_evals.logs.headers import LogsError, read_headers
from perturb_evals.logs.samples import read_samples
from perturb_evals.logs.unpacked import LogTooLargeError, check_sample, check_samples

Runs = dict[str, Path]
MOST = 1 << 20  # instead of the real sizes, so that the bombs here are small ones
METHODS = {"zstandard": 93, "deflated": 8, "stored": 0}


@pytest.fixture
def low(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MOST_HEADER", "MOST_SUMMARIES", "MOST_SAMPLE"):
        monkeypatch.setattr(unpacked, name, MOST)


def rewritten(log: Path, to: Path, change: Callable[[str, bytes], bytes], method: int = 93) -> Path:
    with zipfile.ZipFile(log) as old, zipfile.ZipFile(to, "w", compression=method) as new:
        for name in old.namelist():
            new.writestr(name, change(name, old.read(name)))
    return to


def bomb(log: Path, to: Path, member: str, method: int = 93, size: int = 4 * MOST) -> Path:
    """Put white space into the JSON of a member: it is read as before, once it is unpacked."""

    def change(name: str, content: bytes) -> bytes:
        return content[:1] + b" " * size + content[1:] if name.startswith(member) else content

    return rewritten(log, to, change, method)


def lying(log: Path, member: str) -> None:
    """Let a zip say that a member unpacks to 100 bytes."""
    content = bytearray(log.read_bytes())
    place = content.rfind(b"PK\x01\x02", 0, content.rfind(member.encode()))
    content[place + 24 : place + 28] = struct.pack("<I", 100)
    log.write_bytes(content)


def reasons(*paths: Path) -> dict[str, str]:
    return {Path(aside.log).name: aside.reason for aside in read_headers(paths).set_aside}


@pytest.mark.each("method", METHODS)
@pytest.mark.each("lies", [False, True])
@pytest.mark.usefixtures("low")
def test_a_header_that_unpacks_to_too_much_is_left_out(
    method: str, lies: bool, runs: Runs, tmp_path: Path
) -> None:
    folder = tmp_path / f"{method} {lies}"
    folder.mkdir()
    log = bomb(runs["constant de"], folder / "bomb.eval", "header.json", METHODS[method])
    if lies:
        lying(log, "header.json")
    shutil.copy(runs["knn de"], folder / "good.eval")
    found = read_headers([folder])
    assert [Path(run.location).name for run in found.runs] == ["good.eval"]
    said = reasons(folder)["bomb.eval"]
    assert said.startswith(f"Its header would unpack to {'more' if lies else '4 MB'}, where 1 MB")
    assert [entry.name for entry in read_entries([folder]).complete]


@pytest.mark.usefixtures("low")
def test_a_log_without_end_that_is_still_running_is_left_out(runs: Runs, tmp_path: Path) -> None:
    log = bomb(runs["constant de"], tmp_path / "bomb.eval", "_journal/start.json")
    assert "Its header would unpack to" in reasons(log)["bomb.eval"]


@pytest.mark.each("lies", [False, True])
@pytest.mark.usefixtures("low")
def test_summaries_that_unpack_to_too_much_are_left_out(
    lies: bool, runs: Runs, tmp_path: Path
) -> None:
    log = bomb(runs["constant de"], tmp_path / f"bomb {lies}.eval", "summaries.json")
    if lies:
        lying(log, "summaries.json")
    with pytest.raises(LogsError, match="Its summaries would unpack to"):
        read_samples(read_eval_log(str(log), header_only=True))
    for aside in (read_entries([log]).set_aside, read_runs([log]).set_aside):
        assert "Its summaries would unpack to" in aside[0].reason


@pytest.mark.usefixtures("low")
def test_a_sample_that_unpacks_to_too_much_is_not_read(runs: Runs, tmp_path: Path) -> None:
    log = bomb(runs["constant de"], tmp_path / "bomb.eval", "samples/")
    sample = read_samples(read_eval_log(str(log), header_only=True)).scores[0]
    assert sample.sample_id is not None
    with pytest.raises(LogTooLargeError, match=r"sample .* would unpack to 4 MB"):
        check_sample(str(log), sample.sample_id, 1)
    with pytest.raises(LogTooLargeError, match="samples/"):
        check_samples(str(log))


def test_a_bomb_takes_no_memory(runs: Runs, tmp_path: Path) -> None:
    """A hundred million bytes of one letter are a header of some kB; a lie hides them."""
    huge = zstandard.ZstdCompressor().compress(b"[" * (100 << 20))
    assert len(huge) < 20_000
    log = bomb(runs["constant de"], tmp_path / "bomb.eval", "header.json", size=100 << 20)
    lying(log, "header.json")
    tracemalloc.start()
    said = reasons(log)["bomb.eval"]
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert "Its header would unpack to more, where 67 MB" in said
    assert most < 20e6


def test_honest_logs_are_read(runs: Runs) -> None:
    for log in runs.values():
        check_samples(str(log))
        assert not reasons(log)


NESTED: dict[str, Callable[[dict[str, Any]], str]] = {
    "a header of brackets": lambda _: "[" * 100_000,
    "a header of braces": lambda _: '{"a":' * 100_000,
    "metadata": lambda said: deep(said, ("eval", "metadata", "x"), 100_000),
    "metadata, somewhat": lambda said: deep(said, ("eval", "metadata", "x"), 900),
    "metadata, a little": lambda said: deep(said, ("eval", "metadata", "x"), 240),
    "task arguments": lambda said: deep(said, ("eval", "task_args", "x"), 900),
    "task arguments, a little": lambda said: deep(said, ("eval", "task_args", "x"), 300),
    "solver arguments": lambda said: deep(said, ("eval", "solver_args", "x"), 400),
    "model arguments": lambda said: deep(said, ("eval", "model_args", "x"), 400),
    "the board": lambda said: deep(said, ("eval", "metadata", "board", "context"), 400),
    "the plan": lambda said: deep(said, ("plan", "steps"), 400),
    "results": lambda said: deep(said, ("results", "metadata"), 400),
}


def deep(header: dict[str, Any], path: tuple[str, ...], levels: int) -> str:
    marked = json.loads(json.dumps(header))
    place = marked
    for part in path[:-1]:
        if not isinstance(place.get(part), dict):
            place[part] = {}
        place = place[part]
    place[path[-1]] = "@@"
    return json.dumps(marked).replace('"@@"', '{"a":[' * (levels // 2) + "1" + "]}" * (levels // 2))


@pytest.mark.each("where", NESTED)
def test_a_log_that_is_nested_is_left_out_or_ranked_and_hinders_no_other(
    where: str, runs: Runs, tmp_path: Path
) -> None:
    folder = tmp_path / where.replace(" ", "_")
    folder.mkdir()

    def change(name: str, content: bytes) -> bytes:
        return NESTED[where](json.loads(content)).encode() if name == "header.json" else content

    rewritten(runs["constant de"], folder / "nested.eval", change)
    shutil.copy(runs["knn de"], folder / "good.eval")
    found, made = read_entries([folder]), read_runs([folder])
    assert any(e.result and e.result.log.endswith("good.eval") for e in found.complete)
    assert any(result.log.endswith("good.eval") for result in made.results)
    assert len(found.complete) + len(found.incomplete) + len(found.set_aside) == 2


def test_a_log_in_json_that_is_nested_is_left_out(runs: Runs, tmp_path: Path) -> None:
    """Read in pieces, as Inspect does, each bracket takes memory for all around it: gigabytes."""
    texts = {"brackets": "[" * 100_000, "braces": '{"a\\"[":' * 5000, "broken off": '{"eval":' * 9}
    for name, text in texts.items():
        log = tmp_path / f"{name}.json"
        log.write_text(text, "utf-8")
        said = reasons(log)[log.name]
        assert said.startswith("Its brackets are nested" if len(text) > 99 else "It cannot be read")
    write_eval_log(read_eval_log(str(runs["knn de"])), str(tmp_path / "good.json"))
    assert len(read_headers([tmp_path / "good.json"]).runs) == 1


@pytest.mark.each("text", ['"[[[[["', '"\\"[[[["', '["a\\\\", [2]]', '"\\\\\\"[[[["'])
def test_brackets_in_texts_are_no_depth(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpacked, "MOST_DEPTH", 2)
    content = text.encode()
    for size in range(1, len(content) + 1):
        unpacked._check_depth(content[n : n + size] for n in range(0, len(content), size))
    with pytest.raises(LogTooLargeError, match="over 2"):
        unpacked._check_depth([content, b"[[", b"["])
