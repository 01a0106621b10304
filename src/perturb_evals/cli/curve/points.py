"""Points of learning curves, from the headers of finished langpert logs."""

import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inspect_ai.log import EvalLog, list_eval_logs, read_eval_log

from perturb_evals.cli.curve.lines import Run, checked_result, lines
from perturb_evals.datasets.screens.splits import N_FOLDS
from perturb_evals.leaderboard.systems import identity

TASK = "perturb_evals/langpert"
DEFAULT_SOLVER = "nearest_perturbations"
METRIC = "mae_top20"
LOG_SUFFIXES = (".eval", ".json")


class CurveError(Exception):
    """Logs that make no curve. The message says which, and what to do."""


@dataclass(frozen=True)
class CurvePoint:
    """One run.

    Attributes:
        system: The name of its line: the system, and the cut where a system has several.
        size: Number of training perturbations.
        train: How the training sets were cut, as the board says it, e.g. `100x3/seed0`.
        value: Mean of `METRIC` over perturbations.
        lower: Lower end of its 95% interval.
        upper: Upper end of its 95% interval.
        paper_se: Standard error over folds; None for fewer than two.
    """

    system: str
    size: int
    train: str
    value: float
    lower: float
    upper: float
    paper_se: float | None


@dataclass(frozen=True)
class Curve:
    """Learning curves on one board.

    Attributes:
        screen: Name of the screen as the user gave it to the task.
        context: Name of the screen as the board has it.
        n_perturbations: Number of perturbations of the screen.
        points: Sorted by system and size.
        passed_by: How many logs make no point, by reason.
    """

    screen: str
    context: str
    n_perturbations: int
    points: tuple[CurvePoint, ...]
    passed_by: dict[str, int]

    def by_system(self) -> dict[str, list[CurvePoint]]:
        """Return the points of each system by size; the system with the best last point first."""
        systems = defaultdict(list)
        for point in self.points:
            systems[point.system].append(point)
        return dict(sorted(systems.items(), key=lambda item: item[1][-1].value))


def read_curve(paths: Sequence[str], board: Mapping[str, Any] | None = None) -> Curve:
    """Read the points of some logs; only their headers are read.

    Of several runs of one system with the same training sets the newest counts; runs that differ in
    how the training sets were cut are different lines, see `curve_lines.lines`. Logs that cannot be
    read, of other tasks, of runs that did not end with success, and of runs that lack perturbations
    make no point and are counted; not so what is left of a run that was taken up again and ended
    well.

    Args:
        paths: Log files, and folders with them.
        board: The board to read; runs on others, and those whose training size is not known, are
            then counted too. By default all runs must be on one board.

    Raises:
        CurveError: No such file or folder, or no point; without `board` also runs on different
            boards (other screens, data or splits), or a run whose training size is not known.
    """
    passed_by: Counter[str] = Counter()
    runs: dict[tuple[str, str], Run] = {}
    found: dict[str, EvalLog] = {}
    for file in dict.fromkeys(file for path in paths for file in _files(path)):
        try:
            header = read_eval_log(file, header_only=True)
        except Exception:  # of zip, JSON or pydantic, e.g. after a write that was broken off
            passed_by["unreadable"] += 1
        else:
            found[header.eval.eval_id] = header
    ended = {log.eval.task_id for log in found.values() if not _unfit(log, board)}
    for log in sorted(found.values(), key=lambda header: header.eval.created):
        reason = _unfit(log, board)
        if reason:
            passed_by[reason] += log.eval.task_id not in ended
            continue
        try:
            result, size = checked_result(log), _size(log)
        except (KeyError, TypeError, ValueError):
            passed_by["not as this package writes them"] += 1
            continue
        if size is None:
            raise CurveError(
                f"{log.location}: with a split file and without n_train the log does not say how "
                "many training perturbations there were. Run it with n_train."
            )
        place = (identity(result), json.dumps(result.board, sort_keys=True))
        passed_by["older runs of the same"] += place in runs
        runs[place] = Run(log, result, size)
    if not runs:
        raise CurveError(
            f"There is no finished langpert run in {', '.join(paths)}; passed by: "
            f"{_counted(passed_by) or 'nothing'}."
        )
    _check_board([run.log for run in runs.values()])
    points = [_point(name, run) for name, own in lines(list(runs.values())).items() for run in own]
    first = next(iter(runs.values())).log
    metadata = _metadata(first)
    return Curve(
        screen=str(first.eval.task_args["screen"]),
        context=metadata["board"]["context"],
        n_perturbations=metadata["n_perturbations"],
        points=tuple(sorted(points, key=lambda point: (point.system, point.size))),
        passed_by=dict(+passed_by),
    )


def _files(path: str) -> list[str]:
    if "://" not in path and not Path(path).exists():
        raise CurveError(f"There is no log file or folder at {path!r}.")
    if path.endswith(LOG_SUFFIXES):
        return [path]
    return [info.name for info in list_eval_logs(path)]


def _unfit(log: EvalLog, board: Mapping[str, Any] | None) -> str:
    """Return why a log makes no point; empty for one that does."""
    if log.eval.task not in (TASK, TASK.rpartition("/")[2]):
        return "other tasks"
    if board is not None and _differ(board, _metadata(log).get("board", {})):
        return "other screens, data or splits"
    if log.status != "success" or not log.results:
        return "unfinished or failed"
    if _metrics(log).get("n_missing"):
        return "some perturbations missing"
    return "training size not known" if board is not None and _size(log) is None else ""


def _metrics(log: EvalLog) -> dict[str, float]:
    assert log.results is not None
    return {name: metric.value for name, metric in log.results.scores[0].metrics.items()}


def _metadata(log: EvalLog) -> dict[str, Any]:
    return log.eval.metadata or {}


def _size(log: EvalLog) -> int | None:
    """Return the size of the training sets; of folds that differ by one the rounded mean.

    None for a split file without n_train: the log does not say it.
    """
    given = log.eval.task_args
    if given["n_train"] is not None:
        return int(given["n_train"])
    if given["split"] is not None:
        return None
    folds = N_FOLDS if given["fold"] == "all" else 1
    metadata = _metadata(log)
    n_train: float = metadata["n_perturbations"] - metadata["n_questions"] / folds
    return round(n_train)


def _check_board(logs: list[EvalLog]) -> None:
    first, *others = logs
    board = _metadata(first)["board"]
    for log in others:
        other = _metadata(log)["board"]
        differ = _differ(board, other)
        if differ:
            parts = ", ".join(f"{name} is {board[name]} and {other.get(name)}" for name in differ)
            raise CurveError(
                f"The runs {first.location} and {log.location} cannot be in one plot: {parts}. "
                "Give logs of one screen and one split."
            )


def _differ(board: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    """Return the parts that keep two runs out of one plot."""
    return [name for name in board if name != "train" and board[name] != other.get(name)]


def _point(system: str, run: Run) -> CurvePoint:
    found = _metrics(run.log)
    return CurvePoint(
        system,
        run.size,
        run.train,
        found[METRIC],
        found[f"{METRIC}_lower"],
        found[f"{METRIC}_upper"],
        found.get(f"{METRIC}_paper_se"),
    )


def _counted(passed_by: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {reason}" for reason, count in passed_by.items() if count)
