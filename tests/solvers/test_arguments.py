"""What is typed after -T and -S: an odd value is refused by name, and never by accident."""

from collections.abc import Callable
from inspect import Parameter, signature
from pathlib import Path
from typing import Any

import click
import pytest

from perturb_evals import _registry
from perturb_evals.datasets.errors import ArgumentError, DataError
from perturb_evals.solvers.pairs.ask import ask

# As the command line of Inspect gives them: YAML, and a list where there is a comma.
TYPED = (
    *("abc", "", " ", "1.5", "0x", "none", "/nowhere/at/all.csv", "/tmp"),
    *(-1, 0, 3, 10**30, 1.5, float("nan"), float("inf"), True, False, None),
    *([], [1, 2], ["a", "b"], [None], {}, {"a": 1}),
)
NEEDED = {"file": __file__, "logs": __file__}


def arguments() -> list[Any]:
    return [
        pytest.param(make, name, id=f"{make.__name__}-{name}")
        for make in (*_registry.TASKS, *_registry.SOLVERS)
        for name, parameter in signature(make).parameters.items()
        if parameter.kind is not Parameter.VAR_KEYWORD
    ]


def needed(make: Callable[..., Any]) -> dict[str, Any]:
    demo = {"screen": "demo"} if make.__name__ == "langpert" else {"dataset": "demo"}
    if make in _registry.TASKS:
        return demo
    return {name: NEEDED[name] for name in signature(make).parameters if name in NEEDED}


@pytest.mark.parametrize(("make", "name"), arguments())
def test_whatever_is_typed_is_taken_or_refused_in_words(
    make: Callable[..., Any], name: str, put_tables: Callable[..., Path]
):
    put_tables({})  # nothing is downloaded
    for value in TYPED:
        try:
            make(**{**needed(make), name: value})
        except (ArgumentError, DataError) as error:
            said = str(error)
            assert said.strip(), value
            assert "Errno" not in said, said
            assert "Error(" not in said, said


@pytest.mark.each("make", _registry.SOLVERS)
def test_an_argument_that_a_solver_does_not_have_is_named(make: Callable[..., Any]):
    with pytest.raises(ValueError, match=r"There is no argument filee?s?\b") as caught:
        make(**{**needed(make), "filees": "x"})
    for name in signature(make).parameters:
        assert name in str(caught.value)


@pytest.mark.each("make", _registry.SOLVERS)
def test_too_many_arguments_or_none_where_one_is_needed(make: Callable[..., Any]):
    with pytest.raises(ArgumentError, match=f"{make.__name__}: too many positional arguments"):
        make(*"abcdefghijk")
    if needed(make):
        with pytest.raises(ArgumentError, match=f"{make.__name__}: missing a required argument"):
            make()


def test_in_python_they_are_exceptions_like_any_other():
    with pytest.raises(ValueError, match=r"^answer must be one of") as caught:
        ask(answer="yes")
    assert isinstance(caught.value, click.ClickException)
    assert caught.value.exit_code == 1
    assert not isinstance(DataError("x"), ValueError)
    for kind in (ArgumentError, DataError):
        error = kind("two\nlines")
        assert str(error) == error.format_message() == "two\nlines"
        assert error.args == ("two\nlines",)
