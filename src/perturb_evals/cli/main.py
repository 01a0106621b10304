"""Entry point of the `perturb-evals` command."""

import argparse
import os
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
    next_step,
    predict,
    results,
    split,
    train,
)
from perturb_evals.cli.arguments import complain
from perturb_evals.cli.check_solver import command as check_solver
from perturb_evals.cli.curve import command as curve
from perturb_evals.cli.run import command as run
from perturb_evals.datasets.errors import ArgumentError, DataError, why

COMMANDS = (
    listing,
    estimate,
    data,
    run,
    demo,
    check_screen,
    split,
    train,
    predict,
    calibrate,
    curve,
    leaderboard,
    compare,
    results,
    check_solver,
    check_submission,
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code; without a command, say what to do next.

    What a user can mend is told in one line on stderr, without a traceback: 2 for an argument that
    is not allowed, 1 for data, logs and files that cannot be had or used. Nothing is told where
    nobody reads on, as behind `| head`.

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
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND")
    parser.set_defaults(run=next_step.run)
    for command in COMMANDS:
        command.add_parser(subparsers)
    args = parser.parse_args(argv)
    try:
        code = int(args.run(args))
        sys.stdout.flush()  # a reader that has gone is met here, not when Python ends
        return code
    except ArgumentError as error:
        return complain(args.command, error, code=2)
    except DataError as error:
        return complain(args.command, error)
    except BrokenPipeError:
        return _nobody_reads()
    except OSError as error:
        file = error.filename2 or error.filename  # of two, the one that something was renamed to
        about = f"{file}: " if file else ""
        return complain(args.command, f"{about}{why(error)}")


def _nobody_reads() -> int:
    """Leave quietly, with the code that Rich leaves with: a pipe such as `| head` has enough."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 1


if __name__ == "__main__":
    sys.exit(main())
