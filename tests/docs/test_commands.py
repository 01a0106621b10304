"""Every command of README and docs that can run offline runs, and prints what is shown below it.

A block is run unless a word behind its language says what it needs that a machine without network,
data and keys has not. Of those that are not run, the names are looked up.
"""

import glob
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from importlib.metadata import entry_points
from inspect import signature
from io import StringIO
from itertools import pairwise
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
import yaml

from perturb_evals.cli.check_solver import command as check_solver
from perturb_evals.cli.check_solver.one_run import made
from perturb_evals.cli.main import main
from perturb_evals.families import FAMILIES

NOT_RUN = {"key", "network", "server", "data", "yours", "clone", "minutes"}
MAY_FAIL = "fails"
DATA = "PERTURB_EVALS_DATA"
NOWHERE = "http://127.0.0.1:9"
OURS = "perturb_evals/"
BESIDE = {".", "cd", "curl", "export", "git", "grep", "ollama", "pip", "test", "vllm"}
"""Programs of others, in blocks that are not run."""
Capture = pytest.CaptureFixture[str]
FENCE = re.compile(r"^```(?P<language>\w*) ?(?P<words>.*)\n(?P<text>(?:.*\n)*?)```$", re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """A fenced block.

    Attributes:
        page: Where it stands.
        line: Its first line.
        language: The first word behind the fence.
        words: The others: why it cannot be run, what it does, or the name of its file.
        text: What it holds.
        output: What is shown right below it, in a block of the language text.
    """

    page: str
    line: int
    language: str
    words: tuple[str, ...]
    text: str
    output: str = ""

    @property
    def name(self) -> str:
        """How a failing test calls it."""
        return f"{self.page}:{self.line}"


def blocks_of(page: str, text: str) -> list[Block]:
    """Return the blocks of a page; an output is no block of its own."""
    found: list[Block] = []
    end = -1
    for match in FENCE.finditer(text):
        line = text.count("\n", 0, match.start()) + 1
        if match["language"] == "text" and found and not text[end : match.start()].strip():
            found[-1] = replace(found[-1], output=match["text"])
        else:
            words = tuple(match["words"].split())
            found.append(Block(page, line, match["language"], words, match["text"]))
        end = match.end()
    return found


def commands(text: str) -> Iterator[list[str]]:
    """Yield the commands of a block as words, `export` among them."""
    for line in text.replace("\\\n", " ").splitlines():
        words: list[str] = []
        for word in shlex.split(line, comments=True):
            if word == "&&":
                yield words
                words = []
            else:
                words.append(word)
        if words:
            yield words


def console_script(name: str) -> Callable[[], object]:
    (found,) = entry_points(group="console_scripts", name=name)
    script: Callable[[], object] = found.load()
    return script


def called(program: str, *arguments: str, apart: bool = False) -> int:
    """Run a command as a shell would, and return its exit code.

    That is in this process, but for commands of Inspect that are to run `apart`.
    """
    if program == "export":
        os.environ.update(word.split("=", 1) for word in arguments)
        return 0
    typed = [file for word in arguments for file in (glob.glob(word) if "*" in word else [word])]
    try:
        if program == "perturb-evals":
            return main(typed) or 0
        assert program == "inspect", f"{program} is not run here: say in the block why not"
        if apart:
            return _apart(typed)
        with patch.object(sys, "argv", [program, *typed]):
            console_script(program)()
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except AssertionError:
        raise
    except Exception as error:  # Inspect has set a hook that tells it in words.
        sys.excepthook(type(error), error, None)
        return 1
    return 0


def _apart(typed: list[str]) -> int:
    done = subprocess.run(
        [sys.executable, "-m", "inspect_ai", *typed], capture_output=True, text=True, check=False
    )
    print(done.stdout, done.stderr)
    return done.returncode


def in_one_line(text: str) -> str:
    """Return a text without the frames and breaks that depend on a terminal's width."""
    return " ".join(re.sub(r"[│─]", " ", text).split())


@pytest.fixture
def _bare_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An empty folder on a machine without data, keys and network."""
    monkeypatch.chdir(tmp_path)
    kept = {name: value for name, value in os.environ.items() if not name.endswith("_API_KEY")}
    kept.pop(DATA, None)
    kept |= {"HOME": str(tmp_path / "home"), "XDG_CACHE_HOME": str(tmp_path / "home" / "cache")}
    kept |= {"https_proxy": NOWHERE, "http_proxy": NOWHERE, "NO_PROXY": "127.0.0.1"}
    kept |= {"COLUMNS": "110"}
    monkeypatch.setitem(sys.modules, "anthropic", None)  # as if it were not installed
    with patch.dict(os.environ, kept, clear=True):
        yield


def check_block(block: Block, capfd: Capture, *, apart: bool = False) -> None:
    """Run a block, and look for what is shown below it in what it prints.

    What Inspect shows is looked at only where its commands run in processes of their own: within
    one it chooses once how it shows things.
    """
    if block.language == "python" and not block.words:
        exec(compile(block.text, block.name, "exec"), {"__name__": "example"})
    elif block.words and "." in block.words[0]:
        Path(block.words[0]).write_text(block.text, "utf-8")
    elif block.language == "sh":
        capfd.readouterr()
        typed = list(commands(block.text))
        codes = [called(*words, apart=apart) for words in typed]
        shown = capfd.readouterr()
        said = in_one_line(shown.out + shown.err)
        assert not any(codes) or MAY_FAIL in block.words, f"{block.name}: {codes}\n{said}"
        if not apart and any(words[0] == "inspect" for words in typed):
            return
        at = 0
        for line in map(in_one_line, block.output.splitlines()):
            found = said.find(line, at)
            assert found >= 0, f"{block.name} does not print {line!r}, but\n{said}"
            at = found + len(line)


@pytest.mark.usefixtures("_bare_machine")
def test_what_can_run_offline_runs(
    page: tuple[str, str], capfd: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Else its runs have processes of their own, as in tests/cli/test_check_solver.py.
    monkeypatch.setattr(check_solver, "side_by_side", lambda wanted: [made(one) for one in wanted])
    for block in blocks_of(*page):
        if not NOT_RUN & {*block.words}:
            check_block(block, capfd)


@pytest.mark.slow
@pytest.mark.usefixtures("_bare_machine")
def test_what_can_run_offline_shows_what_stands_below_it(
    page: tuple[str, str], capfd: Capture
) -> None:
    blocks = [block for block in blocks_of(*page) if not NOT_RUN & {*block.words}]
    if any(block.output and "inspect" in block.text for block in blocks):
        for block in blocks:
            check_block(block, capfd, apart=True)


@pytest.mark.slow
@pytest.mark.usefixtures("_bare_machine")
def test_what_needs_the_data_alone_runs(
    page: tuple[str, str], real_data: Path, capfd: Capture
) -> None:
    os.environ[DATA] = str(real_data)
    for block in blocks_of(*page):
        if NOT_RUN & {*block.words} == {"data"}:
            check_block(block, capfd, apart=True)


@cache
def options(program: str, *command: str) -> frozenset[str]:
    """Return the options that a command's help names; none where there is no such command."""
    with patch.object(sys, "stdout", StringIO()) as said:
        if called(program, *command, "--help"):
            return frozenset()
    return frozenset(re.findall(r"(?<![\w-])--?[A-Za-z][\w-]*", said.getvalue()))


def arguments_of(makers: Iterable[Callable[..., Any]]) -> dict[str, set[str]]:
    return {made.__name__: {*signature(made).parameters} for made in makers}


TASKS = arguments_of(task for family in FAMILIES for task in family.tasks)
SOLVERS = arguments_of(solver for family in FAMILIES for solver in family.solvers)


def named(words: list[str], option: str) -> set[str]:
    """Return what follows each time that an option is given, up to its value."""
    follows = pairwise(words)
    return {after.split("=")[0] for word, after in follows if word == option}


def unknown_names(words: list[str], root: Path) -> set[str]:
    """Return the names in a command that nothing has."""
    program, *rest = [word for word in words if not re.fullmatch(r"[A-Z_]+=\S*", word)]
    match program:
        case "make":
            targets = re.findall(
                r"^([a-z-]+):", (root / "Makefile").read_text("utf-8"), re.MULTILINE
            )
            return {*rest} - {*targets}
        case "python":
            return {
                word for word in rest[:1] if word.endswith(".py") and not (root / word).exists()
            }
        case "perturb-evals" | "inspect":
            command = rest[: 2 if rest[0] == "data" else 1]
            typed = {word.split("=")[0] for word in rest if re.match(r"--?[A-Za-z]", word)}
            known = options(program, *command)
            wrong = (typed - known) | ({*command} if not known else set())
            for word in rest:
                if word.removeprefix(OURS) in TASKS:
                    wrong |= named(rest, "-T") - TASKS[word.removeprefix(OURS)]
            for solver in named(rest, "--solver"):
                if solver.startswith(OURS):
                    wrong |= named(rest, "-S") - SOLVERS.get(solver.removeprefix(OURS), set())
                    wrong |= {solver} - {OURS + name for name in SOLVERS}
            return wrong
    return {program} - BESIDE


def test_names_in_commands_are_those_that_there_are(page: tuple[str, str], root: Path) -> None:
    name, text = page
    typed = [
        words
        for block in blocks_of(name, text)
        if block.language == "sh" and MAY_FAIL not in block.words
        for words in commands(block.text)
    ]
    beside = re.findall(r"`((?:make|perturb-evals|python|inspect) [^`]+)`", FENCE.sub("", text))
    typed += [words for span in beside for words in commands(span.replace("\n", " "))]
    unknown = {" ".join(words): unknown_names(words, root) for words in typed}
    assert not {command: wrong for command, wrong in unknown.items() if wrong}


def test_names_in_workflows_are_those_that_there_are(root: Path) -> None:
    for path in sorted((root / ".github" / "workflows").glob("*.yml")):
        jobs = yaml.safe_load(path.read_text("utf-8"))["jobs"].values()
        typed = [step["run"] for job in jobs for step in job["steps"] if "run" in step]
        for words in commands("\n".join(typed).replace(".venv/bin/", "")):
            assert not unknown_names(words, root), f"{path.name}: {words}"
