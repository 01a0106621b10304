"""What prompts show: an audit of the training rows and candidates that a run's track allows.

It reads the text that models were sent, as logged. It cannot see what was said in another notation,
what a solver computed, or what a model was asked outside Inspect: a run that passes may still have
read what it should not have; one that fails shows a line to look at.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from inspect_ai.event import ModelEvent
from inspect_ai.log import EvalSample, EvalSampleSummary
from inspect_ai.model import ChatMessage, ChatMessageAssistant

from perturb_evals.datasets.pairs.evidence import PairsEvidence
from perturb_evals.datasets.pairs.load import cell_lines, load_table, why_not_here
from perturb_evals.datasets.pairs.questions import KINDS
from perturb_evals.datasets.screens.evidence import HeldOut, fold_of
from perturb_evals.leaderboard.submission.board import Asked
from perturb_evals.leaderboard.submission.checks import Check
from perturb_evals.leaderboard.submission.shown_rows import KnownRows, Names, Pair

QUOTED = 160


@dataclass(frozen=True)
class _Prompt:
    """A text that a model was shown, and all that models had written in the sample before."""

    text: str
    before: str


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

    For questions: rows of any table at hand that are no training rows of the lines that the track
    opens, and a verdict about the asked pair itself. For screens: names of the fold's other test
    perturbations. What the model itself wrote before is left out.
    """

    name = "evidence"

    def __init__(self, asked: Asked) -> None:
        self._evidence = asked.evidence
        self._found = _Found()

    def read(self, summary: EvalSampleSummary, sample: EvalSample) -> None:
        """Audit the prompts of a sample; one that asked no model has none.

        Raises:
            DataError, TableError, EvidenceError: A table cannot be had.
        """
        calls = any(isinstance(event, ModelEvent) for event in sample.events)
        if not (summary.model_usage or calls):  # answers from a cache use nothing
            return
        prompts, found = _prompts(sample), self._found
        found.n_samples += 1
        found.n_prompts += len(prompts)
        if not prompts:
            found.without = found.without or f"{summary.id}, epoch {summary.epoch}"
        if self._evidence is None:
            _look_for_tested(summary, prompts, found)
        else:
            known, allowed = _known_rows(self._evidence), allowed_pairs(self._evidence)
            _look_for_rows(summary, prompts, known, allowed, found)

    def check(self) -> Check:
        """Return how many rows were found, and the first that is not allowed."""
        name, found = self.name, self._found
        if not found.n_samples:
            said = "No model was asked: there are no prompts to read."
            return Check(name, "not applicable", said)
        what = "rows shown" if self._evidence else "names of test perturbations"
        read = f"{found.n_prompts} prompts of {found.n_samples} samples"
        counts = f"{read}: {found.n_rows} {what}, {found.n_refused} not allowed"
        if found.n_refused:
            return Check(name, "fail", f"{counts}; the first, in {found.first}")
        if found.without:
            return Check(name, "not checked", f"The log of {found.without} holds no prompt.")
        return Check(name, "pass", f"{counts}.")


@lru_cache(maxsize=8)
def allowed_pairs(evidence: PairsEvidence) -> frozenset[Pair]:
    """Return the pairs of the training rows that a track opens, of both kinds.

    Raises:
        DataError: A table cannot be had.
        EvidenceError: The table of another line cannot be had.
    """
    return evidence.open_pairs()


@lru_cache(maxsize=8)
def _known_rows(evidence: PairsEvidence) -> KnownRows:
    """Return the rows of the run's own tables, and of all others that are at hand."""
    genes_of: dict[str, set[str]] = defaultdict(set)
    for kind in KINDS:
        for line in cell_lines(evidence.dataset, kind):
            read = line in (evidence.cell_line, *evidence.lines)
            if not read and why_not_here(evidence.dataset, line, kind):
                continue
            table = load_table(evidence.dataset, line, kind)
            for split in ("train", "test"):
                for pert, genes in table.split(split).groupby("pert")["gene"]:
                    genes_of[str(pert)] |= set(genes)
    return KnownRows({pert: frozenset(genes) for pert, genes in genes_of.items()})


def _prompts(sample: EvalSample) -> list[_Prompt]:
    """Return the texts that models were shown in a sample, each once, in their order."""
    seen: set[str] = set()
    written: list[str] = []
    prompts = []

    def show(messages: Iterable[ChatMessage]) -> None:
        before = "\n\n".join(written)
        for message in messages:
            # An answer that no model gave here is an example, put there by the solver.
            own = isinstance(message, ChatMessageAssistant) and message.text in written
            if message.text and message.text not in seen and not own:
                seen.add(message.text)
                prompts.append(_Prompt(message.text, before))

    for event in sample.events:
        if isinstance(event, ModelEvent):
            show(event.input)
            written.append(event.output.completion)
    written.append(sample.output.completion)
    show(sample.messages)
    return prompts


def _look_for_rows(
    sample: EvalSampleSummary,
    prompts: Sequence[_Prompt],
    known: KnownRows,
    allowed: frozenset[Pair],
    found: _Found,
) -> None:
    asked = str(sample.metadata["pert"]), str(sample.metadata["gene"])
    for prompt in prompts:
        for shown in known.shown(prompt.text, asked):
            if shown.text in prompt.before:
                continue
            found.n_rows += 1
            if _refused(shown.pairs, allowed, asked):
                found.refuse(sample, shown.text)


def _refused(pairs: frozenset[Pair], allowed: frozenset[Pair], asked: Pair) -> frozenset[Pair]:
    """Return the pairs that words about allowed rows do not explain.

    A line that names two genes and a perturbation, or the asked perturbation beside a training row,
    may be read as several pairs; it is read in favour of the run.
    """
    explained = {name for pair in pairs & allowed for name in pair}
    return frozenset(
        (pert, gene)
        for pert, gene in pairs - allowed
        if gene not in explained or not (pert in explained or pert == asked[0])
    )


def _look_for_tested(sample: EvalSampleSummary, prompts: Sequence[_Prompt], found: _Found) -> None:
    tested = _tested(HeldOut.from_metadata(sample.metadata))
    for prompt in prompts:
        own = tested.in_text(prompt.before) | {str(sample.metadata["pert"])}
        if others := tested.in_text(prompt.text) - own:
            found.n_rows += len(others)
            found.refuse(sample, ", ".join(sorted(others)))


@lru_cache(maxsize=64)
def _tested(held_out: HeldOut) -> Names:
    return Names(frozenset(fold_of(held_out).test))
