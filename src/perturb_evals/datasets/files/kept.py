"""What was made once and is kept in the cache folder, with the hash of what was written."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from perturb_evals.datasets.errors import DataError, why
from perturb_evals.datasets.files.checksums import (
    record_path,
    record_sha256,
    recorded_sha256,
    sha256_of,
)
from perturb_evals.datasets.files.whole_file import remove_leftovers, whole_file

Kept = TypeVar("Kept")

_log = logging.getLogger(__name__)


def kept(
    path: Path,
    read: Callable[[Path], Kept],
    make: Callable[[], Kept],
    write: Callable[[Kept, Path], object],
) -> Kept:
    """Return what was made before and kept in a file, or make it and keep it.

    The SHA-256 of the file stands in `<path>.sha256`, and the file is read only where it agrees: a
    flipped bit in a matrix would be a number like any other.

    Args:
        path: The file. One that is not as it was written, or cannot be read, is made anew, and one
            that cannot be written only costs time; a warning says so.
        read: Reads the file; any error says that it is damaged or another one.
        make: Makes the object; its errors are passed on.
        write: Writes the object to a path.
    """
    if path.is_file():
        try:
            _check(path)
            return read(path)
        except Exception as error:
            _log.warning("%s cannot be used (%s); it is made anew.", path, why(error))
    made = make()
    try:
        with whole_file(path) as part:
            write(made, part)
            # Before the file: a process that is killed between the two leaves none that counts.
            record_sha256(path, sha256_of(part))
        remove_leftovers(path.parent)
    except OSError as error:
        _log.warning("%s cannot be written (%s); it is made again next time.", path, why(error))
    return made


def check_still(path: Path, sha256: str) -> None:
    """Read a file that something is made from, and make sure that it is what it is taken for.

    A big file is hashed once on a machine (see `remembered_sha256`), which notices no flipped bit.

    Raises:
        DataError: It has another hash now.
        OSError: It cannot be read.
    """
    if sha256_of(path) != sha256:
        raise DataError(
            f"{path} has another sha256 than when it was read first ({sha256}), though its size "
            "and time stamp are the same: the disk may be failing. Remove the file and have it "
            "made or downloaded anew."
        )


def _check(path: Path) -> None:
    recorded = recorded_sha256(path)
    if recorded is None:
        raise ValueError(f"there is no {record_path(path).name} with its hash")
    if sha256_of(path) != recorded:
        raise ValueError("it is not as it was written: its sha256 is another one")
