"""How many tokens a prompt takes, about, and whether the window of a model can take it.

Tokenizers differ by a quarter and more.
"""

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from inspect_ai.model import Model

_log = logging.getLogger(__name__)

CHARACTERS_A_TOKEN = 4.0
"""Usual for English prose; gene symbols in it break into more tokens."""

SYMBOL_CHARACTERS_A_TOKEN = 2.0
"""For lists of gene symbols, commas and blanks counted: a symbol makes about 3.5 tokens."""


def prose_tokens(characters: int) -> float:
    """Return about how many tokens so many characters of prose take."""
    return characters / CHARACTERS_A_TOKEN


def prompt_tokens(prompt: str, candidates: Sequence[str]) -> int:
    """Return about how many tokens a prompt takes that lists candidates.

    Args:
        prompt: The rendered prompt.
        candidates: The symbols that it lists, with a comma and a blank behind each.
    """
    listed = sum(len(name) + 2 for name in candidates)
    prose = prose_tokens(max(len(prompt) - listed, 0))
    return round(prose + listed / SYMBOL_CHARACTERS_A_TOKEN)


class ContextWindow:
    """Says once a model that its context window is smaller than a prompt."""

    def __init__(self) -> None:
        self._checked: set[str] = set()

    def check(self, model: "Model", prompt: str, candidates: Sequence[str]) -> None:
        """Warn, at the first prompt of a model, if the model is known to be too small for it.

        Args:
            model: The model; of one that Inspect does not know nothing is said.
            prompt: The rendered prompt.
            candidates: The symbols that it lists.
        """
        from inspect_ai.model import get_model_info

        if str(model) in self._checked:
            return
        self._checked.add(str(model))
        info = get_model_info(model)
        window = info.context_length if info else None
        tokens = prompt_tokens(prompt, candidates)
        if window is not None and tokens > window:
            _log.warning(
                "A prompt with %d candidates takes about %d tokens, and the context window of %s "
                "has %d: it may refuse the question or lose part of the list. Use a model with a "
                "larger window, or fewer candidates (-T n_train=...).",
                len(candidates),
                tokens,
                model,
                window,
            )
