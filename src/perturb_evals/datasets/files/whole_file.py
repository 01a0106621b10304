"""Files that appear whole or not at all: written under another name, then renamed."""

import logging
import os
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

Kept = TypeVar("Kept")

_log = logging.getLogger(__name__)


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


def kept(
    path: Path,
    read: Callable[[Path], Kept],
    make: Callable[[], Kept],
    write: Callable[[Kept, Path], object],
) -> Kept:
    """Return what was made before and kept in a file, or make it and keep it.

    Args:
        path: The file. One that cannot be read is made anew, and one that cannot be written only
            costs time; a warning says so.
        read: Reads the file; any error says that it is damaged or another one.
        make: Makes the object; its errors are passed on.
        write: Writes the object to a path.
    """
    if path.is_file():
        try:
            return read(path)
        except Exception as error:
            _log.warning("%s cannot be read (%s); it is made anew.", path, error)
    made = make()
    try:
        with whole_file(path) as part:
            write(made, part)
    except OSError as error:
        _log.warning("%s cannot be written (%s); it is made again next time.", path, error)
    return made
