"""Calls of models against what was counted of them, and against what the server was sent."""

from collections.abc import Iterable, Sequence

from inspect_ai.event import CompactionEvent
from inspect_ai.model import ModelUsage

from perturb_evals.leaderboard.submission.agreement.each_sample import EachSample
from perturb_evals.leaderboard.submission.agreement.parts import SampleParts
from perturb_evals.leaderboard.submission.agreement.tally import (
    Agreement,
    Alone,
    Found,
    differ,
    quoted,
)
from perturb_evals.leaderboard.submission.server_texts import SENT, WRITTEN, squeezed, texts_of

NO_CALL = Alone("no model was asked")
TOKENS = tuple(
    name for name, field in ModelUsage.model_fields.items() if field.annotation in (int, int | None)
)
"""What is counted; dollars may be reckoned later."""

SETTINGS = (
    *("temperature", "top_p", "top_k", "seed", "stop_seqs", "frequency_penalty"),
    *("presence_penalty", "max_tokens", "reasoning_effort", "reasoning_tokens"),
)
BY_PROVIDER = ("max_tokens", "reasoning_effort", "reasoning_tokens")
"""Settings that a call may have where the run has none."""

READ = ("system", "user")
"""Messages that are sent as they are; answers and replies of tools have forms of each server."""


def _events(parts: SampleParts) -> Found:
    """No sample is without events, unless they were taken out."""
    if parts.sample.events:
        return None
    return "the sample has no event at all, and Inspect writes down at least how it began."


def _solver(parts: SampleParts) -> Found:
    if parts.run.manner != "computes":
        return None
    if parts.calls or parts.sample.model_usage:
        what = f"{len(parts.calls)} calls of a model, and usage of "
        named = ", ".join(map(quoted, parts.sample.model_usage)) or "none"
        return f"the solver {quoted(parts.run.solver)} asks no model, the sample has {what}{named}."
    return None


def _usage(parts: SampleParts) -> Found:
    counted: dict[str, dict[str, int]] = {}
    for call in parts.calls:
        if call.output.usage is not None and call.cache != "read":
            for kind in TOKENS:
                own = counted.setdefault(call.model, dict.fromkeys(TOKENS, 0))
                own[kind] += getattr(call.output.usage, kind) or 0
    said = {model: _tokens(usage) for model, usage in parts.sample.model_usage.items()}
    if not counted and not said:
        return Alone("server and cache count no tokens") if parts.calls else NO_CALL
    if any(isinstance(event, CompactionEvent) for event in parts.sample.events):
        return Alone("a conversation was made shorter, which is no call in the log")
    for model in dict.fromkeys([*said, *counted]):
        if model not in counted:
            total = said[model]["total_tokens"]
            what = f"counts {total} tokens of {quoted(model)}"
            return f"model_usage {what}, and no call of it in the sample has any."
        if model not in said:
            total = counted[model]["total_tokens"]
            return f"the calls of {quoted(model)} took {total} tokens, model_usage has none of it."
        for kind in TOKENS:
            if said[model][kind] != counted[model][kind]:
                return (
                    f"model_usage has {said[model][kind]} {kind} of {quoted(model)}, its calls "
                    f"took {counted[model][kind]}."
                )
    return None


def _tokens(usage: ModelUsage) -> dict[str, int]:
    return {kind: getattr(usage, kind) or 0 for kind in TOKENS}


def _prompts(parts: SampleParts) -> Found:
    if not parts.calls:
        return NO_CALL
    for number, call in enumerate(parts.calls, 1):
        if not any(message.content for message in call.input):
            took = call.output.usage.input_tokens if call.output.usage else 0
            what = (
                f"took {took} tokens of input" if took else f"has {quoted(call.output.completion)}"
            )
            return f"call {number} has no prompt, and its output {what}."
    return None


def _models(parts: SampleParts) -> Found:
    """A solver may ask others than the header names; what is counted of them is in its usage."""
    if not parts.calls:
        return NO_CALL
    known = parts.run.models | set(parts.run.log.stats.model_usage)
    for number, call in enumerate(parts.calls, 1):
        if call.model not in known and call.output.usage is not None and call.cache != "read":
            names = ", ".join(quoted(name) for name in sorted(known))
            return f"call {number} is of {quoted(call.model)}, the header knows {names}."
    return None


def _roles(parts: SampleParts) -> Found:
    bound = parts.run.log.eval.model_roles or {}
    for name, usage in parts.sample.role_usage.items():
        if usage.total_tokens and all(call.role != name for call in parts.calls):
            took = f"role_usage counts {usage.total_tokens} tokens of the role {quoted(name)}"
            return f"{took}, and no call of the sample is in it."
    in_roles = [call for call in parts.calls if call.role in bound]
    for call in in_roles:
        one = bound[str(call.role)]
        models = [role.model for role in (one if isinstance(one, list) else [one])]
        if call.model not in models:
            return (
                f"the role {quoted(call.role)} is of {quoted(models[0])} by the header, a call "
                f"in it of {quoted(call.model)}."
            )
    return None


def _raw(parts: SampleParts) -> Found:
    """The reply of the server holds each line that the model wrote, where the log keeps it."""
    kept = [
        (call.output.completion.splitlines(), texts_of(call.call.response, WRITTEN))
        for call in parts.answered
        if call.call is not None and call.call.response
    ]
    return _line_by_line(parts, kept, "replies", "a call's output says", "the server's reply")


def _sent(parts: SampleParts) -> Found:
    """The request holds each line that the model was to read, where the log keeps it."""
    kept = [
        (
            [line for one in call.input if one.role in READ for line in one.text.splitlines()],
            texts_of(call.call.request, SENT),
        )
        for call in parts.calls
        if call.call is not None and call.call.request
    ]
    return _line_by_line(parts, kept, "requests", "a call's input says", "what the server was sent")


def _line_by_line(
    parts: SampleParts,
    kept: Sequence[tuple[Sequence[str], Iterable[str]]],
    what: str,
    here: str,
    there: str,
) -> Found:
    """Hold lines of calls against the texts that the log keeps as they were sent.

    Args:
        parts: The sample.
        kept: Of each call its lines, and the texts.
        what: What the texts are, in the plural.
        here: What says the lines.
        there: What says the texts.
    """
    if not kept:
        return Alone(f"the log keeps no {what} as they were sent") if parts.calls else NO_CALL
    n_held = 0
    for lines, texts in kept:
        whole = " ".join(texts)
        sent = squeezed(whole)
        if not sent:
            continue
        n_held += 1
        for line in lines:
            if squeezed(line) not in sent:
                return f"{here} {quoted(line)}, {there} {quoted(whole)}."
    return None if n_held else Alone(f"{what} of this server hold no text")


def _turns(parts: SampleParts) -> Found:
    """Each turn has an answer; one that was refused, and asked for again, is none."""
    if parts.sample.turn_count is None:
        return Alone("older logs do not count turns")
    if parts.sample.turn_count <= len(parts.answered):
        return None
    turns, answers = parts.sample.turn_count, len(parts.answered)
    return f"turn_count of the sample says {turns}, its events have {answers} answers."


def _settings(parts: SampleParts) -> Found:
    """The solver that asks leaves the settings of the run as they are."""
    if parts.run.manner != "asks":
        return NO_CALL if not parts.calls else None
    log = parts.run.log
    if log.config_updates:
        return Alone("settings were changed while it ran")
    cached = log.plan.config.cache or log.eval.model_generate_config.cache
    for call in parts.asked:  # one in a role has settings of its own, and its answers may be kept
        if call.cache is not None and not cached:
            return f"a call is a {call.cache} of a cache, the header has no cache."
        for name in SETTINGS:
            header = getattr(log.plan.config, name)
            if header is None:
                header = getattr(log.eval.model_generate_config, name)
            sent = getattr(call.config, name)
            if name in BY_PROVIDER and header is None:
                continue  # some have a default of their own
            if fault := differ(f"{name} of the header", header, "a call", sent):
                return fault
    return None


class Calls(EachSample):
    """The calls of all samples."""

    name = "calls"
    agreements = (
        Agreement("events", _events),
        Agreement("solver", _solver),
        Agreement("model_usage", _usage),
        Agreement("prompts", _prompts),
        Agreement("models of calls", _models),
        Agreement("roles of calls", _roles),
        Agreement("inputs of calls", _sent),
        Agreement("outputs of calls", _raw),
        Agreement("settings of calls", _settings),
        Agreement("turns", _turns),
    )
