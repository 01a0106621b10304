"""Rows of a table in a text: a perturbation, a gene and an outcome that stand together.

What is looked for is a kind and not a list of notations: words that name a perturbation and a gene
of a known row, outside of a question, with something beside them that may be an outcome. Of a line
that holds little else (`PSMA1,PDIA6,1`, `psma1->pdia6=+`) any short mark will do; a sentence has to
say that something goes up, down, changes or does not. An outcome may stand below what it is about,
or in the answer to a message; one that stands by itself is about the question that is asked. What
is said with other words for the genes is not found.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from perturb_evals.families.names_in_text import Names
from perturb_evals.families.pairs.outcome_words import (
    ASKS,
    CHANGED,
    CHANGES,
    CHOICE,
    ELSEWHERE,
    ITEM,
    LABELLED,
    MEASURED,
    MOVES,
    NOTHING,
    OF_THE_ANSWER,
    OF_THE_GENE,
    OUTCOME_MARK,
    PERTURBED,
    ROLE,
    RULE,
    RULER,
    TO_FILL_IN,
    WORD,
    clauses,
    offers,
    paragraphs,
    placed_clauses,
    plain,
    supposes,
    verdicts_in,
    without_item,
)

SHORT = 6
"""Words of a clause, beside names, that may be about what the clauses before it name."""

BESIDE = 3
"""Words beside names, and beside what says which is which, in a line of a table."""

LONG = 12
"""Words beside names from which on a sentence is about a loss only where it says so."""

CODED_ROWS = 4
"""Lines from which on two different marks at their ends are outcomes, whatever they are."""
MARK = 3
"""Letters of such a mark at most."""
LOOKED_BACK = 40
"""Clauses before a short answer among which what it is about is looked for."""

GenePair = tuple[str, str]
_Before = list[tuple[int, frozenset[str]]]


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

    def shown(
        self, text: str, asked: GenePair, follows: str = "", *, changes: bool = False
    ) -> Iterator[ShownRow]:
        """Find rows in a text.

        Args:
            text: A prompt.
            asked: The pair that the prompt asks about. To name it is no row; a statement about it
                that is neither a question nor a choice is one, and so is an answer by itself
                ("Hint: Yes.") wherever it stands.
            follows: The message before it, which it may be the answer to.
            changes: Whether it is a row, too, that the asked gene changes or does not, whichever
                way: a question about the direction begins with it.

        Yields:
            Rows in the order of the text, their words in plain letters (`plain`).
        """
        text = plain(text)
        own = frozenset({asked, asked[::-1]})
        before: _Before = [(-1, self._names.in_text(part)) for part in clauses(follows)]
        # An answer that is a message of its own is to the one before it.
        replies = bool(follows) and not self._names.in_text(text)
        of_another = replies and ("?" in follows or any(names for _, names in before))
        for start, paragraph in paragraphs(text):
            lone = frozenset[int]() if of_another else self._lone(paragraph, asked)
            for row in self._in_paragraph(text, start, paragraph, own, before, lone, changes):
                yield ShownRow(row.text, row.pairs or frozenset({asked}))
        yield from self._coded(text, own)

    def _in_paragraph(
        self,
        text: str,
        offset: int,
        paragraph: str,
        asked: frozenset[GenePair],
        before: _Before,
        lone: frozenset[int],
        changes: bool,
    ) -> Iterator[ShownRow]:
        """Yield rows; one with no pair is about the question, as clauses at `lone` may be."""
        here: _Before = []
        heading: frozenset[str] | None = None  # names of a line such as "Genes that P changes:"
        one_verdict = len(verdicts_in(paragraph)) == 1
        # An answer of its own may be to what the paragraphs before it ask.
        answers = one_verdict and len(self._beside(paragraph)) <= SHORT
        for at, clause in placed_clauses(paragraph):
            if "--" in clause and RULER.fullmatch(clause):
                continue
            start, end = offset + at, offset + at + len(clause)
            said = without_item(clause.rpartition("?")[2])
            verdicts, labelled = verdicts_in(said), bool(LABELLED.search(said))
            any_case = self._names.in_any_case(clause)
            if not (verdicts or labelled or any_case):
                heading = heading if not clause.strip() else None
                continue
            beside = self._beside(clause)
            line = len(beside) <= BESIDE
            names = any_case if line else self._in_a_sentence(clause, any_case)
            pairs = self._pairs(names)
            about_asked = False
            if verdicts or labelled or CHANGED.search(said):
                if pairs and len(beside) > LONG and not PERTURBED.search(clause):
                    pairs = frozenset()  # of what a gene does, as its card says it
                elif (
                    (len(verdicts) == 2 or offers(said))
                    and len(pairs - asked) < 2
                    and not (line or PERTURBED.search(clause))
                ):
                    pairs = frozenset()  # both of one pair: of something else
                elif pairs:
                    least = 0 if changes else 1
                    about_asked = least <= len(verdicts) < 2 and not supposes(clause)
                elif (
                    len(beside) <= (BESIDE if names else SHORT)
                    and (names or not (offers(said) or RULE.search(said)))
                    and (verdicts or labelled)
                    and not NOTHING.search(said)
                ):
                    earlier = [*before, *here] if answers else here
                    start, pairs = self._looking_back(names, earlier, start)
                    about_asked = one_verdict
            elif not (pairs and self._states(clause, beside, line)):
                pairs = self._pairs(names | heading) if heading and not beside else frozenset()
                if not pairs:
                    here.append((start, names))
            else:
                about_asked = changes
            if at in lone and not pairs - asked and not self._of_others(here, asked):
                yield ShownRow(clause.strip(), frozenset())
                continue
            if clause.rstrip().endswith(":"):
                lists = bool(names and CHANGES.search(self._names.without(clause)))
                heading = names if lists and not ASKS.search(clause) else None
            if pairs := pairs if about_asked else pairs - asked:
                yield ShownRow(text[max(start, 0) : end].strip(), pairs)
        before += here[-LOOKED_BACK:]

    def _of_others(self, here: _Before, asked: frozenset[GenePair]) -> bool:
        """Whether a paragraph is about other genes than the asked ones: an example."""
        named = frozenset(name for _, names in here[-LOOKED_BACK:] for name in names)
        return len(named) > 1 and bool(named - {name for pair in asked for name in pair})

    def _lone(self, paragraph: str, asked: GenePair) -> frozenset[int]:
        """Return where clauses begin that name nothing and are an answer, not one of several."""
        signs: dict[bool, set[str]] = {True: set(), False: set()}
        found: dict[int, bool] = {}
        named, item = bool(self._names.in_text(paragraph).difference(asked)), False
        for at, clause in placed_clauses(paragraph):
            said = TO_FILL_IN.sub(" ", without_item(clause)).replace("_", " ")
            after_item, item = item, bool(ITEM.fullmatch(clause + " "))
            beside = self._beside(said)
            sign = verdicts_in(said) or ({"0"} if CHANGED.search(said) else set())
            if not sign or len(beside) > SHORT or self._names.in_text(clause) or offers(said):
                continue
            labelled = bool(OF_THE_ANSWER.search(said))
            moves = not named and bool(OF_THE_GENE.search(said) and MOVES.search(said))
            moves &= bool(PERTURBED.search(said)) or not ELSEWHERE.search(said)
            alone = moves or (len(beside) <= 1 and not after_item)
            signs[labelled] |= sign
            if (labelled or alone) and not (RULE.search(said) or "?" in said):
                found[at] = labelled
        return frozenset(at for at, labelled in found.items() if len(signs[labelled]) == 1)

    def _coded(self, text: str, asked: frozenset[GenePair]) -> Iterator[ShownRow]:
        """Yield lines of pairs that end with one of two short marks, whatever these are."""
        ends: dict[str, list[ShownRow]] = defaultdict(list)
        for clause in text.splitlines():
            pairs = self._pairs(self._names.in_any_case(clause)) - asked
            beside = self._beside(clause) if pairs else []
            mark = beside[0] if len(beside) == 1 and len(beside[0]) <= MARK else ""
            last = bool(mark) and clause.rstrip(" \t|)]}\"'").endswith(mark)
            if last and not mark[0].isdigit():
                ends[mark].append(ShownRow(clause.strip(), pairs))
        rows = [row for found in ends.values() for row in found]
        if len(ends) == 2 and len(rows) >= CODED_ROWS:
            yield from rows

    def _in_a_sentence(self, clause: str, any_case: frozenset[str]) -> frozenset[str]:
        """Return the names in a sentence: in another case only those that are no words of one."""
        no_words = {name for name in any_case if re.search(r"\d", name)}
        return self._names.in_text(clause) | no_words

    def _beside(self, clause: str) -> list[str]:
        """Return the words of a clause beside names and what says which is which."""
        words = WORD.findall(ROLE.sub(" ", self._names.without(clause).replace("_", " ")))
        return [word for word in words if re.search(r"[^\W_]|^[^\w\s]$", word) and word != "-"]

    def _states(self, clause: str, beside: list[str], line: bool) -> bool:
        """Whether a clause that names a pair, and has no plain verdict, says what comes out."""
        said = self._names.without(clause)
        if ASKS.search(clause) or supposes(said) or CHOICE.search(said):
            return False
        if MEASURED.search(said):
            return True
        if line and any(OUTCOME_MARK.fullmatch(word.rstrip(".")) for word in beside):
            return True
        return bool(CHANGES.search(said) and (line or PERTURBED.search(said)))

    def _looking_back(
        self, names: frozenset[str], before: Sequence[tuple[int, frozenset[str]]], here: int
    ) -> tuple[int, frozenset[GenePair]]:
        """Return the pairs with names of earlier clauses without a verdict, the nearest first.

        What stands in another message is none of the words.
        """
        gathered = names
        for start, earlier in reversed(before[-LOOKED_BACK:]):
            gathered |= earlier
            pairs = self._pairs(gathered)
            if found := frozenset(p for p in pairs if not names or names & set(p)):
                return (start if start >= 0 else here), found
        return here, frozenset()

    def _pairs(self, names: frozenset[str]) -> frozenset[GenePair]:
        return frozenset(
            (pert, gene)
            for pert in names
            for gene in self._genes_of.get(pert, frozenset()) & names
            if gene != pert
        )
