"""Prompts about pairs, written again from the name of a solver, its arguments and a sample."""

import asyncio
import json
import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from inspect_ai.model import ModelOutput

from perturb_evals.datasets.genes.symbol_codes import KEY as CODES
from perturb_evals.datasets.pairs.evidence import SETS, PairsEvidence
from perturb_evals.families.sent import Sent, SentPrompt
from perturb_evals.replies.pairs import PairsReply
from perturb_evals.replies.reply import KEY, attach
from perturb_evals.solvers.asking.kept import AT_HAND, Told
from perturb_evals.solvers.pairs.agent.lab_agent import lab_agent
from perturb_evals.solvers.pairs.agent.prompts import prompt_hash as hash_of_agent
from perturb_evals.solvers.pairs.agent.prompts import render as first_prompt
from perturb_evals.solvers.pairs.ask import ask
from perturb_evals.solvers.pairs.contrast import contrast, contrast_writer
from perturb_evals.solvers.pairs.no_cot import llm_no_cot, no_cot_writer
from perturb_evals.solvers.pairs.no_retrieval import llm_no_retrieval, no_retrieval_writer
from perturb_evals.solvers.pairs.prompts import prompt_hash, render
from perturb_evals.solvers.pairs.summer import summer, summer_writer
from perturb_evals.solvers.pairs.view import View
from perturb_evals.solvers.pairs.written import MakeWriter, Writer, Written

_GENE = re.compile(r"[A-Za-z0-9]\S*")

WRITERS: Mapping[str, Callable[..., MakeWriter]] = {
    llm_no_cot.__name__: no_cot_writer,
    llm_no_retrieval.__name__: no_retrieval_writer,
    summer.__name__: summer_writer,
    contrast.__name__: contrast_writer,
}
"""What makes the writer of a solver, from its arguments but for the control."""


def sent(
    solver: str, given: Mapping[str, Any], about: Mapping[str, Any], told: Told
) -> Sent | None:
    """Return what a solver sends about a sample; None for one whose prompts are not written here.

    Those that show what a model wrote of genes are not: another sample may have asked for it.

    Args:
        solver: Its name.
        given: Its arguments.
        about: Metadata of the sample.
        told: Gives what models in roles answered.

    Raises:
        DataError: The data cannot be had here.
        NotToldError: A prompt shows an answer that the log does not have.
    """
    needs: set[tuple[str, str]] = set()

    def noted(role: str, prompt: str) -> ModelOutput:
        needs.add((role, prompt))
        return told(role, prompt)

    arguments = dict(given)
    view = View(about, arguments.pop("control", None))
    if solver == ask.__name__:
        kind, form, line = about["kind"], given["answer"], about["cell_line"]
        text = render(kind, form, line, view.pert, view.gene, view.line)
        prompts = [_prompt(text, PairsReply(form, prompt=prompt_hash(kind, form, line)))]
    elif solver in WRITERS:
        evidence = PairsEvidence.from_metadata(about)
        writer = _writer(solver, tuple(sorted(arguments.items())), evidence)
        prompts = [
            _prompt(one.text, PairsReply(prompt=one.hash, shown=tuple(one.shown)))
            for one in _written(writer, view, noted)
        ]
    elif solver == lab_agent.__name__:
        kind, line, most = about["kind"], about["cell_line"], given["max_calls"]
        is_set, with_rows = line.endswith(SETS), about["evidence"] != "none"
        text = first_prompt(kind, view.line, view.pert, view.gene, is_set=is_set, max_calls=most)
        hashed = hash_of_agent(kind, line, max_calls=most, with_rows=with_rows)
        prompts = [SentPrompt(text, {"form": "label", "prompt": hashed})]
        if view.codes:  # the model decides what else it looks up, and so gets a code
            view.codes |= _given_later(about.get(CODES), view.codes)
    else:
        return None
    added = {CODES: dict(view.codes)} if view.codes else {}
    return Sent(tuple(prompts), added, frozenset(needs))


def _given_later(said: object, codes: Mapping[str, str]) -> dict[str, str]:
    """Return the codes of a table that a view may have given after some; none if one is not so."""
    if not isinstance(said, Mapping):
        return {}
    later = {symbol: code for symbol, code in said.items() if symbol not in codes}
    numbers = range(len(codes) + 1, len(codes) + len(later) + 1)
    own_form = set(later.values()) == {f"G{number:03d}" for number in numbers}
    return later if own_form and all(map(_GENE.fullmatch, later)) else {}


def _written(writer: Writer, view: View, told: Told) -> Sequence[Written]:
    async def write() -> Sequence[Written]:
        AT_HAND.set(told)  # in the context of this call alone
        return await writer.write(view)

    return asyncio.run(write())


def _prompt(text: str, reply: PairsReply) -> SentPrompt:
    output = ModelOutput()
    attach(output, reply)
    said = json.loads(json.dumps((output.metadata or {})[KEY]))
    return SentPrompt(text, {name: said.get(name) for name in ("form", "prompt", "shown")})


@lru_cache(maxsize=8)
def _writer(solver: str, arguments: tuple[tuple[str, Any], ...], evidence: PairsEvidence) -> Writer:
    return WRITERS[solver](**dict(arguments))(evidence)
