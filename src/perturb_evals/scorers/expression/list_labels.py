"""What the words before a list say about it: that it is the answer, or that it is not."""

import re
from enum import IntEnum

LONGEST_LABEL = 150


class Sign(IntEnum):
    """What a list is called, the best first."""

    ANSWER = 0
    PLAIN = 1
    REJECTED = 2


_REJECTED = re.compile(
    r"\b(?:exclude[ds]?|exclusions?|reject(?:s|ed|ions?)?|removed?|dropped|discard(?:s|ed)?"
    r"|eliminated?|omit(?:s|ted)?|ignored?|dismiss(?:ed)?|skip(?:ped)?|neither|never"
    r"|(?:left|leave|ruled?|filter(?:ed)?|taken?|took) out|unsuitable|unrelated|dissimilar"
    r"|(?<!at )least|worst|draft|at first|first thought|examples?)\b"
    # These reject what comes next: "excluding the target:" says nothing of a list behind that.
    r"|\b(?:excluding|rejecting|removing|dropping|discarding|omitting|ignoring|avoid(?:ing)?"
    r"|except(?: for)?|rather than|instead of|unlike|leaving out|ruling out)\Z"
    r"|(?:\bnot|n't)(?: \w+){0,3}\Z"
)
_ANSWER = re.compile(
    r"\b(?:answers?|final(?:ly)?|select(?:ed|ion|ions)?|cho(?:ose|sen|ices?)|pick(?:ed|s)?"
    r"|k ?nns?|neighbou?rs?|nearest|closest|similar|top|best|kept|keep|take|leaves|leaving"
    r"|remain(?:ing|s)?|propose|recommend\w*)\b"
    # These name an answer only if nothing else is said of them: "ribosomal genes" are no answer.
    r"|\A(?:(?:my|the|these) )?(?:\d+ )?"
    r"(?:genes?(?: list)?|list|results?|perturbations?|symbols?)(?: (?:are|is))?\Z"
)
_KEY = re.compile(r"[\"'`]([^\"'`]{1,60})[\"'`]\s*[:=]\s*\Z")
_CLAUSE = re.compile(r".*(?:[!?;,{}\[\]\n]|[.:]\s)", re.DOTALL)
_FENCE = re.compile(r"```\w*")
_REMARK = re.compile(r"\([^()]*\)")
_OF_ONE_WORD = re.compile(r"(?<=[a-z])(?=[A-Z])|[\s_-]+")


def sign_of(page: str, begin: int, at: int) -> Sign:
    """Judge a list by the key that it stands under, else by the clause that leads to it.

    Args:
        page: The text.
        begin: Where the list before it ended; what stands before that belongs to that one.
        at: Where the list begins.

    Returns:
        The sign. A word of rejection counts more than one of an answer: "left out of the answer".
    """
    before = _FENCE.sub(" ", page[max(begin, at - LONGEST_LABEL) : at])
    key = _KEY.search(before)
    if key:
        clause = key[1]
    else:
        before = _REMARK.sub(" ", before).rstrip(" \t\n\"'`*_:=-#<>({")
        clause = _CLAUSE.sub("", before, count=1)
    clause = _OF_ONE_WORD.sub(" ", clause.strip(" \t\n\"'`*_#>")).lower().strip()
    if _REJECTED.search(clause):
        return Sign.REJECTED
    return Sign.ANSWER if _ANSWER.search(clause) else Sign.PLAIN
