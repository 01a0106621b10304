"""Prompts as they are sent, and the solver that sends them: what all that ask in words share."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from inspect_ai.model import ChatMessage, ChatMessageSystem, ChatMessageUser, ModelOutput
from inspect_ai.solver import Generate, Solver, TaskState

from perturb_evals.datasets.genes.symbol_codes import KEY
from perturb_evals.datasets.pairs.evidence import PairsEvidence, TrainingRow
from perturb_evals.replies.pairs import Answered, PairsReply
from perturb_evals.replies.reply import attach
from perturb_evals.solvers.asking.granted import Granted
from perturb_evals.solvers.baseline import fit_once
from perturb_evals.solvers.pairs.summaries import counted_summaries
from perturb_evals.solvers.pairs.view import Control, View

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


class Writer(Protocol):
    """Writes the prompts of one table."""

    async def write(self, view: View) -> Sequence[Written]:
        """Return the prompts of a question, at least one, each a conversation of its own.

        Raises:
            DataError: What they show cannot be had.
        """
        ...


MakeWriter = Callable[[PairsEvidence], Writer]


def asking(make: MakeWriter, control: Control | None) -> Solver:
    """Return a solver that sends what a writer writes; the mean of the verdicts counts.

    Args:
        make: Makes the writer of a table.
        control: How questions are shown.
    """
    writer = fit_once(make)
    option = Granted("a verdict")

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        view = View(state.metadata, control)
        prompts = await writer(PairsEvidence.from_metadata(state.metadata)).write(view)
        if view.codes:
            state.metadata[KEY] = dict(view.codes)
        system: list[ChatMessage] = [
            message for message in state.messages if isinstance(message, ChatMessageSystem)
        ]
        said: list[Answered] = []
        earlier = list(system)
        for written in prompts:
            state.messages = [*system, ChatMessageUser(content=written.text)]
            state.output = ModelOutput(model=str(state.model))  # none yet, of this conversation
            reply = PairsReply(
                prompt=written.hash,
                shown=tuple(written.shown),
                before=tuple(said),
                summaries=counted_summaries(),
            )
            try:
                state = await option.generate(state, generate)
            finally:  # also where a limit of the sample ends it
                earlier += state.messages[len(system) :]
                state.messages = list(earlier)
                attach(state.output, reply)
            said.append(Answered.of(state.output))
        return state

    return solve
