"""When samples and calls happened: what comes first has the earlier time."""

from datetime import datetime, timedelta
from itertools import pairwise

from inspect_ai.event import ModelEvent

from perturb_evals.leaderboard.submission.agreement.each_sample import EachSample
from perturb_evals.leaderboard.submission.agreement.parts import SampleParts
from perturb_evals.leaderboard.submission.agreement.tally import Agreement, Alone, Found

SLACK = timedelta(seconds=5)
"""Headers have whole seconds, and clocks are set."""


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


class Times(EachSample):
    """The times of all samples."""

    name = "times"
    agreements = (
        Agreement("samples", _sample),
        Agreement("total_time", _length),
        Agreement("calls", _calls),
    )
