"""`perturb-evals estimate`: questions, calls and tokens of a run, before a cent is spent."""

import argparse
import re
import sys
from typing import TYPE_CHECKING, Any

from perturb_evals.solvers.asking.tokens import CHARACTERS_A_TOKEN, SYMBOL_CHARACTERS_A_TOKEN

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]


def add_parser(subparsers: "Subparsers") -> None:
    """Add `estimate`."""
    text = "say how many questions, calls and tokens a run would take"
    parser = subparsers.add_parser("estimate", help=text, description=text)
    parser.add_argument(
        "task",
        metavar="TASK",
        type=lambda name: name.removeprefix("perturb_evals/"),
        help="name of the task; `perturb-evals list` shows them",
    )
    parser.add_argument(
        "-T",
        action="append",
        default=[],
        dest="task_args",
        metavar="NAME=VALUE",
        help="an argument of the task, as for `inspect eval`",
    )
    parser.add_argument(
        "-S",
        action="append",
        default=[],
        dest="solver_args",
        metavar="NAME=VALUE",
        help="an argument of the task's own solver, e.g. variant=refine",
    )
    parser.add_argument("--epochs", type=int, default=1, help="answers per question (default: 1)")
    parser.add_argument("--output-tokens", type=int, help="tokens of one answer, if you know them")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the estimate; 2 when an argument is not allowed, 1 when the data cannot be had."""
    from perturb_evals.datasets.errors import DataError

    try:
        counts = estimate(
            args.task,
            _named("-T", args.task_args),
            args.epochs,
            args.output_tokens,
            _named("-S", args.solver_args),
        )
    except (KeyError, TypeError, ValueError) as error:
        print(f"perturb-evals estimate: {error}", file=sys.stderr)
        return 2
    except DataError as error:
        print(f"perturb-evals estimate: {error}", file=sys.stderr)
        return 1
    for name, value in counts.items():
        print(f"{name:<16}{value:>14,}")
    print(
        f"Tokens are counted at {CHARACTERS_A_TOKEN:.0f} characters each, at "
        f"{SYMBOL_CHARACTERS_A_TOKEN:.0f} in lists of candidates (the truth may be 25% higher). "
        "Output is a guess for a model without hidden reasoning, which can multiply it; "
        "measure a few questions and pass --output-tokens."
    )
    return 0


def estimate(
    task: str,
    task_args: dict[str, Any],
    epochs: int = 1,
    output_tokens: int | None = None,
    solver_args: dict[str, Any] | None = None,
) -> dict[str, int]:
    """Count what a run with the default solver would take.

    Args:
        task: Name of the task.
        task_args: Its arguments.
        epochs: Answers per question; at least 1.
        output_tokens: Tokens of one answer; by default a guess from its form.
        solver_args: Arguments of its own solver.

    Returns:
        questions, calls, input tokens and output tokens. What a model has to be asked again, for
        want of a usable answer, is not in it.

    Raises:
        KeyError: No such task.
        ValueError: An argument that is not allowed.
        TypeError: An argument that the task does not have.
    """
    from perturb_evals.families import family_of

    if epochs < 1:
        raise ValueError(f"epochs must be at least 1; got {epochs}.")
    if output_tokens is not None and output_tokens < 0:
        raise ValueError(f"output_tokens must be 0 or more; got {output_tokens}.")
    asked = family_of(task).asking(task, task_args, solver_args or {}, output_tokens)
    each = asked.reply_tokens if output_tokens is None else output_tokens
    return {
        "questions": asked.questions,
        "calls": asked.calls * epochs,
        "input tokens": round(asked.input_tokens) * epochs,
        "output tokens": asked.calls * epochs * each,
    }


def _named(flag: str, pairs: list[str]) -> dict[str, Any]:
    """Read NAME=VALUE pairs; whole numbers, true and false become such, as Inspect reads them.

    Raises:
        ValueError: A pair without `=`.
    """
    read: dict[str, Any] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals:
            raise ValueError(f"{flag} expects NAME=VALUE; got {pair!r}.")
        word = {"true": True, "false": False}.get(value.lower(), value)
        number = re.fullmatch(r"[-+]?\d+", value)
        read[name.strip().replace("-", "_")] = int(value) if number else word
    return read
