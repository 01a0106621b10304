"""Files that appear whole or not at all: written under another name, then renamed."""

import os
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

A_DAY = 86_400  # seconds


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Give a path to write to; what was written takes the place of `path` at the end.

    The folder is made where it is missing. After an error nothing is left behind, and a file that
    was there before is untouched. Two processes never write to one file, and nobody sees a part of
    it under its real name.

    Raises:
        OSError: The folder or the file cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{uuid.uuid4().hex}.part{path.suffix}")
    try:
        yield part
        os.replace(part, path)
    finally:
        with suppress(OSError):  # renamed already
            part.unlink()


def remove_leftovers(folder: Path) -> None:
    """Remove what killed processes left in a folder: parts that nobody wrote to for a day."""
    with suppress(OSError):  # gone already, or a folder that cannot be written
        for part in folder.glob(".*.part*"):
            if part.is_file() and time.time() - part.stat().st_mtime > A_DAY:
                part.unlink()
