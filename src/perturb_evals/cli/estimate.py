"""`perturb-evals estimate`: questions, calls and tokens of a run, before a cent is spent."""

import argparse
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from perturb_evals.cli.arguments import add_named, add_prices, named_values, task_name, usage

if TYPE_CHECKING:
    from inspect_ai.model import ModelCost

    from perturb_evals.cli.arguments import Subparsers


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
    add_named(
        parser, "-S", "solver_args", "an argument of the task's own solver, e.g. variant=refine"
    )
    parser.add_argument("--epochs", type=int, default=1, help="answers per question (default: 1)")
    parser.add_argument("--output-tokens", type=int, help="tokens of one answer, if you know them")
    parser.add_argument("--model", help="the model, for what it costs")
    add_prices(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the estimate; 2 when an argument is not allowed, 1 when the data cannot be had."""
    from perturb_evals.solvers.asking.tokens import CHARACTERS_A_TOKEN, SYMBOL_CHARACTERS_A_TOKEN

    with usage():
        counts = estimate(
            args.task,
            named_values("-T", args.task_args),
            args.epochs,
            args.output_tokens,
            named_values("-S", args.solver_args),
        )
    for name, value in counts.items():
        print(f"{name:<16}{value:>14,}")
    print(_price(counts, args))
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
        ArgumentError: No such task.
        ValueError: An argument that is not allowed.
        TypeError: An argument that the task does not have.
    """
    if epochs < 1:
        raise ValueError(f"epochs must be at least 1; got {epochs}.")
    if output_tokens is not None and output_tokens < 0:
        raise ValueError(f"output_tokens must be 0 or more; got {output_tokens}.")
    from perturb_evals.families import family_of

    asked = family_of(task).asking(task, task_args, solver_args or {}, output_tokens)
    each = asked.reply_tokens if output_tokens is None else output_tokens
    return {
        "questions": asked.questions,
        "calls": asked.calls * epochs,
        "input tokens": round(asked.input_tokens) * epochs,
        "output tokens": asked.calls * epochs * each,
    }
