"""Entry point of the `perturb-evals` command."""

import argparse
import sys
from collections.abc import Sequence

from perturb_evals import __version__
from perturb_evals.cli import (
    calibrate,
    check_screen,
    check_submission,
    compare,
    data,
    demo,
    estimate,
    leaderboard,
    listing,
    results,
    split,
)
from perturb_evals.cli.arguments import complain
from perturb_evals.cli.curve import command as curve
from perturb_evals.datasets.errors import ArgumentError, DataError

COMMANDS = (
    listing,
    estimate,
    data,
    demo,
    check_screen,
    split,
    calibrate,
    curve,
    leaderboard,
    compare,
    results,
    check_submission,
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code.

    What a user can mend is told in one line on stderr, without a traceback: 2 for an argument that
    is not allowed, 1 for data, logs and files that cannot be had or used.

    Args:
        argv: Arguments without the program's name; those of the process by default.
    """
    parser = argparse.ArgumentParser(
        prog="perturb-evals",
        description=(
            "How well does a language model predict what a genetic perturbation does to a cell? "
            "Evaluations run with `inspect eval perturb_evals/TASK --model MODEL`."
        ),
    )
    parser.add_argument("--version", action="version", version=f"perturb-evals {__version__}")
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for command in COMMANDS:
        command.add_parser(subparsers)
    args = parser.parse_args(argv)
    try:
        return int(args.run(args))
    except ArgumentError as error:
        return complain(args.command, error, code=2)
    except (DataError, OSError) as error:
        return complain(args.command, error)


if __name__ == "__main__":
    sys.exit(main())
