"""`perturb-evals estimate`: questions, calls and tokens of a run, before a cent is spent."""

import argparse
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from perturb_evals.cli.arguments import add_named, add_prices, named_values, task_name, usage
from perturb_evals.datasets.errors import ArgumentError

if TYPE_CHECKING:
    from inspect_ai.model import ModelCost

    from perturb_evals.cli.arguments import Subparsers
    from perturb_evals.families.family import Asking, Family


def add_parser(subparsers: "Subparsers") -> None:
    """Add `estimate`."""
    text = "say how many questions, calls and tokens a run would take"
    parser = subparsers.add_parser("estimate", help=text, description=text)
    parser.add_argument(
        "task",
        metavar="TASK",
        type=task_name,
        help="name of the task; `perturb-evals list` shows them",
    )
    add_named(parser, "-T", "task_args", "an argument of the task, as for `inspect eval`")
    parser.add_argument(
        "--solver", metavar="NAME", help="a solver that asks a model (default: the task's own)"
    )
    add_named(parser, "-S", "solver_args", "an argument of the solver, e.g. variant=refine")
    parser.add_argument("--epochs", type=int, default=1, help="answers per question (default: 1)")
    parser.add_argument("--output-tokens", type=int, help="tokens of one answer, if you know them")
    parser.add_argument("--model", help="the model, for what it costs")
    add_prices(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the estimate; 2 when an argument is not allowed, 1 when the data cannot be had."""
    from perturb_evals.solvers.asking.tokens import CHARACTERS_A_TOKEN, SYMBOL_CHARACTERS_A_TOKEN

    with usage():
        asked = _asking(
            args.task,
            named_values("-T", args.task_args),
            args.epochs,
            args.output_tokens,
            named_values("-S", args.solver_args),
            args.solver,
        )
    counts = _counts(asked, args.epochs, args.output_tokens)
    for name, value in counts.items():
        print(f"{name:<16}{value:>14,}")
    print(_price(counts, args))
    for note in asked.notes:
        print(note)
    print(
        f"Tokens are counted at {CHARACTERS_A_TOKEN:.0f} characters each, at "
        f"{SYMBOL_CHARACTERS_A_TOKEN:.0f} in lists of candidates (the truth may be 25% higher). "
        "Output is a guess for a model without hidden reasoning, which can multiply it; "
        "measure a few questions and pass --output-tokens."
    )
    return 0


def _price(counts: Mapping[str, int], args: argparse.Namespace) -> str:
    """Return what it costs in dollars by model, or how to learn it."""
    from perturb_evals.solvers.asking.prices import price_of, read_prices

    prices = read_prices(args.prices) if args.prices else {}
    models = [args.model] if args.model else list(prices)
    costs = {model: price_of(model, prices) for model in models}
    said = [
        f"{f'dollars, {model}':<16} {dollars(counts, price):>13,.4f}"
        for model, price in costs.items()
        if price
    ]
    if len(said) < len(models) or not models:
        said.append(
            "Dollars: name the model's price with --model-cost-config FILE (YAML or JSON as for "
            "`inspect eval`)."
        )
    return "\n".join(said)


def dollars(counts: Mapping[str, int], price: "ModelCost") -> float:
    """Return what an estimate costs, without a cache of prompts.

    Args:
        counts: What `estimate` gives.
        price: Dollars per million tokens.
    """
    return (
        counts["input tokens"] * price.input + counts["output tokens"] * price.output
    ) / 1_000_000


def estimate(
    task: str,
    task_args: dict[str, Any],
    epochs: int = 1,
    output_tokens: int | None = None,
    solver_args: dict[str, Any] | None = None,
    solver: str | None = None,
) -> dict[str, int]:
    """Count what a run would take.

    Args:
        task: Name of the task.
        task_args: Its arguments.
        epochs: Answers per question; at least 1.
        output_tokens: Tokens of one answer; by default a guess from its form.
        solver_args: Arguments of the solver.
        solver: Name of a solver that asks a model; by default the task's own.

    Returns:
        questions, calls, input tokens and output tokens. What a model has to be asked again, for
        want of a usable answer, is not in it.

    Raises:
        ArgumentError: No such task; a solver whose calls cannot be told beforehand.
        ValueError: An argument that is not allowed.
        TypeError: An argument that the task does not have.
    """
    asked = _asking(task, task_args, epochs, output_tokens, solver_args or {}, solver)
    return _counts(asked, epochs, output_tokens)


def _asking(
    task: str,
    task_args: dict[str, Any],
    epochs: int,
    output_tokens: int | None,
    solver_args: dict[str, Any],
    solver: str | None,
) -> "Asking":
    if epochs < 1:
        raise ValueError(f"epochs must be at least 1; got {epochs}.")
    if output_tokens is not None and output_tokens < 0:
        raise ValueError(f"output_tokens must be 0 or more; got {output_tokens}.")
    from perturb_evals.families import family_of

    family = family_of(task)
    named = None if solver is None else _that_asks(family, solver)
    return family.asking(task, task_args, solver_args, output_tokens, named)


def _that_asks(family: "Family", typed: str) -> str:
    """Return the name of a solver that asks a model, without the package's prefix.

    Raises:
        ArgumentError: It is none of the family's, or asks no model.
    """
    name = typed.removeprefix("perturb_evals/")
    asking = [made.__name__ for made in (*family.asks, *family.agents)]
    if name in asking:
        return name
    if name in [made.__name__ for made in family.solvers]:
        raise ArgumentError(f"{name} asks no model: a run of it takes no calls and no tokens.")
    raise ArgumentError(
        f"solver must be one of {', '.join(asking)}; got {typed!r}. What any other takes, a run "
        "with --limit 5 tells."
    )


def _counts(asked: "Asking", epochs: int, output_tokens: int | None) -> dict[str, int]:
    each = asked.reply_tokens if output_tokens is None else output_tokens
    return {
        "questions": asked.questions,
        "calls": asked.calls * epochs,
        "input tokens": round(asked.input_tokens) * epochs,
        "output tokens": asked.calls * epochs * each,
    }
