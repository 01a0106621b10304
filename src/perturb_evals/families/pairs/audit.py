"""Rows that prompts about pairs show, against the training rows that a track allows."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import lru_cache

from inspect_ai.log import EvalSampleSummary

from perturb_evals.datasets.pairs.evidence import PairsEvidence
from perturb_evals.datasets.pairs.load import cell_lines, load_table, why_not_here
from perturb_evals.datasets.pairs.questions import KINDS
from perturb_evals.families.asked_again import Prompt, Shown
from perturb_evals.families.pairs.outcome_words import plain
from perturb_evals.families.pairs.shown_rows import GenePair, KnownRows, ShownRow


class RowsAudit:
    """Finds rows of any table at hand, and a verdict about the asked pair itself.

    Rows that are no training rows of the lines that the track opens are not allowed.
    """

    what = "rows shown"

    def __init__(self, evidence: PairsEvidence, symbols: Mapping[str, str]) -> None:
        self._evidence = evidence
        self.symbols = symbols

    def shown(self, sample: EvalSampleSummary, prompt: Prompt) -> Iterator[Shown]:
        """Find rows; what the model itself wrote before is left out.

        Raises:
            DataError, TableError, EvidenceError: A table cannot be had.
        """
        asked = str(sample.metadata["pert"]), str(sample.metadata["gene"])
        known, allowed = _known_rows(self._evidence), allowed_pairs(self._evidence)
        before = plain(prompt.before)
        for row in known.shown(prompt.text, asked, prompt.follows):
            if row.text not in before:
                refused = _refused(row.pairs, allowed, asked)
                yield Shown(_quoted(row, refused or row.pairs), 1, not refused)


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
