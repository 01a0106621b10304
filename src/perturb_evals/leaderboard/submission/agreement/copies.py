"""What a log says of a sample in several places: its summary, its full text, its begin and end."""

from typing import Any

import mmh3
from inspect_ai.event import ErrorEvent, SampleInitEvent, SampleLimitEvent
from inspect_ai.log import EvalLog

from perturb_evals.leaderboard.submission.agreement.each_sample import EachSample
from perturb_evals.leaderboard.submission.agreement.parts import SampleParts
from perturb_evals.leaderboard.submission.agreement.tally import (
    Agreement,
    Alone,
    Found,
    differ,
    quoted,
)
from perturb_evals.leaderboard.submission.checks import Check

SHORTENED = 200
"""Texts of a summary that are longer may have been made shorter."""

IN_SUMMARY = (
    *("target", "choices", "metadata", "model_usage", "role_usage", "started_at", "completed_at"),
    *("total_time", "working_time", "uuid", "error", "limit", "retries", "turn_count"),
)
IN_SCORE = ("value", "answer", "metadata")
AT_BEGIN = ("id", "input", "target", "choices")
LOW = (1 << 64) - 1
ELSEWHERE = ("operator", "custom")
"""Limits that a person or a solver may set, without an event."""


def _hash(text: str) -> str:
    """Return the name that Inspect gives a text which stands in several places of a sample."""
    digest = mmh3.hash128(text.encode(errors="backslashreplace"), signed=False)
    return f"{digest & LOW:016x}{digest >> 64:016x}"


def _summary(parts: SampleParts) -> Found:
    """Long texts, and metadata above 1 KB, are cut in a summary as Inspect cuts them again."""
    said = parts.summary.model_dump(mode="python")
    again = parts.sample.summary().model_dump(mode="python")
    for part in IN_SUMMARY:
        # A summary of an older version of Inspect lacks what came later.
        told = said[part] is not None or part in ("error", "limit")
        if told and (fault := _cut(part, said[part], again[part])):
            return fault
    begin = str(said["input"])
    if len(begin) < SHORTENED and (fault := _cut("input", said["input"], again["input"])):
        return fault
    scores, others = said["scores"] or {}, again["scores"] or {}
    for name in dict.fromkeys([*scores, *others]):
        if name not in scores or name not in others:
            where = "summary" if name in scores else "full sample"
            return f"the score {name!r} stands in the {where} only."
        for part in IN_SCORE:
            if fault := _cut(f"{part} of the score", scores[name][part], others[name][part]):
                return fault
    return None


def _cut(part: str, said: Any, again: Any) -> str | None:
    return differ(f"the summary's {part}", said, "the full sample", again)


def _begin(parts: SampleParts) -> Found:
    """Inspect writes a sample down before its solver sees it."""
    begun = [event for event in parts.sample.events if isinstance(event, SampleInitEvent)]
    if not begun:
        return Alone("no event says how the sample began")
    sample, first = parts.sample, begun[0].sample
    for part in AT_BEGIN:
        said, found = getattr(sample, part), getattr(first, part)
        if part == "id":
            said, found = str(said), str(found)
        if part == "input" and not isinstance(said, str):
            continue  # messages get ids on the way
        if fault := differ(f"the sample's {part}", said, "the event of its begin", found):
            return fault
    for name, value in (first.metadata or {}).items() if isinstance(first.metadata, dict) else ():
        found = sample.metadata.get(name)
        if fault := differ(
            f"{quoted(name)} of the sample's metadata", found, "the event of its begin", value
        ):
            return fault
    return None


def _limit(parts: SampleParts) -> Found:
    limit = parts.sample.limit
    if limit is None or limit.type in ELSEWHERE:
        return None
    if any(isinstance(event, SampleLimitEvent) for event in parts.sample.events):
        return None
    return f"the sample says that a limit of {quoted(limit.type)} ended it, and no event does."


def _error(parts: SampleParts) -> Found:
    """What ended in an error has no score, unless the run was to score it all the same."""
    error, allowed = parts.sample.error, parts.run.log.eval.config.score_on_error
    if error is None:
        return None
    if not any(isinstance(event, ErrorEvent) for event in parts.sample.events):
        return f"the sample says that {quoted(error.message)} ended it, and no event does."
    if parts.sample.scores and not allowed:
        return f"the sample ended in {quoted(error.message)}, and has a score."
    return None


def _invalid(parts: SampleParts) -> Found:
    if parts.sample.invalidation is not None and not parts.run.log.invalidated:
        by = quoted(parts.sample.invalidation.author)
        return f"the sample was invalidated by {by}, and the run was not."
    return None


class Copies(EachSample):
    """The copies of all samples."""

    name = "copies"
    agreements = (
        Agreement("summaries", _summary),
        Agreement("samples", _begin),
        Agreement("limits", _limit),
        Agreement("errors", _error),
        Agreement("invalidation", _invalid),
    )

    def __init__(self, log: EvalLog) -> None:
        super().__init__(log)
        self._uuids: dict[str, str] = {}
        self._n_hashed = 0
        self._unlike: list[tuple[str, str]] = []

    def hold(self, parts: SampleParts) -> None:
        """Hold what is said of a sample in one place against the others."""
        super().hold(parts)
        sample = parts.sample
        if sample.uuid:
            first = self._uuids.setdefault(sample.uuid, parts.place)
            if first != parts.place:
                said = f"it has the id {sample.uuid!r} of {first}: a copy of that sample."
                self._tally.contradiction(said, parts.place)

        for name, text in sample.attachments.items():
            if _hash(text) == name:
                self._n_hashed += 1
            else:
                self._unlike.append((parts.place, f"the text {quoted(text)} is named {name!r}"))

    def check(self) -> Check:
        """Return what was found; other names of texts everywhere are those of another Inspect."""
        if self._n_hashed:
            for place, said in self._unlike:
                self._tally.contradiction(f"{said}, which is the hash of another one.", place)
        return self._tally.check()
