"""Options that a provider may refuse: asked for, found out once a model, and remembered."""

import logging
from collections.abc import Sequence

from inspect_ai.model import ChatMessage, GenerateConfigArgs, get_model
from inspect_ai.solver import Generate, TaskState
from inspect_ai.util import concurrency

from perturb_evals.replies.reply import is_too_long
from perturb_evals.solvers.asking.faults import (
    causes,
    is_no_reply,
    is_refusal,
    status_of,
    words_of,
)
from perturb_evals.solvers.asking.request import MOST_SHOWN, Request

_log = logging.getLogger(__name__)


class Granted:
    """Generates with the most wanted options that a model grants, at last with none.

    The first question of a model finds out what is granted while its other questions wait; without
    that every question in flight would meet the refusal. Later questions begin there, with the
    user's own retries. A provider that ignores an option grants it, for all that can be told here.

    While that is being found out nothing is repeated by Inspect, which by default repeats what ends
    in a 5xx for ever and tells nobody: some servers refuse an option with HTTP 500. If the request
    without options meets the same, it is the server that is not there. Then the question waits for
    it as the user wants it to wait, and what is granted is found out anew.

    Args:
        what: What the options ask for, in a word or two.
        ladder: Options for `generate`, the most wanted first.
    """

    def __init__(self, what: str, ladder: Sequence[GenerateConfigArgs] = ()) -> None:
        self._what = what
        self._ladder = tuple(ladder)
        self._granted: dict[str, int] = {}  # by model, a place in the ladder; its length for none
        self._request = Request()

    async def generate(self, state: TaskState, generate: Generate) -> TaskState:
        """Generate an answer with the options that the model grants.

        An error that is no refusal, or that comes without any option too, is raised.
        """
        model = str(state.model)
        if self._ladder and model not in self._granted:
            async with concurrency(f"{self._what} of {model}", 1, visible=False):
                if model not in self._granted:
                    return await self._find_out(state, generate, model)
        for options in self._ladder[self._granted.get(model, 0) :]:
            try:
                return await self._request.send(state, generate, options)
            except Exception as error:
                if not is_refusal(error):
                    raise
        return await self._request.send(state, generate, {})

    async def _find_out(self, state: TaskState, generate: Generate, model: str) -> TaskState:
        before = list(state.messages)
        for last_time in (False, True):
            answered = await self._tried(state, generate, model)
            if answered:
                return answered
            answered = await self._request.send(state, generate, {})  # the server is there now
            if last_time or is_too_long(answered.output):
                return answered
            state.messages = list(before)
        raise AssertionError

    async def _tried(self, state: TaskState, generate: Generate, model: str) -> TaskState | None:
        """Ask once with each of the options; None where it is no option that the fault is about."""
        refused: Exception | None = None
        before = list(state.messages)
        for place, options in enumerate((*self._ladder, GenerateConfigArgs())):
            once: GenerateConfigArgs = {**options, "max_retries": 0}
            try:
                answered = await self._request.send(state, generate, once)
            except Exception as error:
                if is_no_reply(error):
                    return None
                refusal = is_refusal(error)
                if not options and not refusal and _may_be_the_servers(error):
                    return None
                if not options or not (refusal or _may_be_the_servers(error)):
                    raise
                refused = error
            else:
                if is_too_long(answered.output):
                    return answered
                if refused and not is_refusal(refused):
                    # The server may have been away for a moment, and be there again now.
                    again = await self._again(state, generate, before)
                    if again:
                        self._granted[model] = 0
                        return again
                self._granted[model] = place
                if refused:
                    self._say_what_is_lost(model, options, refused)
                return answered
        raise AssertionError

    async def _again(
        self, state: TaskState, generate: Generate, before: Sequence[ChatMessage]
    ) -> TaskState | None:
        """Ask once more with the most wanted option; without an answer the state stays as it is."""
        messages, output = list(state.messages), state.output
        state.messages = list(before)
        once: GenerateConfigArgs = {**self._ladder[0], "max_retries": 0}
        try:
            answered = await self._request.send(state, generate, once)
        except Exception as error:
            if not (is_refusal(error) or is_no_reply(error) or _may_be_the_servers(error)):
                raise
            state.messages, state.output = messages, output
            return None
        return answered

    def _say_what_is_lost(
        self, model: str, options: GenerateConfigArgs, refused: Exception
    ) -> None:
        status = status_of(refused)
        _log.warning(
            "%s does not grant the %s that were asked for (%s: %s); from now on it is asked %s.",
            model,
            self._what,
            f"HTTP {status}" if status else "no usable reply",
            words_of(refused)[:MOST_SHOWN],
            f"for {', '.join(f'{name}={value}' for name, value in options.items())}"
            if options
            else "without",
        )


def _may_be_the_servers(error: Exception) -> bool:
    """Tell whether a fault may be one of the server, which the same request may not meet later."""
    if (status := status_of(error)) is not None:
        return status >= 500
    return any(
        get_model().should_retry(fault) for fault in causes(error) if isinstance(fault, Exception)
    )
