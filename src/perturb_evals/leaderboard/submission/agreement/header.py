"""The header of a run against itself, and against what all its samples add up to."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from inspect_ai.log import EvalLog, EvalSample, EvalSampleSummary

from perturb_evals.datasets.benchmark import board_key
from perturb_evals.leaderboard.results.result import Result
from perturb_evals.leaderboard.submission.agreement.calls import TOKENS
from perturb_evals.leaderboard.submission.agreement.parts import OWN, RunParts, SampleParts
from perturb_evals.leaderboard.submission.agreement.tally import (
    Agreement,
    Alone,
    Found,
    Tally,
    differ,
    quoted,
)
from perturb_evals.leaderboard.submission.agreement.times import SLACK, at, in_order
from perturb_evals.leaderboard.submission.checks import Check
from perturb_evals.leaderboard.systems import NO_MODEL, PACKAGE
from perturb_evals.leaderboard.unrunnable import unrunnable
from perturb_evals.logs.headers import PREFIX

ENDED_EARLY = Alone("the run ended before all questions were asked")


@dataclass(eq=False)
class _WholeRun:
    """A run with what its samples add up to.

    Attributes:
        parts: Its header.
        result: Its result.
        n_samples: Number of samples.
        n_errors: Those that ended in an error.
        n_scored: Those with a score that is ranked.
        ids: Their ids, as text.
        asked: How many calls were of each model.
        usage: Their tokens by model and kind.
        role_usage: Those by role and kind.
        repeated: Whether a sample ended in an error, or was begun again after one.
        resumed: Whether a sample was answered before this run began, as `inspect eval-retry` keeps
            what an earlier log has.
        whole: Whether some sample was neither cut by a limit nor ended by an error.
    """

    parts: RunParts
    result: Result
    n_samples: int = 0
    n_errors: int = 0
    n_scored: int = 0
    ids: set[str] = field(default_factory=set)
    asked: Counter[str] = field(default_factory=Counter)
    usage: dict[str, Counter[str]] = field(default_factory=dict)
    role_usage: dict[str, Counter[str]] = field(default_factory=dict)
    repeated: bool = False
    resumed: bool = False
    whole: bool = False


class Header:
    """The header of a run, held against its samples when all were read."""

    name = "header"

    def __init__(self, log: EvalLog, result: Result) -> None:
        self._run = _WholeRun(RunParts(log), result)

    def read(self, summary: EvalSampleSummary, sample: EvalSample) -> None:
        """Count what the header says of all samples."""
        run, parts = self._run, SampleParts(self._run.parts, summary, sample)
        results = run.parts.log.results
        ranked = results.scores[0].name if results and results.scores else ""
        run.n_samples += 1
        run.n_errors += sample.error is not None
        run.n_scored += ranked in (summary.scores or {})
        run.ids.add(str(summary.id))
        run.asked.update(call.model for call in parts.calls)
        for summed, of_sample in (
            (run.usage, sample.model_usage),
            (run.role_usage, sample.role_usage),
        ):
            for name, usage in of_sample.items():
                counted = summed.setdefault(name, Counter())
                counted.update({kind: getattr(usage, kind) or 0 for kind in TOKENS})
        began = run.parts.log.stats.started_at
        run.repeated |= bool(sample.error_retries) or sample.error is not None
        if began and sample.started_at:
            run.resumed |= at(sample.started_at) + SLACK < at(began)
        run.whole |= not parts.cut

    def check(self) -> Check:
        """Hold the header against itself and against its samples."""
        tally = Tally(self.name, AGREEMENTS)
        tally.hold(self._run)
        return tally.check()


def _model(run: _WholeRun) -> Found:
    """A board ranks a system under the model of its header: that one has to have answered."""
    named, manner = str(run.parts.log.eval.model), run.parts.manner
    if named in run.asked:
        return None
    if run.asked:
        often = ", ".join(f"{quoted(model)} ({n})" for model, n in run.asked.most_common(3))
        return f"the header names the model {quoted(named)}, and all calls are of {often}."
    if manner == "computes" or not run.whole:
        return Alone("no model was asked")
    if manner == "foreign" and named == NO_MODEL:
        return Alone("no model was asked")
    said = f"the header names the model {quoted(named)}, and no sample has a call of any"
    if manner == "foreign":
        return f"{said}: run a method that asks none with --model {NO_MODEL}."
    return f"{said}, while the solver {quoted(run.parts.solver)} asks one."


def _roles(run: _WholeRun) -> Found:
    roles = run.parts.log.eval.model_roles or {}
    for name, bound in roles.items():
        models = [one.model for one in (bound if isinstance(bound, list) else [bound])]
        if not any(model in run.asked for model in models):
            said = f"the header gives the role {quoted(name)} to {quoted(models[0])}"
            return f"{said}, which no call asks."
    return None


def _usage(run: _WholeRun) -> Found:
    """Tokens of an answer that ended in an error are counted in the header alone."""
    stats = run.parts.log.stats
    if not (stats.model_usage or run.usage or stats.role_usage or run.role_usage):
        return Alone("no tokens were counted")
    if run.resumed:
        return Alone("the run goes on from an earlier log")
    for part, of_all, summed in (
        ("model_usage", stats.model_usage, run.usage),
        ("role_usage", stats.role_usage, run.role_usage),
    ):
        for name in dict.fromkeys([*of_all, *summed]):
            for kind in TOKENS:
                said = getattr(of_all.get(name), kind, None) or 0
                found = summed[name][kind] if name in summed else 0
                if said < found or (said > found and not run.repeated):
                    return (
                        f"{part} of the header has {said} {kind} of {quoted(name)}, that of all "
                        f"samples {found}."
                    )
    return None


def _planned(run: _WholeRun) -> int | None:
    """Return how many samples the header says were asked for; None where it does not."""
    ids = run.parts.log.eval.dataset.sample_ids
    return None if ids is None else len(ids) * (run.parts.log.eval.config.epochs or 1)


def _samples(run: _WholeRun) -> Found:
    spec, results = run.parts.log.eval, run.parts.log.results
    planned = _planned(run)
    if planned is None:
        return Alone("the header does not list the samples")
    listed = {str(name) for name in spec.dataset.sample_ids or []}
    if strange := sorted(run.ids - listed):
        return f"the sample {quoted(strange[0])} is not among those that the header lists."
    if fault := _limit(spec.config.limit, len(listed)):
        return fault
    early = results is None or results.early_stopping or results.logged_samples is not None
    if run.parts.log.status != "success" or early:
        return ENDED_EARLY
    if run.n_samples != planned:
        return (
            f"the header lists {len(listed)} samples in {spec.config.epochs or 1} epochs, "
            f"the log has {run.n_samples}."
        )
    return None


def _limit(limit: int | tuple[int, int] | None, n_listed: int) -> str | None:
    if limit is None:
        return None
    most = limit if isinstance(limit, int) else limit[1] - limit[0]
    if n_listed <= most:
        return None
    return f"the header has a limit of {most} samples, and lists {n_listed}."


def _questions(run: _WholeRun) -> Found:
    said, has = (run.parts.log.eval.metadata or {}).get("n_questions"), run.parts.log.eval.dataset
    if has.samples is None:
        return Alone("the header does not count the dataset")
    return differ("n_questions", said, "the dataset of the header", has.samples)


def _results(run: _WholeRun) -> Found:
    results, planned = run.parts.log.results, _planned(run)
    if results is None or planned is None:
        return ENDED_EARLY
    pairs = [
        ("total_samples", results.total_samples, "the samples listed are", planned),
        (
            "completed_samples",
            results.completed_samples,
            "without an error are",
            run.n_samples - run.n_errors,
        ),
        ("scored_samples", results.scores[0].scored_samples, "with a score are", run.n_scored),
    ]
    if results.early_stopping or results.logged_samples is not None:
        return ENDED_EARLY
    for name, said, what, found in pairs:
        if said is not None and said != found:
            return f"{name} of the results is {said}, {what} {found}."
    return None


def _solver(run: _WholeRun) -> Found:
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


def _task_args(run: _WholeRun) -> Found:
    spec = run.parts.log.eval
    for name in spec.task_args_passed:
        if name not in spec.task_args:
            return f"task_args_passed has {quoted(name)}, task_args has not."
    return _within("task_args_passed", spec.task_args_passed, "task_args", spec.task_args)


def _board(run: _WholeRun) -> Found:
    about = run.parts.log.eval.metadata or {}
    return differ("board_key", about["board_key"], "the board", board_key(about["board"]))


def _task_version(run: _WholeRun) -> Found:
    """The number of a task's version is that of what it computes; the letter that of its form."""
    family, said = run.parts.family, str(run.parts.log.eval.task_version)
    if not type(family).__module__.startswith("perturb_evals."):
        return Alone("the task is of another package")
    computed = (run.parts.log.eval.metadata or {})["board"]["metric_version"]
    if re.fullmatch(r"\d+-[A-Z]", said) and said.partition("-")[0] == str(computed):
        return None
    return f"task_version says {quoted(said)}, the board has the metric version {quoted(computed)}."


def _track(run: _WholeRun) -> Found:
    return unrunnable(run.result) or None


def _version(run: _WholeRun) -> Found:
    """The versions that ran; a package that is not installed but in a path is not listed."""
    spec = run.parts.log.eval
    about = (spec.metadata or {}).get("package_version")
    if about is None or "inspect_ai" not in spec.packages:
        return f"the header does not say which version of {PACKAGE} and of Inspect ran."
    if PACKAGE not in spec.packages:
        return Alone("the package is not among those that were installed")
    return differ("package_version", about, "packages", spec.packages[PACKAGE])


def _scorers(run: _WholeRun) -> Found:
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


def _headline(run: _WholeRun) -> Found:
    results = run.parts.log.results
    if results is None or results.headline is None:
        return Alone("older logs name none")
    first, named = results.scores[0], results.headline
    if named.metric in first.metrics and named.score in (None, first.name):
        return None
    return (
        f"the headline is {quoted(named.metric)} of {quoted(named.score)}, which the results lack."
    )


def _times(run: _WholeRun) -> Found:
    log = run.parts.log
    began = [("created", log.eval.created), ("started_at", log.stats.started_at)]
    return in_order([*began, ("completed_at", log.stats.completed_at)])


AGREEMENTS: tuple[Agreement[_WholeRun], ...] = (
    Agreement("model", _model),
    Agreement("roles", _roles),
    Agreement("samples listed", _samples),
    Agreement("results", _results),
    Agreement("model_usage", _usage),
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
