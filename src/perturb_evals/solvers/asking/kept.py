"""A question to the model of a role, asked once: the answer stays in Inspect's own cache.

So questions, tasks, runs and processes share it, whatever `--cache` of the run says. It is kept
without an end; `inspect cache clear` empties it.
"""

import hashlib
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from weakref import WeakKeyDictionary

from inspect_ai.event import ModelEvent
from inspect_ai.log import transcript
from inspect_ai.model import CachePolicy, Model, ModelOutput, get_model, model_roles
from inspect_ai.util import concurrency

from perturb_evals.datasets.errors import ArgumentError
from perturb_evals.solvers.asking.budget import budget_of_process

SUMMARIZER = "summarizer"
"""The role of the model that writes summaries."""

FOR_GOOD = CachePolicy(expiry=None, per_epoch=False)

Told = Callable[[str, str], ModelOutput]
"""Gives the answer of a role's model to a prompt."""

AT_HAND: ContextVar[Told | None] = ContextVar("AT_HAND", default=None)
"""Where prompts are written again from a log: the answers that it has, and no model is asked."""


class AskedOnce:
    """Asks the model of a role, each prompt once.

    The evaluated model never stands in for it: the log would not say who wrote what, and settings
    of the run (a temperature, a limit of tokens) would have each run ask anew.

    Args:
        role: Its name.
        asked_by: What asks it, for the error.
    """

    def __init__(self, role: str, asked_by: str) -> None:
        self._role, self._asked_by = role, asked_by
        # By model, as a solver may serve several runs, whose roles have other models.
        self._known: WeakKeyDictionary[Model, dict[str, ModelOutput]] = WeakKeyDictionary()

    async def answer(self, prompt: str) -> ModelOutput:
        """Return the answer to a prompt, from Inspect's cache where it is there.

        Of questions in flight that send the same prompt one asks, and the others wait for its
        answer; where it fails the next one asks. What Inspect does not keep, an answer that a
        filter refused, other runs ask again.

        Args:
            prompt: All that is sent.

        Raises:
            ArgumentError: The run gives the role no model.
            BudgetSpentError: This process may spend no more.
            UnpricedError: It may spend so much, and what is spent cannot be told.
            Exception: What the provider raised.
        """
        if at_hand := AT_HAND.get():
            return at_hand(self._role, prompt)
        if self._role not in model_roles():
            raise ArgumentError(
                f"{self._asked_by} asks the model of the role {self._role}, and this run has none: "
                f"add --model-role {self._role}=PROVIDER/MODEL; it may be the evaluated model."
            )
        model = get_model(role=self._role, required=True)
        known = self._known.setdefault(model, {})
        if prompt not in known:
            digest = hashlib.sha256(prompt.encode()).hexdigest()
            async with concurrency(f"{self._role} {model} {digest}", 1, visible=False):
                if prompt not in known:
                    known[prompt] = await self._asked(model, prompt)
        return known[prompt]

    async def _asked(self, model: Model, prompt: str) -> ModelOutput:
        budget = budget_of_process()
        if budget is None:
            return await model.generate(prompt, cache=FOR_GOOD)
        async with budget.question(str(model)) as held:
            output = await model.generate(prompt, cache=FOR_GOOD)
            if any(call.cache == "read" for call in calls_of(self._role, prompt)):
                budget.not_paid(held)
            else:
                budget.count(str(model), output, held)
        return output


def calls_of(role: str, prompt: str = "") -> Iterator[ModelEvent]:
    """Yield the calls of a role's model in the running sample, in their order.

    Args:
        role: Its name.
        prompt: What was sent; empty for all calls.
    """
    for event in transcript().events:
        if not (isinstance(event, ModelEvent) and event.role == role):
            continue
        if not prompt or event.input[-1].text == prompt:
            yield event
