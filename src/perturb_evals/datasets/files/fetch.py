"""From a file's name to a file with the right checksum: mirror folder, then cache, then download.

pooch does the transfer and knows where a system keeps its caches. Its `retrieve` is not used: it
leaves files that only their owner can read, never tries again, and removes a wrong download before
its size can be told. So retries, the temporary name, the check and the rename are done here.
"""

import logging
import os
import re
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Literal

from perturb_evals.datasets.errors import DataError, why
from perturb_evals.datasets.exchange import instead_of
from perturb_evals.datasets.files.checksums import (
    record_path,
    record_sha256,
    recorded_sha256,
    remember,
    remembered_sha256,
    sha256_of,
)
from perturb_evals.datasets.files.sources import SOURCES, Source, find_source
from perturb_evals.datasets.files.whole_file import remove_leftovers, whole_file

MIRROR_VARIABLE = "PERTURB_EVALS_DATA"
CACHE_VARIABLE = "PERTURB_EVALS_CACHE"

_NUMBER = re.compile(r"\[Errno -?\d+\] ")
FIRST_BYTES = {".gz": b"\x1f\x8b", ".zip": b"PK"}
"""How a file with such a name begins, by which a page that asks to log in is told from data."""

CONNECT_TIMEOUT, READ_TIMEOUT = 10.0, 60.0  # seconds
RETRY_WAITS = (0.5, 2.0)  # seconds before the second and the third attempt
TRANSIENT_STATUS = frozenset({408, 429, 500, 502, 503, 504})

_log = logging.getLogger(__name__)


def fetch(name: str, sources: Mapping[str, Source] = SOURCES) -> Path:
    """The absolute path of a data file whose checksum was verified.

    Looks in the mirror folder (`PERTURB_EVALS_DATA`), then in the cache (`PERTURB_EVALS_CACHE`, or
    the system's folder for caches), then downloads into the cache. A wrong file in the mirror is an
    error, since somebody put it there; a wrong file in the cache is replaced, with a warning.
    A file is hashed once in a process, a big one once on a machine, and again only when its time
    stamp or size changes.

    Of a file without a published checksum the first one seen counts: a download is recorded in
    `<file>.sha256` beside it, and from then on the file, and any later download, must agree with
    the record. In the mirror folder such a file is taken as it is, unless a record stands there.

    Args:
        name: A key of `sources`, e.g. `perturbqa/k562-de.csv`.
        sources: The table of known files.

    Raises:
        DataError: The name is unknown, the mirror folder or its file is wrong, the download failed
            or is not the expected file, or the cache cannot be written.
    """
    source = find_source(name, sources)
    if (stand_in := instead_of(name)) is not None:
        return Path(stand_in)
    found = locate(source)
    if found is not None:
        place, path = found
        try:
            _check(source, path, file_sha256)
        except DataError as error:
            if place == "mirror":
                raise
            _log.warning("%s It is downloaded anew.", str(error).splitlines()[0])
        else:
            return path
    path = cache_folder() / source.name
    _download(source, path)
    return path


def locate(source: Source) -> tuple[Literal["mirror", "cache"], Path] | None:
    """Where a file stands now, unchecked, or None when it would have to be downloaded.

    Raises:
        DataError: `PERTURB_EVALS_DATA` names something that is not a folder.
    """
    mirror = mirror_folder()
    if mirror is not None and _stands(mirror / source.name):
        return "mirror", mirror / source.name
    cached = cache_folder() / source.name
    return ("cache", cached) if os.path.isfile(cached) else None


def _stands(path: Path) -> bool:
    # A dangling link or a closed folder in the mirror is not an absent file: it has to be
    # reported, not passed over.
    try:
        path.lstat()
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return True


def mirror_folder() -> Path | None:
    """The folder that `PERTURB_EVALS_DATA` names, None when it is unset or empty.

    Raises:
        DataError: It names something that is not a folder.
    """
    value = os.environ.get(MIRROR_VARIABLE)
    if not value:
        return None
    folder = Path(value).expanduser().absolute()
    if not os.path.isdir(folder):
        state = "is not a folder" if os.path.lexists(folder) else "does not exist"
        raise DataError(
            f"{MIRROR_VARIABLE} is {value!r}, but {folder} {state}. Set it to a folder in the "
            "mirror layout (e.g. <folder>/perturbqa/k562-de.csv), or unset it to use downloads."
        )
    return folder


def cache_folder() -> Path:
    """Where downloads are kept; it may not exist yet."""
    value = os.environ.get(CACHE_VARIABLE)
    if value:
        return Path(value).expanduser().absolute()
    import pooch

    return Path(pooch.os_cache("perturb-evals"))


def file_sha256(path: Path) -> str:
    """The SHA-256 (hex) of any file; a big one is not read again while it stands unchanged.

    Raises:
        OSError: The file cannot be read.
    """
    return remembered_sha256(path.absolute(), _hash_store())


def _hash_store() -> Path:
    return cache_folder() / "hashes"


def verify(source: Source, path: Path) -> str:
    """Read a file, check that it is the expected one and return the SHA-256 (hex) seen.

    The hash is all there is to know of a file without a published checksum and without a record.

    Raises:
        DataError: The file cannot be read, or its checksum is another one.
    """
    return _check(source, path, sha256_of)


def _check(source: Source, path: Path, hash_of: Callable[[Path], str]) -> str:
    try:
        size = path.stat().st_size
        seen = hash_of(path)
    except OSError as error:
        raise _failure(source, path, f"{path} cannot be read ({why(error)})") from error
    if seen != (_expected(source, path) or seen):
        problem = f"{path} has sha256 {seen} ({size} bytes), not the expected one"
        raise _failure(source, path, problem)
    return seen


def _expected(source: Source, path: Path) -> str | None:
    """The published checksum, or else the recorded one, or None where any file will do."""
    try:
        return source.sha256 or recorded_sha256(path)
    except (OSError, ValueError) as error:
        raise _failure(source, path, f"its record cannot be read ({why(error)})") from error


def _download(source: Source, path: Path) -> None:
    if source.url is None:
        raise _failure(source, path, "not here, and no public address of this very file is known")
    expected = _expected(source, path)
    try:
        with whole_file(path) as part:
            problem = _transfer(source.url, part, source)
            if problem:
                raise _failure(source, path, problem)
            seen = sha256_of(part)
            if seen != (expected or seen):
                size = part.stat().st_size
                problem = f"the download has sha256 {seen} ({size} bytes), not the expected one"
                raise _failure(source, path, problem)
            if source.sha256 is None:
                with part.open("rb") as file:
                    if not file.read(2).startswith(FIRST_BYTES.get(path.suffix, b"")):
                        raise _failure(source, path, f"the download is no {path.suffix} file")
                record_sha256(path, seen)  # before the file: no file stands without its record
        remember(path, seen, _hash_store())
        remove_leftovers(path.parent)
    except OSError as error:
        problem = (
            f"{path} cannot be written ({why(error)}); free some space there, "
            f"or set {CACHE_VARIABLE} to another folder"
        )
        raise _failure(source, path, problem) from error


def _transfer(url: str, part: Path, source: Source) -> str | None:
    """Download a file, trying again what may pass; return what the server or the network said.

    Raises:
        OSError: `part` cannot be written.
    """
    import pooch
    import requests

    passing = (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError)
    for wait in (*RETRY_WAITS, None):
        try:
            with _progress(source) as bar:
                # `identity`: the bytes on the wire are those of the file, so that its size tells
                # how far the download is.
                pooch.HTTPDownloader(
                    progressbar=bar,
                    chunk_size=1 << 16,
                    timeout=(CONNECT_TIMEOUT, READ_TIMEOUT),
                    headers={"Accept-Encoding": "identity"},
                )(url, part, None)
            return None
        except requests.HTTPError as error:
            status = 0 if error.response is None else error.response.status_code
            problem = f"the server answered HTTP {status}"
            transient = status in TRANSIENT_STATUS
        except requests.RequestException as error:
            problem = f"the download failed: {_NUMBER.sub('', str(_innermost(error)))}"
            transient = isinstance(error, passing)
        if wait is None or not transient:
            break
        time.sleep(wait)
    return problem


def _innermost(error: Exception) -> Exception:
    # requests wraps the errors of urllib3, which wrap others; every layer repeats the address.
    inner = getattr(error, "reason", None) or (error.args[-1] if error.args else None)
    return _innermost(inner) if isinstance(inner, Exception) else error


@contextmanager
def _progress(source: Source) -> Iterator[SimpleNamespace | None]:
    """Give what pooch expects of a progress bar, drawn by rich; None without a terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    console = Console(stderr=True)
    with Progress(*columns, TimeRemainingColumn(), console=console) as progress:
        task = progress.add_task(escape(source.name), total=source.size)
        # pooch sets `total` from the Content-Length, to 0 where there is none.
        bar = SimpleNamespace(total=0, close=lambda: None)  # rich closes the bar itself
        bar.reset = lambda: progress.update(task, completed=0)
        bar.update = lambda n: progress.update(task, advance=n, total=bar.total or None)
        yield bar


def _failure(source: Source, path: Path, problem: str) -> DataError:
    size = "" if source.size is None else f" ({source.size} bytes)"
    expected = f"sha256 {source.sha256}{size}"
    if source.sha256 is None:
        expected = "any file, since no checksum is published"
        with suppress(OSError, ValueError):
            if recorded := recorded_sha256(path):
                expected = (
                    f"sha256 {recorded}, the first one seen (no checksum is published); "
                    f"to accept another, remove {record_path(path)}"
                )
    folder = os.environ.get(MIRROR_VARIABLE)
    way_out = (
        f"put the right file at {folder}/{source.name}; {MIRROR_VARIABLE} names this folder"
        if folder
        else f"put the right file at <folder>/{source.name} and set {MIRROR_VARIABLE}=<folder>"
    )
    return DataError(
        f"{source.name}: {problem}.\n"
        f"  expected: {expected}\n"
        f"  from: {source.url or 'no known address'}\n"
        f"  way out: {way_out}"
    )
