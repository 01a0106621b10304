"""A look at a solver's source, without running it: where the truth is within its reach."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

TRUTH = "target"
"""The attribute of a sample that holds its true answer."""

OF_TARGET = ": that of a sample is its true answer, which no solver may use"
OF_DATA = ": it gives out test rows too, of which no solver may use what is measured"

PAST_THE_DOOR = frozenset(
    {
        "attainable_scores",
        "demo_screen",
        "demo_tables",
        "demo_world",
        "known_table",
        "load_screen",
        "load_table",
        "truly_nearest",
        "truth_for",
    }
)
"""What gives out test rows too; a solver's door is its sample's Evidence."""


@dataclass(frozen=True)
class Remark:
    """A place that somebody should look at.

    Attributes:
        line: Its line, from 1.
        said: What stands there, in a few words.
    """

    line: int
    said: str


def remarks(path: Path, name: str | None) -> list[Remark]:
    """Return where a solver's source touches the truth, by line.

    What is looked through is the solver and all of its own file that it names, and that these name;
    the whole file where no such function is there.

    Args:
        path: A file of Python.
        name: Name of the solver; None for the file's only one.

    Raises:
        OSError: It cannot be read.
        SyntaxError, ValueError: It is no Python.
    """
    tree = ast.parse(path.read_text(encoding="utf-8"))
    own = {node.name: node for node in tree.body if isinstance(node, _DEFINES)}
    own_values = {
        target.id: node
        for node in tree.body
        if isinstance(node, ast.Assign | ast.AnnAssign)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name)
    }
    known: dict[str, ast.AST] = {**own_values, **own}
    looked = list(_reached(name, known)) if name in known else [tree]
    found = {remark for node in looked for remark in _of(node)}
    return sorted(found, key=lambda remark: (remark.line, remark.said))


_DEFINES = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def _reached(name: str | None, known: dict[str, ast.AST]) -> Iterator[ast.AST]:
    """Yield what a name stands for in its file, and all that it names there."""
    waiting, seen = [str(name)], {str(name)}
    while waiting:
        node = known[waiting.pop()]
        yield node
        for inner in ast.walk(node):
            if isinstance(inner, ast.Name) and inner.id in known and inner.id not in seen:
                seen.add(inner.id)
                waiting.append(inner.id)


def _of(tree: ast.AST) -> Iterator[Remark]:
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(value=value, attr="target"):
                owner = value.id if isinstance(value, ast.Name) else ""
                yield Remark(node.lineno, f"{owner}.{TRUTH}{OF_TARGET}")
            case ast.Call(
                func=ast.Name(id="getattr" | "attrgetter"), args=[*_, ast.Constant(value="target")]
            ):
                yield Remark(node.lineno, f"getattr of {TRUTH!r}{OF_TARGET}")
            case ast.Call(func=ast.Name(id="getattr"), args=[_, ast.Constant(value="target"), _]):
                yield Remark(node.lineno, f"getattr of {TRUTH!r}{OF_TARGET}")
            case ast.Subscript(slice=ast.Constant(value="target")):
                yield Remark(node.lineno, f"[{TRUTH!r}]{OF_TARGET}")
            case ast.Name(id=name) if name in PAST_THE_DOOR:
                yield Remark(node.lineno, name + OF_DATA)
            case ast.Attribute(attr=name) if name in PAST_THE_DOOR:
                yield Remark(node.lineno, name + OF_DATA)
