"""The scripted model, asked directly, and what it may be asked about."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from inspect_ai.model import (
    ChatMessageAssistant,
    ChatMessageUser,
    GenerateConfig,
    ModelOutput,
)

from perturb_evals.datasets.demo.world import demo_world
from perturb_evals.models.scripted import ScriptedBiologist


@pytest.fixture(scope="session")
def ask() -> Callable[..., ModelOutput]:
    """Send user messages, with an answer between two of them; options are generation settings."""
    model = ScriptedBiologist("biologist")

    def ask(*messages: str, **settings: Any) -> ModelOutput:
        sent: list[ChatMessageUser | ChatMessageAssistant] = []
        for message in messages:
            sent += [ChatMessageUser(content=message), ChatMessageAssistant(content="(an answer)")]
        return asyncio.run(model.generate(sent[:-1], [], "none", GenerateConfig(**settings)))

    return ask


@pytest.fixture(scope="session")
def listed() -> tuple[str, ...]:
    """The perturbed genes of the demo world, as a list to choose from."""
    return demo_world().perts
