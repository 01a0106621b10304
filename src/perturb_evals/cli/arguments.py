"""Arguments as `inspect eval` takes them: -T NAME=VALUE, and those that name a screen."""

import argparse
import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from perturb_evals.datasets.screens.load import ScreenRequest

NO_MODEL = "none/none"
"""What Inspect calls no model: it fails when it is asked."""

ABOUT_SCREEN = "replogle_k562, replogle_rpe1, demo, or the path of a .h5ad or .zip file"


def named_values(option: str, pairs: Iterable[str]) -> dict[str, Any]:
    """Read NAME=VALUE pairs.

    Numbers, true, false, null and JSON are read as such, as Inspect reads them; all else is text.

    Args:
        option: How the option is called, for the message.
        pairs: What was typed. A hyphen in a name is an underscore.

    Raises:
        ValueError: A pair without a name or without `=`.
    """
    return {name: _value(text) for name, text in _pairs(option, pairs).items()}


def add_screen(parser: argparse.ArgumentParser) -> None:
    """Add the screen, and -T for what else names its data."""
    parser.add_argument("screen", metavar="SCREEN", help=ABOUT_SCREEN)
    parser.add_argument(
        "-T",
        action="append",
        default=[],
        dest="task_args",
        metavar="NAME=VALUE",
        help="perturbation_column, control, cell_line or split, as for the task langpert",
    )


def screen_request(args: argparse.Namespace) -> "tuple[ScreenRequest, str | None]":
    """Return the screen that was asked for, and the path of the split file, if one was given.

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


def _value(text: str) -> Any:
    plain = text.lower() if text.lower() in ("true", "false", "null") else text
    try:
        return json.loads(plain, parse_constant=str)
    except ValueError:
        return text
