"""The header of a run against itself; it is held when all samples were counted."""

import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

from inspect_ai.log import EvalLog, EvalSample, EvalSampleSummary

from perturb_evals.datasets.benchmark import board_key
from perturb_evals.leaderboard.results.result import Result
from perturb_evals.leaderboard.submission.agreement.parts import OWN, RunParts
from perturb_evals.leaderboard.submission.agreement.tally import (
    Agreement,
    Alone,
    Found,
    Tally,
    differ,
    quoted,
)
from perturb_evals.leaderboard.submission.agreement.times import in_order
from perturb_evals.leaderboard.submission.agreement.whole_run import OF_ALL_SAMPLES, WholeRun
from perturb_evals.leaderboard.submission.checks import Check
from perturb_evals.leaderboard.systems import PACKAGE
from perturb_evals.leaderboard.unrunnable import unrunnable
from perturb_evals.logs.headers import PREFIX


class Header:
    """The header of a run, held against its samples when all were read."""

    name = "header"

    def __init__(self, log: EvalLog, result: Result) -> None:
        self._run = WholeRun(RunParts(log), result)

    def read(self, summary: EvalSampleSummary, sample: EvalSample) -> None:
        """Count a sample."""
        self._run.read(summary, sample)

    def check(self) -> Check:
        """Hold the header against itself and against its samples."""
        tally = Tally(self.name, AGREEMENTS)
        tally.hold(self._run)
        return tally.check()


def _questions(run: WholeRun) -> Found:
    said, has = (run.parts.log.eval.metadata or {}).get("n_questions"), run.parts.log.eval.dataset
    if has.samples is None:
        return Alone("the header does not count the dataset")
    return differ("n_questions", said, "the dataset of the header", has.samples)


def _solver(run: WholeRun) -> Found:
    spec, steps = run.parts.log.eval, run.parts.log.plan.steps
    for name in run.parts.solvers:
        if name not in OWN and f"{PREFIX}{name}" in OWN:
            return (
                f"the plan has the solver {quoted(name)}, which is not of this package and has the "
                "name of one."
            )
    if spec.solver is None:
        return Alone("the header names none, as with the task's own")
    if len(steps) != 1:
        return Alone("it is made of several")
    # It may be a solver in a file, `solvers.py@mine`.
    said = spec.solver.rpartition("@")[2].rpartition("/")[2]
    if said != steps[0].solver.rpartition("/")[2]:
        plan = quoted(steps[0].solver)
        return f"the header names the solver {quoted(spec.solver)}, the plan {plan}."
    return _within("solver_args", spec.solver_args or {}, "the plan's params", steps[0].params)


def _within(part: str, said: Mapping[str, Any], other: str, found: Mapping[str, Any]) -> Found:
    for name, value in said.items():
        if name in found and (fault := differ(f"{name} of {part}", value, other, found[name])):
            return fault
    return None


def _task_args(run: WholeRun) -> Found:
    spec = run.parts.log.eval
    for name in spec.task_args_passed:
        if name not in spec.task_args:
            return f"task_args_passed has {quoted(name)}, task_args has not."
    return _within("task_args_passed", spec.task_args_passed, "task_args", spec.task_args)


def _board(run: WholeRun) -> Found:
    about = run.parts.log.eval.metadata or {}
    return differ("board_key", about["board_key"], "the board", board_key(about["board"]))


def _task_version(run: WholeRun) -> Found:
    """The number of a task's version is that of what it computes; the letter that of its form."""
    family, said = run.parts.family, str(run.parts.log.eval.task_version)
    if not type(family).__module__.startswith("perturb_evals."):
        return Alone("the task is of another package")
    computed = (run.parts.log.eval.metadata or {})["board"]["metric_version"]
    if re.fullmatch(r"\d+-[A-Z]", said) and said.partition("-")[0] == str(computed):
        return None
    return f"task_version says {quoted(said)}, the board has the metric version {quoted(computed)}."


def _track(run: WholeRun) -> Found:
    return unrunnable(run.result) or None


def _version(run: WholeRun) -> Found:
    """The versions that ran; a package that is not installed but in a path is not listed."""
    spec = run.parts.log.eval
    about = (spec.metadata or {}).get("package_version")
    if about is None or "inspect_ai" not in spec.packages:
        return f"the header does not say which version of {PACKAGE} and of Inspect ran."
    if PACKAGE not in spec.packages:
        return Alone("the package is not among those that were installed")
    return differ("package_version", about, "packages", spec.packages[PACKAGE])


def _scorers(run: WholeRun) -> Found:
    log = run.parts.log
    names = Counter(score.name for score in log.results.scores) if log.results else Counter[str]()
    for name, times in names.items():
        if times > 1:
            return f"the results have the scores {quoted(name)} {times} times."
    if log.results and (reducer := log.results.scores[0].reducer):
        what = f"the scores {quoted(log.results.scores[0].name)}"
        return f"{what} are of all epochs, the results reduce them by {quoted(reducer)}."
    if not log.eval.scorers or log.results is None:
        return Alone("the header lists none")
    said, found = log.eval.scorers[0].name, log.results.scores[0].name
    return differ(
        "the first scorer", said.removeprefix(PREFIX), "the results", found.removeprefix(PREFIX)
    )


def _headline(run: WholeRun) -> Found:
    results = run.parts.log.results
    if results is None or results.headline is None:
        return Alone("older logs name none")
    first, named = results.scores[0], results.headline
    if named.metric in first.metrics and named.score in (None, first.name):
        return None
    return (
        f"the headline is {quoted(named.metric)} of {quoted(named.score)}, which the results lack."
    )


def _times(run: WholeRun) -> Found:
    log = run.parts.log
    began = [("created", log.eval.created), ("started_at", log.stats.started_at)]
    return in_order([*began, ("completed_at", log.stats.completed_at)])


AGREEMENTS: tuple[Agreement[WholeRun], ...] = (
    *OF_ALL_SAMPLES,
    Agreement("n_questions", _questions),
    Agreement("solver", _solver),
    Agreement("track", _track),
    Agreement("task_args", _task_args),
    Agreement("board", _board),
    Agreement("task_version", _task_version),
    Agreement("package_version", _version),
    Agreement("scorers", _scorers),
    Agreement("headline", _headline),
    Agreement("times", _times),
)
