"""Learning curves from the headers of finished logs: the points, and the lines that join them."""

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from inspect_ai.log import EvalLog

from perturb_evals.datasets.errors import DataError
from perturb_evals.datasets.screens.splits import N_FOLDS
from perturb_evals.families.expression.family import Expression
from perturb_evals.leaderboard.entries import board_fault, board_of
from perturb_evals.leaderboard.results.from_log import result_of
from perturb_evals.leaderboard.results.result import Figure, Result
from perturb_evals.leaderboard.systems import identity, names
from perturb_evals.logs.headers import TAKEN_UP, read_headers

(TASK,) = Expression.tasks
METRIC = Expression.headline
WHOLE = "all"
"""The board's word for a training set that was not cut."""


class CurveError(DataError):
    """Logs that make no curve. The message says which, and what to do."""


@dataclass(frozen=True, eq=False)
class CurvePoint:
    """A finished run and its number of training perturbations."""

    result: Result
    size: int

    @property
    def train(self) -> str:
        """How the training sets were cut, as the board says it, e.g. `100x3/seed0`."""
        return str(self.result.board["train"])

    @property
    def cut(self) -> str:
        """The same without the size, e.g. `x3/seed0`, or `all`."""
        return WHOLE if self.train == WHOLE else "x" + self.train.partition("x")[2]

    @property
    def figures(self) -> tuple[float, float, float]:
        """The mean of `METRIC`, lower and upper end of its 95% interval; nan for what is not."""
        found = self.result.metrics.get(METRIC, Figure(value=None))
        value, lower, upper = (
            math.nan if end is None else end for end in (found.value, found.lower, found.upper)
        )
        return value, lower, upper

    @property
    def paper_se(self) -> float | None:
        """Standard error over folds; None for fewer than two."""
        found = self.result.metrics.get(f"{METRIC}_paper_se")
        return found.value if found else None


Lines = dict[str, list[CurvePoint]]


@dataclass(frozen=True)
class Curve:
    """Learning curves on one board.

    Attributes:
        screen: Name of the screen as the user gave it to the task.
        context: Name of the screen as the board has it.
        n_perturbations: Number of perturbations of the screen.
        lines: The points of each line by size; the line with the best last point first.
        passed_by: How many logs make no point, by reason.
    """

    screen: str
    context: str
    n_perturbations: int
    lines: Lines
    passed_by: dict[str, int]


def read_curve(paths: Sequence[str], board: Mapping[str, Any] | None = None) -> Curve:
    """Read the points of some logs; only their headers are read.

    Which logs count as runs, `read_headers` says. Of several runs of one system with the same
    training sets the newest counts; runs that differ in how the training sets were cut are
    different lines, see `lines`. All other logs are counted by reason, but for those of runs that
    were taken up again.

    Args:
        paths: Log files, and folders with them.
        board: The board to read; runs on others, and those whose training size is not known, are
            then counted too. By default all runs must be on one board.

    Raises:
        LogsError: No such file or folder.
        CurveError: No point; without `board` also runs on different boards (other screens, data or
            splits), or a run whose training size is not known.
    """
    headers = read_headers(paths)
    passed_by = Counter(
        aside.reason.rstrip(".") for aside in headers.set_aside if aside.reason != TAKEN_UP
    )
    runs: dict[object, CurvePoint] = {}
    about: dict[str, Any] = {}
    for log in headers.runs:
        try:
            run = _point(log, board)
        except (KeyError, TypeError, ValueError):
            run = "not as this package writes them"
        if isinstance(run, str):
            passed_by[run] += 1
            continue
        place = (board_of(run.result), identity(run.result))
        passed_by["older runs of the same"] += place in runs
        runs[place] = run
        about = about or (log.eval.metadata or {})
    if not runs:
        counted = ", ".join(f"{count} {reason}" for reason, count in passed_by.items() if count)
        raise CurveError(
            f"There is no finished {TASK.__name__} run in {', '.join(paths)}; passed by: "
            f"{counted or 'nothing'}."
        )
    first, *others = (run.result for run in runs.values())
    for other in others:
        if differ := _differ(first.board, other.board):
            parts = (
                f"{name} is {first.board[name]} and {other.board.get(name)}" for name in differ
            )
            raise CurveError(
                f"The runs {first.log} and {other.log} cannot be in one plot: {', '.join(parts)}. "
                "Give logs of one screen and one split."
            )
    found = lines(list(runs.values()))
    return Curve(
        screen=str(first.task_args["screen"]),
        context=str(first.board["context"]),
        n_perturbations=about["n_perturbations"],
        lines=dict(sorted(found.items(), key=lambda line: (line[1][-1].figures[0], line[0]))),
        passed_by=dict(+passed_by),
    )


def lines(runs: Sequence[CurvePoint]) -> Lines:
    """Return the runs of each line by size, by the name of the line.

    A line is one system with one way to cut the training sets: the subsets of its sizes are then
    nested and equally many, so that its slope is that of the size. Only where a system has several
    cuts, the cut is part of the name. A run on the whole training sets ends the line of every cut
    that has no run of that size; it is a line of its own where there is none.

    Args:
        runs: Runs on one board but for its part `train`; none twice in system and `train`.
    """
    named = names([run.result for run in runs])
    systems: dict[str, Lines] = defaultdict(dict)
    for run in sorted(runs, key=lambda run: run.train == WHOLE):
        cuts = systems[identity(run.result)]
        ended = []
        if run.train == WHOLE:
            ended = [own for own in cuts.values() if run.size not in {one.size for one in own}]
        for own in ended or [cuts.setdefault(run.cut, [])]:
            own.append(run)
    found = {}
    for system, cuts in systems.items():
        for cut, own in cuts.items():
            name = named[system] if len(cuts) == 1 else f"{named[system]}, train={cut}"
            found[name] = sorted(own, key=lambda run: run.size)
    return found


def _point(log: EvalLog, board: Mapping[str, Any] | None) -> CurvePoint | str:
    """Return the point of a run, or why it makes none.

    Raises:
        KeyError, TypeError, ValueError: The header is not as this package writes it.
        CurveError: The training size is not known, where no board is given.
    """
    about = log.eval.metadata or {}
    if about["board"]["task"] != TASK.__name__:
        return "other tasks"
    if board is not None and _differ(board, about["board"]):
        return "other screens, data or splits"
    if fault := board_fault(about):
        raise ValueError(fault)
    result = result_of(log)
    if result.status != "complete":
        partial = result.status == "partial"
        return "some perturbations missing" if partial else "unfinished or failed"
    size = _size(result, about)
    if size is not None:
        return CurvePoint(result, size)
    if board is not None:
        return "training size not known"
    raise CurveError(
        f"{result.log}: with a split file and without n_train the log does not say how many "
        "training perturbations there were. Run it with n_train."
    )


def _size(result: Result, about: Mapping[str, Any]) -> int | None:
    """Return the size of the training sets; of folds that differ by one the rounded mean.

    None for a split file without n_train: the log does not say it.
    """
    given = result.task_args
    if given["n_train"] is not None:
        return int(given["n_train"])
    if given["split"] is not None:
        return None
    folds = N_FOLDS if given["fold"] == "all" else 1
    n_train: float = about["n_perturbations"] - result.n_questions / folds
    return round(n_train)


def _differ(board: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    """Return the parts that keep two runs out of one plot."""
    return [name for name in board if name != "train" and board[name] != other.get(name)]
