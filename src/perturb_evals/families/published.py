"""Published numbers, from package data to lines beside a board."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from perturb_evals.datasets.published import PublishedNumber, published_numbers


@dataclass(frozen=True)
class PublishedLine:
    """A published number as a reference beside a board; never ranked.

    Attributes:
        system: Name of the system, as its authors write it.
        metric: The board's headline metric.
        value: The published value.
        stderr: Its standard error over folds; None where none is given.
        n_train: Published size of the training sets, `full` where no number is given; None for
            questions.
        track: The evidence it read, as in the protocol of a run; None where it is not known.
        source: Where it stands.
        difference: How its protocol differs from the board's, in sentences; at least one.
    """

    system: str
    metric: str
    value: float
    stderr: float | None
    n_train: int | Literal["full"] | None
    track: str | None
    source: str
    difference: tuple[str, ...]


def published_numbers_of(
    board: Mapping[str, str | int], task: str, metric: str
) -> list[PublishedNumber]:
    """Return the numbers of a board's context, for a task as the publication calls it."""
    wanted = (board["context"], task, metric)
    return [n for n in published_numbers() if (n.dataset, n.task, n.metric) == wanted]


def published_line(number: PublishedNumber, track: str | None, words: list[str]) -> PublishedLine:
    """Return a number as a line, with the sentences on how its protocol differs."""
    return PublishedLine(
        number.system,
        number.metric,
        number.value,
        number.stderr,
        number.n_train,
        track,
        number.source,
        tuple(words),
    )
