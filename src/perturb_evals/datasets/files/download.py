"""The transfer of one file over HTTP, with retries and a progress bar."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

CONNECT_TIMEOUT, READ_TIMEOUT = 10.0, 60.0  # seconds
RETRY_WAITS = (0.5, 2.0)  # seconds before the second and the third attempt
TRANSIENT_STATUS = frozenset({408, 429, 500, 502, 503, 504})


class TransferError(Exception):
    """A download that did not come through; the message says why."""


def transfer(url: str, part: Path, *, name: str, size: int | None) -> None:
    """Download a file under a temporary name, with a progress bar on a terminal.

    Args:
        url: Where it is.
        part: Where to write; may be left half-written.
        name: What the progress bar calls it.
        size: Its size in bytes, None where it is not known.

    Raises:
        TransferError: The server or the network failed, after retries of what may pass.
        OSError: `part` cannot be written.
    """
    import pooch
    import requests

    passing = (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError)
    for wait in (*RETRY_WAITS, None):
        try:
            with _progress(name, size) as bar:
                # `identity`: the bytes on the wire are those of the file, so that its size tells
                # how far the download is.
                pooch.HTTPDownloader(
                    progressbar=bar,
                    chunk_size=1 << 16,
                    timeout=(CONNECT_TIMEOUT, READ_TIMEOUT),
                    headers={"Accept-Encoding": "identity"},
                )(url, part, None)
        except requests.HTTPError as error:
            status = 0 if error.response is None else error.response.status_code
            problem = f"the server answered HTTP {status}"
            transient = status in TRANSIENT_STATUS
        except requests.RequestException as error:
            problem = f"the download failed: {_innermost(error)}"
            transient = isinstance(error, passing)
        else:
            return
        if wait is None or not transient:
            raise TransferError(problem)
        time.sleep(wait)


def _innermost(error: Exception) -> Exception:
    # requests wraps the errors of urllib3, which wrap others; every layer repeats the address.
    inner = getattr(error, "reason", None) or (error.args[-1] if error.args else None)
    return _innermost(inner) if isinstance(inner, Exception) else error


@contextmanager
def _progress(name: str, size: int | None) -> Iterator["_Bar | None"]:
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as progress:
        yield _Bar(progress, progress.add_task(escape(name), total=size))


class _Bar:
    """What pooch expects of a progress bar, passed on to rich."""

    def __init__(self, progress: "Progress", task: "TaskID") -> None:
        self._progress, self._task = progress, task
        self.total = 0  # set by pooch from the Content-Length, 0 where there is none

    def update(self, count: int) -> None:
        self._progress.update(self._task, advance=count, total=self.total or None)

    def reset(self) -> None:
        self._progress.update(self._task, completed=0)

    def close(self) -> None:
        """Nothing: rich closes the bar itself."""
