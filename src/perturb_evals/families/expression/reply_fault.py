"""Replies that a solver of expression cannot have left: a log may be written by hand."""

import json
from collections.abc import Mapping
from typing import Any

from inspect_ai.model import ModelOutput

from perturb_evals.families.faults import shown
from perturb_evals.replies.expression import ExpressionReply, Method
from perturb_evals.replies.reply import attached

ALWAYS: Mapping[str, Method] = {
    "mean_effect": "training_mean",
    "no_change": "control",
    "oracle_neighbors": "oracle",
}
"""Solvers that say the same of everything."""

VECTORS = ("gaussian_process", "replay_expression")


def reply_fault(solver: str, asks: bool, given: Mapping[str, Any], output: ModelOutput) -> str:
    """Return what a solver of this package cannot have told its scorer; empty for nothing.

    Args:
        solver: Its name.
        asks: Whether it asks a model, whose text is read.
        given: Its arguments.
        output: Its output, with the reply.
    """
    reply = attached(output, ExpressionReply)
    if fault := _method_fault(solver, reply):
        return fault
    if asks:
        if reply.names is not None or reply.similarities is not None or reply.fallback:
            return (
                "asks a model, whose answer is read; its reply names neighbors as a method without "
                f"a model does: {shown(reply.names)}."
            )
        if reply.aggregation != given.get("aggregation", reply.aggregation):
            told = shown(given["aggregation"])
            return f"has aggregation={told}, its reply {shown(reply.aggregation)}."
        if reply.reasks > given.get("reasks", reply.reasks):
            return f"asks again {given['reasks']} times at most, its reply has {reply.reasks}."
        return ""
    if reply.prompt or reply.reasks:
        return f"asks no model, its reply names the prompt {shown(reply.prompt)}."
    if reply.method == "neighbors":
        said = json.dumps({"kNN": reply.names}, ensure_ascii=False)
        if said != output.completion:
            return f"says {shown(output.completion)} in words, its reply {shown(said)}."
    return ""


def _method_fault(solver: str, reply: ExpressionReply) -> str:
    allowed: tuple[Method, ...] = ("neighbors",)
    if solver in ALWAYS:
        allowed = (ALWAYS[solver],)
    elif solver in VECTORS:
        allowed = ("vector", "training_mean") if reply.fallback else ("vector",)
    if reply.method in allowed:
        return ""
    return f"predicts by {' or '.join(allowed)}, its reply says {shown(reply.method)}."
