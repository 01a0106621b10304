"""All runs of some folders as results, whatever became of them, and a file name for each."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from inspect_ai.log import EvalLog

from perturb_evals.datasets.errors import why
from perturb_evals.leaderboard.results.from_log import result_of
from perturb_evals.leaderboard.results.result import Result
from perturb_evals.logs.headers import OF_ODD_LOGS, LogsError, SetAside, read_headers
from perturb_evals.logs.samples import read_samples
from perturb_evals.solvers.asking.prices import Prices

LONGEST = 100
"""Letters of a file name that say which board it is."""

ID_DIGITS = 12


@dataclass(frozen=True, eq=False)
class Runs:
    """What some folders hold.

    Attributes:
        results: A result a run, the oldest run first.
        set_aside: Logs that are no runs of this package, or cannot be read, by location.
    """

    results: tuple[Result, ...]
    set_aside: tuple[SetAside, ...]


def read_runs(paths: Sequence[str], prices: Prices | None = None) -> Runs:
    """Read all runs, complete or not.

    One log at a time is in memory, and of its samples the summaries.

    Args:
        paths: Log files and folders, see `read_headers`.
        prices: Prices by name of the model, see `result_of`.

    Raises:
        LogsError: No such path.
    """
    headers = read_headers(paths)
    results, set_aside = [], list(headers.set_aside)
    for log in headers.runs:
        try:
            results.append(whole_result(log, prices))
        except LogsError as error:
            set_aside.append(SetAside(log.location, str(error)))
    return Runs(tuple(results), tuple(sorted(set_aside, key=lambda aside: aside.log)))


def whole_result(log: EvalLog, prices: Prices | None = None) -> Result:
    """Return the result of a run with all that its samples say.

    A run that ended before it had any results has no samples that count; it is read by its header.

    Args:
        log: Its header.
        prices: Prices by name of the model, see `result_of`.

    Raises:
        LogsError: The header or the samples are not as this package writes them.
    """
    samples = read_samples(log) if log.results and log.results.scores else None
    try:
        return result_of(log, samples, prices)
    except OF_ODD_LOGS as error:
        raise LogsError(f"Its header is not as this package writes it: {why(error)}") from error


def file_name(result: Result) -> str:
    """Return a name for the file of a result: its board, and a hash of the run's id.

    The same run has the same name, two runs have two; nothing but a-z, 0-9, `.`, `_` and `-` is in
    it, whatever the log says.
    """
    board = re.sub(r"[^a-z0-9._-]+", "-", result.board_key.lower()).strip("-._")
    run = hashlib.sha256(result.eval_id.encode(errors="replace")).hexdigest()
    return f"{board[:LONGEST] or 'run'}-{run[:ID_DIGITS]}.json"
