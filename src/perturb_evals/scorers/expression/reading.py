"""Reading the neighbors that a reply names: text in, names in their order out.

The list is looked for by its key, so that what stands in the reasoning beside it, well-formed or
not, cannot hide it.
"""

import re
from collections import deque
from collections.abc import Iterator
from enum import IntEnum
from typing import TypeAlias

from perturb_evals.scorers.expression.lists import LONGEST_LIST, MOST_READ, answer_list
from perturb_evals.scorers.expression.names import (
    Named,
    NeighborAnswer,
    ReadAs,
    is_plausible,
    items_of,
    names_in,
)
from perturb_evals.scorers.reading.loose_json import Piece, read_piece
from perturb_evals.scorers.reading.page import page_of

MOST_KEYS = 500
"""Only so many keys are looked at, from the end of a reply, besides the bounds of lists."""


class _Rank(IntEnum):
    """How good a reading is; the best one counts, and of equally good ones the last."""

    ASKED = 0  # a whole list under `kNN`
    LIKE = 1  # under a key like it
    CUT_OFF = 2  # a list under a key that does not end
    ESCAPED = 3  # under a key inside a string
    LIST = 4  # without a key
    LINE = 5  # a line of symbols behind a key
    CUT_OFF_LIST = 6  # without a key, and it does not end


_Reading: TypeAlias = tuple[_Rank, NeighborAnswer]

_KEY = re.compile(
    r"""
    (?: (?<!\\)(?P<escape>\\{0,8})(?P<quote>["'`])\s{0,3} | ^[ >*_#-]{0,20}+ | [{,]\s{0,20}+ )
    (?=[kntcsm])  # nearly all places end here
    (?: (?P<asked>k[\s_-]?nns?)
      | (?:(?:top|k|top[\s_-]?k)[\s_-])?
        (?: (?:nearest|closest|similar|most[\s_-]similar)
            (?:[\s_-](?:neighbou?rs?|genes?|perturbations?))?
          | neighbou?rs? ) )
    (?(quote) \s{0,3}\\{0,8}["'`] )
    [*_]{0,3} \s{0,20}+ [:=] [*_\s]{0,20}+
    """,
    re.VERBOSE | re.IGNORECASE | re.MULTILINE,
)
_ENTITIES = {"&quot;": '"', "&#34;": '"', "&#39;": "'", "&apos;": "'"}
_ESCAPED = re.compile(r"\\{1,8}([\"'n])")
_EMPTY = re.compile(r"\s*\[\s*\]")
_LINE = re.compile(r"[^\n}]{0,2000}")


def parse_neighbors(text: str, cut_off: bool = False) -> NeighborAnswer | None:
    """Read the neighbors that a reply names. Never raises, whatever the text.

    An answer is what stands under the key `kNN`, or one like it (`neighbors`, `similar_genes`): a
    list with at least one plausible name, or one that says to be empty. The last whole one counts,
    under `kNN` before other keys. Without any: the names of a list that is cut off, as far as they
    are whole; a list inside a string; a list without such a key, where it is plain which one is
    meant (`answer_list`); a line of symbols (`kNN: RPL5, RPL23`).

    What never counts: reasoning and all behind the end of the turn (`first_turn`; under a key of
    its own if it does not end, and for lists without a key in any case), the placeholders of an
    example (`GENE1`, `<gene>`, `...`), and names in prose.

    Args:
        text: The reply.
        cut_off: Whether a limit of tokens ended it.

    Returns:
        The names as written, to be resolved by `choose`; None if there is no answer.
    """
    reply = page_of(text, cut_off)
    page, cut_off = reply.raw, reply.cut_off
    for entity, character in _ENTITIES.items():
        page = page.replace(entity, character)
    page = _without_unfinished(page)
    readings = list(_under_keys(page))
    if not any(rank <= _Rank.ESCAPED for rank, _ in readings):
        answer = answer_list(_without_finished(page), cut_off)
        if answer:
            rank = _Rank.LIST if answer.read == "list" else _Rank.CUT_OFF_LIST
            readings.append((rank, answer))
    return min(readings, key=lambda reading: reading[0])[1] if readings else None


def _under_keys(page: str) -> Iterator[_Reading]:
    """Yield what stands under keys, the last one first."""
    left = MOST_READ
    for key in reversed(deque(_KEY.finditer(page), MOST_KEYS)):
        if left <= 0:
            return
        at, text = key.end(), page
        if key["escape"]:
            inside = page[at : at + LONGEST_LIST]
            at, text = 0, _ESCAPED.sub(lambda c: "\n" if c[1] == "n" else c[1], inside)
            left -= len(inside)
        piece = read_piece(text, at, min(len(text), at + LONGEST_LIST))
        left -= piece.end - at if piece else 0
        reading = _reading(key, text, at, piece)
        if reading:
            yield reading
            if reading[0] is _Rank.ASKED:
                return


def _reading(key: re.Match[str], text: str, at: int, piece: Piece | None) -> _Reading | None:
    if piece is None:
        line = _LINE.match(text, at)
        items, unusable = names_in(line[0].strip(" .*_") if line else ""), 0
        rank = _Rank.LINE
    else:
        items, unusable = _items(piece)
        rank = _Rank.ASKED if key["asked"] else _Rank.LIKE
        rank = rank if piece.complete else _Rank.CUT_OFF
        rank = _Rank.ESCAPED if key["escape"] else rank
    says_empty = piece is not None and piece.complete and _EMPTY.fullmatch(text, at, piece.end)
    if not says_empty and not any(is_plausible(item.name) for item in items):
        return None
    read: ReadAs = "list" if piece is None else "object" if piece.complete else "cut_off"
    return rank, NeighborAnswer(items, read, unusable)


def _items(piece: Piece) -> tuple[tuple[Named, ...], int]:
    if not isinstance(piece.value, str):
        return items_of(piece.value)
    inside = read_piece(piece.value, 0, len(piece.value))
    if inside and not isinstance(inside.value, str):
        return items_of(inside.value)
    names = names_in(piece.value, ended=piece.complete)
    if not names and piece.complete:
        return items_of([(None, piece.value)])
    return names, 0


# Reasoning that stands in an object under a key of its own, `{"reasoning": "...`. `page_of` takes
# out reasoning between tags; this may stand beside the answer, so that it takes more care to tell
# where it ends, and whether it does.

_FIELD = re.compile(
    r"""
    (?<!\\)(?P<escape>\\{0,8})["'`]\s{0,3}
    (?P<name>[A-Za-z][\w -]{0,30}?)
    \s{0,3}\\{0,8}["'`]\s{0,20}+[:=]\s{0,20}+(?P<string>\\{0,8}["'`])?
    """,
    re.VERBOSE,
)
_REASONING = re.compile(
    r"(?:\w+[ _-])?(?:reason(?:ing|s)?|rationales?|explanations?|analysis|think(?:ing)?|thoughts?"
    r"|justifications?|why|notes?|comments?|considerations?|steps?)(?:[ _-]\w+)?",
    re.IGNORECASE,
)


def _without_unfinished(page: str) -> str:
    """Return a page up to reasoning that does not end; the whole page where there is none.

    Reasoning does not end if no other key comes behind it and no bracket closes its object. The
    quotation marks in it tell nothing, as models do not always escape them.
    """
    last = {key["escape"]: key for key in _FIELD.finditer(page)}
    begins = [
        key.end()
        for key in last.values()
        if _is_reasoning(key) and not _closes_an_object(page[key.end() :])
    ]
    return page[: min(begins, default=len(page))]


def _without_finished(page: str) -> str:
    """Return a page with the strings under keys of reasoning left out."""
    kept, at = [], 0
    for key in _FIELD.finditer(page):
        if key.end() < at or key["escape"] or not _is_reasoning(key):
            continue
        piece = read_piece(page, key.start("string"), len(page))
        if piece:
            kept.append(page[at : key.start("string")])
            at = piece.end
    return "".join([*kept, page[at:]])


def _is_reasoning(key: re.Match[str]) -> bool:
    return bool(key["string"] and _REASONING.fullmatch(key["name"]))


def _closes_an_object(text: str) -> bool:
    """Tell whether a bracket is closed that was not opened in the text."""
    depth = 0
    for brace in re.finditer(r"[{}]", text):
        depth += 1 if brace[0] == "{" else -1
        if depth < 0:
            return True
    return False
