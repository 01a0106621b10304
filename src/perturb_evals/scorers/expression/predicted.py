"""From an output to a predicted expression vector, with an account of how it came about."""

from dataclasses import dataclass, replace
from itertools import zip_longest

import numpy as np
from inspect_ai.model import ChatMessageAssistant
from inspect_ai.solver import TaskState
from numpy.typing import NDArray

from perturb_evals.datasets.genes.symbols import SymbolResolver
from perturb_evals.datasets.screens.evidence import ExpressionEvidence, HeldOut, expression_evidence
from perturb_evals.datasets.screens.oracle import truly_nearest
from perturb_evals.methods.aggregation import aggregate
from perturb_evals.replies.expression import ExpressionReply, Method, is_cut_off, take
from perturb_evals.replies.reply import attached, is_too_long
from perturb_evals.scorers.expression.names import Named, ReadAs
from perturb_evals.scorers.expression.neighbors import Chosen, choose, resolver_for
from perturb_evals.scorers.expression.reading import parse_neighbors


@dataclass(frozen=True, eq=False)
class Predicted:
    """A predicted vector and where it comes from.

    Attributes:
        vector: (G,) predicted mean expression.
        method: How it was made; `neighbors` also where the fallback stepped in.
        neighbors: The training perturbations that were averaged.
        chosen: Names kept and dropped, where names were read from the text.
        read: From what form of answer the names were read.
        fallback: Why the training mean was predicted instead; empty otherwise.
        unusable: Entries of the answer's list that are no names, such as numbers.
        invented_before: Names no candidate has, in the conversation's other answers: those before
            a re-ask or a second pass.
    """

    vector: NDArray[np.float64]
    method: Method
    neighbors: tuple[str, ...] = ()
    chosen: Chosen | None = None
    read: ReadAs | None = None
    fallback: str = ""
    unusable: int = 0
    invented_before: int = 0


def predict(state: TaskState) -> Predicted:
    """Make the predicted vector of a sample's output.

    Args:
        state: The sample with its output and its messages.

    Raises:
        ValueError: The solver left no vector where it promised one, or one of another length.
    """
    held_out = HeldOut.from_metadata(state.metadata)
    evidence, pert = expression_evidence(held_out), str(state.metadata["pert"])
    reply, mean = attached(state.output, ExpressionReply), evidence.mean.astype(np.float64)
    limit = int(state.metadata["k"]) if reply.limit is None else reply.limit
    match reply.method:
        case "training_mean":
            return Predicted(mean, reply.method, fallback=reply.fallback)
        case "control":
            return Predicted(evidence.control.astype(np.float64), reply.method)
        case "vector":
            vector = take(state)
            if vector.shape != mean.shape:
                raise ValueError(
                    f"{state.sample_id}: expected a vector of {len(mean)} genes, got shape "
                    f"{vector.shape}."
                )
            return Predicted(vector, reply.method)
        case "oracle":
            names = truly_nearest(held_out, limit)[pert]
            vector = aggregate(evidence.vectors(names), reply.aggregation, train_mean=mean)
            return Predicted(vector, reply.method, names)
        case "neighbors" if reply.names is not None:
            return _from_names(reply, evidence, resolver_for(held_out, "none"), pert, limit)
        case "neighbors":
            resolver = resolver_for(held_out, state.metadata["aliases"])
            return _from_text(state, reply, evidence, resolver, limit)


def _from_names(
    reply: ExpressionReply,
    evidence: ExpressionEvidence,
    resolver: SymbolResolver,
    pert: str,
    limit: int,
) -> Predicted:
    """Average the neighbors that a method named; their names are exact, whatever they look like."""
    values = reply.similarities or []
    items = [Named(name, value) for name, value in zip_longest(reply.names or [], values)]
    chosen = choose(items, target=pert, resolver=resolver, limit=limit)
    return _averaged(chosen, reply, evidence)


def _from_text(
    state: TaskState,
    reply: ExpressionReply,
    evidence: ExpressionEvidence,
    resolver: SymbolResolver,
    limit: int,
) -> Predicted:
    """Average the neighbors of the last message that names any; else the training mean."""
    pert = str(state.metadata["pert"])
    read = [
        (answer, choose(answer.items, target=pert, resolver=resolver, limit=limit))
        for text, cut_off in _answers(state, reply)
        if (answer := parse_neighbors(text, cut_off)) is not None
    ]
    if not read:
        why = "too_long" if is_too_long(state.output) else "no_list"
        return Predicted(evidence.mean.astype(np.float64), "neighbors", fallback=why)
    used = next((place for place, (_, chosen) in enumerate(read) if chosen.symbols), 0)
    answer, chosen = read[used]
    before = sum(other.drops["invented"] for _, other in read) - chosen.drops["invented"]
    return replace(
        _averaged(chosen, reply, evidence),
        read=answer.read,
        unusable=answer.n_unusable,
        invented_before=before,
    )


def _averaged(chosen: Chosen, reply: ExpressionReply, evidence: ExpressionEvidence) -> Predicted:
    mean = evidence.mean.astype(np.float64)
    if not chosen.symbols:
        why = reply.fallback or ("none_usable" if chosen.n_given else "empty_list")
        return Predicted(mean, "neighbors", chosen=chosen, fallback=why)
    vector = aggregate(
        evidence.vectors(chosen.symbols),
        reply.aggregation,
        similarities=chosen.similarities,
        train_mean=mean,
    )
    return Predicted(vector, "neighbors", chosen.symbols, chosen)


def _answers(state: TaskState, reply: ExpressionReply) -> list[tuple[str, bool]]:
    """Return what was answered and whether it was cut off, the last first.

    A computed output stands in no message.
    """
    said = [
        (message.text, message.id in reply.cut_off)
        for message in state.messages
        if isinstance(message, ChatMessageAssistant)
    ]
    last = (state.output.completion, is_cut_off(state.output))
    if said and said[-1][0] == last[0]:
        said.pop()
    return [last, *said[::-1]]
