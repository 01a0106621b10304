"""How a verdict in a word, a letter or a percentage is read at the begin of a text.

A verdict is a whole word with an end of a clause behind it, so gene symbols (NONO, YES1, UPF1) and
phrases (no longer, up to, Down syndrome) are none.
"""

import re
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
_CHANGE = r"(?:changes?|effects?|difference|differential\s+expression|response|alteration|impact)"
_CHANGED = r"(?:differentially\s+expressed|changed|altered|affected|different)"
_EVIDENCE = r"(?:evidence|information|data|knowledge|basis)"

_POSITIVE: dict[Kind, str] = {
    "de": rf"yes|{_DEGREE}\s+(?:{_CHANGED}|{_CHANGE})|{_CHANGED}",
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
_INSUFFICIENT = (
    rf"insufficient(?:ly)?(?:\s+{_EVIDENCE})?|not\s+enough\s+{_EVIDENCE}"
    rf"|no\s+(?:(?:sufficient|clear|direct|strong|enough|definitive|known)\s+)?{_EVIDENCE}"
    r"|inconclusive|indeterminate|undetermined|unknown|unclear|uncertain"
    r"|(?:cannot|can\s?not|can't|could\s+not|unable\s+to|impossible\s+to|not\s+possible\s+to)\s+"
    r"(?:be\s+)?(?:determined?|tell|say|know|decided?|conclude)"
    r"|(?:I\s+)?(?:do\s+not|don't)\s+know"
)
_WORD_END = r"(?!['-]?[0-9A-Za-z\u00c0-\u024f])"


_VERDICT: dict[Kind, re.Pattern[str]] = {
    kind: re.compile(
        rf"(?:(?P<insufficient>{_INSUFFICIENT})|(?P<positive>{_POSITIVE[kind]})"
        rf"|(?P<negative>{_NEGATIVE[kind]})){_WORD_END}",
        re.IGNORECASE,
    )
    for kind in _POSITIVE
}
_VALUES: dict[str | None, float | None] = {"positive": 1.0, "negative": 0.0, "insufficient": None}
_LETTERS: dict[str, float | None] = {"a": 1.0, "b": 0.0, "c": None}

_BECAUSE = r"because|since|as|given|due|based|but|although|though"
_FOLLOW: dict[Follow, re.Pattern[str]] = {
    "line": re.compile(r"[^\w:?]*\Z"),  # "Increase:" is the heading of a list
    "clause": re.compile(rf"\s*(?:\Z|[^\w\s]|(?:{_BECAUSE})\b)", re.IGNORECASE),
    "any": re.compile(
        rf"\s*(?:\Z|[^\w\s]|(?:{_BECAUSE}|with|for|when|upon|after|in|of|it|the|there|this|expected"
        r"|expression|levels?)\b)",
        re.IGNORECASE,
    ),
}
_FREE = re.compile(r"yes|(?:in|de)creas\w+|(?:up|down)\W?regulat\w+|no.+|not.+", re.IGNORECASE)
"""Words that stay a verdict whatever comes next: "Increased HSPA5 levels", but not "up to"."""

_LETTER = re.compile(
    r"(?:(?:option|choice)\s+)?(?P<letter>[A-Ca-c])(?!['-]?\w)"
    r"(?:(?P<closed>\s*[)\].:,;(\[\u2014-][)\].:,;(\[\s\u2014-]*)"
    rf"|(?P<reason>\s+(?=(?:{_BECAUSE})\b)))?\s*",
    re.IGNORECASE,
)
_TO_WORD = re.compile(rf"[^\w{ARROWS}]*")
_GENE = (
    r"(?-i:[A-Z][A-Z0-9]{0,8}[0-9][A-Z0-9]{0,8}|(?!NOT?\b|NON|LESS|NEITHER)[A-Z][A-Z-]{1,9}"
    r"(?=\s(?:expression|levels?|mRNA|is|will|would|should|goes|increases|decreases)\b))"
)
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
_BESIDE = re.compile(
    r"[\s)\].]*(?:(?P<hard>[/|&]|->|=>|[\u2192\u21d2]"
    r"|,?\s*\b(?:and/or|or|and|vs|versus|nor|so|thus|hence|therefore)\b"
    r"|\s(?=\s*[A-C][.)]))|[,;?\u2014-])"
    r"[\s(\[,.]*(?:answer\W{1,4})?",
    re.IGNORECASE,
)
_GLOSS_LETTER = re.compile(
    r"[\s,;:\u2014-]*(?:[(\[]\s*(?:option\s+)?([A-C])\s*[)\]]|option\s+([A-C])(?!\w))"
)


def read_label(kind: Kind, text: str, follow: Follow) -> Verdict | None:
    """Read the verdict at the begin of a text; words like "most likely" may come before it.

    Args:
        kind: Kind of question.
        text: One line, without markup.
        follow: What may follow the verdict; with `line` nothing may come before it either.

    Returns:
        The verdict, or None where there is none, where two contradict each other ("Yes or No")
        and where letter and word do ("A. No").
    """
    at = _to_word(text, 0)
    for _ in range(9):
        found = _letter_and_word(kind, text, at, follow)
        if found:
            verdict, end = found
            return None if _contradicted(kind, text, end, verdict.value) else verdict
        filler = _FILLER.match(text, at)
        if not filler or follow == "line":
            break
        at = filler.end()
    return None


def _to_word(text: str, at: int) -> int:
    match = _TO_WORD.match(text, at)
    return match.end() if match else at


def _letter_and_word(kind: Kind, text: str, at: int, follow: Follow) -> tuple[Verdict, int] | None:
    """Read `A`, `(A)`, `A. Yes` or `Yes`; return also where it ends."""
    letter = _LETTER.match(text, at)
    if not letter:
        return _word(kind, text, at, follow)
    value, closed = _LETTERS[letter["letter"].lower()], letter["closed"] is not None
    named = _word(kind, text, letter.end(), follow)
    if named:
        article = letter["letter"] in "aA" and not closed and text[named[0].start].islower()
        return named if article or named[0].value == value else None
    alone = _FOLLOW["line"].match(text, letter.end("letter")) is not None
    if follow == "line":
        reads = alone and letter["letter"].isupper()
    else:
        reads = alone or closed or letter["reason"] is not None
    return (Verdict(value, letter.start("letter")), letter.end("letter")) if reads else None


def _word(kind: Kind, text: str, at: int, follow: Follow) -> tuple[Verdict, int] | None:
    match = _VERDICT[kind].match(text, at)
    if not match:
        return None
    value, end = _VALUES[match.lastgroup], match.end()
    named = _word(kind, text, _to_word(text, end), follow) if match[0] in ARROWS else None
    if named:  # an arrow and its word
        return named if named[0].value == value else None
    free = follow == "any" and (value is None or _FREE.fullmatch(match[0]))
    if not free and not _FOLLOW[follow].match(text, end):
        return None
    return Verdict(value, match.start()), end


def _contradicted(kind: Kind, text: str, end: int, value: float | None) -> bool:
    """Whether another verdict stands beside: `Yes or No`, `Yes/No`, `Yes, No`, `Yes (B)`."""
    letter = _GLOSS_LETTER.match(text, end)
    if letter and _LETTERS[(letter[1] or letter[2]).lower()] != value:
        return True
    beside = _BESIDE.match(text, end)
    if not beside:
        return False
    word = _VERDICT[kind].match(text, beside.end()) if beside["hard"] else None
    if word:  # "Yes or no or ...": here nothing is asked of what follows
        return _VALUES[word.lastgroup] != value
    other = _letter_and_word(kind, text, beside.end(), "clause" if beside["hard"] else "line")
    return other is not None and other[0].value != value


_PERCENT = re.compile(
    r"[\s:=~\u2248\u223c(\[]*"
    r"(?:(?:about|approximately|approx\.?|around|roughly|circa|ca\.?|probability|p|chance|is|of"
    r"|estimated?|at|my|best)(?![\w'-])[\s:=~\u2248\u223c(\[]*){0,6}"
    r"(?P<number>[0-9]{1,4}+(?:\.[0-9]*+)?+|\.[0-9]++)"
    r"(?P<unit>\s*(?:%|percent\b|per\s?cent\b|/\s*100(?![0-9.])|out\s+of\s+100\b))?+"
    r"(?![0-9A-Za-z/%])"
    # no range, list, fraction or product
    r"(?!\s*(?:[-\u2014,:/^\u00d7]|to\b|or\b|and\b|x\b|\.\.)?\s*[<>~\u2248]?\s*\.?[0-9])"
    r"(?!\s*[/+\u00b1])",
    re.IGNORECASE,
)
_BULLET = re.compile(r"\s*[-\u2022]\s+")
_SURE = re.compile(
    r"\s*[(,;:\u2014-]?\s*(?P<likely>(?:chance|probab\w+|likel\w+|confiden\w+|sure|certain)\b\s*)?"
    r"(?P<words>(?:(?:of|for|in|that|an?|the|it|is|will)\b\s*){0,8})",
    re.IGNORECASE,
)
_SAME_AGAIN = re.compile(r"\s*[(=,]\s*(?:=|or|i\.e\.,?)?\s*([0-9]{1,3}(?:\.[0-9]+)?)\s*%")
_NOTHING = re.compile(rf"\W*+(?:{_INSUFFICIENT}){_WORD_END}", re.IGNORECASE)


def read_percent(kind: Kind, text: str, follow: Follow) -> Verdict | None:
    """Read the percentage at the begin of a text.

    Args:
        kind: Kind of question; a percentage that is given for its negative verdict is not read.
        text: One line, without markup.
        follow: What may follow the number.

    Returns:
        The number, 0-100, as a share, or "insufficient evidence". None for other words, ranges,
        inequalities, fractions other than of 100, and numbers above 100. "0.7" is 0.7 percent, as
        percent was asked for.
    """
    nothing = _NOTHING.match(text)
    if nothing and (follow == "any" or _FOLLOW[follow].match(text, nothing.end())):
        return Verdict(None, nothing.start())
    bullet = _BULLET.match(text) if follow != "any" else None
    match = _PERCENT.match(text, bullet.end() if bullet else 0)
    if not match or float(match["number"]) > 100:
        return None
    end, share = match.end(), float(match["number"]) / 100
    sure = _SURE.match(text, end)
    told = follow == "any" and (match["unit"] or (sure and sure["likely"]))
    again = _SAME_AGAIN.match(text, end)
    if again and float(again[1]) != float(match["number"]):
        return None
    if not told and not _FOLLOW["line" if follow == "line" else "clause"].match(text, end):
        return None
    if sure and _is_of_negative(kind, text, sure, share):
        return None
    return Verdict(share, match.start("number"))


def _is_of_negative(kind: Kind, text: str, sure: re.Match[str], share: float) -> bool:
    """Whether the number is that of the negative verdict: `85% (No)`, `15% chance of decrease`."""
    gloss = _VERDICT[kind].match(text, sure.end())
    if not gloss or gloss.lastgroup != "negative":
        return False
    if not _FOLLOW["clause"].match(text, gloss.end()):
        return False
    return share > 0.5 or "of" in sure["words"].lower().split()
