"""The SHA-256 of files: computed once for a file as it stands, and recorded beside a file."""

import hashlib
import json
import re
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

from perturb_evals.datasets.files.whole_file import whole_file

BIG = 32_000_000
"""Bytes from which a hash is also remembered on disk; a smaller file is hashed in a moment."""


def sha256_of(path: Path) -> str:
    """Read a file and return its SHA-256 (hex).

    Raises:
        OSError: It cannot be read.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def remembered_sha256(path: Path, store: Path) -> str:
    """Return the SHA-256 (hex) of a file that is read only when its time stamp or size is new.

    Args:
        path: Absolute path of the file.
        store: Folder where the hashes of big files are remembered, for other processes; one that
            cannot be written only costs time.

    Raises:
        OSError: The file cannot be read.
    """
    stat = path.stat()
    return _remembered(path, stat.st_mtime_ns, stat.st_size, store)


@lru_cache(maxsize=256)
def _remembered(path: Path, mtime_ns: int, size: int, store: Path) -> str:
    if size < BIG:
        return sha256_of(path)
    about = {"path": str(path), "mtime_ns": mtime_ns, "size": size}
    with suppress(OSError, ValueError, TypeError, KeyError):  # none yet, or a damaged one
        entry = json.loads(_entry(path, store).read_text(encoding="utf-8"))
        if entry == _sealed(about, entry["sha256"]):
            return str(entry["sha256"])
    seen = sha256_of(path)
    remember(path, seen, store)
    return seen


def remember(path: Path, sha256: str, store: Path) -> None:
    """Remember on disk the hash of a big file that has just been read; see `remembered_sha256`."""
    with suppress(OSError):
        stat = path.stat()
        if stat.st_size >= BIG:
            about = {"path": str(path), "mtime_ns": stat.st_mtime_ns, "size": stat.st_size}
            _write(_entry(path, store), json.dumps(_sealed(about, sha256)) + "\n")


def recorded_sha256(path: Path) -> str | None:
    """Return the hash recorded in `<path>.sha256`, or None where there is no such file.

    Raises:
        OSError: The record cannot be read.
        ValueError: It does not begin with a hash.
    """
    try:
        text = record_path(path).read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, NotADirectoryError):
        return None
    found = re.match(r"([0-9a-f]{64})\b", text)
    if found is None:
        raise ValueError(f"{record_path(path)} does not begin with a SHA-256; remove it")
    return found[1]


def record_sha256(path: Path, sha256: str) -> None:
    """Write `<path>.sha256`, in the form that `sha256sum --check` reads.

    Raises:
        OSError: It cannot be written.
    """
    _write(record_path(path), f"{sha256}  {path.name}\n")


def record_path(path: Path) -> Path:
    """Return where the hash of a file is recorded."""
    return path.with_name(f"{path.name}.sha256")


def _entry(path: Path, store: Path) -> Path:
    return store / f"{hashlib.sha256(str(path).encode()).hexdigest()[:32]}.json"


def _sealed(about: dict[str, object], sha256: str) -> dict[str, object]:
    """Return an entry with a hash of its own, so that a damaged one is not taken for another."""
    entry = about | {"sha256": sha256}
    return entry | {"entry": hashlib.sha256(json.dumps(entry).encode()).hexdigest()}


def _write(path: Path, text: str) -> None:
    with whole_file(path) as part:
        part.write_text(text, encoding="utf-8")
