"""What baselines share: they say what they read, and are fitted once for many questions."""

from collections.abc import Callable, Hashable
from types import TracebackType
from typing import Any, Literal, TypeVar

Reads = Literal["none", "within", "track", "truth"]
"""What a baseline reads: nothing; no more than training rows of the own line, whatever more is
open; all that the track of its run opens; or, as the oracle, the truth that it is judged on."""

READS: dict[str, Reads] = {}
"""What each baseline reads, by the name of its solver; filled where the solvers are defined."""

MakeSolver = TypeVar("MakeSolver", bound=Callable[..., Any])
Key = TypeVar("Key", bound=Hashable)
Method = TypeVar("Method")


def baseline(reads: Reads) -> Callable[[MakeSolver], MakeSolver]:
    """Say of a solver that it is a baseline, a method without a model; stands above `@solver`.

    The leaderboard goes by it: a baseline is listed and ranked under its own name, whichever model
    its run names.

    Args:
        reads: What it reads, see `Reads`.
    """

    def enter(make: MakeSolver) -> MakeSolver:
        READS[make.__name__] = reads
        return make

    return enter


def fit_once(fit: Callable[[Key], Method]) -> Callable[[Key], Method]:
    """Return `fit` so that it is called once a key, and raises again what it raised then.

    A fit that failed is not tried again for every question: it may wait for a network each time.
    """
    fitted: dict[Key, Method] = {}
    # The traceback is kept as it was, as each raise makes that of the error longer.
    failed: dict[Key, tuple[Exception, TracebackType | None]] = {}

    def once(key: Key) -> Method:
        if key not in fitted and key not in failed:
            try:
                fitted[key] = fit(key)
            except Exception as error:
                failed[key] = error, error.__traceback__
        if key in failed:
            failure, traceback = failed[key]
            raise failure.with_traceback(traceback)
        return fitted[key]

    return once
