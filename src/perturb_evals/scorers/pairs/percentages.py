"""How a percentage is read: at the begin of a text, and in a sentence that states a probability."""

import re

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
    r"(?!\s*+(?:(?:[-\u2014,:/^\u00d7]|to\b|or\b|and\b|x\b|\.\.)\s*+)?(?:[<>~\u2248]\s*+)?\.?[0-9])"
    r"(?!\s*[/+\u00b1])",
    re.IGNORECASE,
)
_BULLET = re.compile(r"\s*[-\u2022]\s+")
_SURE = re.compile(
    r"\s*[(,;:\u2014-]?\s*(?P<likely>(?:chance|probab\w+|likel\w+|confiden\w+|sure|certain)\b\s*)?"
    r"(?P<words>(?:(?:of|for|in|that|an?|the|it|is|will)\b\s*){0,8})",
    re.IGNORECASE,
)
_OTHER_EVENT = re.compile(
    r"[^.,;:!?()]*\b(?:no|not|nothing|never|neither|none|lack|absence|without|fail\w*|hardly|little"
    r"|minimal|negligible|remains|un(?:changed|affected|altered)|wrong)\b",
    re.IGNORECASE,
)
"""A denial in "80% chance that nothing changes": whose number that is cannot be told."""
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
    elif sure and sure["likely"] and sure["words"] and _OTHER_EVENT.match(text, sure.end()):
        return None
    return Verdict(share, match.start("number"))


_START = (
    r"(?:\A|[.!?]\s|(?<!\s)[^\S\n]*\n[^\S\n]*\n)[\s\u2022*-]*+(?-i:(?=[A-Z0-9]))"
    r"(?:(?:so|thus|therefore|hence|overall|in\s+(?:conclusion|summary)|on\s+balance)\b,?\s+)?"
    r"(?:(?:I|we)(?:['\u2019]d|\s+would)?\s+(?:say|estimate|guess|judge|put|predict|think|believe"
    r"|give|see)\s+(?:that\s+)?)?"
    r"(?:there(?:['\u2019]s|\s+is)\s+)?(?:only\s+)?(?:(?:the|an?|my)\s+)?"
)
"""A sentence begins and goes on to the probability: none of another line, of a prior, of an if."""
_ROUGHLY = r"(?:(?:about|around|approximately|roughly)\s+|~\s?)?"
_NUMBER = rf"{_ROUGHLY}(?P<{{}}>[0-9]{{{{1,3}}}}(?:\.[0-9]{{{{1,9}}}})?)\s?(?:%|percent\b)"
_GENE = r"(?-i:[A-Z][A-Z0-9-]{1,12})"
_OF_GENE = (
    r"(?:\s+(?:in|of|for)\s+(?:(?:the\s+)?(?:expression|(?:readout\s+)?gene|readout)"
    rf"|{_GENE}(?:\s+expression)?)){{0,2}}"
)
_IT = (
    rf"(?:it|the\s+(?:readout\s+)?gene|(?:its|the)\s+expression|(?:the\s+expression\s+of\s+)?{_GENE}"
    rf"|{_GENE}\s+expression)"
)
_A = r"(?:an?\s+|any\s+)?(?:(?:statistically\s+)?significant\s+)?"
_IS_NOW = r"(?:is|will\s+be)"
_BY_MUCH = r"(?:\s+significantly)?"
_CHANGED = r"(?:differentially\s+expressed|changed|altered|affected)"
_EVENTS: dict[Kind, tuple[str, str]] = {
    "de": (
        rf"of\s+{_A}(?:change|effect|differential\s+expression){_OF_GENE}"
        rf"|that\s+{_IT}\s+(?:{_IS_NOW}{_BY_MUCH}\s+{_CHANGED}|(?:changes|will\s+change){_BY_MUCH})",
        rf"of\s+(?:an?\s+)?no\s+{_A}(?:change|effect|differential\s+expression){_OF_GENE}"
        rf"|that\s+{_IT}\s+(?:{_IS_NOW}\s+not{_BY_MUCH}\s+{_CHANGED}"
        rf"|(?:does|will)\s+not\s+change{_BY_MUCH}|(?:{_IS_NOW}|remains)\s+un(?:changed|affected))",
    ),
    "direction": (
        rf"of\s+{_A}(?:increase|up-?regulation|rise){_OF_GENE}|that\s+{_IT}\s+"
        rf"(?:{_IS_NOW}{_BY_MUCH}\s+(?:increased|up-?regulated|elevated|raised|induced)"
        r"|increases|rises|goes\s+up|will\s+(?:increase|rise|go\s+up))",
        rf"of\s+{_A}(?:decrease|down-?regulation|fall){_OF_GENE}|that\s+{_IT}\s+"
        rf"(?:{_IS_NOW}{_BY_MUCH}\s+(?:decreased|down-?regulated|reduced|lowered|repressed)"
        r"|decreases|falls|goes\s+down|will\s+(?:decrease|fall|go\s+down))",
    ),
}
_CHANCE = r"(?:probability|likelihood|chance)"
_STATED = {
    kind: re.compile(
        rf"{_START}(?:{_CHANCE}(?:\s+(?:(?P<yes>{yes})|(?P<no>{no})))?"
        rf"(?:\s*[:=]|\s+(?:is|of|at|as|to\s+be|(?=~|around|about|roughly)))\s*{_NUMBER.format('n')}"
        rf"|{_NUMBER.format('first')}\s+{_CHANCE}\s+(?:(?P<yes_behind>{yes})|(?P<no_behind>{no})))"
        r"(?=\s*(?:\Z|\n|[.,](?![0-9])))",
        re.IGNORECASE,
    )
    for kind, (yes, no) in _EVENTS.items()
}
_TAKEN_BACK = re.compile(
    r"\A[^.!?\n]*\b(?:if|unless|assuming|provided|when|under|null)\b"
    r"|\b(?:but|however|though|although|actually|instead|wait|cannot|can['\u2019]t|unable"
    r"|insufficient|not\s+(?:enough|possible))\b",
    re.IGNORECASE,
)


def read_stated(kind: Kind, page: ReplyPage) -> Verdict | None:
    """Read the probability of one of the two verdicts that a sentence states.

    `The probability of a change is 12%`, `I see a 12% chance that the expression changes`: only
    these few sentences from their begin to their end, as a number whose event is not plainly one
    of the verdicts ("80% chance that nothing changes") would be read the wrong way round.

    Args:
        kind: Kind of question.
        page: The reply.

    Returns:
        The probability of the positive verdict, that of the negative one taken from 1. None where
        no sentence states one, where two state different ones, and where a condition, a "but" or
        "cannot" follows.
    """
    stated: list[Verdict] = []
    end = 0
    for found in _STATED[kind].finditer(page.plain):
        group = "n" if found["n"] else "first"
        share, end = float(found[group]) / 100, found.end()
        if share > 1:
            return None
        if found["no"] or found["no_behind"]:
            share = round(1 - share, 12)
        stated.append(Verdict(share, found.start(group)))
    if len({verdict.value for verdict in stated}) != 1 or _TAKEN_BACK.search(page.plain[end:]):
        return None
    return stated[-1]
