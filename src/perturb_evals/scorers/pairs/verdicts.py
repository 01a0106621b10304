"""How a verdict in a word or a letter is read at the begin of a text.

A verdict is a whole word with an end of a clause behind it, so gene symbols (NONO, YES1, UPF1) and
phrases (no longer, up to, Down syndrome) are none.
"""

import re
from collections.abc import Mapping
from typing import Literal, NamedTuple

from perturb_evals.datasets.pairs.questions import Kind

Follow = Literal["line", "clause", "any"]
"""What may follow a verdict: only punctuation, the end of a clause, or more of the sentence."""


class Verdict(NamedTuple):
    """P(positive) in [0, 1], None for "insufficient evidence", and where its word stands.

    The place is that of the letter or number where there is no word.
    """

    value: float | None
    start: int


ARROWS = "\u2191\u2b06\u2193\u2b07"
_DEGREE = r"(?:significant(?:ly)?|detectabl[ey]|measurabl[ey]|strong(?:ly)?|substantial(?:ly)?)"
_CHANGE = r"(?:changes?|effects?|difference|differential\s+expression|alteration|impact)"
_CHANGED = r"(?:differentially\s+expressed|changed|altered|affected|different)"
_EVIDENCE = r"(?:evidence|information|data|knowledge|basis)"

_POSITIVE: dict[Kind, str] = {
    # "No" is Spanish and Italian too, so their other word is read as well.
    "de": rf"yes|s[i\u00ed\u00ec]|{_DEGREE}\s+(?:{_CHANGED}|{_CHANGE})|{_CHANGED}",
    "direction": (
        r"increas(?:e[sd]?|ing)|up-?\s?regulat(?:e[sd]?|ion|ing)|up|higher|elevated|raised|induced"
        rf"|[{ARROWS[:2]}]"
    ),
}
_NEGATIVE: dict[Kind, str] = {
    "de": (
        rf"no\s+(?:{_DEGREE}\s+)?{_CHANGE}|no|not\s+(?:{_DEGREE}\s+)?{_CHANGED}"
        r"|not\s+significant|unchanged|(?:probably|likely)\s+not"
    ),
    "direction": (
        r"decreas(?:e[sd]?|ing)|down-?\s?regulat(?:e[sd]?|ion|ing)|down|lower(?:ed)?|reduced"
        rf"|reduction|repressed|[{ARROWS[2:]}]"
    ),
}
INSUFFICIENT = (
    rf"insufficient(?:ly)?(?:\s+{_EVIDENCE})?|not\s+enough\s+{_EVIDENCE}"
    rf"|no\s+(?:(?:sufficient|clear|direct|strong|enough|definitive|known)\s+)?{_EVIDENCE}"
    r"|inconclusive|indeterminate|undetermined|unknown|unclear|uncertain"
    r"|(?:cannot|can\s?not|can't|could\s+not|unable\s+to|impossible\s+to|not\s+possible\s+to)\s+"
    r"(?:be\s+)?(?:determined?|tell|say|know|decided?|conclude)"
    r"|(?:I\s+)?(?:do\s+not|don't)\s+know"
)
WORD_END = r"(?!['-]?[0-9A-Za-z\u00c0-\u024f])"


VERDICT: dict[Kind, re.Pattern[str]] = {
    kind: re.compile(
        rf"(?:(?P<insufficient>{INSUFFICIENT})|(?P<positive>{_POSITIVE[kind]})"
        rf"|(?P<negative>{_NEGATIVE[kind]})){WORD_END}",
        re.IGNORECASE,
    )
    for kind in _POSITIVE
}
VERDICT_VALUES: dict[str | None, float | None] = {
    "positive": 1.0,
    "negative": 0.0,
    "insufficient": None,
}


class Letters(NamedTuple):
    """What the letters of options stand for, and whether one may contradict the word beside it."""

    values: Mapping[str, float | None]
    bind: bool = True


LETTERS = Letters({"a": 1.0, "b": 0.0, "c": None})
"""As the prompts that have options letter them."""

_BECAUSE = r"because|since|as|given|due|based|but|although|though"
FOLLOW: dict[Follow, re.Pattern[str]] = {
    "line": re.compile(r"[^\w:?]*\Z"),  # "Increase:" is the heading of a list
    "clause": re.compile(rf"\s*(?:\Z|[^\w\s]|(?:{_BECAUSE})\b)", re.IGNORECASE),
    "any": re.compile(
        rf"\s*(?:\Z|[^\w\s]|(?:{_BECAUSE}|with|for|when|upon|after|in|of|it|the|there|this|expected"
        r"|expression|levels?)\b)",
        re.IGNORECASE,
    ),
}
_FREE = re.compile(
    rf"(?:in|de)creas\w+|(?:up|down)\W?regulat\w+|{_DEGREE}\s.+|no\s.+", re.IGNORECASE
)
"""Words that stay a verdict whatever comes next: "Increased HSPA5 levels", but not "up to"."""

_LETTER = re.compile(
    r"(?:(?:option|choice)\s+)?(?P<letter>[A-Ca-c])(?!['-]?\w)"
    r"(?:(?P<closed>\s*[)\].:,;(\[\u2014-][)\].:,;(\[\s\u2014-]*)"
    rf"|(?P<reason>\s+(?=(?:{_BECAUSE})\b)))?\s*",
    re.IGNORECASE,
)
_MORE_LETTERS = re.compile(r"([D-H])\s*[.):]\s*")
"""Options that the prompt does not offer."""

_TO_WORD = re.compile(rf"[^\w{ARROWS}]*")
_GENE = (
    r"(?-i:[A-Z][A-Z0-9]{0,8}[0-9][A-Z0-9]{0,8}|(?!NOT?\b|NON|LESS|NEITHER)[A-Z][A-Z-]{1,9}"
    r"(?=\s(?:expression|levels?|mRNA|is|will|would|should|goes|increases|decreases)\b))"
)
_HEDGE = re.compile(r"(?:most|very|likely|probably)\s+", re.IGNORECASE)
_FILLER = re.compile(
    r"(?:most|very|more|quite|highly|almost|likely|probably|certainly|definitely|possibly|perhaps"
    r"|maybe|tentative(?:ly)?|clearly|overall|net|slight(?:ly)?|modest(?:ly)?|mild(?:ly)?"
    r"|moderate(?:ly)?|weak(?:ly)?|significant(?:ly)?|strong(?:ly)?|marked(?:ly)?|leaning|lean"
    r"|towards?|i|would|i'd|i'll|will|say|think|predict(?:ed)?|expect(?:ed)?|guess|go|goes|with"
    r"|choose|its?|the|(?-i:an?|An)|should|be|to|that"
    rf"|(?:it|(?:expression|levels?)(?:\s+of\s+[\w-]+)?|{_GENE}(?:\s+(?:expression|levels?|mrna))?)"
    r"(?:\s+is)?)(?![\w'-])[\s,:]*",
    re.IGNORECASE,
)
_ARTICLE = re.compile(r"an?\s+", re.IGNORECASE)
_ADJECTIVE = re.compile(
    r"(?!(?:not?|non|never|hardly|barely|scarcely|far|less|almost|near(?:ly)?|maybe|perhaps|possibl[ey]"
    r"|potential|conditional|partial|mixed|uncertain|unclear|unlikely|false|wrong|incorrect"
    r"|premature|hypothetical|supposed|so-called|prior|previous|initial|first"
    r"|of|in|on|for|to|with|that|and|or|is)\b)"
    r"[a-z]{2,20}(?:-[a-z]{1,15}){0,2},?\s+",
    re.IGNORECASE,
)
"""What may stand before a verdict as in "a resounding yes": no hedge, no denial."""
_SENTENCE_END = re.compile(r"\s*(?:\Z|[.!;:\u2014]|,?\s*(?:because|since|as|given|due)\b)")
_DENIED = {
    kind: re.compile(
        rf"not\s+(?:an?\s+)?(?:{_POSITIVE[kind]}|{_NEGATIVE[kind]}){WORD_END}[\s.,;:\u2014-]*"
        r"(?:(?:but|rather|instead|it|its|is|it's|the|answer)\b[\s,:]*){1,5}",
        re.IGNORECASE,
    )
    for kind in _POSITIVE
}
"""The verdict that is denied before the one that is stated: "not No; it is Yes"."""
_BESIDE = re.compile(
    r"[\s)\].]*(?:(?P<hard>[/|&]|->|=>|[\u2192\u21d2]"
    r"|(?:,\s*)?\b(?:and/or|or|and|vs|versus|nor|so|thus|hence|therefore)\b"
    r"|\s(?=[A-C][.)]))|[,;:?\u2014-])"
    r"[\s(\[,.]*(?:answer\W{1,4})?",
    re.IGNORECASE,
)
_TAKEN_BACK = re.compile(
    rf"(?:(?!\b(?:{_BECAUSE}|that|which|if|when|or|it|there|I|with\s+no|this\s+is)\b|\s-\s)[^.,;:!?()\u2014])*"
    r"(?:\b(?:not(?!\s+(?:an?\s+)?(?:in|de)creas)|cannot|never|(?P<said>no|yes)|unlikely|improbable|implausible"
    r"|doubtful|excluded|ruled\s+out|unsupported|absent|lacking|wrong|incorrect|false|rejected)\b"
    r"|n't\b)"
    r"|\s*(?:[:=\u2014]|\s-)\s*"
    r"(?P<alone>(?:no|none|not|false|unlikely|wrong|incorrect)\W*\Z)",
    re.IGNORECASE,
)
"""Denial of what was named: "Increase is not expected", "Increase: no", and
"Unchanged ... yes" as "Changed ... no", but not "No - no"."""
_HENCE = re.compile(
    rf"(?:(?!\b(?:{_BECAUSE})\b)[^.!?(:;\u2014])*?"
    r"(?:\b(?:so|thus|hence|therefore|means|(?:leads?|leading)\s+to)\b|->|=>|[\u2192\u21d2])"
    r"[\s,:]*(?:an?\s+)?",
    re.IGNORECASE,
)
"""What follows from the words read: "reduction of the repressor, so Increase"."""
_GLOSS_LETTER = re.compile(
    r"[\s,;:\u2014-]*(?:[(\[]\s*(?:option\s+)?([A-C])\s*[)\]]|option\s+([A-C])(?!\w))"
)


def read_label(kind: Kind, text: str, follow: Follow, letters: Letters = LETTERS) -> Verdict | None:
    """Read the verdict at the begin of a text; words like "most likely" may come before it.

    Args:
        kind: Kind of question.
        text: One line, without markup.
        follow: What may follow the verdict; with `line` only "most likely" may come before it.
        letters: What the letters of options stand for.

    Returns:
        The verdict, or None where there is none, where two contradict each other ("Yes or No")
        and where letter and word do ("A. No"). "Insufficient evidence" holds behind any letter.
    """
    at = _to_word(text, 0)
    for _ in range(9):
        found = _letter_and_word(kind, text, at, follow, letters)
        if not found and follow != "line":
            found = _qualified(kind, text, at)
        if found:
            verdict, end = found
            return None if _contradicted(kind, text, end, verdict.value, letters) else verdict
        if follow == "line":
            filler = _HEDGE.match(text, at)
        else:
            filler = _DENIED[kind].match(text, at) or _FILLER.match(text, at)
        if not filler:
            break
        at = filler.end()
    return None


def _to_word(text: str, at: int) -> int:
    match = _TO_WORD.match(text, at)
    return match.end() if match else at


def _qualified(kind: Kind, text: str, at: int) -> tuple[Verdict, int] | None:
    """Read `a resounding yes` at the end of a sentence."""
    article = _ARTICLE.match(text, at)
    if not article:
        return None
    at = article.end()
    for _ in range(2):
        adjective = _ADJECTIVE.match(text, at)
        if not adjective:
            return None
        at = adjective.end()
        word = VERDICT[kind].match(text, at)
        if word:
            if "," in adjective[0]:  # "a question, no"
                return None
            verdict = Verdict(VERDICT_VALUES[word.lastgroup], at)
            return (verdict, word.end()) if _SENTENCE_END.match(text, word.end()) else None
    return None


def _letter_and_word(
    kind: Kind, text: str, at: int, follow: Follow, letters: Letters
) -> tuple[Verdict, int] | None:
    """Read `A`, `(A)`, `A. Yes` or `Yes`; return also where it ends."""
    letter = _LETTER.match(text, at)
    if not letter:
        other = _MORE_LETTERS.match(text, at)
        named = _word(kind, text, other.end() if other else at, follow)
        if not named or not other or not letters.bind or named[0].value is None:
            return named
        return named if letters.values.get(other[1].lower()) == named[0].value else None
    known = letter["letter"].lower() in letters.values
    value, closed = letters.values.get(letter["letter"].lower()), letter["closed"] is not None
    named = _word(kind, text, letter.end(), follow, behind_letter=closed)
    if named:
        bare = not closed and letter.start() == letter.start("letter")
        article = bare and letter["letter"] in "aA" and text[named[0].start].islower()
        # "A: No" on a line of its own is how an answer is put, as in "Q: ... A: No".
        answers = follow == "line" and re.match(r"\s*A: ", text) is not None
        free = article or answers or not known or not letters.bind
        return named if free or named[0].value in (value, None) else None
    if follow == "clause" and letter["letter"].islower() and ")" not in (letter["closed"] or ""):
        return None  # "the answer is a"
    if not known:
        return None
    alone = FOLLOW["line"].match(text, letter.end("letter")) is not None
    if follow == "line":
        reads = alone and letter["letter"].isupper()
    else:
        reads = alone or closed or letter["reason"] is not None
    return (Verdict(value, letter.start("letter")), letter.end("letter")) if reads else None


def _word(
    kind: Kind, text: str, at: int, follow: Follow, behind_letter: bool = False
) -> tuple[Verdict, int] | None:
    match = VERDICT[kind].match(text, at)
    if not match:
        return None
    value, end = VERDICT_VALUES[match.lastgroup], match.end()
    named = _word(kind, text, _to_word(text, end), follow) if match[0] in ARROWS else None
    if named:  # an arrow and its word
        return named if named[0].value == value else None
    free = follow == "any" and (value is None or _FREE.fullmatch(match[0]))
    if not (free or behind_letter) and not FOLLOW[follow].match(text, end):
        return None
    return Verdict(value, match.start()), end


def _is_taken_back(kind: Kind, text: str, end: int, value: float) -> bool:
    denial = _TAKEN_BACK.match(text, end)
    group = denial and denial.lastgroup
    if not denial or not group:
        return denial is not None
    same = VERDICT[kind].match(text, denial.start(group))
    return same is None or VERDICT_VALUES[same.lastgroup] != value


def _contradicted(kind: Kind, text: str, end: int, value: float | None, letters: Letters) -> bool:
    """Whether another verdict stands beside, `Yes or No`, `Yes (B)`, or it is denied behind."""
    if value is not None:
        hence = _HENCE.match(text, end)
        other_word = VERDICT[kind].match(text, hence.end()) if hence else None
        if _is_taken_back(kind, text, end, value) or (
            other_word
            and FOLLOW["clause"].match(text, other_word.end())
            and VERDICT_VALUES[other_word.lastgroup] == 1 - value
        ):
            return True
    letter = _GLOSS_LETTER.match(text, end)
    if letter and value is not None and letters.bind:
        name = (letter[1] or letter[2]).lower()
        if name in letters.values and letters.values[name] != value:
            return True
    beside = _BESIDE.match(text, end)
    if not beside:
        return False
    word = VERDICT[kind].match(text, beside.end()) if beside["hard"] else None
    if word:  # "Yes or no or ...": here nothing is asked of what follows
        return VERDICT_VALUES[word.lastgroup] != value
    other = _letter_and_word(
        kind, text, beside.end(), "clause" if beside["hard"] else "line", letters
    )
    return other is not None and other[0].value != value
