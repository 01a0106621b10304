"""Rows of a table in a text: a perturbation, a gene and a verdict that stand together.

What can be found is what is written in plain words: `PSMA1,PDIA6,1`, `PDIA6: up` below a line that
names PSMA1, `knock-down of PSMA1 decreases PDIA6`. Another notation is not found.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from perturb_evals.families.names_in_text import Names

SHORT = 6
"""Words of a clause that may be about what the clauses before it name, as in `Answer: yes`."""

_KNOCK_DOWN = re.compile(r"\bknock\w*[\s-]*down\w*", re.IGNORECASE)
_GOES_UP = r"up|increas\w*|up-?regulat\w*|induc(?:ed|es)"
_GOES_DOWN = r"down|decreas\w*|down-?regulat\w*|repress(?:ed|es)"
# "Up or down", "Yes | No", "0 or 1" offer a choice; they state nothing.
_QUOTE = r"[\"'\u2018-\u201d*`]*"
_OR = rf"{_QUOTE}(?:\s*[/|]\s*|(?:\s*,)?\s+(?:or|and|nor|versus|vs\.?)\s+){_QUOTE}"
_PLUS, _MINUS = rf"(?:yes|true|{_GOES_UP})", rf"(?:no|false|{_GOES_DOWN})"
_CHOICE = re.compile(
    rf"\b(?:{_PLUS}{_OR}{_MINUS}|{_MINUS}{_OR}{_PLUS}|0{_OR}1|1{_OR}0)\b", re.IGNORECASE
)
# "No functional p53", "true effect" and "up to 10" are no verdicts.
_END = r"\b(?![ \t]*\w)(?![-.'\u2019]\w)"
_YES = re.compile(rf"\b(?:(?:yes|true){_END}|(?:{_GOES_UP})\b(?!\s+to\b))", re.IGNORECASE)
_NO = re.compile(rf"\b(?:(?:no|false){_END}|(?:{_GOES_DOWN})\b(?!\s+to\b))", re.IGNORECASE)
# A digit is a label where a cell of a table or a value ends with it.
_DIGIT = re.compile(r"[:=,| \t][\"']?([01])[\"']?[ \t]*(?=[,;|)\]}]|$)", re.MULTILINE)
_CHANGED = re.compile(
    r"\b(?:unchanged|no (?:significant )?(?:change|effect)|not significant\w*"
    r"|differentially expressed|significantly changed|chang(?:ed|es) significantly)\b",
    re.IGNORECASE,
)
_CONDITION = re.compile(r"\b(?:whether|if)\b", re.IGNORECASE)
_CLAUSE = re.compile(r"\\n|[\n;}]|(?<=[.!?])[ \t]+")
_PARAGRAPH = re.compile(r"\n[ \t]*\n")

GenePair = tuple[str, str]


@dataclass(frozen=True)
class ShownRow:
    """What looks like a row, or like several.

    Attributes:
        text: The words.
        pairs: The pairs (perturbation, gene) of known rows that it may be about, at least one.
    """

    text: str
    pairs: frozenset[GenePair]


class KnownRows:
    """The rows that are looked for.

    Args:
        genes_of: The genes of each perturbation that stand in any row, whatever its label.
    """

    def __init__(self, genes_of: Mapping[str, frozenset[str]]) -> None:
        self._genes_of = genes_of
        self._names = Names(frozenset(genes_of).union(*genes_of.values()))

    def shown(self, text: str, asked: GenePair) -> Iterator[ShownRow]:
        """Find rows in a text.

        Args:
            text: A prompt.
            asked: The pair that the prompt asks about. To name it is no row; a statement about it
                that is neither a question nor a choice is one.

        Yields:
            Rows in the order of the text.
        """
        for paragraph in _PARAGRAPH.split(text):
            yield from self._in_paragraph(paragraph, frozenset({asked, asked[::-1]}))

    def _in_paragraph(self, paragraph: str, asked: frozenset[GenePair]) -> Iterator[ShownRow]:
        begin, before = 0, list[tuple[int, frozenset[str]]]()
        one_verdict = len(_verdicts(paragraph)) == 1
        for end in [*(found.start() for found in _CLAUSE.finditer(paragraph)), len(paragraph)]:
            clause, start = paragraph[begin:end], begin
            begin = end
            names, said = self._names.in_text(clause), clause.rpartition("?")[2]
            verdicts = _verdicts(said)
            if not verdicts and not _CHANGED.search(said):
                before.append((start, names))
                continue
            pairs = self._pairs(names)
            if pairs:
                about_asked = len(verdicts) == 1 and not _CONDITION.search(clause)
            elif verdicts and len(clause.split()) <= SHORT:
                start, pairs = self._looking_back(names, before)
                about_asked = one_verdict
            else:
                continue
            if pairs := pairs if about_asked else pairs - asked:
                yield ShownRow(paragraph[start:end].strip(), pairs)

    def _looking_back(
        self, names: frozenset[str], before: list[tuple[int, frozenset[str]]]
    ) -> tuple[int, frozenset[GenePair]]:
        """Return the pairs with names of earlier clauses without a verdict, the nearest first."""
        gathered = names
        for start, earlier in reversed(before):
            gathered |= earlier
            pairs = self._pairs(gathered)
            if found := frozenset(p for p in pairs if not names or names & set(p)):
                return start, found
        return 0, frozenset()

    def _pairs(self, names: frozenset[str]) -> frozenset[GenePair]:
        return frozenset(
            (pert, gene)
            for pert in names
            for gene in self._genes_of.get(pert, frozenset()) & names
            if gene != pert
        )


def _verdicts(text: str) -> frozenset[str]:
    """Return the verdicts in a text: `+` for yes and increase, `-` for no and decrease."""
    said = _CHOICE.sub(" ", _KNOCK_DOWN.sub(" ", text))
    found = {sign for sign, words in (("+", _YES), ("-", _NO)) if words.search(said)}
    found |= {"+" if digit == "1" else "-" for digit in _DIGIT.findall(said)}
    return frozenset(found)
