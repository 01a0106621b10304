"""`perturb-evals list`: tasks and solvers with their arguments, read from the code itself."""

import argparse
import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console

    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]


def add_parser(subparsers: "Subparsers") -> None:
    """Add `list`."""
    text = "show the tasks and solvers with their arguments"
    subparsers.add_parser("list", help=text, description=text).set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print every task and solver with a table of its arguments."""
    from rich.console import Console

    from perturb_evals import _registry

    console = Console(highlight=False, markup=False)
    console.print(
        "Tasks: inspect eval perturb_evals/TASK -T name=value --model MODEL\n", style="bold"
    )
    _show(console, _registry.TASKS)
    console.print(
        "Solvers: inspect eval perturb_evals/TASK --solver perturb_evals/SOLVER -S name=value "
        "--model MODEL\n(`ask` and `nearest_perturbations` need one; else --model none/none)\n",
        style="bold",
    )
    _show(console, _registry.SOLVERS)
    return 0


def _show(console: "Console", functions: tuple[Callable[..., Any], ...]) -> None:
    from rich.padding import Padding
    from rich.table import Table

    for function in functions:
        summary, described = _described(function)
        console.print(f"{function.__name__}  {summary}")
        table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
        for name, parameter in inspect.signature(function).parameters.items():
            if parameter.kind is inspect.Parameter.VAR_KEYWORD:
                continue
            required = parameter.default is inspect.Parameter.empty
            default = " (required)" if required else f"={parameter.default}"
            table.add_row(name + default, described.get(name, ""))
        console.print(Padding(table, (0, 0, 1, 4)))


def _described(function: Callable[..., Any]) -> tuple[str, dict[str, str]]:
    """Return a function's summary and the descriptions of its arguments, from its docstring."""
    from docstring_parser import parse

    doc = parse(inspect.getdoc(function) or "")
    arguments = {
        param.arg_name: " ".join((param.description or "").split()) for param in doc.params
    }
    return " ".join((doc.short_description or "").split()), arguments
