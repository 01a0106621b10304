"""The headers of the runs in some log folders, and what was set aside with its reason."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TypeAlias
from urllib.parse import unquote

from inspect_ai.log import EvalLog, list_eval_logs, read_eval_log

from perturb_evals.datasets.errors import DataError, why
from perturb_evals.logs.unpacked import LogTooLargeError, check_header

PREFIX = "perturb_evals/"
LOG_SUFFIXES = (".eval", ".json")
TAKEN_UP = "The run was taken up again."
NEEDED = ("board_key", "data_sha256", "n_questions", "licence", "citation")
"""What the header of every run says beside the parts of its board."""


OF_ODD_LOGS = (ValueError, KeyError, TypeError, RecursionError, OverflowError)
"""What reading a log raises that is not as this package writes it."""

Copy: TypeAlias = tuple[EvalLog, str]
"""A header with the content that copies of a run must agree in."""


class LogsError(DataError):
    """Logs that cannot be used. The message says which, and what to do."""


@dataclass(frozen=True)
class SetAside:
    """A log that takes no part.

    Attributes:
        log: Its location.
        reason: Why, in a sentence.
    """

    log: str
    reason: str


@dataclass(frozen=True, eq=False)
class Headers:
    """What was found.

    Attributes:
        runs: Headers of this package's runs, whatever their status, the oldest first.
        set_aside: All other logs with the reason, sorted by location.
    """

    runs: tuple[EvalLog, ...]
    set_aside: tuple[SetAside, ...]


def read_headers(paths: Sequence[str | Path]) -> Headers:
    """Read the headers of all logs; no sample is read.

    A log given twice, or copied under another name, counts once: runs are told apart by their own
    id. Of copies that differ the one that got furthest counts, and none where that does not settle
    it. Of a run that was taken up again, only the last log counts.

    Args:
        paths: Log files and folders, local or any URL that fsspec knows; folders are searched with
            all folders in them.

    Raises:
        LogsError: A local path that does not exist, or a path that stands in no list.
    """
    if isinstance(paths, str | Path):
        raise LogsError(f"expected a list of logs and folders; got {str(paths)!r} alone.")
    copies: dict[str, list[Copy]] = defaultdict(list)
    set_aside = []
    for file in sorted({file for path in paths for file in _files(str(path))}):
        try:
            check_header(file)
            header = read_eval_log(file, header_only=True)
            content = _content(header)
        except LogTooLargeError as error:
            set_aside.append(SetAside(file, error.message))
            continue
        except Exception as error:  # of zip, JSON or pydantic, e.g. after a write broken off
            set_aside.append(SetAside(file, f"It cannot be read: {named(error)}."))
            continue
        if fault := _fault(header):
            set_aside.append(SetAside(file, fault))
        else:
            copies[header.eval.eval_id].append((header, content))
    found = []
    for logs in copies.values():
        furthest = _furthest(logs)
        if len({content for _, content in furthest}) == 1:
            found.append(furthest[0][0])
        else:
            set_aside += [
                SetAside(log.location, _contradiction(log, content, furthest))
                for log, content in furthest
            ]
    runs = sorted(found, key=lambda log: (_created(log), log.eval.eval_id))
    last = {log.eval.task_id: log.eval.eval_id for log in runs}
    superseded = [log for log in runs if last[log.eval.task_id] != log.eval.eval_id]
    set_aside += [SetAside(log.location, TAKEN_UP) for log in superseded]
    return Headers(
        tuple(log for log in runs if last[log.eval.task_id] == log.eval.eval_id),
        tuple(sorted(set_aside, key=lambda aside: aside.log)),
    )


def _files(path: str) -> list[str]:
    if "://" not in path and not Path(path).exists():
        raise LogsError(f"There is no log file or folder at {path!r}.")
    if path.endswith(LOG_SUFFIXES):
        return [path]
    # As plain paths: of a file:// address Inspect takes `#` and `?` for more than letters.
    return [info.name.removeprefix("file://") for info in list_eval_logs(path)]


def _fault(log: EvalLog) -> str:
    """Return why a log is no run of this package, or none to be used; empty for one that is."""
    about = log.eval.metadata or {}
    board = about.get("board")
    if not isinstance(board, Mapping) or not {"task", "context"} <= set(board):
        return f"It is a run of another task, {log.eval.task}."
    if lacking := [name for name in NEEDED if name not in about]:
        return f"Its header lacks {', '.join(lacking)}: it is not as this package writes it."
    if log.invalidated:
        return "The run was invalidated."
    return ""


def _furthest(logs: list[Copy]) -> list[Copy]:
    def progress(log: EvalLog) -> tuple[bool, int]:
        return log.status == "success", log.results.completed_samples if log.results else 0

    most = max(progress(log) for log, _ in logs)
    return [copy for copy in logs if progress(copy[0]) == most]


def _content(log: EvalLog) -> str:
    """Return what copies of a run must agree in: what was asked and how, and the results."""
    results = log.results.model_dump(mode="json") if log.results else None
    return json.dumps([log.status, log.eval.model_dump(mode="json"), results], sort_keys=True)


def _contradiction(log: EvalLog, content: str, copies: list[Copy]) -> str:
    other = next(copy for copy, said in copies if said != content)
    name = log_name(other.location)
    which = f"Another {name}" if name == log_name(log.location) else name
    return f"{which} is of the same run and says otherwise; keep one of them."


def named(error: Exception) -> str:
    """Return what kept a log from being read, by kind: its message would be of the file's text."""
    return why(error) if isinstance(error, RecursionError) else type(error).__name__


def log_name(location: str) -> str:
    """Return the last part of a log's location; the folders are those of somebody's machine."""
    return unquote(location.rstrip("/").rpartition("/")[2])


def _created(log: EvalLog) -> datetime:
    return datetime.fromisoformat(log.eval.created).astimezone()
