"""What several commands take and say: -T NAME=VALUE as for `inspect eval`, a screen, an error."""

import argparse
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from perturb_evals.cli.tables.terminal import short
from perturb_evals.datasets.errors import ArgumentError, why

if TYPE_CHECKING:
    from perturb_evals.datasets.screens.load import ScreenRequest

    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]

ABOUT_SCREEN = "replogle_k562, replogle_rpe1, demo, or the path of a .h5ad or .zip file"


@contextmanager
def usage() -> Iterator[None]:
    """Take what is wrong with values that were given for an error of usage."""
    try:
        yield
    except (TypeError, ValueError) as error:
        raise ArgumentError(str(error)) from error


LONGEST = 4000
"""Characters of an error: it may quote a file."""


def complain(command: str | None, error: Exception | str, code: int = 1) -> int:
    """Say on stderr, in one line, what is wrong; return the exit code."""
    name = f"perturb-evals {command}" if command else "perturb-evals"
    print(f"{name}: {short(str(error), LONGEST)}", file=sys.stderr)
    return code


def task_name(name: str) -> str:
    """Return the name of a task without the package's prefix."""
    return name.removeprefix("perturb_evals/")


def add_named(parser: argparse._ActionsContainer, flag: str, dest: str, text: str) -> None:
    """Add an option that takes NAME=VALUE and may be given several times."""
    parser.add_argument(
        flag, action="append", default=[], dest=dest, metavar="NAME=VALUE", help=text
    )


def add_prices(parser: argparse.ArgumentParser) -> None:
    """Add the prices of models, by Inspect's name for them; old calls say `--prices`."""
    parser.add_argument(
        "--model-cost-config",
        type=Path,
        dest="prices",
        metavar="FILE",
        help="prices of models, as for `inspect eval`: YAML or JSON with input, output, "
        "input_cache_write and input_cache_read in dollars per million tokens by model",
    )
    parser.add_argument("--prices", type=Path, help=argparse.SUPPRESS)


def add_forms(parser: argparse.ArgumentParser) -> None:
    """Add how much is printed, and in which form; `form` is None for the short tables."""
    chosen = parser.add_mutually_exclusive_group()
    for form, text in (
        ("brief", "print the sentences alone"),
        ("verbose", "print everything: all rows and columns, how to read them, every note"),
        ("json", "print a list of objects for programs, with full numbers"),
        ("csv", "print the same as CSV"),
    ):
        chosen.add_argument(f"--{form}", dest="form", action="store_const", const=form, help=text)


def named_values(option: str, pairs: Iterable[str]) -> dict[str, Any]:
    """Read NAME=VALUE pairs as `inspect eval` does.

    A value is YAML: numbers, true, false, null, lists in brackets. All else is text, and a list
    where it has commas.

    Args:
        option: How the option is called, for the message.
        pairs: What was typed. A hyphen in a name is an underscore.

    Raises:
        ValueError: A pair without a name or without `=`, or a value that is no YAML.
    """
    import yaml

    read = {}
    for name, text in _pairs(option, pairs).items():
        try:
            value = yaml.safe_load(text)
        except (yaml.YAMLError, RecursionError) as error:
            said = f"{text[:200]!r}: {why(error)}"
            raise ValueError(f"{option} {name} expects YAML; got {said}") from error
        read[name] = value.split(",") if isinstance(value, str) and "," in value else value
    return read


def add_screen(parser: argparse.ArgumentParser) -> None:
    """Add the screen, and -T for what else names its data."""
    parser.add_argument("screen", metavar="SCREEN", help=ABOUT_SCREEN)
    add_named(
        parser,
        "-T",
        "task_args",
        "perturbation_column, control, cell_line or split, as for the task langpert",
    )


def screen_request(args: argparse.Namespace) -> "tuple[ScreenRequest, str | None]":
    """Return the screen that was asked for, and the path of the split file, if one was given.

    Values are names and paths, so they stay text whatever they look like.

    Raises:
        ValueError: A pair that is none, or an argument of another name.
    """
    from perturb_evals.datasets.options import refuse_unknown
    from perturb_evals.datasets.screens.load import ScreenRequest

    def named(
        perturbation_column: str | None = None,
        control: str | None = None,
        cell_line: str | None = None,
        split: str | None = None,
        **unknown: object,
    ) -> tuple[ScreenRequest, str | None]:
        refuse_unknown(unknown, named)
        return ScreenRequest(args.screen, perturbation_column, control, cell_line), split

    return named(**_pairs("-T", args.task_args))


def _pairs(option: str, pairs: Iterable[str]) -> dict[str, str]:
    read = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name.strip():
            raise ValueError(f"{option} expects NAME=VALUE; got {pair!r}.")
        read[name.strip().replace("-", "_")] = value
    return read
