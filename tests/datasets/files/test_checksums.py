"""Hashes of files: computed once, remembered, recorded. Fetching uses them in test_fetch.py."""

import hashlib
import os
import subprocess
from pathlib import Path

import pytest

from perturb_evals.datasets.files import checksums
from perturb_evals.datasets.files.checksums import (
    record_path,
    record_sha256,
    recorded_sha256,
    remember,
    remembered_sha256,
    sha256_of,
)


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def test_the_hash_of_a_file(tmp_path: Path):
    path = tmp_path / "a"
    path.write_bytes(b"abc")
    assert sha256_of(path) == sha256(b"abc")
    assert remembered_sha256(path, tmp_path / "store") == sha256(b"abc")
    assert not (tmp_path / "store").exists()  # a small file is not worth an entry
    with pytest.raises(FileNotFoundError):
        remembered_sha256(tmp_path / "b", tmp_path / "store")


def test_a_change_of_size_or_time_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(checksums, "BIG", 1)
    path, store = tmp_path / "a", tmp_path / "store"
    for content, time in ((b"abc", 1), (b"abcd", 1), (b"efgh", 2)):
        path.write_bytes(content)
        os.utime(path, ns=(time, time))
        assert remembered_sha256(path, store) == sha256(content)
    assert len(list(store.iterdir())) == 1  # one entry a file, nothing half-written beside it


def test_what_another_process_remembered_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(checksums, "BIG", 1)
    path, store = tmp_path / "a", tmp_path / "store"
    path.write_bytes(b"abc")
    remember(path, "e" * 64, store)
    assert remembered_sha256(path, store) == "e" * 64
    # An entry counts for its own file alone.
    other = tmp_path / "b"
    other.write_bytes(b"abc")
    assert remembered_sha256(other, store) == sha256(b"abc")


def test_a_record_is_read_back_and_understood_by_sha256sum(tmp_path: Path):
    path = tmp_path / "a file.gz"
    path.write_bytes(b"abc")
    assert recorded_sha256(path) is None
    record_sha256(path, sha256(b"abc"))
    assert record_path(path).name == "a file.gz.sha256"
    assert recorded_sha256(path) == sha256(b"abc")
    try:
        command = ["sha256sum", "--check", record_path(path).name]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    except FileNotFoundError:
        pytest.skip("no sha256sum on this system")
    assert done.stdout == "a file.gz: OK\n"


@pytest.mark.parametrize("text", ["", "\n", "abc", "A" * 64, "a" * 63, "a" * 65, "\udcff" * 64])
def test_a_record_that_is_none(tmp_path: Path, text: str):
    path = tmp_path / "a"
    record_path(path).write_text(text, encoding="utf-8", errors="surrogateescape")
    with pytest.raises(ValueError, match=r"a\.sha256 does not begin with a SHA-256; remove it"):
        recorded_sha256(path)
