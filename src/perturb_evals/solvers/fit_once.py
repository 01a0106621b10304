"""Fit a method once for all the questions that share its training data."""

from collections.abc import Callable, Hashable
from types import TracebackType
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Method = TypeVar("Method")


class FitOnce(Generic[Key, Method]):
    """Calls `fit` once a key and hands out what it gave, or raises again what it raised.

    A fit that failed is not tried again for every question: it may wait for a network each time.
    """

    def __init__(self, fit: Callable[[Key], Method]) -> None:
        self._fit = fit
        self._fitted: dict[Key, Method] = {}
        # The traceback is kept as it was, as each raise makes that of the error longer.
        self._failed: dict[Key, tuple[Exception, TracebackType | None]] = {}

    def __call__(self, key: Key) -> Method:
        """Return the method fitted for a key."""
        if key not in self._fitted and key not in self._failed:
            try:
                self._fitted[key] = self._fit(key)
            except Exception as error:
                self._failed[key] = error, error.__traceback__
        if key in self._failed:
            failure, traceback = self._failed[key]
            raise failure.with_traceback(traceback)
        return self._fitted[key]
