"""Rows that prompts about pairs show, against the training rows that a track allows."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import lru_cache

from inspect_ai.log import EvalSampleSummary
from inspect_ai.model import ModelOutput

from perturb_evals.datasets.pairs.evidence import PairsEvidence, TrainingRow
from perturb_evals.datasets.pairs.load import cell_lines, load_table, why_not_here
from perturb_evals.datasets.pairs.questions import KINDS, VERDICTS, Kind
from perturb_evals.families.asked_again import Prompt, Shown
from perturb_evals.families.pairs.outcome_words import plain
from perturb_evals.families.pairs.shown_rows import GenePair, KnownRows, ShownRow
from perturb_evals.replies.pairs import PairsReply
from perturb_evals.replies.reply import KEY, attached
from perturb_evals.solvers.pairs.no_retrieval import HYPOTHESES, PROMPT


class RowsAudit:
    """Finds rows of any table at hand, and a verdict about the asked pair itself.

    Rows that are no training rows of the lines that the track opens are not allowed. What a solver
    of this package records as shown has to be training rows with their labels, and what its prompts
    show has to be recorded. Its outcomes are not read here: a control may have dealt them out anew,
    and prompts are held against what the solver writes (`sent`).
    """

    what = "rows shown"
    informants: Collection[str] = ("summarizer",)

    def __init__(self, evidence: PairsEvidence, symbols: Mapping[str, str]) -> None:
        self._evidence = evidence
        self.symbols = symbols

    def shown(
        self,
        sample: EvalSampleSummary,
        prompts: Sequence[Prompt],
        output: ModelOutput,
        *,
        records: bool,
    ) -> Iterator[Shown]:
        """Find rows; what the model itself wrote before is left out.

        Raises:
            DataError, TableError, EvidenceError: A table cannot be had.
        """
        recorded = _recorded(output)
        for row in recorded:
            said = f"{row.pert}, {row.gene}: {row.label} (recorded, of {row.line})"
            n_more = 0 if prompts else 1  # each row is counted once
            yield Shown(said, n_more, row in _open_rows(self._evidence))
        pairs = frozenset((row.pert, row.gene) for row in recorded)
        # A limit may have cut the sample before there was an answer, which the record goes with.
        has_record = records and KEY in (output.metadata or {})
        for found, asked in self._found(sample, prompts, own=records):
            if refused := _refused(found.pairs, allowed_pairs(self._evidence), asked):
                yield Shown(_quoted(found, refused), 1, allowed=False)
            elif has_record and (lacking := _refused(found.pairs, pairs, asked)):
                said = f"{_quoted(found, lacking)}, which is not recorded"
                yield Shown(said, 1, allowed=False)
            else:
                yield Shown(_quoted(found, found.pairs), 1, allowed=True)

    def _found(
        self, sample: EvalSampleSummary, prompts: Sequence[Prompt], *, own: bool
    ) -> Iterator[tuple[ShownRow, GenePair]]:
        """Yield the rows of all prompts, each with the pair that is asked about."""
        asked = str(sample.metadata["pert"]), str(sample.metadata["gene"])
        known, kind = _known_rows(self._evidence), self._evidence.kind
        supposed = _hypotheses(kind, asked)
        # A solver of this package may be cut short before it has asked about the second.
        together = [] if own else [two for two in supposed if _stand_in(prompts, two)]
        for prompt in prompts:
            found = set[str]()
            for read in filter(None, (prompt, prompt.as_sent)):
                text, before = read.text, plain(read.before)
                for two in supposed if own else together:
                    text = _without_proposal(text, kind, two) if own else _without(text, two)
                for row in known.shown(text, asked, read.follows, changes=kind == "de"):
                    named = read is prompt or _names_a_pair(row, plain(text))
                    if named and row.text not in before and row.text not in found:
                        found.add(row.text)
                        yield row, asked


def _hypotheses(kind: Kind, asked: GenePair) -> list[tuple[str, ...]]:
    """Return both that `llm_no_retrieval` supposes of a pair, as it is and swapped."""
    pairs = (asked, asked[::-1])
    return [tuple(said.format(pert=a, gene=b) for said in HYPOTHESES[kind]) for a, b in pairs]


def _stand_in(prompts: Sequence[Prompt], hypotheses: tuple[str, ...]) -> bool:
    return all(any(one in prompt.text for prompt in prompts) for one in hypotheses)


def _without(text: str, hypotheses: tuple[str, ...]) -> str:
    """Return a text without hypotheses: where both stand they state nothing together."""
    for one in hypotheses:
        text = text.replace(one, "")
    return text


def _without_proposal(text: str, kind: Kind, hypotheses: tuple[str, ...]) -> str:
    """Return a prompt of `llm_no_retrieval` without what it proposes; any other text as it is."""
    end = "".join(PROMPT.partition("Somebody proposes")[1:])
    words = f"{VERDICTS[kind].positive} | {VERDICTS[kind].negative}"
    for one in hypotheses:
        proposed = end.format(hypothesis=one, words=words)
        text = text.replace(proposed, end.format(hypothesis="", words=words))
    return text


def _names_a_pair(row: ShownRow, text: str) -> bool:
    """Whether a text names what a row in it is about; codes name nothing."""
    return any(
        all(re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text, re.I) for name in pair)
        for pair in row.pairs
    )


def _recorded(output: ModelOutput) -> tuple[TrainingRow, ...]:
    """Return the rows that a reply says were shown; none where it is no reply of this kind."""
    said = (output.metadata or {}).get(KEY)
    return attached(output, PairsReply).shown if isinstance(said, dict) and "shown" in said else ()


@lru_cache(maxsize=8)
def _open_rows(evidence: PairsEvidence) -> frozenset[TrainingRow]:
    """Return the training rows of the evaluated kind that a track opens; none on `none`."""
    if evidence.track == "none":
        return frozenset()
    columns = (evidence.opened()[name].tolist() for name in TrainingRow._fields)
    return frozenset(TrainingRow(*row) for row in zip(*columns, strict=True))


@lru_cache(maxsize=8)
def allowed_pairs(evidence: PairsEvidence) -> frozenset[GenePair]:
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


def _quoted(row: ShownRow, pairs: frozenset[GenePair]) -> str:
    """Return the words, and what they are about where they do not name it themselves."""
    pert, gene = min(pairs)
    named = pert.casefold() in row.text.casefold() and gene.casefold() in row.text.casefold()
    return row.text if named else f"{row.text} (of {pert}, {gene})"


def _refused(
    pairs: frozenset[GenePair], allowed: frozenset[GenePair], asked: GenePair
) -> frozenset[GenePair]:
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
