"""One turn of an agent: a request that offers tools, which the model may call."""

import re
from collections.abc import Sequence
from typing import Any

from inspect_ai.model import (
    ChatCompletionChoice,
    ChatMessage,
    ChatMessageAssistant,
    GenerateConfig,
    ModelOutput,
    get_model,
)
from inspect_ai.tool import Tool
from inspect_ai.util import LimitExceededError

from perturb_evals.datasets.errors import DataError
from perturb_evals.solvers.asking.budget import BudgetSpentError, UnpricedError
from perturb_evals.solvers.asking.faults import is_refusal, says_too_long, status_of, words_of
from perturb_evals.solvers.asking.request import MOST_SHOWN, Paid, TooLong

_OF_TOOLS = re.compile(r"\btools?\b|tool[_-]|function[\s_-]?call", re.IGNORECASE)


class NoToolsError(DataError):
    """The server, or the model, takes no tools: nothing was asked."""


class Turns:
    """Asks the model of a sample, with tools, within the budget of the process.

    The first turn of a model is not repeated by Inspect: some servers refuse tools with HTTP 500,
    which would be repeated for ever. Where it fails otherwise it is asked again, and waits for the
    server as the user wants it to wait.
    """

    def __init__(self) -> None:
        self._too_long, self._paid = TooLong(), Paid()
        self._take_tools: set[str] = set()

    async def ask(self, messages: Sequence[ChatMessage], tools: Sequence[Tool]) -> ModelOutput:
        """Return the answer to a conversation, a copy that is the caller's own.

        One to a conversation that is too long is empty and has the stop reason `model_length`; what
        the server said is its `error`. A reply without any choice is an answer without a word.

        Args:
            messages: The conversation.
            tools: The tools that are offered; they are not called here.

        Raises:
            NoToolsError: It takes no tools.
            BudgetSpentError: This process may spend no more.
            UnpricedError: It may spend so much, and what is spent cannot be told.
            Exception: What else the provider raised.
        """
        model = get_model()
        name = str(model)

        async def answered() -> ModelOutput:
            if name in self._take_tools:
                return await model.generate(list(messages), list(tools))
            try:
                once = GenerateConfig(max_retries=0)
                output = await model.generate(list(messages), list(tools), config=once)
            except LimitExceededError:
                raise
            except Exception as error:
                if refused := _tools_refused(name, error):
                    raise refused from error
                if is_refusal(error) or says_too_long(words_of(error)):
                    raise
                output = await model.generate(list(messages), list(tools))
            self._take_tools.add(name)
            return output

        try:
            output = await self._paid.get(answered)
        except (BudgetSpentError, UnpricedError, NoToolsError, LimitExceededError):
            raise
        except Exception as error:
            if not says_too_long(said := words_of(error)):
                raise
            return self._too_long.output(name, said)
        if output.empty:
            return _without_a_word(name, output)
        if output.stop_reason == "model_length" and says_too_long(output.completion):
            return self._too_long.output(name, output.completion)
        _make_writable(output)
        return output.model_copy(deep=True)


def _tools_refused(model: str, error: Exception) -> NoToolsError | None:
    """Return the error of a server that takes no tools; None where it is no such fault."""
    status, said = status_of(error), words_of(error)
    if status is None or not (is_refusal(error) or status >= 500) or not _OF_TOOLS.search(said):
        return None
    return NoToolsError(
        f"{model} takes no tools (HTTP {status}: {said[:MOST_SHOWN]}), and this solver works with "
        "them. Use a model that takes tools (a server may have an option for it), or a solver that "
        "needs none, such as ask."
    )


def _without_a_word(model: str, output: ModelOutput) -> ModelOutput:
    message = ChatMessageAssistant(content="", model=model, source="generate")
    choice = ChatCompletionChoice(message=message, stop_reason="unknown")
    return output.model_copy(update={"choices": [choice], "completion": ""})


def _make_writable(output: ModelOutput) -> None:
    """Put a mark for half of a surrogate pair in calls of tools, which no log could hold.

    JSON can spell one. Inspect marks those of texts, and a whole run would end by one of a call. It
    is the output that the log has which is changed.
    """
    for choice in output.choices:
        for call in choice.message.tool_calls or []:
            call.function, call.arguments = _written(call.function), _written(call.arguments)
            call.parse_error = _written(call.parse_error)


def _written(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, dict):
        return {_written(key): _written(own) for key, own in value.items()}
    return [_written(own) for own in value] if isinstance(value, list) else value
