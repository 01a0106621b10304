"""Options that a provider may refuse: asked for, found out once a model, and remembered."""

from collections.abc import Sequence

from inspect_ai.model import GenerateConfigArgs
from inspect_ai.solver import Generate, TaskState
from inspect_ai.util import concurrency

REFUSALS = (400, 403, 422)
"""Statuses with which providers refuse an option that they or the model do not support."""


class Granted:
    """Generates with the most wanted options that a model grants, at last with none.

    The first question of a model finds out what is granted while its other questions wait; without
    that every question in flight would meet the refusal. Later questions begin there. A provider
    that ignores an option grants it, for all that can be told here.

    Args:
        what: What the options ask for, in a word or two.
        ladder: Options for `generate`, the most wanted first.
    """

    def __init__(self, what: str, ladder: Sequence[GenerateConfigArgs]) -> None:
        self._what = what
        self._ladder = tuple(ladder)
        self._granted: dict[str, int] = {}  # by model, a place in the ladder; its length for none

    async def generate(self, state: TaskState, generate: Generate) -> TaskState:
        """Generate an answer with the options that the model grants.

        An error that is no refusal, or that comes without any option too, is raised.
        """
        model = str(state.model)
        if model not in self._granted:
            async with concurrency(f"{self._what} of {model}", 1, visible=False):
                if model not in self._granted:
                    return await self._fall_back(state, generate, model)
        return await self._fall_back(state, generate, model)

    async def _fall_back(self, state: TaskState, generate: Generate, model: str) -> TaskState:
        begin = self._granted.get(model, 0)
        for place, options in enumerate(self._ladder[begin:], begin):
            try:
                answered = await generate(state, **options)
            except Exception as error:
                if not _is_refusal(error):
                    raise
            else:
                self._granted.setdefault(model, place)
                return answered
        answered = await generate(state)
        self._granted.setdefault(model, len(self._ladder))
        return answered


def _is_refusal(error: BaseException) -> bool:
    """Tell whether a provider refused a request; SDKs name the status `status_code` or `code`."""
    return any(getattr(error, name, None) in REFUSALS for name in ("status_code", "code"))
