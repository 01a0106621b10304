"""The output that is scored against the model's own answer, the conversation, and the solver."""

from inspect_ai.event import ModelEvent
from inspect_ai.log import EvalLog
from inspect_ai.model import ChatMessage

from perturb_evals.leaderboard.submission.agreement.conversations import SENT
from perturb_evals.leaderboard.submission.agreement.each_sample import EachSample
from perturb_evals.leaderboard.submission.agreement.parts import OWN, SampleParts
from perturb_evals.leaderboard.submission.agreement.states import left_output
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
TOO_LONG = Alone("the prompt was too long for the model, so that there is no answer")


def _foreign(parts: SampleParts) -> Alone:
    return Alone(f"the solver {quoted(parts.run.solver)} may write what it likes")


def _answer(parts: SampleParts) -> Found:
    """The solver that asks leaves the last answer as it is; texts of others may be their own."""
    output = parts.sample.output
    if parts.run.manner == "computes":
        return NO_CALL
    if output.empty and parts.run.manner == "foreign":
        return _foreign(parts)
    if output.empty:
        return CUT if parts.cut else _missing(parts)
    if is_too_long(output):
        return _too_long(parts)
    own = [call for call in parts.answered if _is_of(call, output.message)]
    if parts.run.manner == "foreign":
        agree = own and differ("", output.completion, "", own[-1].output.completion) is None
        return None if agree else _foreign(parts)
    if not own:
        if not parts.calls:
            return f"the output says {quoted(output.completion)}, and no model was asked."
        last = parts.answered[-1].output.completion if parts.answered else ""
        return differ("the output", output.completion, "the last answer", last) or (
            f"the output {quoted(output.completion)} has another id than all answers."
        )
    call = own[-1]
    if parts.run.manner == "acts":
        return _submitted(parts)
    if call is not parts.answered[-1] and not parts.cut:
        last = parts.answered[-1].output.completion
        said = quoted(output.completion)
        return f"the output is not the last answer: it says {said}, that {quoted(last)}."
    if call.output.message.tool_calls:
        words = in_words(call.output.message)
        return differ("the output", output.completion, "the tools that its event calls", words)
    if fault := differ("the output", output.completion, "its model event", call.output.completion):
        return fault
    dumped, event = (one.model_dump(mode="json") for one in (output, call.output))
    return (
        differ("the output's choice", dumped["choices"][0], "its model event", event["choices"][0])
        or differ("the output's model", output.model, "its model event", call.output.model)
        or differ("the output's usage", dumped["usage"], "its model event", event["usage"])
    )


def _submitted(parts: SampleParts) -> Found:
    """What an agent answers is what the model gave a tool, or said last."""
    said = parts.sample.output.completion
    called = [tool for call in parts.answered for tool in call.output.message.tool_calls or []]
    told = [value for tool in called for value in tool.arguments.values()]
    if said == parts.answered[-1].output.completion or said in told:
        return None
    return f"the output says {quoted(said)}, which the model neither said last nor gave a tool."


def _completion(parts: SampleParts) -> Found:
    """An output says twice what was written: in its message, and for those who read it."""
    if parts.run.manner == "foreign":
        return _foreign(parts)
    outputs = [("a model event", call.output) for call in parts.answered]
    for name, output in [("the output", parts.sample.output), *outputs]:
        if not output.empty and (
            fault := differ(name, output.completion, "its message", output.message.text)
        ):
            return fault
    return None


def _is_of(call: ModelEvent, message: ChatMessage) -> bool:
    return not call.output.empty and call.output.message.id == message.id


def _too_long(parts: SampleParts) -> Found:
    """The solver leaves an empty answer where a server says that a prompt was too long."""
    if not parts.calls:
        return "the output says that the prompt was too long, and no model was asked."
    last = parts.calls[-1]
    if last.error or is_too_long(last.output):
        return TOO_LONG
    if says_too_long(last.output.completion):
        return TOO_LONG
    found = quoted(last.output.completion)
    return f"the output says that the prompt was too long, its model event {found}."


def _missing(parts: SampleParts) -> Found:
    if not parts.answered:
        return "the sample has no output, and no answer of a model."
    last = parts.answered[-1].output.completion
    return f"the sample has no output, its last answer is {quoted(last)}."


def _reply(parts: SampleParts) -> Found:
    """What the solver tells the scorer is such as this solver can tell."""
    solver, output = parts.run.solver.removeprefix(PREFIX), parts.sample.output
    own = parts.run.manner != "foreign"
    if own and KEY not in (output.metadata or {}):
        return CUT if parts.cut else f"the solver {quoted(solver)} left no reply in its output."
    fault = parts.run.family.reply_fault(solver if own else "", parts.run.params, output)
    if fault:
        return f"the solver {quoted(solver)} {fault}"
    return None if own else _foreign(parts)


def _spans(parts: SampleParts) -> Found:
    """Inspect writes down which solvers of the plan begin; those of this package end none early."""
    ran = [span.name for span in parts.solver_spans]
    planned = parts.run.solvers
    for name in ran:
        if name not in planned:
            return f"the plan has the solver {quoted(parts.run.solver)}, the events {quoted(name)}."
    if parts.cut or len(ran) == len(planned) or any(name not in OWN for name in ran):
        return None
    lacking = next(name for name in planned if name not in ran) if ran else planned[0]
    return f"the plan has the solver {quoted(lacking)}, and no event of the sample is of it."


class Outputs(EachSample):
    """The outputs of all samples."""

    name = "outputs"
    agreements = (
        Agreement("solver", _spans),
        Agreement("reply", _reply),
        Agreement("output", _answer),
        Agreement("completion", _completion),
        Agreement("state", left_output),
        *SENT,
    )

    def __init__(self, log: EvalLog) -> None:
        super().__init__(log)
        self._seen: dict[str, str] = {}

    def hold(self, parts: SampleParts) -> None:
        """Hold the output of a sample against the rest of it, and its answers against others'."""
        super().hold(parts)
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
