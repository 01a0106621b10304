"""What no log of this family's tasks says, in its header or in a reply: it was written by hand."""

from collections.abc import Mapping
from typing import Any

from inspect_ai.model import ModelOutput

from perturb_evals.datasets.pairs.benchmark import QUESTION_SET
from perturb_evals.datasets.pairs.load import CELL_LINES
from perturb_evals.datasets.pairs.own_tables import is_own
from perturb_evals.families.faults import expected, shown
from perturb_evals.metrics.pairs.predictions import ABSTENTIONS
from perturb_evals.replies.pairs import PairsReply
from perturb_evals.replies.reply import attached


def header_fault(about: Mapping[str, Any], tracks: tuple[str, ...]) -> str:
    """Return what is wrong with policy, questions, holdout, track, dataset or cell lines.

    Args:
        about: The header's facts.
        tracks: Those that there are.
    """
    board = about["board"]
    if board["abstention"] not in ABSTENTIONS:
        return expected("a policy for abstentions", ABSTENTIONS, board["abstention"])
    if fault := _holdout_fault(about):
        return fault
    if about.get("evidence") not in tracks:
        return expected("a track", tracks, about.get("evidence"))
    dataset, lines = about.get("dataset"), about.get("evidence_lines")
    if is_own(dataset):
        # Which lines a user's tables have, only they can say.
        named = isinstance(lines, list) and all(isinstance(line, str) for line in lines)
        return "" if named else f"expected a list of evidence lines; got {shown(lines)}."
    known = next((lines for name, lines in CELL_LINES.items() if name == dataset), None)
    if known is None:
        return expected("a dataset", tuple(CELL_LINES), dataset)
    if board["context"] not in known:
        return expected("a cell line", known, board["context"])
    if not isinstance(lines, list) or not all(line in known for line in lines):
        return expected("a list of evidence lines", known, lines)
    return ""


def _holdout_fault(about: Mapping[str, Any]) -> str:
    """Return what is wrong with the set of questions, or that other genes are hidden than its."""
    questions = about["board"]["questions"]
    known = QUESTION_SET.fullmatch(questions) if isinstance(questions, str) else None
    if known is None:
        such = "scored, all, scored/genes50/seed0 or scored/unseen_genes/seed0"
        return f"expected a set of questions such as {such}; got {shown(questions)}."
    holdout, seed, hidden = about.get("holdout"), about.get("unseen_seed"), known["unseen_seed"]
    if hidden is None and holdout is None and seed is None:
        return ""
    if hidden is not None and holdout == "both" and type(seed) is int and str(seed) == hidden:
        return ""
    wanted = (
        "holdout 'both' and its seed as unseen_seed" if hidden else "no holdout, no unseen_seed"
    )
    return f"on {shown(questions)} expected {wanted}; got {shown(holdout)} and {shown(seed)}."


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
        if reply.form != (form := given.get("answer", "label")):
            return f"asks with answer={shown(form)}, its reply has {shown(reply.form)}."
        return ""
    if reply.score is None and not reply.no_evidence:
        return "computes a number or abstains, its reply does neither."
    if reply.prompt or reply.form != "label":
        return f"asks no model, its reply names the prompt {shown(reply.prompt)}."
    if reply.before:
        return f"asks no model, its reply has the answer {shown(reply.before[0].text)}."
    if reply.fallback and reply.fallback != given.get("fallback"):
        told = shown(given.get("fallback"))
        return f"has fallback={told}, its reply is one of {shown(reply.fallback)}."
    if reply.score is not None and f"score {reply.score:.4g} for " not in output.completion:
        return (
            f"says {shown(output.completion)} in words, its reply has the number "
            f"{shown(reply.score)}."
        )
    return ""
