"""Lines of a learning curve: which runs belong to one, and what it is called."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from inspect_ai.log import EvalLog

from perturb_evals.leaderboard.entries import board_fault
from perturb_evals.leaderboard.results.from_log import result_of
from perturb_evals.leaderboard.results.result import Result
from perturb_evals.leaderboard.systems import identity, names

WHOLE = "all"
"""The board's word for a training set that was not cut."""


@dataclass(frozen=True, eq=False)
class Run:
    """A finished run.

    Attributes:
        log: Its header.
        result: The same as a result.
        size: Number of training perturbations.
    """

    log: EvalLog
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


def checked_result(log: EvalLog) -> Result:
    """Return the result of a run whose board is as this package writes it.

    Args:
        log: The header of a run of this package.

    Raises:
        KeyError, TypeError, ValueError: The header is not as this package writes it.
    """
    if fault := board_fault(log.eval.metadata or {}):
        raise ValueError(fault)
    return result_of(log)


def lines(runs: Sequence[Run]) -> dict[str, list[Run]]:
    """Return the runs of each line by its name.

    A line is one system with one way to cut the training sets: the subsets of its sizes are then
    nested and equally many, so that its slope is that of the size. Only where a system has several
    cuts, the cut is part of the name. A run on the whole training sets ends the line of every cut
    that has no run of that size; it is a line of its own where there is none.

    Args:
        runs: Runs on one board but for its part `train`; none twice in system and `train`.
    """
    named = names([run.result for run in runs])
    systems: dict[str, dict[str, list[Run]]] = defaultdict(dict)
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
            found[named[system] if len(cuts) == 1 else f"{named[system]}, train={cut}"] = own
    return found
