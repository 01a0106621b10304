"""Tasks and solvers as their source has them, without importing it.

To import them means to import Inspect, which takes seconds; their names, arguments and docstrings
stand in the files. A test holds this against the registry.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

PACKAGE = "perturb_evals"


@dataclass(frozen=True)
class Registered:
    """A task or solver.

    Attributes:
        name: Its name.
        docstring: Its docstring, without indentation.
        arguments: Of each argument its name and default; the latter None where it is required.
    """

    name: str
    docstring: str
    arguments: tuple[tuple[str, str | None], ...]


def registered(room: str) -> list[Registered]:
    """Return what a room of the package registers with Inspect, by file, in the order of its lines.

    Args:
        room: `tasks` or `solvers`, whose functions bear the decorator `task` or `solver`.
    """
    decorator = room.removesuffix("s")
    folder = Path(_file(PACKAGE)).parent / room
    found = []
    for file in sorted(folder.rglob("*.py"), key=lambda file: file.relative_to(folder).parts):
        module = ".".join((PACKAGE, room, *file.relative_to(folder).with_suffix("").parts))
        for node in _tree(module.removesuffix(".__init__")).body:
            if isinstance(node, ast.FunctionDef) and any(
                isinstance(name, ast.Name) and name.id == decorator for name in node.decorator_list
            ):
                arguments = tuple(_arguments(module, node))
                found.append(Registered(node.name, ast.get_docstring(node) or "", arguments))
    return found


def _arguments(module: str, function: ast.FunctionDef) -> Iterator[tuple[str, str | None]]:
    positional = [*function.args.posonlyargs, *function.args.args]
    required = len(positional) - len(function.args.defaults)
    defaults: list[ast.expr | None] = [*[None] * required, *function.args.defaults]
    every = [*positional, *function.args.kwonlyargs]
    for argument, default in zip(every, [*defaults, *function.args.kw_defaults], strict=True):
        yield argument.arg, None if default is None else str(_value(module, default))


def _value(module: str, node: ast.expr) -> object:
    """Return a literal, or the one that a constant of this module or of another stands for."""
    while isinstance(node, ast.Name):
        module, node = _constants(module)[node.id]
    return ast.literal_eval(node)


@cache
def _constants(module: str) -> dict[str, tuple[str, ast.expr]]:
    """Return where the value of each name of a module stands: here, or a name elsewhere."""
    found: dict[str, tuple[str, ast.expr]] = {}
    for line in _tree(module).body:
        match line:
            case ast.ImportFrom(module=str(other), names=names):
                found |= {name.asname or name.name: (other, ast.Name(name.name)) for name in names}
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                found[name] = module, value
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                found[name] = module, value
            case ast.Assign(targets=[ast.Tuple(elts=names)], value=ast.Tuple(elts=values)):
                pairs = zip(names, values, strict=True)
                found |= {ast.unparse(name): (module, value) for name, value in pairs}
    return found


@cache
def _tree(module: str) -> ast.Module:
    return ast.parse(Path(_file(module)).read_text(encoding="utf-8"))


def _file(module: str) -> str:
    found = find_spec(module)
    assert found is not None, module
    assert found.origin is not None, module
    return found.origin
