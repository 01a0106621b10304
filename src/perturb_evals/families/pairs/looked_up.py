"""Rows that tools of the agent told, against those that its reply records."""

from collections.abc import Iterator, Mapping
from typing import Any

from inspect_ai.event import ModelEvent
from inspect_ai.log import EvalSample
from inspect_ai.model import ChatMessageTool

from perturb_evals.datasets.genes.symbol_codes import KEY as CODES
from perturb_evals.replies.pairs import PairsReply
from perturb_evals.replies.reply import attached
from perturb_evals.solvers.pairs.agent.prompts import (
    OUTCOMES_OF_GENE,
    OUTCOMES_OF_PERTURBATION,
    ROW,
    row_line,
)
from perturb_evals.solvers.pairs.view import View

OF_OUTCOMES = (OUTCOMES_OF_PERTURBATION, OUTCOMES_OF_GENE)


def looked_up_fault(given: Mapping[str, Any], sample: EvalSample) -> str:
    """Return a row in a reply of a tool that is none of the record, as the view shows it.

    Under shuffled_evidence the outcomes are others by design, and none is held.

    Args:
        given: The arguments of the agent.
        sample: The sample, with a reply.
    """
    control = given.get("control")
    if control == "shuffled_evidence":
        return ""
    about, reply = sample.metadata, attached(sample.output, PairsReply)
    view = View(about, control)
    view.codes |= about.get(CODES, {})
    shown = view.rows(reply.shown)
    recorded = {row_line(row, about["kind"], str(about["cell_line"])) for row in shown}
    for line in _told(sample):
        if line not in recorded:
            return f"a tool replied {line!r:.160}, which is no row of the record as it is shown."
    return ""


def _told(sample: EvalSample) -> Iterator[str]:
    """Yield the lines of tools' replies that are rows, or stand where rows do."""
    calls = [event.input for event in sample.events if isinstance(event, ModelEvent)]
    for message in (one for messages in (*calls, sample.messages) for one in messages):
        if isinstance(message, ChatMessageTool) and message.error is None:
            of_outcomes = message.function in OF_OUTCOMES
            for place, line in enumerate(message.text.splitlines()):
                if line.startswith(ROW) or (of_outcomes and place):
                    yield line
