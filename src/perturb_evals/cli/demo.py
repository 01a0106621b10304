"""`perturb-evals demo`: the main job on simulated data, without network, key or model."""

import argparse
import shutil
import sys
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from perturb_evals.datasets.errors import DataError

if TYPE_CHECKING:
    from inspect_ai.log import EvalLog
    from rich.console import Console
    from rich.table import Table

    from perturb_evals.cli.arguments import Subparsers
    from perturb_evals.families.demo import Demo, DemoSystem
    from perturb_evals.families.family import Family
    from perturb_evals.leaderboard.entries import Entry

    Rows = Mapping[str, Mapping[str, Entry]]

SCRIPTED = "perturb_scripted/biologist"
WIDTH = 80
BUFFERED = 1000
INTERVAL = len(".596 [.55, .64]")


class DemoError(DataError):
    """A run of the demo that did not succeed. The message says which one and why."""


def add_parser(subparsers: "Subparsers") -> None:
    """Add `demo`."""
    text = "run a scripted model and the baselines on a simulated screen"
    parser = subparsers.add_parser("demo", help=text, description=text)
    for option, folder, what in (
        ("--log-dir", "logs", "the logs"),
        ("--site", "site", "the leaderboard's pages"),
    ):
        parser.add_argument(
            option,
            type=Path,
            default=Path(folder) / f"demo-{datetime.now():%Y%m%d-%H%M%S}",
            help=f"folder of {what} (default: a new one in {folder}/)",
        )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run all families' systems, print a table each and who is best, and write the site.

    Returns:
        0; 1 when a run did not succeed or the site's folder holds something else.
    """
    from perturb_evals.cli.tables.terminal import console, figure, number
    from perturb_evals.families import FAMILIES
    from perturb_evals.leaderboard.boards import make_boards
    from perturb_evals.leaderboard.conclusion import overall
    from perturb_evals.leaderboard.entries import read_entries
    from perturb_evals.leaderboard.publish import publish
    from perturb_evals.leaderboard.results.from_log import metrics
    from perturb_evals.leaderboard.summary import summaries
    from perturb_evals.leaderboard.untrusted_text import plain

    shown = console(WIDTH)
    ran = [
        (family, family.demo, _run_all(shown, family, family.demo, args.log_dir))
        for family in FAMILIES
        if family.demo
    ]
    with shown.status("the leaderboard …"):
        entries = read_entries([str(args.log_dir)])
        boards = make_boards(entries)
        summed = summaries(boards)
        publish(args.site, boards, summed, entries, transcripts=True)
    names: dict[int, str] = {}
    run_of = {entry.result.eval_id: entry for entry in entries.complete if entry.result}
    shown.print(
        "The scripted biologist is a script, not a language model: it answers in prose from notes "
        "of its own and sees no label. In square brackets: 95% intervals over perturbations.\n"
    )
    for family, demo, logs in ran:
        rows = {
            name: {task: run_of[log.eval.eval_id] for task, log in own.items()}
            for name, own in logs.items()
        }
        beside = f" (below it {family.companion_words})" if family.companion else ""
        shown.print(
            f"{demo.where}: {family.headline_words}{beside}, {family.better} is better",
            style="bold",
        )
        shown.print(_table(family, demo, rows))
        shown.print()
        for name, own in rows.items():
            names.update((id(entry), name) for entry in own.values())
        found = {task: metrics(log) for task, log in logs[demo.scripted.name].items()}
        for sentence in demo.remarks(found):
            shown.print(sentence)
        shown.print()
    for what, command in (
        ("Read every transcript", f"{_inspect()} view --log-dir {args.log_dir}"),
        ("The leaderboard in a browser", str(args.site / "index.html")),
        (
            "The same with its transcripts, which a browser reads from a server only",
            f"python3 -m http.server 8000 --bind 127.0.0.1 --directory {args.site}",
        ),
    ):
        shown.print(f"{what}:")
        shown.print(f"  {command}", soft_wrap=True)
    shown.print()
    said = overall(boards, summed, lambda entry: names.get(id(entry), entry.name), number, figure)
    for line in said.splitlines():
        shown.print(plain(line), style="bold")
    return 0


def _run_all(
    console: "Console", family: "Family", demo: "Demo", log_dir: Path
) -> "dict[str, dict[str, EvalLog]]":
    """Run all systems of a family on all of its tasks; return the logs by system and task."""
    from perturb_evals.leaderboard.results.from_log import metrics

    def run(system: "DemoSystem") -> "dict[str, EvalLog]":
        with console.status(f"{system.name} …"):
            return dict(zip(family.task_names, _evaluate(family, system, log_dir), strict=True))

    first = run(demo.scripted)
    others = demo.others({task: metrics(log) for task, log in first.items()})
    return {demo.scripted.name: first, **{system.name: run(system) for system in others}}


def _evaluate(family: "Family", system: "DemoSystem", log_dir: Path) -> "list[EvalLog]":
    from inspect_ai import eval as inspect_eval
    from inspect_ai.util import registry_info

    from perturb_evals.leaderboard.systems import NO_MODEL

    tasks = [task(**system.arguments) for task in family.tasks]
    solver = system.solver() if system.solver else family.solvers[0]()
    logs = inspect_eval(
        tasks,
        model=NO_MODEL if system.solver else SCRIPTED,
        solver=solver if system.solver else None,
        # Baselines all have the model none/none; in the viewer's list the tag tells them apart.
        tags=[registry_info(solver).name.rpartition("/")[2]],
        log_dir=str(log_dir),
        display="none",
        # Nobody watches these runs, and logs of some hundred samples are written at once: this
        # takes a fifth of the time off.
        log_realtime=False,
        score_display=False,
        log_buffer=BUFFERED,
        max_tasks=len(tasks),
    )
    for log in logs:
        if log.status != "success":
            reason = log.error.message if log.error else ""
            raise DemoError(f"{log.eval.task} ended as {log.status}: {reason}")
    return list(logs)


def _table(family: "Family", demo: "Demo", rows: "Rows") -> "Table":
    """Return the headline of each system on each task, and how far it is from the zero of skill."""
    from rich import box
    from rich.table import Table

    from perturb_evals.cli.tables.terminal import figure, number
    from perturb_evals.leaderboard.figures import figure_of
    from perturb_evals.leaderboard.text import percent

    tasks = family.task_names
    zero = _named(rows, family.zero.method)
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), show_edge=False)
    table.add_column("system", no_wrap=True)
    for task in tasks:
        table.add_column(family.words(task), justify="right", min_width=INTERVAL)
        if zero:
            table.add_column(f"minus {zero}", justify="right", no_wrap=True)
    table.add_column("answered", justify="right")
    table.add_column("may read")
    for name, own in rows.items():
        reads = {"truth" if entry.kind == "truth" else entry.track for entry in own.values()}
        if "truth" in reads:
            table.add_section()
        cells, answered = [], []
        for task, entry in own.items():
            assert entry.result is not None
            # The interval as the run's log has it.
            beside = entry.result.metrics.get(family.companion)
            said = figure(entry.result.metrics[entry.result.headline])
            cells.append(said + (f" ({number(beside.value)})" if beside else ""))
            answered.append(entry.result.coverage or 0.0)
            if zero:
                outcome, base = entry.outcome, rows[zero][task].outcome
                less = figure_of(outcome.value - base.value, outcome.drawn - base.drawn)
                cells.append("" if name == zero else figure(less))
        table.add_row(name, *cells, percent(min(answered)), ", ".join(sorted(reads)))
    best = [demo.attainable(task) for task in tasks]
    if any(value is not None for value in best):
        table.add_section()
        # Below the values, not below their intervals.
        cells = [number(value) + " " * (INTERVAL - len(number(value))) for value in best]
        table.add_row("best attainable", *cells, "", "truth")
    return table


def _named(rows: "Rows", method: str) -> str:
    """Return the name of the system that runs a method; empty where none does."""
    names = (n for n, own in rows.items() if any(e.method == method for e in own.values()))
    return next(names, "")


def _inspect() -> str:
    """The inspect command of this environment, as short as the current folder and PATH allow."""
    beside = Path(sys.executable).parent / "inspect"
    if shutil.which("inspect") == str(beside):
        return "inspect"
    return str(beside.relative_to(Path.cwd()) if beside.is_relative_to(Path.cwd()) else beside)
