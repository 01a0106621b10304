"""Replies that a solver of pairs cannot have left: a log may be written by hand."""

from collections.abc import Mapping
from typing import Any

from inspect_ai.model import ModelOutput

from perturb_evals.families.faults import shown
from perturb_evals.replies.pairs import PairsReply
from perturb_evals.replies.reply import attached


def reply_fault(asks: bool, given: Mapping[str, Any], output: ModelOutput) -> str:
    """Return what a solver of this package cannot have told its scorer; empty for nothing.

    Args:
        asks: Whether it asks a model, whose text is read; else it computes a number, or abstains.
        given: Its arguments.
        output: Its output, with the reply.
    """
    reply = attached(output, PairsReply)
    if asks:
        if reply.score is not None or reply.no_evidence or reply.fallback:
            return (
                "asks a model, whose answer is read; its reply is one that a method without a "
                f"model gives: {shown(reply.score if reply.score is not None else 'no_evidence')}."
            )
        if "answer" in given and reply.form != given["answer"]:
            return f"asks with answer={shown(given['answer'])}, its reply has {shown(reply.form)}."
        return ""
    if reply.score is None and not reply.no_evidence:
        return "computes a number or abstains, its reply does neither."
    if reply.prompt or reply.form != "label":
        return f"asks no model, its reply names the prompt {shown(reply.prompt)}."
    if reply.fallback and reply.fallback != given.get("fallback"):
        told = shown(given.get("fallback"))
        return f"has fallback={told}, its reply is one of {shown(reply.fallback)}."
    if reply.score is not None and f"score {reply.score:.4g} for " not in output.completion:
        return (
            f"says {shown(output.completion)} in words, its reply has the number "
            f"{shown(reply.score)}."
        )
    return ""
