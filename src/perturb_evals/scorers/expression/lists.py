"""The list of names in a reply that has no key for it: which of its lists is the answer.

The words before a list tell: its key (`"excluded": `), else the clause that leads to it.
"""

import re
from collections import deque
from collections.abc import Iterator
from typing import Literal

from perturb_evals.scorers.expression.names import (
    NeighborAnswer,
    ReadAs,
    is_plausible,
    is_symbol,
    items_of,
)
from perturb_evals.scorers.reading.loose_json import read_piece

Sign = Literal["answer", "plain", "rejected"]
"""What a list is called."""

LONGEST_LABEL = 150

MOST_LISTS = 50
LONGEST_LIST = 20_000
MOST_READ = 200_000
"""Bounds of the work: only so many brackets, the last ones, are looked at, so many characters of
one list, and so many of all. 20,000 hold 1,500 names."""

_BARE = re.compile(r"(?:```\w*|</?\w{1,20}>|[\W_])*+")


def answer_list(page: str, cut_off: bool) -> NeighborAnswer | None:
    """Return the list that plainly is the answer.

    It is the last one that is called an answer (`"genes": `, `Final answer:`), those that end
    before others; else the only one that is not called rejected (`"excluded": `, `I left out`),
    where the same one told again is one.

    Args:
        page: The text.
        cut_off: Whether a limit ended it. Then the answer was still to come unless the list stands
            at the end, and either is called an answer or is all there is.

    Returns:
        The list; None if there is none, or it is not plain which one is meant.
    """
    found = list(_lists(page, cut_off))
    named = [answer for sign, answer in found if sign == "answer"]
    if named:
        return max(reversed(named), key=lambda answer: answer.read == "list")
    plain = [answer for sign, answer in found if sign == "plain"]
    if len({answer.items for answer in plain}) == 1:
        return max(plain, key=lambda answer: answer.read == "list")
    return None


def _lists(page: str, cut_off: bool) -> Iterator[tuple[Sign, NeighborAnswer]]:
    left, end = MOST_READ, 0
    for bracket in deque(re.finditer(r"\[", page), MOST_LISTS):
        at = bracket.start()
        if at < end or left <= 0:
            continue
        piece = read_piece(page, at, min(len(page), at + LONGEST_LIST))
        if piece is None or isinstance(piece.value, str):
            continue
        left -= piece.end - at
        items, unusable = items_of(piece.value)
        # What no key calls neighbors has to look like symbols; one word, [sic], is a remark.
        is_list = len(items) > 1 or re.match(r"\[\s*[\"'`{]", page[at : at + 20])
        if is_list and any(is_symbol(item.name) and is_plausible(item.name) for item in items):
            sign = _sign(page, end, at)
            meant = sign == "answer" or _BARE.fullmatch(page, 0, at)
            if not cut_off or (meant and _BARE.fullmatch(page, piece.end)):
                read: ReadAs = "list" if piece.complete else "cut_off"
                yield sign, NeighborAnswer(items, read, unusable)
        if piece.complete:
            end = piece.end


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
_CLAUSE = re.compile(r"\A.*(?:[!?;,{}\[\]\n]|[.:]\s)", re.DOTALL)
_FENCE = re.compile(r"```\w*")
_REMARK = re.compile(r"\([^()]*\)")
_OF_ONE_WORD = re.compile(r"(?<=[a-z])(?=[A-Z])|[\s_-]+")


def _sign(page: str, begin: int, at: int) -> Sign:
    """Judge the list at an offset by the words between it and the list before, which ends at begin.

    A word of rejection counts more than one of an answer: "left out of the answer".
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
        return "rejected"
    return "answer" if _ANSWER.search(clause) else "plain"
