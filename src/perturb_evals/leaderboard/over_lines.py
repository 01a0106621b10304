"""The number that publications give: the plain mean of a headline over cell lines or screens."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from perturb_evals.leaderboard.boards import Board
from perturb_evals.leaderboard.figures import figure_of
from perturb_evals.leaderboard.interleaved import published_beside
from perturb_evals.leaderboard.ranks import Row
from perturb_evals.leaderboard.results.result import Figure

Integers = NDArray[np.int64]


@dataclass(frozen=True)
class OverLines:
    """The macro mean of a task's headline: its plain mean over cell lines or screens.

    Attributes:
        task: The task.
        headline: The metric.
        contexts: What the mean is over, two or more; a screen that was cut anew is not among them.
        published: Systems with a published number for each of them, and the mean of these, the
            best first: of other protocols, and never ranked.
    """

    task: str
    headline: str
    contexts: tuple[str, ...]
    published: tuple[tuple[str, float], ...]

    @property
    def title(self) -> str:
        """What it is, in a few words."""
        return f"{self.task}: mean {self.headline}"

    def in_words(self, mean_text: Callable[[float], str]) -> str:
        """Return what the mean is over, and what was published over the same, in sentences.

        Args:
            mean_text: Writes a published mean.
        """
        said = f"{self.title} is the plain mean over {', '.join(self.contexts)}."
        if not self.published:
            return said
        beside = ", ".join(f"{system} {mean_text(value)}" for system, value in self.published)
        return f"{said} Published over the same, of other protocols and not ranked: {beside}."


def over_lines(parts: tuple[Board, ...], track: str) -> tuple[OverLines, ...]:
    """Return the tasks that several parts share."""
    by_task: dict[str, list[Board]] = defaultdict(list)
    for board in parts:
        by_task[str(board.parts["task"])].append(board)
    return tuple(
        OverLines(
            task,
            boards[0].headline,
            tuple(str(board.parts["context"]) for board in boards),
            _published(boards, track),
        )
        for task, boards in by_task.items()
        if len(boards) > 1
    )


def _published(boards: Sequence[Board], track: str) -> tuple[tuple[str, float], ...]:
    """Return the mean published value of each system that has one for all of some boards."""
    values: dict[str, list[float]] = defaultdict(list)
    for board in boards:
        for line in published_beside(track, board.family.published(board.parts)):
            values[line.system].append(line.value)
    sign = 1 if boards[0].better == "lower" else -1
    means = [(name, float(np.mean(v))) for name, v in values.items() if len(v) == len(boards)]
    return tuple(sorted(means, key=lambda mean: (sign * mean[1], mean[0])))


def mean_headline(
    system: str,
    over: OverLines,
    parts: tuple[Board, ...],
    tables: list[dict[str, Row]],
    weights: list[Integers],
) -> Figure | None:
    """Return a system's mean headline over the lines of a task; None where it lacks one."""
    values, drawn = [], []
    for board, table, drawn_of in zip(parts, tables, weights, strict=True):
        if board.parts["task"] != over.task:
            continue
        if system not in table:
            return None
        outcome = table[system].entry.outcome
        values.append(outcome.value)
        drawn.append(outcome.resampled(drawn_of))
    return figure_of(float(np.mean(values)), np.mean(drawn, axis=0))
