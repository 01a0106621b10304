"""When samples and calls happened: what comes first has the earlier time."""

from datetime import datetime, timedelta
from itertools import pairwise

from inspect_ai.event import ModelEvent
from inspect_ai.log import EvalLog, EvalSample, EvalSampleSummary

from perturb_evals.leaderboard.submission.agreement.parts import RunParts, SampleParts
from perturb_evals.leaderboard.submission.agreement.tally import Agreement, Alone, Found, Tally
from perturb_evals.leaderboard.submission.checks import Check

SLACK = timedelta(seconds=5)
"""Headers have whole seconds, and clocks are set."""


class Times:
    """The times of all samples."""

    name = "times"

    def __init__(self, log: EvalLog) -> None:
        self._run = RunParts(log)
        self._tally = Tally(self.name, AGREEMENTS, "samples")

    def read(self, summary: EvalSampleSummary, sample: EvalSample) -> None:
        """Hold the times of a sample against each other."""
        parts = SampleParts(self._run, summary, sample)
        self._tally.hold(parts, parts.place)

    def check(self) -> Check:
        """Return what was found."""
        return self._tally.check()


def at(time: str | datetime) -> datetime:
    """Return a time of a log, with its zone."""
    return (time if isinstance(time, datetime) else datetime.fromisoformat(time)).astimezone()


def in_order(times: list[tuple[str, str | datetime | None]]) -> str | None:
    """Return which of some times, each with its name, is before one that stands before it."""
    given = [(name, at(time)) for name, time in times if time]
    for (first, before), (second, after) in pairwise(given):
        if after + SLACK < before:
            return f"{second} is {after:%F %T}, before {first}, {before:%F %T}."
    return None


def _sample(parts: SampleParts) -> Found:
    sample, stats = parts.sample, parts.run.log.stats
    if not (sample.started_at and sample.completed_at):
        return Alone("older logs have no times of samples")
    return in_order(
        [
            ("started_at", sample.started_at),
            ("completed_at", sample.completed_at),
            ("the end of the run", stats.completed_at),
        ]
    )


def _length(parts: SampleParts) -> Found:
    """A clock that is set may lengthen a sample, and seldom shortens it."""
    sample = parts.sample
    if not (sample.started_at and sample.completed_at) or sample.total_time is None:
        return Alone("older logs have no times of samples")
    passed = at(sample.completed_at) - at(sample.started_at)
    if sample.total_time > (passed + SLACK).total_seconds():
        said = f"total_time is {sample.total_time:.1f} s"
        return f"{said}, and from started_at to completed_at are {passed.total_seconds():.1f} s."
    return None


def _calls(parts: SampleParts) -> Found:
    sample = parts.sample
    calls = [event for event in sample.events if isinstance(event, ModelEvent)]
    if not calls:
        return Alone("no model was asked")
    for call in calls:
        ended = call.completed or call.timestamp
        times = [("a call", call.timestamp), ("its answer", ended)]
        began, end = ("started_at", sample.started_at), ("completed_at", sample.completed_at)
        if fault := in_order([began, *times, end]):
            return fault
    return None


AGREEMENTS: tuple[Agreement[SampleParts], ...] = (
    Agreement("samples", _sample),
    Agreement("total_time", _length),
    Agreement("calls", _calls),
)
