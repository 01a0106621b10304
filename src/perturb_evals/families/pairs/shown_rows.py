"""Rows of a table in a text: a perturbation, a gene and an outcome that stand together.

What is looked for is a kind and not a list of notations: words that name a perturbation and a gene
of a known row, outside of a question, with something beside them that may be an outcome. Of a line
that holds little else (`PSMA1,PDIA6,1`, `psma1->pdia6=+`) any short mark will do; a sentence has to
say that something goes up, down, changes or does not. An outcome may stand below what it is about,
or in the answer to a message; one that stands by itself is about the question that is asked. What
is said with other words for the genes is not found.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from perturb_evals.families.names_in_text import Names

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

_KNOCK_DOWN = re.compile(r"\bknock\w*[\s-]*down\w*", re.IGNORECASE)
_GOES_UP = r"up|increas\w*|up-?regulat\w*|induc(?:ed|es)|rais(?:ed|es)|ris(?:es|en)|rose"
_GOES_UP += r"|elevat(?:ed|es)|climb(?:s|ed)"
_GOES_DOWN = r"down|decreas\w*|down-?regulat\w*|repress(?:ed|es)|lowers|lowered|falls|fell"
_GOES_DOWN += r"|reduc(?:ed|es)|drops|dropped|declin(?:ed|es)|diminish(?:ed|es)"
# "Up or down", "Yes | No", "0 or 1" offer a choice; they state nothing. "| 1 | 0 |" does.
_QUOTE = r"[\"'\u2018-\u201d*`]*"
_OR = rf"{_QUOTE}(?:\s*[/|]\s*|(?:\s*,)?\s+(?:or|and|nor|versus|vs\.?)\s+){_QUOTE}"
_PLUS, _MINUS = rf"(?:yes|true|{_GOES_UP})", rf"(?:no|false|{_GOES_DOWN})"
_CHOICE = re.compile(
    rf"(?<!\|)(?<!\| )\b(?:{_PLUS}{_OR}{_MINUS}|{_MINUS}{_OR}{_PLUS}|0{_OR}1|1{_OR}0)\b|\[0, ?1\]",
    re.IGNORECASE,
)
# "No functional p53", "true effect" and "up to 10" are no verdicts.
_SAYS = r"(?=,?[ \t]+(?:it|this|that|they|indeed)\b)"  # "Yes it would"
_END = r"\b(?![ \t]*\w)(?![-.'\u2019]\w)"
_YES = re.compile(
    rf"\b(?:(?:yes|true){_END}|yes{_SAYS}|affirmative{_END}|(?:{_GOES_UP})\b(?!\s+to\b))",
    re.IGNORECASE,
)
_NO = re.compile(
    rf"\b(?:(?:no|false){_END}|no{_SAYS}|(?:{_GOES_DOWN})\b(?!\s+to\b))", re.IGNORECASE
)
# A digit is a label where a cell of a table or a value ends with it.
_DIGIT = re.compile(
    r"(?:^|[:=,| \t])[\"']?([+-]?[01](?:\.0)?)[\"']?[ \t]*(?=[,;|)\]}]|$)", re.MULTILINE
)
_PERCENT = re.compile(r"[:=,| \t](100|0)[ \t]?%[ \t]*(?=[,;|)\]}]|$)", re.MULTILINE)
_SIGN = re.compile(
    r"[:=,|( \t][\"']?([+\-\u2191\u2193\u2212])[\"']?[ \t]*"
    r"(?=[,;|)\]}]|$)",
    re.MULTILINE,
)
_NOTHING = re.compile(r"[:=,|\t ]-\s*$")
"""A dash behind a name alone says that there is nothing to say."""
_UP_SIGNS = frozenset("+\u2191")
_SIGNS = {
    **dict.fromkeys(map(ord, "\u2705\u2611\u2713\u2714\U0001f44d\U0001f5f8"), " yes "),
    **dict.fromkeys(map(ord, "\u274c\u274e\u2612\u2715\u2716\u2717\u2718\U0001f44e"), " no "),
    **dict.fromkeys(map(ord, "\u2b06\u25b2\u2197\u2795\U0001f53c\U0001f4c8"), " up "),
    **dict.fromkeys(map(ord, "\u2b07\u25bc\u2198\u2796\U0001f53d\U0001f4c9"), " down "),
    **dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad\ufe0e\ufe0f"), None),
    **dict.fromkeys(range(0x1F3FB, 0x1F400), None),  # the color of a hand
}
_CHANGED = re.compile(
    r"\b(?:unchanged|no (?:significant )?(?:change|effect)|not significant\w*"
    r"|differentially expressed|significantly changed|chang(?:ed|es) significantly)\b",
    re.IGNORECASE,
)
_CHANGES = re.compile(
    r"\b(?:chang\w+|change|affect\w*|unaffected|alter(?:s|ed)?|respon[ds]\w*|significan\w+"
    r"|sensitive|insensitive|DEGs?|hits?|moves?|moved|effects?|influenc\w+|perturbs"
    r"|impact\w*|higher|lower|leaves|untouched|intact|shift(?:s|ed)|boost(?:s|ed)"
    r"|suppress(?:ed|es)|differs?|react(?:s|ed)|spared?)\b"
)
_PERTURBED = re.compile(
    r"\b(?:knock\w*|KD|KO|loss|lack|lost|losing|deplet\w*|silenc\w*|delet\w*|CRISPR\w*|perturb\w*"
    r"|absence|without|inhibition|targeting)\b",
    re.IGNORECASE,
)
_MEASURED = re.compile(
    r"\b(?:log2?\s?-?(?:fc|fold)|lfc|fold|z-?(?:score)?|p-?adj|adj\.?\s?p|p-?val\w*|fdr|q-?val\w*)\b"
    r"\D{0,12}\d",
    re.IGNORECASE,
)
_CONDITION = re.compile(r"\b(?:whether|if|how)\b[^,;\n]*", re.IGNORECASE)
"""What is asked or supposed, with what follows; it takes no statement back: "if anything"."""
_ASKS = re.compile(
    r"^\W*(?:(?:please|then|now|first|next|and|to|carefully|briefly)\s+){0,3}"
    r"(?:(?:predict|think|consider|guess|state|estimate|suppose|decide|imagine|say|judge|explain)\b"
    r"|(?:would|could|may|might|should|will|does|did|is|are|was|were|has)\s(?!you\b)[^,]*$)"
    r"|\bto\s(?:predict|estimate|guess|decide|judge|state|say|find)\b|\?",
    re.IGNORECASE,
)
_RULER = re.compile(r"[\s|:=+-]+")
"""The line below the head of a table."""
_CLAUSE = re.compile(r"\\n|[\n}]|;(?=\s|$)|(?<=[.!?])[ \t]+")
_PARAGRAPH = re.compile(r"\n[ \t]*\n")
# What says which is which in a line of a table, and what stands between its cells.
_ROLE = re.compile(
    r"\b(?:pert\w*|genes?|readouts?|targets?|labels?|answers?|results?|outcomes?|values?|effects?"
    r"|knock\w*|downs?|of|the|on|in|kd|ko|cells?|lines?|splits?|train|test|is|id|symbol"
    r"|regulator|response|crispri?)\b",
    re.IGNORECASE,
)
_MARK = re.compile(
    r"(?:yes|no|y|n|true|false|t|f|up|down|u|d|pos(?:itives?)?|neg(?:atives?)?|sig(?:nificant)?"
    r"|n\.?s\.?|non-?sig\w*|insignificant|de|degs?|non-?de|hit|miss|none|null|same|flat|stable"
    r"|unchanged|changed|unaffected|affected|respond\w*|responsive|higher|lower|[+-][0-9]*\.?[0-9]+"
    r"|[01](?:\.0)?|one|zero|affirmative|affirmed)",
    re.IGNORECASE,
)
_LABELLED = re.compile(
    rf"\b(?:labels?|answers?|outcomes?|results?|verdicts?)\b\W{{0,4}}(?:is\s)?\s?{_MARK.pattern}[.\s]*$",
    re.IGNORECASE,
)
# What stands alone and is about the question: "Hint: Yes.", "Yes", "The gene goes up."
_OF_THE_ANSWER = re.compile(
    r"\b(?:answer|hints?|truth|labels?|outcomes?|results?|verdicts?|solutions?|keys?|gold"
    r"|correct|remember|reminder|note|spoiler|clue|tip|fyi|nb)\b",
    re.IGNORECASE,
)
_OF_THE_GENE = re.compile(
    r"\b(?:the|this|that|its)\s(?:asked\s)?(?:readout|gene|expression|transcript|level)\b",
    re.IGNORECASE,
)
_MOVES = re.compile(rf"\b(?:{_GOES_UP}|{_GOES_DOWN})\b", re.IGNORECASE)
_ANY_PLUS = re.compile(rf"\b{_PLUS}\b", re.IGNORECASE)
_ANY_MINUS = re.compile(rf"\b{_MINUS}\b", re.IGNORECASE)
# How to answer: a form to fill in, a scale, a rule.
_TO_FILL_IN = re.compile(r"<[^<>\n]{0,80}>|[\[(]\s?0(?:\.0)?\s?,\s?1(?:\.0)?\s?[\])]|\b0 to 1\b")
_ITEM = re.compile(r"\s{0,8}[-*(]?[ \t]?\w[.)][ \t]")
_RULE = re.compile(
    r"\b(?:whether|if(?!\s(?:any|asked|I\b|you\s(?:ask|must|want|need)))|unless|otherwise|either"
    r"|do not|don't|never|avoid|rather than|instead of|most\s(?:answers|genes|pairs|cases|of))",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\s,;:|=()\[\]{}\"'`*<>/\u2192]+")

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

    def shown(self, text: str, asked: GenePair, follows: str = "") -> Iterator[ShownRow]:
        """Find rows in a text.

        Args:
            text: A prompt.
            asked: The pair that the prompt asks about. To name it is no row; a statement about it
                that is neither a question nor a choice is one, and so is an answer by itself
                ("Hint: Yes.") wherever it stands.
            follows: The message before it, which it may be the answer to.

        Yields:
            Rows in the order of the text, their words in plain letters (`plain`).
        """
        text = plain(text)
        own = frozenset({asked, asked[::-1]})
        before: _Before = [(-1, self._names.in_text(part)) for part in _clauses(follows)]
        # An answer that is a message of its own is to the one before it.
        replies = bool(follows) and not self._names.in_text(text)
        of_another = replies and ("?" in follows or any(names for _, names in before))
        for start, paragraph in _paragraphs(text):
            lone = frozenset[int]() if of_another else self._lone(paragraph, asked)
            for row in self._in_paragraph(text, start, paragraph, own, before, lone):
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
    ) -> Iterator[ShownRow]:
        """Yield rows; one with no pair is about the question, as clauses at `lone` may be."""
        here: _Before = []
        heading: frozenset[str] | None = None  # names of a line such as "Genes that P changes:"
        one_verdict = len(_verdicts(paragraph)) == 1
        # An answer of its own may be to what the paragraphs before it ask.
        answers = one_verdict and len(self._beside(paragraph)) <= SHORT
        for at, clause in _placed_clauses(paragraph):
            if "--" in clause and _RULER.fullmatch(clause):
                continue
            start, end = offset + at, offset + at + len(clause)
            said = _without_item(clause.rpartition("?")[2])
            verdicts, labelled = _verdicts(said), bool(_LABELLED.search(said))
            any_case = self._names.in_any_case(clause)
            if not (verdicts or labelled or any_case):
                heading = heading if not clause.strip() else None
                continue
            beside = self._beside(clause)
            line = len(beside) <= BESIDE
            names = any_case if line else self._in_a_sentence(clause, any_case)
            pairs = self._pairs(names)
            about_asked = False
            if verdicts or labelled or _CHANGED.search(said):
                if pairs and len(beside) > LONG and not _PERTURBED.search(clause):
                    pairs = frozenset()  # of what a gene does, as its card says it
                elif (
                    (len(verdicts) == 2 or _offers(said))
                    and len(pairs - asked) < 2
                    and not (line or _PERTURBED.search(clause))
                ):
                    pairs = frozenset()  # both of one pair: of something else
                elif pairs:
                    about_asked = len(verdicts) == 1 and not _supposes(clause)
                elif (
                    len(beside) <= (BESIDE if names else SHORT)
                    and (names or not (_offers(said) or _RULE.search(said)))
                    and (verdicts or labelled)
                    and not _NOTHING.search(said)
                ):
                    earlier = [*before, *here] if answers else here
                    start, pairs = self._looking_back(names, earlier, start)
                    about_asked = one_verdict
            elif not (pairs and self._states(clause, beside, line)):
                pairs = self._pairs(names | heading) if heading and not beside else frozenset()
                if not pairs:
                    here.append((start, names))
            if at in lone and not pairs - asked and not self._of_others(here, asked):
                yield ShownRow(clause.strip(), frozenset())
                continue
            if clause.rstrip().endswith(":"):
                changes = bool(names and _CHANGES.search(self._names.without(clause)))
                heading = names if changes and not _ASKS.search(clause) else None
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
        for at, clause in _placed_clauses(paragraph):
            said = _TO_FILL_IN.sub(" ", _without_item(clause)).replace("_", " ")
            after_item, item = item, bool(_ITEM.fullmatch(clause + " "))
            beside = self._beside(said)
            sign = _verdicts(said) or ({"0"} if _CHANGED.search(said) else set())
            if not sign or len(beside) > SHORT or self._names.in_text(clause) or _offers(said):
                continue
            labelled = bool(_OF_THE_ANSWER.search(said))
            moves = not named and bool(_OF_THE_GENE.search(said) and _MOVES.search(said))
            alone = moves or (len(beside) <= 1 and not after_item)
            signs[labelled] |= sign
            if (labelled or alone) and not (_RULE.search(said) or "?" in said):
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
        words = _WORD.findall(_ROLE.sub(" ", self._names.without(clause).replace("_", " ")))
        return [word for word in words if re.search(r"[^\W_]|^[^\w\s]$", word) and word != "-"]

    def _states(self, clause: str, beside: list[str], line: bool) -> bool:
        """Whether a clause that names a pair, and has no plain verdict, says what comes out."""
        said = self._names.without(clause)
        if _ASKS.search(clause) or _supposes(said) or _CHOICE.search(said):
            return False
        if _MEASURED.search(said):
            return True
        if line and any(_MARK.fullmatch(word.rstrip(".")) for word in beside):
            return True
        return bool(_CHANGES.search(said) and (line or _PERTURBED.search(said)))

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


def plain(text: str) -> str:
    """Return a text in plain letters: no full-width or invisible ones, `yes` for a check mark."""
    return text if text.isascii() else unicodedata.normalize("NFKC", text.translate(_SIGNS))


def _without_item(clause: str) -> str:
    """Return a clause without the number of its line in a list."""
    item = _ITEM.match(clause)
    return clause[item.end() :] if item else clause


def _offers(said: str) -> bool:
    """Whether a clause says both yes and no, as what says how to answer does."""
    said = _KNOCK_DOWN.sub(" ", said)
    return bool(_ANY_PLUS.search(said) and _ANY_MINUS.search(said))


def _supposes(said: str) -> bool:
    """Whether an outcome stands in what is supposed: `if it changes`, not `if anything`."""
    parts = _CONDITION.findall(said)
    return any(_verdicts(p) or _CHANGED.search(p) or _CHANGES.search(p) for p in parts)


def _paragraphs(text: str) -> Iterator[tuple[int, str]]:
    begin = 0
    for found in [*_PARAGRAPH.finditer(text), None]:
        end = found.start() if found else len(text)
        yield begin, text[begin:end]
        begin = found.end() if found else end


def _placed_clauses(paragraph: str) -> Iterator[tuple[int, str]]:
    begin = 0
    for end in [*(found.start() for found in _CLAUSE.finditer(paragraph)), len(paragraph)]:
        yield begin, paragraph[begin:end]
        begin = end


def _clauses(text: str) -> list[str]:
    return [clause for _, part in _paragraphs(text) for _, clause in _placed_clauses(part)]


def _verdicts(text: str) -> frozenset[str]:
    """Return the verdicts in a text: `+` for yes and increase, `-` for no and decrease."""
    said = _CHOICE.sub(" ", _KNOCK_DOWN.sub(" ", text.replace("_", " ")))
    found = {sign for sign, words in (("+", _YES), ("-", _NO)) if words.search(said)}
    found |= {"+" if float(digit) > 0 else "-" for digit in _DIGIT.findall(said)}
    found |= {"+" if percent == "100" else "-" for percent in _PERCENT.findall(said)}
    found |= {"+" if sign in _UP_SIGNS else "-" for sign in _SIGN.findall(said)}
    return frozenset(found)
