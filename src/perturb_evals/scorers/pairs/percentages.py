"""How a percentage is read: at the begin of a text, and in a sentence that states a probability."""

import re
from collections import deque

from perturb_evals.datasets.pairs.questions import Kind
from perturb_evals.scorers.pairs.verdicts import (
    FOLLOW,
    INSUFFICIENT,
    VERDICT,
    WORD_END,
    Follow,
    Verdict,
)
from perturb_evals.scorers.reading.page import ReplyPage

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
_NOTHING = re.compile(rf"\W*+(?:{INSUFFICIENT}){WORD_END}", re.IGNORECASE)


def read_percent(kind: Kind, text: str, follow: Follow) -> Verdict | None:
    """Read the percentage at the begin of a text.

    Args:
        kind: Kind of question. "80% chance of a decrease" is .2 for the increase that was asked
            for; whose number that in "80% (Decrease)" is cannot be told, so it is not read.
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
    match = _PERCENT.match(text, bullet.end() if bullet else 0)
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
    gloss = VERDICT[kind].match(text, sure.end()) if sure else None
    if gloss and FOLLOW["clause"].match(text, gloss.end()) and gloss.lastgroup != "insufficient":
        positive = gloss.lastgroup == "positive"
        if sure and "of" in sure["words"].lower().split():
            share = share if positive else round(1 - share, 12)
        elif share != 0.5 and positive != (share > 0.5):
            return None
    return Verdict(share, match.start("number"))


MOST_STATED = 500
"""Only so many sentences are looked at, from the end."""

_CHANCE = r"(?:probability|likelihood|chances?)"
_ABOUT = r"(?:about|around|approximately|roughly)"
_STATED = re.compile(
    rf"\b{_CHANCE}(?P<event>\s+(?:of(?=\s+(?:{_ABOUT}\s+)?~?\s?[0-9])"
    r"|(?:of|for|that)\b[^;!?\n]{1,120}|(?:is|would\s+be|to\s+be|at|as)\b"
    rf"|(?=~|{_ABOUT}\b)))"
    rf"|\b(?P<number>[0-9]{{1,3}}(?:\.[0-9]{{1,9}})?)\s?(?:%|percent)\s+(?:\w+\s+)?{_CHANCE}"
    r"\s+(?:of|that)\b(?P<event_behind>[^.;!?\n]{1,120})",
    re.IGNORECASE,
)
_IS = re.compile(r"\b(?:is|at|as|to\s+be|would\s+be)\b|[:=]|\A\s+(?:of)?\Z", re.IGNORECASE)
_OF_ONE = re.compile(r"(?:0?\.[0-9]+|1\.0+)(?!\s?(?:%|percent|[0-9/]|out))", re.IGNORECASE)
_NOT_SO = re.compile(
    r"\b(?:prior|base(?:line)?|background|initial|first|if|unless|whether|suppose|assuming|might"
    r"|could)\b[^.;]*\Z"
    r"|(?:[-\u2014<>\u2264\u2265/.0-9]|\b(?:to|and|or|than|least|most|under|over|below|above|not?))"
    r"\s*(?:an?\s+)?\Z",
    re.IGNORECASE,
)
_IF = re.compile(r"\b(?:if|unless|whether)\b", re.IGNORECASE)
_NOT = re.compile(r"\b(?:no|not|without|remains?|un(?:changed|affected|altered))\b", re.IGNORECASE)
_CHANGES = re.compile(r"\b(?:un)?(?:chang|alter|affect|effect|differen|respon)\w*", re.IGNORECASE)
_RISES = re.compile(
    r"\b(?:increas|up-?\s?regulat|rais|ris|elevat|go(?:es)?\s+up)\w*", re.IGNORECASE
)
_FALLS = re.compile(
    r"\b(?:decreas|down-?\s?regulat|lower|fall|reduc|go(?:es)?\s+down)\w*", re.IGNORECASE
)


def read_stated(kind: Kind, page: ReplyPage) -> Verdict | None:
    """Read the last sentence that states the probability of one of the two verdicts.

    `The probability of a change is 12%`, `a 12% chance that the expression changes`.

    Args:
        kind: Kind of question.
        page: The reply.

    Returns:
        The probability of the positive verdict, that of the negative one taken from 1. None where
        no sentence states one without a condition.
    """
    for found in reversed(deque(_STATED.finditer(page.plain), MOST_STATED)):
        if _NOT_SO.search(page.line_before(found.start())):
            continue
        if found["number"]:
            number = read_percent(kind, found["number"], "line")
            stated = [(found["event_behind"], number, found.start("number"))]
        else:
            at = found.start("event")
            stated = [
                (found["event"][: verb.start()], verdict, at + verb.end() + verdict.start)
                for verb in _IS.finditer(found["event"])
                if (verdict := read_percent(kind, page.line_after(at + verb.end()), "clause"))
            ]
        for event, verdict, start in stated:
            positive = _is_positive(kind, event)
            # "0.8" in a sentence is hardly that of a percent, and not plainly 80.
            if _OF_ONE.match(page.plain, start):
                continue
            if verdict and verdict.value is not None and positive is not None:
                share = verdict.value if positive else round(1 - verdict.value, 12)
                return Verdict(share, start)
    return None


def _is_positive(kind: Kind, event: str) -> bool | None:
    """Whether an event is the positive verdict; None where it is neither verdict or both."""
    if _IF.search(event):
        return None
    if not event.strip():  # "the probability is 12%": of what was asked for
        return True
    negated = _NOT.search(event) is not None
    if kind == "de":
        return not negated if _CHANGES.search(event) else None
    rises, falls = _RISES.search(event) is not None, _FALLS.search(event) is not None
    return rises if rises != falls and not negated else None
