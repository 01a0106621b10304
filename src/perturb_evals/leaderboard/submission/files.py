"""The files of a submission: logs, and results that name them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from perturb_evals.datasets.errors import why
from perturb_evals.leaderboard.results.result import Result, ResultError, read_result
from perturb_evals.logs.headers import Headers, LogsError, read_headers

MARK = b'"schema_version"'
HEAD = 4096
"""Bytes at the begin of a file in which a result says that it is one."""


@dataclass(frozen=True, eq=False)
class Given:
    """A result that was handed in.

    Attributes:
        path: Its file.
        result: What it says; None where it is not valid.
        fault: Why it is not valid; empty where it is.
    """

    path: Path
    result: Result | None
    fault: str


@dataclass(frozen=True, eq=False)
class Gathered:
    """What some paths hold.

    Attributes:
        headers: The runs, of all logs given and of those that results name and that are here.
        given: The results.
    """

    headers: Headers
    given: tuple[Given, ...]


def gather(paths: Sequence[str]) -> Gathered:
    """Find logs and results.

    The log of a result is looked for among the paths, at the place that it names, and beside it.

    Args:
        paths: Logs and folders as for `read_headers`; results as local files, or in local folders.

    Raises:
        LogsError: A local path that does not exist.
    """
    logs, results = [], list[Path]()
    for path in paths:
        local = Path(path)
        if local.is_dir():
            results += sorted(file for file in local.rglob("*.json") if _is_result(file))
            logs.append(path)
        elif _is_result(local):
            results.append(local)
        else:
            logs.append(path)
    given = [_given(path) for path in dict.fromkeys(results)]
    here = {log.eval.eval_id for log in read_headers(logs).runs} if given else set()
    logs += _named(one for one in given if one.result and one.result.eval_id not in here)
    return Gathered(read_headers(logs), tuple(given))


def _is_result(path: Path) -> bool:
    if path.suffix != ".json" or not path.is_file():
        return False
    try:
        with path.open("rb") as file:
            return MARK in file.read(HEAD)
    except OSError as error:
        raise LogsError(f"{path} cannot be read: {why(error)}") from error


def _given(path: Path) -> Given:
    try:
        return Given(path, read_result(path), "")
    except ResultError as error:
        return Given(path, None, str(error))


def _named(given: Iterable[Given]) -> list[str]:
    """Return the logs of results that are here."""
    found = []
    for one in given:
        assert one.result is not None
        named = Path(one.result.log.removeprefix("file://"))
        for place in (named, one.path.with_name(named.name)):
            if place.suffix in (".eval", ".json") and place.is_file():
                found.append(str(place))
                break
    return found
