"""A folder that appears whole: written beside its place, then moved there."""

import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MARKER = ".perturb-evals-site"
"""A file that says that a folder is a site of this package, and may be replaced by one."""


class SiteError(Exception):
    """A site that cannot be written. The message says why, and what to do."""


@contextmanager
def whole_folder(folder: Path) -> Iterator[Path]:
    """Give an empty folder to write to; it takes the place of `folder` at the end.

    After an error nothing is left behind, and a site that was there before is untouched.

    Raises:
        SiteError: `folder` is a file, or a folder with anything but a site of this package.
        OSError: It cannot be written.
    """
    _check(folder)
    folder = folder.absolute()
    folder.parent.mkdir(parents=True, exist_ok=True)
    part = folder.with_name(f".{uuid.uuid4().hex}.part")
    part.mkdir()
    try:
        yield part
        (part / MARKER).write_text("Written by perturb-evals; may be replaced.\n", "utf-8")
        _check(folder)
        _replace(folder, part)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _check(folder: Path) -> None:
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise SiteError(f"{folder} is no folder. Name a new or empty folder for the site.")
    if folder.exists() and any(folder.iterdir()) and not (folder / MARKER).is_file():
        raise SiteError(
            f"{folder} holds other files than a site of perturb-evals (there is no {MARKER}), so "
            "it is not replaced. Name a new or empty folder."
        )


def _replace(folder: Path, part: Path) -> None:
    """Move `part` to `folder`; what was there is put back if that fails."""
    if not folder.exists():
        part.rename(folder)
        return
    old = folder.with_name(f".{uuid.uuid4().hex}.old")
    folder.rename(old)
    try:
        part.rename(folder)
    except OSError:
        old.rename(folder)
        raise
    shutil.rmtree(old)
