"""The list of names in a reply that has no key for it: which of its lists is the answer."""

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from perturb_evals.scorers.expression.list_labels import Sign, sign_of
from perturb_evals.scorers.expression.neighbor_items import is_plausible, is_symbol, items_of
from perturb_evals.scorers.expression.neighbor_names import Named
from perturb_evals.scorers.reading.json_pieces import read_piece

MOST_LISTS = 50
LONGEST_LIST = 20_000
MOST_READ = 200_000
"""Bounds of the work: only so many brackets, the last ones, are looked at, so many characters of
one list, and so many of all. 20,000 hold 1,500 names."""

_BARE = re.compile(r"(?:```\w*|</?\w{1,20}>|[\W_])*+")


@dataclass(frozen=True)
class FoundList:
    """A list of names.

    Attributes:
        items: Its names, at least one of them like a symbol.
        n_unusable: Its entries that are no names.
        complete: Whether it ended.
        sign: What it is called.
        alone_before: Whether no word stands before it.
        alone_behind: Whether no word stands behind it.
    """

    items: tuple[Named, ...]
    n_unusable: int
    complete: bool
    sign: Sign
    alone_before: bool
    alone_behind: bool


def answer_list(page: str, cut_off: bool) -> FoundList | None:
    """Return the list that plainly is the answer.

    It is the last one that is called an answer, those that end before others; else the only one
    that is not called rejected, where the same one told again is one.

    Args:
        page: The text.
        cut_off: Whether a limit ended it. Then the answer was still to come unless the list stands
            at the end, and either is called an answer or is all there is.

    Returns:
        The list; None if there is none, or it is not plain which one is meant.
    """
    found = [
        one
        for one in _lists(page)
        if not cut_off or (one.alone_behind and (one.alone_before or one.sign is Sign.ANSWER))
    ]
    named = [one for one in found if one.sign is Sign.ANSWER]
    if named:
        return max(reversed(named), key=lambda one: one.complete)
    plain = [one for one in found if one.sign is Sign.PLAIN]
    if len({one.items for one in plain}) == 1:
        return max(plain, key=lambda one: one.complete)
    return None


def _lists(page: str) -> Iterator[FoundList]:
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
            yield FoundList(
                items,
                unusable,
                piece.complete,
                sign_of(page, end, at),
                _BARE.fullmatch(page, 0, at) is not None,
                _BARE.fullmatch(page, piece.end) is not None,
            )
        if piece.complete:
            end = piece.end
