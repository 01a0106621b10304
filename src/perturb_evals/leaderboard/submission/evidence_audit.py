"""What prompts show: an audit of the training rows and candidates that a run's track allows.

It reads the text that models were sent, as logged, and again with symbols in the place of codes
where the log has a table of them. It cannot see what was said in other words, what a solver
computed, or what a model was asked outside Inspect: a run that passes may still have read what it
should not have; one that fails shows a line to look at.
"""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from inspect_ai.event import ModelEvent
from inspect_ai.log import EvalSample, EvalSampleSummary
from inspect_ai.model import ChatMessage, ChatMessageAssistant

from perturb_evals.datasets.genes.symbol_codes import codes_in, decoded
from perturb_evals.families.asked_again import Audit, Prompt
from perturb_evals.leaderboard.submission.checks import Check
from perturb_evals.leaderboard.submission.server_texts import SENT, squeezed, texts_of

QUOTED = 160
PART = 20
"""Letters from which on a part of what a model wrote is told from an answer that anybody gives."""


@dataclass
class _Found:
    """What was found in prompts."""

    n_samples: int = 0
    n_prompts: int = 0
    n_rows: int = 0
    n_refused: int = 0
    first: str = ""
    without: str = ""

    def refuse(self, sample: EvalSampleSummary, text: str) -> None:
        self.n_refused += 1
        if not self.first:
            quoted = text if len(text) <= QUOTED else text[:QUOTED] + "…"
            self.first = f"{sample.id}, epoch {sample.epoch}: {quoted!r}"


class Prompts:
    """The prompts of all samples, audited.

    What is looked for, and what of it is allowed, the family of the task says.

    Args:
        audit: Says it.
        records: Whether the solver is one of this package, which records what it shows.
    """

    name = "evidence"

    def __init__(self, audit: Audit, *, records: bool = False) -> None:
        self._audit, self._records = audit, records
        self._found = _Found()

    def read(self, summary: EvalSampleSummary, sample: EvalSample) -> None:
        """Audit the prompts of a sample, and what it records; one that asked no model has none.

        Raises:
            DataError, TableError, EvidenceError: A table cannot be had.
        """
        calls = any(isinstance(event, ModelEvent) for event in sample.events)
        asked = bool(summary.model_usage or calls)  # answers from a cache use nothing
        symbols = {**self._audit.symbols, **codes_in(sample.metadata)}
        prompts = _prompts(sample, self._audit.informants) if asked else []
        prompts, found = [_in_symbols(prompt, symbols) for prompt in prompts], self._found
        found.n_samples += asked
        found.n_prompts += len(prompts)
        if asked and not prompts:
            found.without = found.without or f"{summary.id}, epoch {summary.epoch}"
        output, records = sample.output, self._records
        for shown in self._audit.shown(summary, prompts, output, records=records):
            found.n_rows += shown.n
            if not shown.allowed:
                found.refuse(summary, shown.text)

    def check(self) -> Check:
        """Return how many rows were found, and the first that is not allowed."""
        name, found = self.name, self._found
        if not (found.n_samples or found.n_rows):
            said = "No model was asked: there are no prompts to read."
            return Check(name, "not applicable", said)
        read = f"{found.n_prompts} prompts of {found.n_samples} samples"
        counts = f"{read}: {found.n_rows} {self._audit.what}, {found.n_refused} not allowed"
        if found.n_refused:
            return Check(name, "fail", f"{counts}; the first, in {found.first}")
        if found.without:
            return Check(name, "not checked", f"The log of {found.without} holds no prompt.")
        return Check(name, "pass", f"{counts}.")


def _in_symbols(prompt: Prompt, symbols: Mapping[str, str]) -> Prompt:
    text, before = decoded(prompt.text, symbols), decoded(prompt.before, symbols)
    in_symbols = Prompt(text, before, decoded(prompt.follows, symbols))
    return prompt if in_symbols == prompt else replace(in_symbols, as_sent=prompt)


def _wrote(message: ChatMessageAssistant, written: Sequence[str]) -> bool:
    """Whether a model wrote a message, or the larger text that it is a part of."""
    text = message.text.strip()
    return any(
        text in (one.strip(), *one.splitlines()) or (len(text) > PART and text in one)
        for one in written
    )


def _arguments(message: ChatMessageAssistant) -> str:
    """Return the arguments of tools that a model called, which may stand in a message as text."""
    calls = [json.dumps(call.arguments, ensure_ascii=False) for call in message.tool_calls or []]
    return "\n".join(calls)


def _prompts(sample: EvalSample, informants: Collection[str]) -> list[Prompt]:
    """Return the texts that models were shown in a sample, each once, in their order."""
    seen: set[tuple[str, str]] = set()
    written: list[tuple[str | None, str]] = []
    prompts = []

    def thought(role: str | None) -> list[str]:
        """Return what the models wrote so far that a model of this role may see again."""
        return [text for of, text in written if of == role or of not in informants]

    def show(messages: Iterable[ChatMessage], role: str | None) -> None:
        mine, follows = thought(role), ""
        before = "\n\n".join(mine)
        for message in messages:
            # An answer that no model gave here is an example, put there by the solver.
            own = isinstance(message, ChatMessageAssistant) and _wrote(message, mine)
            if message.text and not own:
                if (follows, message.text) not in seen:
                    seen.update({(follows, message.text), ("", message.text)})
                    prompts.append(Prompt(message.text, before, follows))
                follows = message.text
            elif message.text:
                follows = ""

    def show_sent(call: ModelEvent) -> None:
        """Show what only the request of a call holds, as the log keeps it."""
        if call.call is None:
            return
        mine = thought(call.role)
        known = squeezed("".join([message.text for message in call.input] + mine))
        for text in texts_of(call.call.request, SENT):
            if squeezed(text) not in known and ("", text) not in seen:
                seen.add(("", text))
                prompts.append(Prompt(text, "\n\n".join(mine)))

    for event in sample.events:
        if isinstance(event, ModelEvent):
            show(event.input, event.role)
            show_sent(event)
            texts = [choice.message.text for choice in event.output.choices]
            texts += [_arguments(choice.message) for choice in event.output.choices]
            written += [(event.role, text) for text in (*texts, event.output.completion)]
    written.append((None, sample.output.completion))
    show(sample.messages, None)
    return prompts
