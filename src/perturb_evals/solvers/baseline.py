"""What baselines share: they say what they read, and are fitted once for many questions."""

from collections.abc import Callable, Hashable, Mapping
from types import TracebackType
from typing import Any, Literal, TypeVar

Reads = Literal["none", "within", "track", "truth"]
"""What a baseline reads: nothing; no more than training rows of the own line, whatever more is
open; all that the track of its run opens; or, as the oracle, the truth that it is judged on."""

READS: dict[str, Reads] = {}
"""What each baseline reads, by the name of its solver; filled where the solvers are defined."""

Needs = str | Callable[[Mapping[str, Any]], str]
"""The track with the fewest training rows that a baseline can run on, or a function that gives it
for the arguments of the solver; empty for any track."""

NEEDS: dict[str, Needs] = {}
"""What each baseline needs, by the name of its solver; filled as `READS` is."""

MakeSolver = TypeVar("MakeSolver", bound=Callable[..., Any])
Key = TypeVar("Key", bound=Hashable)
Method = TypeVar("Method")


def baseline(reads: Reads, needs: Needs | None = None) -> Callable[[MakeSolver], MakeSolver]:
    """Say of a solver that it is a baseline, a method without a model; stands above `@solver`.

    The leaderboard goes by it: a baseline is listed and ranked under its own name, whichever model
    its run names.

    Args:
        reads: What it reads, see `Reads`.
        needs: The least track that it can run on, see `Needs`; by default that of the rows it
            reads, and any track for one that reads what there is. A log of it that declares less is
            not ranked.
    """

    def enter(make: MakeSolver) -> MakeSolver:
        READS[make.__name__] = reads
        usual = reads if reads == "within" else ""
        NEEDS[make.__name__] = usual if needs is None else needs
        return make

    return enter


def needed_track(solver: str, arguments: Mapping[str, Any]) -> str:
    """Return the track with the fewest rows that a solver can run on; empty for any.

    Args:
        solver: Its name.
        arguments: Its arguments; those that are not among them are as by default.
    """
    needs = NEEDS.get(solver, "")
    return needs if isinstance(needs, str) else needs(arguments)


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
