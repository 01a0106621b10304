"""What a prompt says of a gene: NCBI's text, the demo world's, or what a model makes of it."""

import logging
import re
from functools import lru_cache
from typing import Literal, get_args

from inspect_ai.event import ModelEvent
from inspect_ai.model import ModelOutput, StopReason

from perturb_evals.datasets.demo.knowledge import demo_texts
from perturb_evals.datasets.demo.world import SIMULATED
from perturb_evals.datasets.genes.cards import gene_cards
from perturb_evals.datasets.pairs.evidence import SETS, PairsEvidence
from perturb_evals.solvers.asking.kept import SUMMARIZER, AskedOnce, calls_of

_log = logging.getLogger(__name__)

SummariesBy = Literal["ncbi", "model"]
SUMMARIES_BY: tuple[SummariesBy, ...] = get_args(SummariesBy)

Part = Literal["perturbed", "readout"]
"""What a gene is in a question."""

UNKNOWN = "no description is known."
OF_A_SET = "a set of genes, read out together."
LONGEST = 600
"""Letters of a text that are shown, up to the end of a sentence."""
LONGEST_WRITTEN = 1000
"""Letters of a summary that are shown: a model was asked for some 550, and may be wordy."""

CUT: tuple[StopReason, ...] = ("max_tokens", "model_length", "content_filter")
"""Why an answer ended that is none, or not all of it."""

WANTED: dict[Part, str] = {
    "perturbed": (
        "what the product of {symbol} does in a cell, with what it works together, and what its "
        "loss would do to a cell: which processes suffer first, and to what a cell would respond"
    ),
    "readout": (
        "what controls the expression of {symbol} (transcription factors, pathways, states of a "
        "cell), and what a cell's level of its RNA is an indicator of"
    ),
}

PROMPT = """\
Write a note on a human gene, for a biologist who thinks about what it is connected with.

Gene: {symbol}
From a database: {material}

Say {wanted}.
Write plain prose of at most 80 words, in one paragraph, without a heading, that begins with the \
word {symbol}. Go by general \
knowledge of the gene and by the text above. Leave out what any screen or knock-down experiment \
measured: no outcome for a named pair of genes. Where little is known, say little."""


class Summaries:
    """Texts of genes, each the same in every question.

    Args:
        evidence: Says whose tables these are.
        source: Where the texts come from: `ncbi`, or `model` for what the model of the role
            `summarizer` writes, once a gene and part, from the same card.
    """

    def __init__(self, evidence: PairsEvidence, source: SummariesBy = "ncbi") -> None:
        self._simulated = evidence.dataset in SIMULATED
        self._sets = evidence.cell_line.endswith(SETS)
        self._source = source
        self._notes = AskedOnce(SUMMARIZER, "summaries=model")
        self._said = False

    async def of(self, symbol: str, part: Part) -> str:
        """Return the text of a gene, one line; `UNKNOWN` where there is none.

        A model is asked of genes that something is known of. Where what it wrote is empty, cut
        off, or does not name the gene, the text at hand stands in for it; a warning says so once,
        and results count it.

        Args:
            symbol: As tables write it.
            part: What it is in the question.

        Raises:
            DataError: A file of NCBI's cannot be had, or the budget is spent.
            ArgumentError: The run has no summarizer.
            Exception: What the summarizer's provider raised.
        """
        at_hand = self.at_hand(symbol, part)
        if self._source != "model" or at_hand in (UNKNOWN, OF_A_SET):
            return at_hand
        output = await self._notes.answer(self.prompt(symbol, part))
        note = usable(output, symbol)
        if not note:
            self._say_once(output.model, symbol)
        return note or at_hand

    def prompt(self, symbol: str, part: Part) -> str:
        """Return what a model is asked to write of a gene."""
        return PROMPT.format(
            symbol=symbol,
            material=self._material(symbol),
            wanted=WANTED[part].format(symbol=symbol),
        )

    def at_hand(self, symbol: str, part: Part) -> str:
        """Return the text of a gene that no model is asked for, see `of`."""
        if self._sets and part == "readout":
            return OF_A_SET
        return trimmed(self._material(symbol), LONGEST) or UNKNOWN

    def _material(self, symbol: str) -> str:
        return demo_texts().get(symbol, "") if self._simulated else _ncbi_text(symbol)

    def _say_once(self, model: str, symbol: str) -> None:
        if not self._said:
            self._said = True
            _log.warning(
                "The summarizer %s wrote nothing of %s, or not all: the text that it was given "
                "is shown in the place of its summary, and so for any other such gene. Give it "
                "more tokens (--model-role 'summarizer={model: ..., max_tokens: ...}').",
                model,
                symbol,
            )


def usable(output: ModelOutput, symbol: str) -> str:
    """Return what a summarizer wrote, in one line.

    Empty for nothing, for what was cut off, and for what does not name the gene, as it was asked
    to: a refusal, or a note on something else.
    """
    if output.empty or output.stop_reason in CUT:
        return ""
    note = trimmed(output.completion, LONGEST_WRITTEN)
    return note if symbol.casefold() in note.casefold() else ""


def counted_summaries() -> dict[str, int]:
    """Count the summaries that the running sample had a model write, see `PairsReply.summaries`."""
    calls = list(calls_of(SUMMARIZER))
    kept = sum(call.cache == "read" for call in calls)
    unusable = sum(not usable(call.output, _gene_of(call)) for call in calls)
    counts = {"asked": len(calls) - kept, "kept": kept, "unusable": unusable}
    return {name: n for name, n in counts.items() if n}


def _gene_of(call: ModelEvent) -> str:
    """Return the gene that a note was asked on."""
    asked = re.search(r"^Gene: (.+)$", call.input[-1].text, re.MULTILINE)
    return asked[1] if asked else ""


@lru_cache(maxsize=4096)
def _ncbi_text(symbol: str) -> str:
    """Return a gene's full name and its RefSeq summary; empty where there is neither."""
    card = gene_cards([symbol])[symbol]
    return f"{card.full_name}. {card.summary}".strip(" .")


_SENTENCE_END = re.compile(r"(?<!\b[A-Z])(?<!\bal)(?<!\be\.g)(?<!\bi\.e)(?<!\bvs)(?<!\bcf)[.!?] ")
_OPEN = re.compile(r"\s?[(\[][^()\[\]]{0,120}\Z")
"""A bracket that is never closed: of many references at the end NCBI's file has lost the rest."""


@lru_cache(maxsize=4096)
def trimmed(text: str, longest: int) -> str:
    """Return the first sentences of a text in one line, with a full stop.

    Args:
        text: Any text.
        longest: So many letters of it at most, up to the end of a sentence that is not in brackets;
            where there is none, up to a word, and `…` behind it.

    Returns:
        The sentences; empty for a text without a letter.
    """
    text = " ".join(text.split()).strip(" .")
    if len(text) > longest:
        depth, ends, blanks = 0, [0], [0]
        for place, letter in enumerate(text[: longest + 1]):
            depth = max(0, depth + (letter in "([{") - (letter in ")]}"))
            if letter == " " and not depth:
                blanks.append(place)
                if _SENTENCE_END.match(text, place - 1):
                    ends.append(place)
        if ends[-1] == 0:
            return f"{text[: blanks[-1] or longest]} …"
        text = text[: ends[-1]]
    text = _OPEN.sub("", text).rstrip(" .")
    if not text:
        return ""
    return text if text.endswith(("!", "?")) else f"{text}."
