"""The output that is scored against the model's own answer, the conversation, and the solver."""

from collections.abc import Sequence

from inspect_ai.event import ModelEvent, SpanBeginEvent
from inspect_ai.log import EvalLog, EvalSample, EvalSampleSummary
from inspect_ai.model import ChatMessage, ChatMessageAssistant

from perturb_evals.datasets.errors import DataError
from perturb_evals.leaderboard.submission.checks import Check
from perturb_evals.leaderboard.submission.held.pairs import (
    Alone,
    Found,
    Pair,
    Tally,
    differ,
    quoted,
)
from perturb_evals.leaderboard.submission.held.parts import RunParts, SampleParts
from perturb_evals.logs.headers import PREFIX
from perturb_evals.replies.reply import KEY, is_too_long
from perturb_evals.solvers.asking.faults import says_too_long

NO_CALL = Alone("no model was asked")
CUT = Alone("a limit or an error cut the sample short")
TOO_LONG = Alone("the prompt was too long for the model, so that there is no answer")


class Outputs:
    """The outputs of all samples."""

    name = "outputs"

    def __init__(self, log: EvalLog) -> None:
        self._run = RunParts(log)
        self._tally = Tally(self.name, PAIRS, "samples")
        self._seen: dict[str, str] = {}

    def read(self, summary: EvalSampleSummary, sample: EvalSample) -> None:
        """Hold the output of a sample against the rest of it, and its answers against others'."""
        parts = SampleParts(self._run, summary, sample)
        self._tally.hold(parts, parts.place)
        for call in parts.answered:
            if call.cache == "read" or call.output.empty:
                continue
            for what, name in (("call", call.uuid), ("answer", call.output.message.id)):
                if name is None:
                    continue
                first = self._seen.setdefault(f"{what} {name}", parts.place)
                if first != parts.place:
                    said = f"the {what} {quoted(name)} stands in {first}, too; none is given twice."
                    self._tally.contradiction(said, parts.place)

    def check(self) -> Check:
        """Return what was found."""
        return self._tally.check()


def _foreign(held: SampleParts) -> Alone:
    return Alone(f"the solver {quoted(held.run.solver)} may write what it likes")


def _answer(held: SampleParts) -> Found:
    """The solver that asks leaves the last answer as it is; texts of others may be their own."""
    output = held.sample.output
    if held.run.manner == "computes":
        return NO_CALL
    if output.empty and held.run.manner == "foreign":
        return _foreign(held)
    if output.empty:
        return CUT if held.cut else _missing(held)
    if is_too_long(output):
        return _too_long(held)
    own = [call for call in held.answered if _is_of(call, output.message)]
    if held.run.manner == "foreign":
        agree = own and differ("", output.completion, "", own[-1].output.completion) is None
        return None if agree else _foreign(held)
    if not own:
        if not held.calls:
            return f"the output says {quoted(output.completion)}, and no model was asked."
        last = held.answered[-1].output.completion if held.answered else ""
        return differ("the output", output.completion, "the last answer", last) or (
            f"the output {quoted(output.completion)} has another id than all answers."
        )
    call = own[-1]
    if call is not held.answered[-1] and not held.cut:
        last = held.answered[-1].output.completion
        said = quoted(output.completion)
        return f"the output is not the last answer: it says {said}, that {quoted(last)}."
    if call.output.message.tool_calls:
        return Alone("calls of tools are put into words")
    if fault := differ("the output", output.completion, "its model event", call.output.completion):
        return fault
    dumped, event = (one.model_dump(mode="json") for one in (output, call.output))
    return (
        differ("the output's choice", dumped["choices"][0], "its model event", event["choices"][0])
        or differ("the output's model", output.model, "its model event", call.output.model)
        or differ("the output's usage", dumped["usage"], "its model event", event["usage"])
    )


def _is_of(call: ModelEvent, message: ChatMessage) -> bool:
    return not call.output.empty and call.output.message.id == message.id


def _too_long(held: SampleParts) -> Found:
    """The solver leaves an empty answer where a server says that a prompt was too long."""
    if not held.calls:
        return "the output says that the prompt was too long, and no model was asked."
    last = held.calls[-1]
    if last.error or is_too_long(last.output):
        return TOO_LONG
    if says_too_long(last.output.completion):
        return TOO_LONG
    found = quoted(last.output.completion)
    return f"the output says that the prompt was too long, its model event {found}."


def _missing(held: SampleParts) -> Found:
    if not held.answered:
        return "the sample has no output, and no answer of a model."
    last = held.answered[-1].output.completion
    return f"the sample has no output, its last answer is {quoted(last)}."


def _conversation(held: SampleParts) -> Found:
    """Messages are those that were sent and answered: what has one id has one text."""
    if not held.answered:
        return NO_CALL
    if held.run.manner != "asks":
        return _foreign(held)
    there = {message.id: message for message in held.sample.messages if message.id}
    sent: dict[str | None, ChatMessage] = {}
    for call in held.answered:
        sent |= {message.id: message for message in call.input if message.role != "system"}
        if not call.output.empty and not call.output.message.tool_calls:
            sent[call.output.message.id] = call.output.message
    for name, message in sent.items():
        if name in there:
            if fault := differ("a message", there[name].text, "its model event", message.text):
                return fault
        elif not held.cut and not _may_be_left(message, held.answered):
            return f"the message {quoted(message.text)} of a call is not in the conversation."
    for name, message in there.items():
        if name not in sent and _is_answer(message) and not is_too_long(held.sample.output):
            return f"the conversation has an answer that no call gave: {quoted(message.text)}."
    return None


def _is_answer(message: ChatMessage) -> bool:
    return isinstance(message, ChatMessageAssistant) and message.source == "generate"


def _may_be_left(message: ChatMessage, answered: Sequence[ModelEvent]) -> bool:
    """Whether an answer was thrown away: options that a server did not grant are asked anew."""
    return _is_answer(message) and not _is_of(answered[-1], message)


def _reply(held: SampleParts) -> Found:
    """What the solver tells the scorer is such as this solver can tell."""
    solver, output = held.run.solver.removeprefix(PREFIX), held.sample.output
    own = held.run.manner != "foreign"
    if own and KEY not in (output.metadata or {}):
        return CUT if held.cut else f"the solver {quoted(solver)} left no reply in its output."
    fault = held.run.family.reply_fault(solver if own else "", held.run.params, output)
    if fault:
        return f"the solver {quoted(solver)} {fault}"
    return None if own else _foreign(held)


def _prompt(held: SampleParts) -> Found:
    """The solver that asks sends what its template says; the reply has the template's hash."""
    if held.run.manner != "asks":
        return NO_CALL if held.run.manner == "computes" else _foreign(held)
    said = (held.sample.output.metadata or {}).get(KEY)
    if said is None or not held.calls:
        return CUT
    try:
        asked = held.run.family.prompt(held.run.params, held.sample.metadata, said["prompt"])
    except DataError:
        return Alone("the data cannot be had here")
    if asked is None:
        return Alone("another version of this package asked")
    sent = [message.text for message in held.calls[0].input if message.role == "user"]
    return differ("the first call", sent[-1] if sent else "", "the question", asked)


def _spans(held: SampleParts) -> Found:
    """Inspect writes down which solvers of the plan begin; those of this package end none early."""
    begun = [event for event in held.sample.events if isinstance(event, SpanBeginEvent)]
    inner = {span.id for span in begun if span.type == "solver"}
    ran = [span.name for span in begun if span.type == "solver" and span.parent_id not in inner]
    planned = held.run.solvers
    for name in ran:
        if name not in planned:
            return f"the plan has the solver {quoted(held.run.solver)}, the events {quoted(name)}."
    if held.cut or len(ran) == len(planned) or any(name not in held.run.own for name in ran):
        return None
    lacking = next(name for name in planned if name not in ran) if ran else planned[0]
    return f"the plan has the solver {quoted(lacking)}, and no event of the sample is of it."


PAIRS: tuple[Pair[SampleParts], ...] = (
    Pair("solver", "the plan", _spans),
    Pair("reply", "the solver", _reply),
    Pair("output", "the last answer", _answer),
    Pair("messages", "the calls", _conversation),
    Pair("prompt", "the question", _prompt),
)
