"""No regular expression of the package takes quadratic time, whatever text it is given.

Every pattern is found by itself: the compiled ones in the modules, and those that stand as a text
in a call of `re` or of a pandas method. Each is given what it repeats, over and over.
"""

import ast
import importlib
import pkgutil
import re
import signal
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from re import _constants as op  # type: ignore[attr-defined]
from re import _parser  # type: ignore[attr-defined]
from typing import Any

import pytest

import perturb_evals

ROOT = Path(perturb_evals.__file__).parent
METHODS = ("match", "fullmatch", "search", "finditer", "sub", "split", "findall")
ANCHORED = {"match", "fullmatch"}
CLASSES = [*"aA0 \t\n.,:;/\\<([{\"'`*_-~|#=@+$%\u00e9\u2014", "a ", "a/", "/a", "a.", ". ", "a\n"]
CLASSES += [
    "<a",
    "- ",
    "a,",
    "[(",
    " a/ ",
    "\n\n",
    "a b",
    "no ",
    "0.",
    "~a",
    '"a',
    "a=",
    "A1 ",
    "a-",
]
ENDS = ("", "!\x00\nX")
LONGEST = 1 << 14
"""Letters: so many squared take even the fastest loop of the engine longer than `SLOW`."""
SLOW = 0.02
"""Seconds from which a time tells how it grows."""
PATIENCE = 30.0
"""Seconds for one pattern; all take a second or two."""
TIMES_FOR_FOUR = 9.0
"""What four times the text may take; four is linear, sixteen quadratic."""


def compiled() -> dict[str, re.Pattern[str]]:
    """Every pattern that a module holds, by its place."""
    found: dict[str, re.Pattern[str]] = {}
    for module in pkgutil.walk_packages([str(ROOT)], "perturb_evals."):
        if module.name.endswith("__main__") or module.name.startswith("perturb_evals.methods.lpm"):
            continue
        for name, value in vars(importlib.import_module(module.name)).items():
            for path, pattern in _patterns(name, value, 0):
                # An imported one has its place where it was made.
                known = {id(other) for other in found.values()}
                if isinstance(pattern.pattern, str) and id(pattern) not in known:
                    found[f"{module.name}:{path}"] = pattern
    return found


def _patterns(path: str, value: Any, depth: int) -> Iterator[tuple[str, re.Pattern[str]]]:
    if isinstance(value, re.Pattern):
        yield path, value
    elif depth < 4 and isinstance(value, dict):
        for key, inner in value.items():
            yield from _patterns(f"{path}[{key!r}]", inner, depth + 1)
    elif depth < 4 and isinstance(value, list | tuple | set | frozenset):
        for n, inner in enumerate(value):
            yield from _patterns(f"{path}[{n}]", inner, depth + 1)
    elif isinstance(value, type) and value.__module__.startswith("perturb_evals") and depth < 2:
        for name, inner in vars(value).items():
            yield from _patterns(f"{path}.{name}", inner, depth + 1)


def _constant(module: str, node: ast.expr) -> str | None:
    """A text that a module has under a name."""
    if not isinstance(node, ast.Name):
        return None
    found = getattr(importlib.import_module(f"perturb_evals.{module}"), node.id, None)
    return found if isinstance(found, str) else None


def written() -> tuple[dict[str, tuple[re.Pattern[str], set[str]]], dict[str, set[str]], list[str]]:
    """Patterns in calls with the method, what is called on each name, and what cannot be read."""
    calls: dict[str, tuple[re.Pattern[str], set[str]]] = {}
    used: dict[str, set[str]] = defaultdict(set)  # by module and name; private names are of one
    unread = []
    for file in sorted(ROOT.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
                continue
            place, on = f"{file.relative_to(ROOT)}:{node.lineno}", node.func.value
            while isinstance(on, ast.Subscript):
                on = on.value
            name = on.id if isinstance(on, ast.Name) else getattr(on, "attr", "")
            if node.func.attr in METHODS:
                module = file.relative_to(ROOT).with_suffix("").as_posix().replace("/", ".")
                used[f"{module}:{name}" if name.startswith("_") else name].add(node.func.attr)
            of_pandas = name == "str" and isinstance(on, ast.Attribute)
            if not (name == "re" or of_pandas) or not node.args:
                continue
            if node.func.attr not in (*METHODS, "contains", "extract", "replace"):
                continue
            module = file.relative_to(ROOT).with_suffix("").as_posix().replace("/", ".")
            text = _text(node.args[0]) or _constant(module, node.args[0])
            if text is None:
                unread.append(f"{place} {ast.unparse(node)[:80]}")
                continue
            if of_pandas and (text in "+," or node.func.attr == "replace"):
                continue
            method = node.func.attr if node.func.attr in METHODS else "search"
            calls[place] = (
                re.compile(text, re.DOTALL if "re.S" in ast.unparse(node) else 0),
                {method},
            )
    return calls, used, unread


def _text(node: ast.expr) -> str | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    return None


def pumps(pattern: re.Pattern[str]) -> Iterator[tuple[str, str]]:
    """What may go before, and what is repeated: classes of letters, and parts of the pattern."""
    tree = _parser.parse(pattern.pattern, pattern.flags)
    repeated = list(dict.fromkeys(text for text in _repeated(tree) if text))
    whole = _example(tree, 0)
    words = list(dict.fromkeys(re.findall(r"[A-Za-z]{2,}", pattern.pattern)))[:25]
    units = [*repeated, whole, *(f"{word} " for word in words), *CLASSES]
    for unit in dict.fromkeys(unit for unit in units if unit):
        yield "", unit
    for unit in dict.fromkeys([*repeated, " ", "a", "a "]):
        for before in dict.fromkeys([whole, whole[: len(whole) // 2], *words[:6]]):
            if before and unit:
                yield before, unit


def _repeated(tree: Any) -> Iterator[str]:
    """Examples of everything that a pattern repeats, each with two letters of a class."""
    for kind, value in tree:
        if kind in (op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT):
            for nth in range(3):
                yield _example(value[2], nth)
            yield from _repeated(value[2])
        elif kind is op.SUBPATTERN:
            yield from _repeated(value[-1])
        elif kind is op.BRANCH:
            for branch in value[1]:
                yield from _repeated(branch)
        elif kind in (op.ASSERT, op.ASSERT_NOT):
            yield from _repeated(value[1])
        elif kind is op.ATOMIC_GROUP:
            yield from _repeated(value)


OF_CATEGORY = {
    op.CATEGORY_DIGIT: "01",
    op.CATEGORY_SPACE: " \n",
    op.CATEGORY_WORD: "aB",
    op.CATEGORY_NOT_DIGIT: "a.",
    op.CATEGORY_NOT_SPACE: "a.",
    op.CATEGORY_NOT_WORD: ". ",
}


def _example(tree: Any, nth: int) -> str:
    """A text like those that a part of a pattern matches; no promise that it does."""
    parts = []
    for kind, value in tree:
        if kind is op.LITERAL:
            parts.append(chr(value))
        elif kind is op.NOT_LITERAL:
            parts.append("a" if value != ord("a") else "b")
        elif kind is op.ANY:
            parts.append("a ."[nth])
        elif kind is op.IN:
            parts.append(_of_class(value, nth))
        elif kind is op.BRANCH:
            parts.append(_example(value[1][nth % len(value[1])], nth))
        elif kind is op.SUBPATTERN:
            parts.append(_example(value[-1], nth))
        elif kind is op.ATOMIC_GROUP:
            parts.append(_example(value, nth))
        elif kind in (op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT):
            parts.append(_example(value[2], nth) * max(value[0], 1 if nth < 2 else 0))
    return "".join(parts)


def _of_class(items: Any, nth: int) -> str:
    letters = 'aB0 .\n,/-("<'
    if items[0][0] is op.NEGATE:
        found = re.compile("x")
        out = {value for kind, value in items[1:] if kind is op.LITERAL}
        left = [letter for letter in letters if ord(letter) not in out]
        return left[nth % len(left)] if left else found.pattern
    kind, value = items[nth % len(items)]
    if kind is op.LITERAL:
        return chr(value)
    if kind is op.RANGE:
        return chr(value[0])
    return OF_CATEGORY[value][nth % 2]


def growth(run: Callable[[str], object], before: str, unit: str, end: str) -> float:
    """How many times longer four times the text takes; 0 for what is over in a moment."""
    size = 64
    while size <= LONGEST:
        if _seconds(run, before, unit, end, size) > SLOW:
            # The shortest of several: others work on this machine too.
            long = min(_seconds(run, before, unit, end, size) for _ in range(3))
            short = min(_seconds(run, before, unit, end, size // 4) for _ in range(5))
            if long > SLOW:
                return long / short
        size *= 4
    return 0.0


def _seconds(run: Callable[[str], object], before: str, unit: str, end: str, size: int) -> float:
    text = before + unit * (size // len(unit)) + end
    started = time.perf_counter()
    run(text)
    return time.perf_counter() - started


def runs(pattern: re.Pattern[str], methods: set[str]) -> dict[str, Callable[[str], object]]:
    """The ways in which a pattern is used."""
    ways: dict[str, Callable[[str], object]] = {}
    if not methods or "match" in methods:
        ways["match"] = pattern.match
    if not methods or "fullmatch" in methods:
        ways["fullmatch"] = pattern.fullmatch
    if not methods or methods - ANCHORED:
        ways["finditer"] = lambda text: sum(1 for _ in pattern.finditer(text))
    return ways


def every() -> dict[str, tuple[re.Pattern[str], set[str]]]:
    """Every pattern with the methods that are called on it; empty where none is seen."""
    calls, used, _ = written()
    found = dict(calls)
    for place, pattern in compiled().items():
        module, _, path = place.removeprefix("perturb_evals.").partition(":")
        name = re.split(r"[\[.]", path)[0]
        found[place] = (pattern, used.get(f"{module}:{name}" if name[0] == "_" else name, set()))
    return found


class TooLongError(Exception):
    """One pattern took longer than `PATIENCE`."""


def faults(pattern: re.Pattern[str], methods: set[str]) -> list[str]:
    """Say where the time grows faster than the text; the engine listens to signals."""

    def give_up(number: int, frame: object) -> None:
        raise TooLongError

    usual = signal.signal(signal.SIGALRM, give_up)
    signal.setitimer(signal.ITIMER_REAL, PATIENCE)
    try:
        return list(_faults(pattern, methods))
    except TooLongError:
        return [f"it takes over {PATIENCE} s"]
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, usual)


def _faults(pattern: re.Pattern[str], methods: set[str]) -> Iterator[str]:
    for name, run in runs(pattern, methods).items():
        for before, unit in pumps(pattern):
            for end in ENDS:
                times = growth(run, before, unit, end)
                if times > TIMES_FOR_FOUR:
                    yield f"{name}: {before!r} + {unit!r} * n + {end!r} takes {times:.1f} times"
                    break
            else:
                continue
            break


def test_patterns_are_found_by_themselves() -> None:
    calls, _, unread = written()
    places = [*compiled(), *calls]
    assert len(places) > 150
    assert any(place.startswith("perturb_evals.leaderboard.references:_PATH") for place in places)
    # What is put together in a function: each is of lengths and letters of our own, or a name.
    assert len(unread) <= 7, unread


@pytest.mark.slow
def test_a_quadratic_pattern_is_caught() -> None:
    for text in (r"\s+$", r"(?:a+)+b", r"<[^>]*>x", r"(?:[^/]+/)*z", r"a.*b", r"\w+\s*@"):
        assert list(faults(re.compile(text), {"search"})), text
    for text in (r"\w+", r"a{0,9}b", r"^\s+x", r"[.!?]"):
        assert not list(faults(re.compile(text), {"search"})), text


@pytest.mark.slow
def test_no_pattern_is_quadratic() -> None:
    found = {place: list(faults(*what)) for place, what in every().items()}
    assert {place: said for place, said in found.items() if said} == {}


if __name__ == "__main__":
    for place, what in every().items():
        if len(sys.argv) < 2 or sys.argv[1] in place:
            for said in faults(*what):
                print(place, said, flush=True)
