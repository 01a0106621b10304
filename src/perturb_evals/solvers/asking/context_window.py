"""Whether a model's context window can take a prompt."""

import logging
from collections.abc import Sequence

from inspect_ai.model import Model, get_model_info

from perturb_evals.solvers.asking.tokens import prompt_tokens

_log = logging.getLogger(__name__)


class ContextWindow:
    """Says once a model that its context window is smaller than a prompt."""

    def __init__(self) -> None:
        self._checked: set[str] = set()

    def check(self, model: Model, prompt: str, candidates: Sequence[str]) -> None:
        """Warn, at the first prompt of a model, if the model is known to be too small for it.

        Args:
            model: The model; of one that Inspect does not know nothing is said.
            prompt: The rendered prompt.
            candidates: The symbols that it lists.
        """
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
