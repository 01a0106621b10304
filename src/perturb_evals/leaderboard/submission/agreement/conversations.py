"""What a solver of this package sent, against what it sends; and the answers that it has of it."""

from collections.abc import Mapping
from typing import Any, TypeGuard

from inspect_ai.event import ModelEvent
from inspect_ai.model import ChatMessage, ChatMessageAssistant, ChatMessageUser

from perturb_evals.datasets.errors import DataError
from perturb_evals.datasets.genes.symbol_codes import KEY as CODES
from perturb_evals.families.sent import NotToldError, Sent
from perturb_evals.leaderboard.submission.agreement.parts import SampleParts, without_system
from perturb_evals.leaderboard.submission.agreement.role_answers import prompt_of
from perturb_evals.leaderboard.submission.agreement.tally import (
    Agreement,
    Alone,
    Found,
    differ,
    quoted,
)
from perturb_evals.logs.headers import PREFIX
from perturb_evals.replies.reply import KEY, is_too_long
from perturb_evals.solvers.asking.faults import says_too_long
from perturb_evals.solvers.asking.request import in_words

NO_CALL = Alone("no model was asked")
CUT = Alone("a limit or an error cut the sample short")
BY_ANSWERS = Alone("what is asked next depends on the answers")


def _not_asking(parts: SampleParts) -> Alone | None:
    """Return why nothing is held of a solver that asks no model, or may ask what it likes."""
    if parts.run.manner == "computes":
        return NO_CALL
    if parts.run.manner == "foreign":
        return Alone(f"the solver {quoted(parts.run.solver)} may write what it likes")
    return None if parts.asked else CUT


def _sent(parts: SampleParts) -> Sent | Alone | str:
    """Return what the solver of a run sends; or why that cannot be held, or what is wrong."""
    said = (parts.sample.output.metadata or {}).get(KEY)
    if said is None:
        return CUT
    params, control = parts.run.params, parts.run.family.control_argument
    try:
        sent = _written(parts, params)
        if sent is None:
            return Alone("its prompts are not written again")
        if said.get("prompt") in _hashes(sent):
            return sent
        for other in (None, *parts.run.family.controls) if control else ():
            if said.get("prompt") in _hashes(_written(parts, {**params, control: other})):
                told, found = quoted(params.get(control)), quoted(other)
                return f"the plan has {control}={told}, the prompt in the reply is that of {found}."
    except NotToldError:
        return Alone("what a model in a role said, which they show, stands in no call of the log")
    except DataError:
        return Alone("the data cannot be had here")
    return Alone("another version of this package asked")


def _written(parts: SampleParts, params: Mapping[str, Any]) -> Sent | None:
    solver = parts.run.solver.removeprefix(PREFIX)
    told = parts.run.role_answers.answer
    return parts.run.family.sent(solver, params, parts.sample.metadata, told)


def _hashes(sent: Sent | None) -> list[Any]:
    return [prompt.reply["prompt"] for prompt in sent.prompts] if sent else []


def _prompts(parts: SampleParts) -> Found:
    """Each conversation begins with what the solver writes; the reply has the template's hash."""
    if why := _not_asking(parts):
        return why
    sent = _sent(parts)
    if not isinstance(sent, Sent):
        return sent
    held = parts.conversations
    for place, calls in enumerate(held[: len(sent.prompts)]):
        begin = without_system(calls[0].input)
        asked = sent.prompts[place].text
        what = "the first call" if place == 0 else f"the begin of conversation {place + 1}"
        if fault := differ(what, begin[0].text if begin else "", "the question", asked):
            return fault
    if len(held) > len(sent.prompts) or (len(held) < len(sent.prompts) and not parts.cut):
        return f"the solver sends {len(sent.prompts)} prompts, the calls begin with {len(held)}."
    return _reply(parts, sent) or _added(parts, sent) or _in_roles(parts, sent) or _looked_up(parts)


def _reply(parts: SampleParts, sent: Sent) -> str | None:
    """Return what a reply says of its prompt that the solver does not, such as the rows shown."""
    said = (parts.sample.output.metadata or {})[KEY]
    place = min(len(parts.run.family.earlier_answers(parts.sample.output)), len(sent.prompts) - 1)
    for name, expected in sent.prompts[place].reply.items():
        if fault := differ(f"{name!r} of the reply", said.get(name), "the solver", expected):
            return fault
    return None


def _added(parts: SampleParts, sent: Sent) -> str | None:
    """Return what was added to the sample's metadata that the solver does not add."""
    if CODES in (parts.run.log.eval.metadata or {}):
        return f"the solver keeps no {quoted(CODES)} for all of a run, and the header has them."
    begun = parts.begin_metadata
    added = {
        name: value
        for name, value in parts.sample.metadata.items()
        # The table of codes tells how prompts are read; no task begins with one.
        if name == CODES or (begun is not None and name not in begun)
    }
    for name in dict.fromkeys([*added, *sent.metadata]):
        what = f"{quoted(name)} of the sample's metadata"
        if fault := differ(what, added.get(name), "the solver", sent.metadata.get(name)):
            return fault
    return None


def _looked_up(parts: SampleParts) -> str | None:
    """Return what a tool told that is not as it is recorded."""
    solver = parts.run.solver.removeprefix(PREFIX)
    return parts.run.family.looked_up_fault(solver, parts.run.params, parts.sample) or None


def _in_roles(parts: SampleParts, sent: Sent) -> str | None:
    """Return that a model in a role was asked what the solver does not ask it."""
    in_roles = [call for call in parts.calls if call.role is not None]
    for call in in_roles:
        if (asked := prompt_of(call)) not in sent.needs:
            said = f"the solver asks no model of the role {quoted(asked[0])} {quoted(asked[1])}"
            return f"{said}, and a call does."
    n_told = parts.run.family.counted_calls(parts.sample.output)
    if n_told != len(in_roles):
        return f"the reply counts {n_told} calls in roles, the sample has {len(in_roles)}."
    return None


def _earlier_answers(parts: SampleParts) -> Found:
    """Answers that count beside the output are the last of their conversations, in their order."""
    if why := _not_asking(parts):
        return why
    said = parts.run.family.earlier_answers(parts.sample.output)
    held, has_reply = parts.conversations, KEY in (parts.sample.output.metadata or {})
    if len(said) >= len(held) or (len(said) + 1 < len(held) and has_reply and not parts.cut):
        return f"the calls begin {len(held)} conversations, the reply has {len(said)} of them over."
    for place, (told, calls) in enumerate(zip(said, held, strict=False), start=1):
        for what, one, found in zip(("text", "end"), told, _last_answer(calls), strict=True):
            where = f"the {what} of answer {place} in the reply"
            if fault := differ(where, one, "the last of its conversation", found):
                return fault
    return None


def _last_answer(calls: tuple[ModelEvent, ...]) -> tuple[str, str]:
    """Return what the last call of a conversation was answered, and why that ended."""
    last = calls[-1].output
    if calls[-1].error or is_too_long(last) or _too_long_in_words(calls[-1]):
        return "", "model_length"
    if last.empty:
        return "", "max_tokens"
    return in_words(last.message) if last.message.tool_calls else last.completion, last.stop_reason


def _too_long_in_words(call: ModelEvent) -> bool:
    output = call.output
    return output.stop_reason == "model_length" and says_too_long(output.completion)


def _beside(parts: SampleParts) -> Found:
    """A prompt is sent alone, below the system message of the header, and to one model."""
    if why := _not_asking(parts):
        return why
    if parts.run.manner == "acts":
        return BY_ANSWERS
    log = parts.run.log
    if log.config_updates:
        return Alone("settings were changed while it ran")
    system = log.plan.config.system_message or log.eval.model_generate_config.system_message
    for call in parts.asked:
        sent = [message.text for message in call.input if message.role == "system"]
        if sent != ([system] if system else []):
            said = quoted("\n".join(sent) or None)
            return f"the system message of a call says {said}, that of the header {quoted(system)}."
        if call.tools:
            return f"the solver offers no tools, a call {quoted(call.tools[0].name)}."
    asks_on = parts.run.family.asks_on
    firsts = [calls[0] for calls in parts.conversations] if asks_on else parts.asked
    for place, call in enumerate(firsts):
        first = without_system(call.input)
        for message in first[1:]:
            which = "the first call" if place == 0 else "a call"
            return f"the solver asks in one message, {which} has {quoted(message.text)} too."
        if not all(isinstance(one, ChatMessageUser) and _is_text(one) for one in first):
            return (
                "the solver asks in a message of the user that is text, the first call otherwise."
            )
    return None


def _is_text(message: ChatMessage) -> bool:
    return isinstance(message.content, str)


def _messages(parts: SampleParts) -> Found:
    """Messages are those that were sent and answered: what has one id has one text."""
    if not parts.answered:
        return NO_CALL
    if parts.run.manner != "asks":
        return _not_asking(parts) or BY_ANSWERS
    there = {message.id: message for message in parts.sample.messages if message.id}
    answered = [call for call in parts.asked if call in parts.answered]
    sent: dict[str | None, ChatMessage] = {}
    for call in answered:
        sent |= {message.id: message for message in without_system(call.input)}
        if not call.output.empty:
            sent[call.output.message.id] = call.output.message
    too_long = is_too_long(parts.sample.output)
    for name, message in sent.items():
        if name in there:
            words = in_words(message) if _is_answer(message) else message.text
            if fault := differ("a message", there[name].text, "its model event", words):
                return fault
        elif not (parts.cut or too_long or _may_be_left(message, parts)):
            return f"the message {quoted(message.text)} of a call is not in the conversation."
    for name, message in there.items():
        if name in sent or parts.cut or not message.text:
            continue
        if _is_answer(message) and not too_long:
            return f"the conversation has an answer that no call gave: {quoted(message.text)}."
        if not _is_answer(message) and message.role != "system":
            asked = {m.text for call in parts.asked for m in call.input}  # a call may have failed
            if message.text not in asked:
                return f"the conversation has what no call was sent: {quoted(message.text)}."
    return None


def _is_answer(message: ChatMessage) -> TypeGuard[ChatMessageAssistant]:
    return isinstance(message, ChatMessageAssistant) and message.source == "generate"


def _may_be_left(message: ChatMessage, parts: SampleParts) -> bool:
    """Whether an answer was thrown away: options that a server did not grant are asked anew."""
    last = [calls[-1].output for calls in parts.conversations]
    return _is_answer(message) and all(
        output.empty or output.message.id != message.id or _is_replaced(output.completion)
        for output in last
    )


def _is_replaced(completion: str) -> bool:
    """Whether an empty answer stands in the place of one."""
    return says_too_long(completion)


SENT = (
    Agreement("messages", _messages),
    Agreement("messages beside it", _beside),
    Agreement("prompt", _prompts),
    Agreement("earlier answers", _earlier_answers),
)
"""What is held of all that a sample sent."""
