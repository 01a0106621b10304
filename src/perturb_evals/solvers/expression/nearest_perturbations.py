"""The LangPert solver: a model names the training perturbations most like an unseen one."""

import random
from dataclasses import replace
from typing import Literal, get_args

from inspect_ai.model import ChatMessageUser, ModelOutput, ResponseSchema, get_model
from inspect_ai.solver import Generate, Solver, TaskState, solver
from inspect_ai.util import JSONSchema

from perturb_evals.datasets.errors import ArgumentError
from perturb_evals.datasets.genes.symbols import SymbolResolver
from perturb_evals.datasets.options import named_arguments, one_of, whole_number
from perturb_evals.datasets.screens.evidence import HeldOut, expression_evidence
from perturb_evals.methods.aggregation import AGGREGATIONS, Aggregation
from perturb_evals.replies.expression import ExpressionReply, is_cut_off
from perturb_evals.replies.reply import attach, attached
from perturb_evals.scorers.expression.neighbors import Drop, choose, resolver_for
from perturb_evals.scorers.expression.reading import parse_neighbors
from perturb_evals.solvers.asking.granted import Granted
from perturb_evals.solvers.asking.tokens import ContextWindow
from perturb_evals.solvers.expression import prompts as words

Order = Literal["alphabetical", "shuffled"]
ORDERS: tuple[Order, ...] = get_args(Order)

REASONS: dict[Drop, str] = {
    "invented": words.NOT_LISTED,
    "target": words.TARGET_ITSELF,
    "ambiguous": words.SEVERAL_MEANT,
}
"""What is said of names that were dropped; the other reasons leave a neighbor."""


@solver
@named_arguments
def nearest_perturbations(
    variant: words.Variant = "full",
    k: int | None = None,
    order: Order = "alphabetical",
    seed: int = 0,
    aggregation: Aggregation = "mean",
    structured: bool = True,
    reasks: int = 2,
) -> Solver:
    """Ask the model which training perturbations act most like the one in question.

    The model sees names only, those of the training perturbations of the sample's fold. Where
    nothing in its answer can be used it is told why and asked again, in the same conversation. Its
    last answer with a usable name counts. Generation settings (temperature, tokens, epochs ...)
    stay those of the command line; all arguments are in the log's plan, the seed among them.

    "Usable" is judged here by exact spelling and by case, as the table of synonyms belongs to the
    task. So an answer that names nothing but synonyms is sent back for the spelling of the list; if
    the model keeps to it, the scorer still resolves it.

    Args:
        variant: `full`; `minimal` (no criteria, no context); `no_reasoning` (only the names);
            `refine` (full, then a second pass over the usable answer, which is not asked again).
        k: The most neighbors that are asked for and count; by default the task's k.
        order: Of the candidates in the prompt: `alphabetical`, or `shuffled` anew for every sample,
            the same in all its epochs.
        seed: Seed of the shuffled order.
        aggregation: How the neighbors' vectors become the prediction: `mean`, `median`, `rank`,
            `similarity` (asks for similarities too) or `ridge`.
        structured: Whether to ask for output in a JSON schema. A model whose provider refuses is
            asked without, from then on.
        reasks: How often a sample is asked again at most.

    Raises:
        ValueError: An argument that is not allowed.
    """
    one_of("variant", variant, words.VARIANTS)
    one_of("order", order, ORDERS)
    one_of("aggregation", aggregation, AGGREGATIONS)
    if not isinstance(structured, bool):
        raise ArgumentError(f"structured must be true or false; got {structured!r}.")
    whole_number("seed", seed)
    for name, value, least in (("k", 1 if k is None else k, 1), ("reasks", reasks, 0)):
        if whole_number(name, value) < least:
            raise ArgumentError(f"{name} must be {least} or more; got {value}.")
    similarities = aggregation == "similarity"
    schema = response_schema(variant != "no_reasoning", similarities)
    option = Granted("response schema", [{"response_schema": schema}] if structured else [])
    window = ContextWindow()

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        held_out, target = HeldOut.from_metadata(state.metadata), str(state.metadata["pert"])
        evidence = expression_evidence(held_out)
        candidates = evidence.perturbations
        if order == "shuffled":
            candidates = shuffled(candidates, seed, held_out, target)
        most = int(state.metadata["k"]) if k is None else k
        prompt = words.NeighborPrompt(variant, evidence.cell_line, most, similarities)
        state.user_prompt.text = prompt.render(target, candidates)
        window.check(get_model(), state.user_prompt.text, candidates)
        reply = ExpressionReply("neighbors", aggregation, limit=most, prompt=prompt.hash)
        resolver = resolver_for(held_out, "none")

        state = await _answer(state, generate, option, reply)
        while (wrong := problem(state.output, target, resolver)) and reply.reasks < reasks:
            if state.output.stop_reason == "model_length":
                break  # a conversation that is too long for the model only gets longer
            reply = replace(reply, reasks=reply.reasks + 1)
            state.messages.append(ChatMessageUser(content=words.REASK.format(problem=wrong)))
            state = await _answer(state, generate, option, reply)
        if variant == "refine" and not wrong:
            state.messages.append(ChatMessageUser(content=words.REVIEW))
            state = await _answer(state, generate, option, reply)
        return state

    return solve


async def _answer(
    state: TaskState, generate: Generate, option: Granted, reply: ExpressionReply
) -> TaskState:
    """Let the model answer, and leave the reply at once: a limit may end the sample any time."""
    cut_off = attached(state.output, ExpressionReply).cut_off
    state = await option.generate(state, generate)
    if is_cut_off(state.output):
        cut_off = [*cut_off, str(state.output.message.id)]
    attach(state.output, replace(reply, cut_off=cut_off))
    return state


def problem(output: ModelOutput, target: str, resolver: SymbolResolver) -> str | None:
    """Return what makes an answer useless, in a sentence for the model; None for a usable one.

    Args:
        output: The answer.
        target: The perturbation in question.
        resolver: Of the candidates.
    """
    answer = parse_neighbors(output.completion, is_cut_off(output))
    if answer is None:
        return words.CUT_OFF if output.stop_reason == "max_tokens" else words.NO_LIST
    chosen = choose(answer.items, target=target, resolver=resolver, limit=None)
    if chosen.symbols:
        return None
    names = {
        reason: [item.name for item in chosen.dropped if item.reason == reason]
        for reason in REASONS
    }
    said = [REASONS[why].format(names=words.quoted(found)) for why, found in names.items() if found]
    return " ".join(said) or words.EMPTY_LIST


def shuffled(
    candidates: tuple[str, ...], seed: int, held_out: HeldOut, target: str
) -> tuple[str, ...]:
    """Return the candidates in an order of the sample's own, the same on every machine."""
    rng = random.Random(f"{seed}/{held_out.fold}/{held_out.repeat}/{target}")
    # Python promises to keep the stream of random(), not what shuffle() makes of it.
    return tuple(sorted(candidates, key=lambda _: rng.random()))


def response_schema(reasoning: bool, similarities: bool) -> ResponseSchema:
    """Return the schema of the JSON object that the prompt asks for."""
    text = JSONSchema(type="string")
    item = _object(gene=text, similarity=JSONSchema(type="number")) if similarities else text
    keys = {"reasoning": text} if reasoning else {}
    return ResponseSchema(
        name="neighbors",
        json_schema=_object(**keys, kNN=JSONSchema(type="array", items=item)),
        strict=True,
    )


def _object(**properties: JSONSchema) -> JSONSchema:
    return JSONSchema(
        type="object",
        properties=properties,
        required=list(properties),
        additionalProperties=False,
    )
