"""A prompt as it is sent, with what is known of it: which rows it shows, which names are codes."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from inspect_ai.solver import Generate, TaskState

from perturb_evals.datasets.genes.symbol_codes import KEY
from perturb_evals.datasets.pairs.evidence import TrainingRow
from perturb_evals.replies.pairs import AnswerForm, PairsReply
from perturb_evals.replies.reply import attach
from perturb_evals.solvers.asking.granted import Granted
from perturb_evals.solvers.pairs.view import View

HASH_DIGITS = 12


@dataclass(frozen=True)
class Written:
    """A prompt.

    Attributes:
        text: All that is sent.
        template: The words that every question of the run shares, for its hash.
        shown: The training rows that it shows, as they stand in their tables.
    """

    text: str
    template: str
    shown: Sequence[TrainingRow] = ()

    @property
    def hash(self) -> str:
        """12 hex digits that name the template."""
        return hashlib.sha256(self.template.encode()).hexdigest()[:HASH_DIGITS]


async def send(
    state: TaskState,
    generate: Generate,
    option: Granted,
    written: Written,
    view: View,
    form: AnswerForm = "label",
) -> TaskState:
    """Send a prompt in the place of the question, and tell the scorer what it was.

    Args:
        state: The sample.
        generate: Inspect's.
        option: How it is asked.
        written: The prompt.
        view: Whose codes the prompt uses.
        form: How the answer is to be read.
    """
    state.user_prompt.text = written.text
    if view.codes:
        state.metadata[KEY] = dict(view.codes)
    state = await option.generate(state, generate)
    attach(state.output, PairsReply(form, prompt=written.hash, shown=tuple(written.shown)))
    return state
