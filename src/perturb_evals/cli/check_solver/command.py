"""`perturb-evals check-solver`: does a solver use a label, or an expression, that it is judged by?

It runs on the data and on data whose truth is exchanged, with a model that answers by a hash of its
prompt. What differs then, in a prompt or in a prediction, was made of the truth.
"""

import argparse
import inspect
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from perturb_evals.cli.arguments import add_named, named_values, task_name, usage
from perturb_evals.cli.check_solver.difference import Difference, differences
from perturb_evals.cli.check_solver.one_run import EVERYWHERE, Seen, Wanted
from perturb_evals.cli.check_solver.source import Remark, remarks
from perturb_evals.cli.tables.terminal import short
from perturb_evals.datasets.errors import ArgumentError, DataError, why
from perturb_evals.leaderboard.untrusted_text import plain

if TYPE_CHECKING:
    from perturb_evals.cli.arguments import Subparsers

PREFIX = "perturb_evals/"
SAID = 300
"""Letters of an error that are shown."""

NOT_TAKEN = ("PERTURB_EVALS_BUDGET", "PERTURB_EVALS_PRICES")
"""Settings of the process that are about models which cost."""


def add_parser(subparsers: "Subparsers") -> None:
    """Add `check-solver`."""
    text = "check that a solver uses no label, and no expression, that it is judged by"
    parser = subparsers.add_parser(
        "check-solver",
        help=text,
        description=f"{text}: it runs on the data and on data whose truth is exchanged, and what "
        "it asks and predicts has to stay the same. No model is asked.",
    )
    parser.add_argument(
        "solver",
        metavar="SOLVER",
        help="as for `inspect eval --solver`: FILE.py@NAME, or a name of `perturb-evals list`",
    )
    parser.add_argument(
        "--task",
        type=task_name,
        help="the task to check it on (default: the first of those that go with the solver)",
    )
    add_named(
        parser,
        "-T",
        "task_args",
        "an argument of the task (default: a few questions of the demo world, all evidence open)",
    )
    add_named(parser, "-S", "solver_args", "an argument of the solver")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print what was found, and where the source touches the truth.

    Returns:
        0 when nothing differs; 1 when the solver used the truth, when it is not deterministic and
        cannot be judged, or when it could not be run; 2 for an argument that is not allowed.
    """
    with usage():
        task_args = named_values("-T", args.task_args)
        solver_args = named_values("-S", args.solver_args)
    solver, path, name, task = _named(args.solver, args.task)
    wanted = Wanted(solver, solver_args, task, task_args, exchanged=False)
    one, other = side_by_side([wanted, replace(wanted, exchanged=True)])
    _refuse(one)
    if other.usage:
        raise ArgumentError(short(other.fault, SAID))
    found = _said_of(differences(one, other))
    again = None
    if found or other.fault:
        (again,) = side_by_side([wanted])
        _refuse(again)
    for remark in _warnings(path, name):
        file = "" if path is None else path.name
        print(f"warning: {plain(file)} line {remark.line} has {plain(remark.said)}")
    code, said = _verdict(args.solver, one, other, again, found)
    print("\n".join(said))
    return code


def _named(typed: str, task: str | None) -> tuple[str, Path | None, str | None, str]:
    """Return a solver as Inspect names it, its file, its name there, and the task for it.

    Raises:
        ArgumentError: There is no such file, or no such task.
    """
    from perturb_evals.families import FAMILIES, family_of

    source: Path | None
    file, at, inside = typed.partition("@")
    if at or file.endswith(".py"):
        path = Path(file).expanduser()
        if not path.is_file():
            raise ArgumentError(f"expected FILE.py@NAME or a name; no file is at {file!r}.")
        name, family = inside or None, FAMILIES[0]
        solver, source = f"{path}{at}{inside}", path
    else:
        own = {made.__name__: (made, family) for family in FAMILIES for made in family.solvers}
        name = typed.removeprefix(PREFIX)
        if name in own:
            made, family = own[name]
            solver, source = PREFIX + name, _file_of(made)
        elif "/" in name:  # a solver of another package
            solver, source, family = typed, None, FAMILIES[0]
        else:
            raise ArgumentError(
                f"expected FILE.py@NAME, or a name among {', '.join(own)}; got {typed!r}."
            )
    chosen = task or family.task_names[0]
    family_of(chosen)  # refuses one that there is not
    return solver, source, name, chosen


def _file_of(made: Any) -> Path | None:
    found = inspect.getsourcefile(inspect.unwrap(made))
    return Path(found) if found else None


def side_by_side(wanted: Iterable[Wanted]) -> list[Seen]:
    """Make runs side by side, each in a process of its own.

    A set of texts has the same order in all of them, which Python else chooses anew.
    """
    env = {name: value for name, value in os.environ.items() if name not in NOT_TAKEN}
    env |= {"PYTHONHASHSEED": "0", "INSPECT_EVAL_CTL_SERVER": "false"}
    with tempfile.TemporaryDirectory() as folder:
        started = []
        for number, one in enumerate(wanted):
            request, reply = Path(folder, f"{number}.json"), Path(folder, f"{number}.reply")
            request.write_text(json.dumps(asdict(one)), "utf-8")
            line = [sys.executable, "-m", "perturb_evals.cli.check_solver.one_run"]
            process = subprocess.Popen(
                [*line, str(request), str(reply)],
                env={**env, "INSPECT_CACHE_DIR": str(Path(folder, f"cache{number}"))},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
            )
            started.append((process, reply))
        found = []
        try:
            for process, reply in started:
                said, _ = process.communicate()
                if reply.is_file():
                    found.append(Seen(**json.loads(reply.read_text("utf-8"))))
                else:
                    last = said.decode(errors="replace").strip().rpartition("\n")[2]
                    found.append(Seen(fault=_ended(process.returncode, last)))
        finally:
            for process, _ in started:
                process.kill()
    return found


def _ended(code: int, last: str) -> str:
    """Return why a run left no reply."""
    how = f"exit code {code}" if code >= 0 else f"signal {-code}"
    said = f" Its last words: {last}" if last else ""
    return f"The solver ended Python ({how}) before its run was over.{said}"


def _refuse(seen: Seen) -> None:
    """Raise what kept a run on the data from being made, or from answering anything."""
    if seen.fault:
        fault = short(seen.fault, SAID)
        raise ArgumentError(fault) if seen.usage else DataError(fault)
    if not seen.targets:
        raise DataError("The task asks nothing with these arguments.")
    if len(seen.failed) == len(seen.targets):
        first, error = next(iter(seen.failed.items()))
        raise DataError(f"The solver failed at every question; {first}: {short(error, SAID)}")


def _said_of(found: list[Difference]) -> list[Difference]:
    """Return the differences of questions; that of no question where there is no other."""
    own = [difference for difference in found if difference.question != EVERYWHERE]
    return own or found


def _warnings(path: Path | None, name: str | None) -> list[Remark]:
    if path is None:
        return []
    try:
        return remarks(path, name)
    except (OSError, SyntaxError, ValueError) as error:
        raise DataError(f"{path} cannot be read: {why(error)}") from error


def _verdict(
    solver: str, one: Seen, other: Seen, again: Seen | None, found: list[Difference]
) -> tuple[int, list[str]]:
    """Return the exit code and the sentences that say what was found."""
    name, n = plain(solver), len(one.targets)
    if again is not None and (noise := _said_of(differences(one, again))):
        return 1, [
            f"{name} is not deterministic and cannot be judged: two runs on the same data differ "
            f"in {len(noise)} of {n} questions. Give it a seed. The first difference:",
            *_shown(noise[0], ("first run", "second run")),
        ]
    if other.fault:
        return 1, [
            f"{name} uses the truth: it fails where only the truth of the test rows is exchanged: "
            f"{short(other.fault, SAID)}"
        ]
    given = ", ".join(f"{key}={value}" for key, value in one.task_args.items())
    on = f"{n} questions ({plain(given)})"
    if found:
        what = (
            "predictions, and no prompt,"
            if all(d.predicted for d in found)
            else "what it is shown or predicts"
        )
        return 1, [
            f"{name} uses the truth: with the truth of the test rows exchanged, {what} changed in "
            f"{len(found)} of {on}. The first difference:",
            *_shown(found[0], ("data", "exchanged")),
        ]
    failed = f" {len(one.failed)} of them ended with an error, in both." if one.failed else ""
    return 0, [
        f"{name} uses no truth that was seen: prompts and predictions are the same, to the letter, "
        f"on the data and with the truth of the test rows exchanged, for all {on}.{failed}"
    ]


def _shown(found: Difference, names: tuple[str, str]) -> list[str]:
    width = max(map(len, names))
    texts = zip(names, (found.one, found.other), strict=True)
    return [
        f"  {plain(found.question)}, {plain(found.what)}",
        *(f"  {name:<{width}}  {plain(_escaped(text)) or '(nothing)'}" for name, text in texts),
    ]


def _escaped(text: str) -> str:
    """Return a text in which what is no letter of a line is escaped, as Python writes it."""
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)
