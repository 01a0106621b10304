"""Scores against what Inspect wrote down when they were given, and edits of them."""

from typing import Any

from inspect_ai.event import ScoreEditEvent, ScoreEvent, SpanBeginEvent

from perturb_evals.leaderboard.submission.agreement.each_sample import EachSample
from perturb_evals.leaderboard.submission.agreement.parts import SampleParts
from perturb_evals.leaderboard.submission.agreement.tally import (
    Agreement,
    Alone,
    Found,
    differ,
    quoted,
)

NO_SCORE = Alone("the sample has no score")


def _given(parts: SampleParts) -> dict[str, ScoreEvent]:
    """Return the last event of each score."""
    return {
        str(event.scorer): event
        for event in parts.sample.events
        if isinstance(event, ScoreEvent) and not event.intermediate
    }


def _scores(parts: SampleParts) -> Found:
    scores = parts.sample.scores or {}
    if not scores:
        return NO_SCORE
    given = _given(parts)
    for name, score in scores.items():
        event = given.get(name) or given.get(str(None))
        if event is None:
            return f"the score {quoted(name)} has no event in which it was given."
        for part in ("value", "answer", "explanation", "metadata"):
            said, found = (_plain(getattr(one, part)) for one in (score, event.score))
            if fault := differ(f"the {part} of the score", said, "the event that gave it", found):
                return fault
    return None


def _plain(value: Any) -> Any:
    return dict(value) if isinstance(value, dict) else value


def _targets(parts: SampleParts) -> Found:
    given = _given(parts)
    if not given:
        return NO_SCORE
    target = _listed(parts.sample.target)
    for event in given.values():
        if event.target is not None and _listed(event.target) != target:
            said = f"the target is {quoted(parts.sample.target)}"
            return f"{said}, that of the event that gave the score {quoted(event.target)}."
    return None


def _listed(target: str | list[str]) -> list[str]:
    return [target] if isinstance(target, str) else list(target)


def _edits(parts: SampleParts) -> Found:
    """An edited score is not the scorer's, whoever edited it."""
    for event in parts.sample.events:
        if isinstance(event, ScoreEditEvent):
            return f"the score {quoted(event.score_name)} was edited{_by(event.edit.provenance)}."
    for name, score in (parts.sample.scores or {}).items():
        if score.history:
            return f"the score {quoted(name)} was edited{_by(score.history[-1].provenance)}."
    return None


def _by(provenance: Any) -> str:
    return f" by {quoted(provenance.author)}" if provenance is not None else ""


def _spans(parts: SampleParts) -> Found:
    """Scores are given in the span of their scorer, and those of this package ask no model."""
    spans = {
        event.id: event
        for event in parts.sample.events
        if isinstance(event, SpanBeginEvent) and event.type == "scorer"
    }
    given = _given(parts)
    if not given:
        return NO_SCORE
    name, event = next(iter(given.items()))
    if event.span_id not in spans:
        return f"no span of a scorer holds the event that gave the score {quoted(name)}."
    for number, call in enumerate(parts.calls, 1):
        if call.span_id == event.span_id:
            return f"call {number} is in the span of the scorer {quoted(name)}, which asks none."
    return None


def _usage(parts: SampleParts) -> Found:
    """The package's scorers ask no model: what was used when they began is all."""
    given = [event for event in _given(parts).values() if event.model_usage is not None]
    if not given:
        return Alone("no usage stands in the events of scores")
    for name, usage in parts.sample.model_usage.items():
        then = (given[0].model_usage or {}).get(name)
        before = then.total_tokens if then else 0
        if before != usage.total_tokens:
            return (
                f"model_usage has {usage.total_tokens} tokens of {quoted(name)}, and had {before} "
                "when the score was given."
            )
    return None


class Scorings(EachSample):
    """The scores of all samples."""

    name = "scorings"
    agreements = (
        Agreement("scores", _scores),
        Agreement("targets", _targets),
        Agreement("spans", _spans),
        Agreement("edits", _edits),
        Agreement("usage", _usage),
    )
