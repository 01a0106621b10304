"""The `.h5ad` inside a zip as GEARS publishes it, unpacked for as long as it is read."""

import shutil
import uuid
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from perturb_evals.datasets.files.fetch import cache_folder
from perturb_evals.datasets.screens.screen import ScreenError

MEMBER = "perturb_processed.h5ad"


@contextmanager
def unpacked(path: Path) -> Iterator[Path]:
    """Give the path of the `.h5ad`; what was unpacked from a zip is removed afterwards.

    Args:
        path: A zip that holds one `perturb_processed.h5ad` in any folder, or the `.h5ad` itself.

    Raises:
        ScreenError: The zip is damaged, holds no such file or several, or there is no space.
    """
    if path.suffix.lower() != ".zip":
        yield path
        return
    # Not in the system's folder for temporary files: that may be small, and this file is not.
    part = cache_folder() / f".{uuid.uuid4().hex}.h5ad.part"
    try:
        _unpack(path, part)
        yield part
    finally:
        with suppress(OSError):  # it could not be made
            part.unlink()


def _unpack(path: Path, part: Path) -> None:
    try:
        part.parent.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            members = [name for name in names if name.split("/")[-1] == MEMBER]
            if len(members) != 1:
                more = ", ..." if len(names) > 5 else ""
                raise ScreenError(
                    f"{path}: expected one {MEMBER} in the zip, found {len(members)} among "
                    f"{', '.join(names[:5]) or 'no files'}{more}."
                )
            with archive.open(members[0]) as packed, part.open("wb") as file:
                shutil.copyfileobj(packed, file, 1 << 20)
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise ScreenError(
            f"{path}: the zip is damaged ({error}). Remove it, and its .sha256 where there is one, "
            "and fetch it anew."
        ) from error
    except OSError as error:
        raise ScreenError(f"{path}: cannot be unpacked to {part.parent} ({error}).") from error
