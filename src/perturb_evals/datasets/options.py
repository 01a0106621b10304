"""Checks of what a user typed."""

import difflib
import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

from perturb_evals.datasets.errors import ArgumentError

Word = TypeVar("Word", bound=str)


def one_of(name: str, value: object, allowed: Iterable[Word]) -> Word:
    """Return `value` if it is one of the allowed words.

    Args:
        name: Name of the argument, for the message.
        value: What the user gave, of any type.
        allowed: The words that are allowed.

    Raises:
        ValueError: It is not; the message says what was got and what is allowed.
    """
    words = tuple(allowed)
    for word in words:
        if value == word:
            return word
    raise ArgumentError(f"{name} must be one of {', '.join(words)}; got {value!r}.")


def whole_number(name: str, value: object) -> int:
    """Return `value` if it is an int and no bool.

    Args:
        name: Name of the argument, for the message.
        value: What the user gave, of any type.

    Raises:
        ValueError: It is not.
    """
    if not isinstance(value, int) or isinstance(value, bool):
        raise ArgumentError(f"{name} must be a whole number; got {value!r}.")
    return value


def refuse_unknown(unknown: Mapping[str, object], function: Callable[..., object]) -> None:
    """Refuse arguments that a function does not have.

    Args:
        unknown: What the function's `**unknown` caught. `model` is let through, as Inspect may
            offer it to any task.
        function: The function, for the names that it does have.

    Raises:
        ValueError: Any other argument; the message names the closest known ones.
    """
    for name in sorted(set(unknown) - {"model"}):
        known = [known for known in inspect.signature(function).parameters if known != "unknown"]
        close = difflib.get_close_matches(name, known)
        hint = f" Did you mean {' or '.join(close)}?" if close else ""
        raise ArgumentError(
            f"There is no argument {name}.{hint} The arguments are {', '.join(known)}."
        )
