"""How a percentage is read at the begin of a text."""

import re

from perturb_evals.datasets.pairs.questions import Kind
from perturb_evals.scorers.pairs.verdict_words import (
    FOLLOW,
    INSUFFICIENT,
    VERDICT,
    WORD_END,
    Follow,
    Verdict,
)

_NUMBER = re.compile(
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
_NOTHING = re.compile(rf"\W*+(?:{INSUFFICIENT}){WORD_END}", re.IGNORECASE)


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
    if nothing and (follow == "any" or FOLLOW[follow].match(text, nothing.end())):
        return Verdict(None, nothing.start())
    bullet = _BULLET.match(text) if follow != "any" else None
    match = _NUMBER.match(text, bullet.end() if bullet else 0)
    if not match or float(match["number"]) > 100:
        return None
    end, share = match.end(), float(match["number"]) / 100
    sure = _SURE.match(text, end)
    told = follow == "any" and (match["unit"] or (sure and sure["likely"]))
    again = _SAME_AGAIN.match(text, end)
    if again and float(again[1]) != float(match["number"]):
        return None
    if not told and not FOLLOW["line" if follow == "line" else "clause"].match(text, end):
        return None
    if sure and _is_of_negative(kind, text, sure, share):
        return None
    return Verdict(share, match.start("number"))


def _is_of_negative(kind: Kind, text: str, sure: re.Match[str], share: float) -> bool:
    """Whether the number is that of the negative verdict: `85% (No)`, `15% chance of decrease`."""
    gloss = VERDICT[kind].match(text, sure.end())
    if not gloss or gloss.lastgroup != "negative":
        return False
    if not FOLLOW["clause"].match(text, gloss.end()):
        return False
    return share > 0.5 or "of" in sure["words"].lower().split()
