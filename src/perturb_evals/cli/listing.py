"""`perturb-evals list`: tasks, solvers and metrics, read from the code itself."""

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

    from perturb_evals.cli.registered import Registered
    from perturb_evals.metrics.spec import MetricSpec

    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]


def add_parser(subparsers: "Subparsers") -> None:
    """Add `list`."""
    text = "show the tasks and solvers with their arguments, and the metrics"
    subparsers.add_parser("list", help=text, description=text).set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print every task and solver with a table of its arguments, then the metrics."""
    from rich.console import Console

    from perturb_evals.cli.registered import registered
    from perturb_evals.metrics.expression.spec import EXPRESSION_METRICS
    from perturb_evals.metrics.pairs.spec import PAIR_METRICS

    console = Console(highlight=False, markup=False)
    console.print(
        "Tasks: inspect eval perturb_evals/TASK -T name=value --model MODEL\n", style="bold"
    )
    _show(console, registered("tasks"))
    console.print(
        "Solvers: inspect eval perturb_evals/TASK --solver perturb_evals/SOLVER -S name=value "
        "--model MODEL\n(`ask` and `nearest_perturbations` need one; else --model none/none)\n",
        style="bold",
    )
    _show(console, registered("solvers"))
    console.print("Metrics, which of their values are better, and their formulas\n", style="bold")
    _show_metrics(console, "questions", PAIR_METRICS)
    _show_metrics(console, "expression", EXPRESSION_METRICS)
    return 0


def _show(console: "Console", functions: "Sequence[Registered]") -> None:
    from rich.padding import Padding
    from rich.table import Table

    for function in functions:
        summary, described = _described(function.docstring)
        console.print(f"{function.name}  {summary}")
        arguments = [
            (f"{name} (required)" if default is None else f"{name}={default}", described[name])
            for name, default in function.arguments
        ]
        table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
        widest = max((len(argument) for argument, _ in arguments), default=0)
        # No letter of a default is cut: descriptions make room, and in a narrow terminal it folds.
        table.add_column(no_wrap=widest <= 2 * console.width // 3, overflow="fold")
        table.add_column(overflow="fold")
        for argument, about in arguments:
            table.add_row(argument, about)
        console.print(Padding(table, (0, 0, 1, 4)))


def _show_metrics(console: "Console", of: str, specs: "dict[str, MetricSpec]") -> None:
    from rich.padding import Padding
    from rich.table import Table

    console.print(f"of {of}")
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    for spec in specs.values():
        # Not every terminal knows the signs of a formula.
        shown = spec.formula.encode(console.encoding, "replace").decode(console.encoding)
        table.add_row(spec.name, spec.better or "", shown)
    console.print(Padding(table, (0, 0, 1, 4)))


def _described(docstring: str) -> tuple[str, dict[str, str]]:
    """Return the summary of a docstring and the descriptions of the arguments."""
    from docstring_parser import parse

    doc = parse(docstring)
    arguments = {
        param.arg_name: " ".join((param.description or "").split()) for param in doc.params
    }
    return " ".join((doc.short_description or "").split()), arguments
