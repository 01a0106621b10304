"""One request to a model, of which an answer comes, or why there is none.

`Request` offers no tool, and runs none: a model that calls one all the same would be told that
there is none, and would call it again, without end. What may call tools is asked turn by turn, see
`turn`.
"""

import json
import logging
from collections.abc import Awaitable, Callable

from inspect_ai.model import (
    ChatCompletionChoice,
    ChatMessageAssistant,
    ContentText,
    GenerateConfigArgs,
    ModelOutput,
    get_model,
)
from inspect_ai.solver import Generate, TaskState

from perturb_evals.solvers.asking.budget import (
    BudgetSpentError,
    UnpricedError,
    budget_of_process,
)
from perturb_evals.solvers.asking.faults import says_too_long, words_of

_log = logging.getLogger(__name__)

MOST_SHOWN = 300
"""So many letters of what a server said stand in a warning."""


class Paid:
    """Gets outputs of the model of a sample within the budget of this process, where it has one."""

    def __init__(self) -> None:
        self._budget = budget_of_process()

    async def get(self, generate: Callable[[], Awaitable[ModelOutput]]) -> ModelOutput:
        """Return what a call of the model gives, which is counted.

        Raises:
            BudgetSpentError: This process may spend no more; the model was not called.
            UnpricedError: It may spend so much, and what is spent cannot be told.
            Exception: What the call raised.
        """
        if self._budget is None:
            return await generate()
        model = str(get_model())
        async with self._budget.question(model) as held:
            output = await generate()
            self._budget.count(model, output, held)
        return output


class TooLong:
    """Makes the outputs of prompts that are too long, and says once a model what it said."""

    def __init__(self) -> None:
        self._said: set[str] = set()

    def output(self, model: str, said: str) -> ModelOutput:
        """Return an empty answer, in the place of one that there is none of.

        Args:
            model: The model.
            said: What the server said.
        """
        if model not in self._said:
            self._said.add(model)
            _log.warning(
                "A prompt is too long for %s; it said: %s Such questions are counted as too_long. "
                "Use a larger context window (a server has an option for it), or, for lists of "
                "genes, fewer of them (-T n_train=...).",
                model,
                said[:MOST_SHOWN],
            )
        message = ChatMessageAssistant(content="", model=model, source="generate")
        choice = ChatCompletionChoice(message=message, stop_reason="model_length")
        return ModelOutput(model=model, choices=[choice], error=said)


class Request:
    """Asks a model, and says once a model that a prompt was too long for it."""

    def __init__(self) -> None:
        self._too_long, self._paid = TooLong(), Paid()

    async def send(
        self, state: TaskState, generate: Generate, options: GenerateConfigArgs
    ) -> TaskState:
        """Generate an answer.

        The answer to a prompt that is too long is empty and has the stop reason `model_length`;
        what the server said is its `error`. The arguments of a call of a tool stand in for an
        answer where there is no text.

        Args:
            state: The sample; the answer is added to its messages.
            generate: Inspect's.
            options: For `generate`.

        Raises:
            BudgetSpentError: This process may spend no more.
            UnpricedError: It may spend so much, and what is spent cannot be told.
            Exception: What the provider raised, unless it says that the prompt is too long.
        """

        async def answered() -> ModelOutput:
            nonlocal state
            state = await generate(state, tool_calls="none", **options)
            return state.output

        try:
            await self._paid.get(answered)
        except (BudgetSpentError, UnpricedError):
            raise
        except Exception as error:
            said = words_of(error)
            if not says_too_long(said):
                raise
            state.output = self._too_long.output(str(state.model), said)
            state.messages.append(state.output.message)
            return state
        if state.output.empty:
            return state
        if state.output.stop_reason == "model_length" and says_too_long(state.output.completion):
            state.output = self._too_long.output(str(state.model), state.output.completion)
            state.messages[-1] = state.output.message
        if state.output.message.tool_calls:
            _put_into_words(state)
        return state


def in_words(message: ChatMessageAssistant) -> str:
    """Return the text of an answer; of one that only calls tools, the arguments of its calls."""
    if message.text.strip():
        return message.text
    called = message.tool_calls or []
    return "\n".join(
        json.dumps(call.arguments, ensure_ascii=False) for call in called if call.arguments
    )


def _put_into_words(state: TaskState) -> None:
    """Take the calls out of an answer; if it has no text, their arguments are its text.

    A conversation with calls that nobody replied to is refused by servers when it goes on.
    """
    message = state.output.message
    content = message.content
    if not message.text.strip():
        text = in_words(message)
        content = text if isinstance(content, str) else [*content, ContentText(text=text)]
    said = message.model_copy(update={"content": content, "tool_calls": None})
    first = state.output.choices[0].model_copy(update={"message": said})
    state.output = state.output.model_copy(
        update={"choices": [first, *state.output.choices[1:]], "completion": said.text}
    )
    state.messages[-1] = said
