"""A model that answers as a test says, through Inspect's own way of generating."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from inspect_ai.model import (
    ChatMessage,
    GenerateConfig,
    Model,
    ModelOutput,
    ModelUsage,
    get_model,
)


@dataclass(frozen=True)
class Heard:
    """One call of the model."""

    messages: list[ChatMessage]
    config: GenerateConfig

    @property
    def texts(self) -> list[str]:
        """What was said before, the prompt first."""
        return [message.text for message in self.messages]


class RefusedError(Exception):
    """What SDKs raise when a provider does not allow an option."""

    status_code = 400


@dataclass
class Speaker:
    """A model, and all that it heard."""

    model: Model
    heard: list[Heard]


@pytest.fixture
def speaker() -> Callable[..., Speaker]:
    """Make a model out of a function of one call that returns a text or an output, or raises."""

    def make(reply: Callable[[Heard], str | ModelOutput], name: str = "model") -> Speaker:
        heard: list[Heard] = []

        def answer(
            messages: list[ChatMessage], tools: Any, choice: Any, config: GenerateConfig
        ) -> ModelOutput:
            heard.append(Heard(list(messages), config))
            said = reply(heard[-1])
            output = ModelOutput.from_content(name, said) if isinstance(said, str) else said
            output.usage = ModelUsage()  # else Inspect counts tokens, for which it needs a network
            return output

        return Speaker(get_model(f"mockllm/{name}", custom_outputs=answer, memoize=False), heard)

    return make


@pytest.fixture
def refused() -> type[Exception]:
    """The error of a provider that refuses an option."""
    return RefusedError
