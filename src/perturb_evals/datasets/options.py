"""Checks of what a user typed."""

import difflib
import inspect
import math
from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from pathlib import Path
from typing import ParamSpec, TypeVar

from perturb_evals.datasets.errors import ArgumentError

Word = TypeVar("Word", bound=str)
Arguments = ParamSpec("Arguments")
Made = TypeVar("Made")


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


def number(name: str, value: object, *, zero: bool = False) -> float:
    """Return `value` if it is a finite number above 0, and no bool.

    Args:
        name: Name of the argument, for the message.
        value: What the user gave, of any type.
        zero: Whether 0 is allowed too.

    Raises:
        ValueError: It is not.
    """
    given = value if isinstance(value, int | float) and not isinstance(value, bool) else math.nan
    if 0 < given < math.inf or (zero and given == 0):
        return float(given)
    raise ArgumentError(
        f"{name} must be a finite number {'from 0' if zero else 'above 0'}; got {value!r}."
    )


def text(name: str, value: object) -> str:
    """Return `value` if it is text.

    Args:
        name: Name of the argument, for the message.
        value: What the user gave, of any type; the command line of Inspect reads `5` as a number.

    Raises:
        ValueError: It is not.
    """
    if not isinstance(value, str):
        raise ArgumentError(
            f"{name} must be text; got {value!r}. In quotes it is: {name}='\"{value}\"'."
        )
    return value


def file_path(name: str, value: object, known: Iterable[str] = ()) -> Path:
    """Return the path of a file that is there, with the user's home for `~`.

    Args:
        name: Name of the argument, for the message.
        value: What the user gave, of any type.
        known: Names that may stand in the place of a path, for the message.

    Raises:
        ValueError: It is no text, or there is no file of that name; a folder is none.
    """
    path = Path(text(name, value)).expanduser()
    if not path.is_file():
        wanted = ", ".join([*known, "the path of a file"])
        found = "that is a folder" if path.is_dir() else f"there is no file {path.absolute()}"
        raise ArgumentError(f"{name} must be {wanted}; got {value!r}, and {found}.")
    return path


def named_arguments(make: Callable[Arguments, Made]) -> Callable[Arguments, Made]:
    """Let a function refuse arguments that it does not have, or lacks, as it does wrong values.

    Inspect passes the arguments of `-S` on as they are, and Python's own TypeError would come with
    a traceback. Stands below `@solver`.
    """

    @wraps(make)
    def checked(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Made:
        signature = inspect.signature(make)
        refuse_unknown(
            {name: value for name, value in kwargs.items() if name not in signature.parameters},
            make,
        )
        try:
            signature.bind(*args, **kwargs)
        except TypeError as error:
            raise ArgumentError(
                f"{make.__name__}: {error}. Its arguments are {', '.join(signature.parameters)}."
            ) from error
        return make(*args, **kwargs)

    return checked


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
        listed = f"The arguments are {', '.join(known)}." if known else "There are none."
        raise ArgumentError(f"There is no argument {name}.{hint} {listed}")
