"""What a run of a solver that asks about pairs takes: its prompts are written, and counted."""

import asyncio
import inspect
import random
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from inspect_ai.model import ModelOutput
from inspect_ai.solver import Solver

from perturb_evals.datasets.errors import ArgumentError
from perturb_evals.datasets.pairs.benchmark import PairsBenchmark
from perturb_evals.datasets.pairs.samples import question_samples
from perturb_evals.families.family import Asking
from perturb_evals.families.pairs.sent import sent
from perturb_evals.solvers.asking.kept import AT_HAND
from perturb_evals.solvers.asking.tokens import CHARACTERS_A_TOKEN, prose_tokens
from perturb_evals.solvers.pairs.agent.lab_agent import lab_agent
from perturb_evals.solvers.pairs.ask import ask
from perturb_evals.solvers.pairs.no_cot import llm_no_cot
from perturb_evals.solvers.pairs.summaries import Part, Summaries
from perturb_evals.solvers.pairs.summer import summer

SAMPLED, SEED = 200, 0
"""Questions whose prompts are written where a solver reads rows, and the seed they are drawn by."""

FORM_TOKENS = {"label": 350, "probability": 350, "logprobs": 2}
"""What a model without hidden reasoning writes; reasoning models write 5 to 20 times as much."""

REPLY_TOKENS = {llm_no_cot.__name__: 5, summer.__name__: 500}
"""The same of solvers that ask for one line alone, or for several steps; others as `label`."""

SUMMARY_CHARACTERS = 550
"""What 80 words take, which a summarizer is asked for."""


def asking_of(
    asked: PairsBenchmark, solver: Callable[..., Solver], given: Mapping[str, Any]
) -> Asking:
    """Count what a solver asks about the questions of a run.

    Args:
        asked: The questions.
        solver: `ask`, another one whose prompts can be written again, or `lab_agent`.
        given: Its arguments.

    Returns:
        The counts. Those of `ask` are exact in characters; those of others are scaled up from
        `SAMPLED` questions where there are more, and a note says so. Another one says what a
        summarizer is asked beside them.

    Raises:
        ArgumentError: Arguments that are not allowed; what an agent takes is not known beforehand.
        DataError: Data that cannot be had.
    """
    solver(**given)  # refuses what is not allowed
    name, n = solver.__name__, len(asked.rows)
    arguments = {
        known.name: known.default for known in inspect.signature(solver).parameters.values()
    } | dict(given)
    if name == lab_agent.__name__:
        most, tokens = arguments["max_calls"], arguments["max_tokens"]
        raise ArgumentError(
            f"what {name} takes depends on the model, and has bounds alone: for {n:,} questions "
            f"at most {n * most:,} calls (max_calls={most} a question), and no call more of a "
            f"question that took max_tokens={tokens:,}. Run it with --limit 5, and take "
            f"{n / 5:,.1f} times what that took."
        )
    places = range(n) if name == ask.__name__ else _drawn(n)
    calls, characters, needs = 0, 0, set[str]()
    for sample in question_samples(asked.rows.iloc[list(places)], asked.evidence):
        prompts = sent(name, arguments, sample.metadata or {}, _summary)
        if prompts is None:
            raise ArgumentError(f"what {name} asks cannot be told; run it with --limit 5.")
        calls += len(prompts.prompts)
        characters += sum(len(prompt.text) for prompt in prompts.prompts)
        needs |= {prompt for _, prompt in prompts.needs}
    notes = []
    if len(places) < n:
        notes.append(
            f"Input tokens are scaled up from the prompts of {len(places)} of the {n:,} questions, "
            f"drawn with seed {SEED}."
        )
    if arguments.get("summaries") == "model":
        needs |= _asked_of_genes(asked, swapped=arguments["control"] == "swapped")
        notes.append(_beside(needs))
    return Asking(
        n,
        calls * n // len(places),
        prose_tokens(characters) * n / len(places),
        FORM_TOKENS[arguments["answer"]] if name == ask.__name__ else _reply_tokens(name),
        tuple(notes),
    )


def _drawn(n: int) -> list[int]:
    """Return the places of the sampled questions, in order."""
    rng = random.Random(SEED)
    # Python promises to keep the stream of random(), not what sample() makes of it.
    return sorted(sorted(range(n), key=lambda _: rng.random())[:SAMPLED])


def _reply_tokens(solver: str) -> int:
    return REPLY_TOKENS.get(solver, FORM_TOKENS["label"])


def _summary(role: str, prompt: str) -> ModelOutput:
    """Return what stands in for a summary: so many letters of any words."""
    words = "word " * (SUMMARY_CHARACTERS // len("word "))
    return ModelOutput.from_content(role, words.strip())


def _asked_of_genes(asked: PairsBenchmark, *, swapped: bool) -> set[str]:
    """Return what a summarizer is asked of the genes of all questions, each in its part."""
    parts: tuple[Part, Part] = ("readout", "perturbed") if swapped else ("perturbed", "readout")
    prompts = set()

    def told(role: str, prompt: str) -> ModelOutput:
        prompts.add(prompt)
        return _summary(role, prompt)

    async def ask_all() -> None:
        AT_HAND.set(told)  # in the context of this call alone
        summaries = Summaries(asked.evidence, "model")
        for column, part in zip(("pert", "gene"), parts, strict=True):
            for symbol in asked.rows[column].unique():
                await summaries.of(symbol, part)

    asyncio.run(ask_all())
    return prompts


def _beside(summaries: Iterable[str]) -> str:
    prompts = list(summaries)
    read = round(prose_tokens(sum(map(len, prompts))))
    written = round(len(prompts) * SUMMARY_CHARACTERS / CHARACTERS_A_TOKEN)
    return (
        f"Beside all figures above, summaries=model makes at most {len(prompts):,} calls of the "
        f"role summarizer, {read:,} input and {written:,} output tokens: once, whatever the "
        "epochs, and none for what was kept from earlier runs."
    )
