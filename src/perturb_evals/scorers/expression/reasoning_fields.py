"""Reasoning that stands in an object under a key of its own, `{"reasoning": "..."`.

`page_of` takes out reasoning between tags. What is here may stand beside the answer, so that it
takes more care to tell where it ends, and whether it does.
"""

import re

from perturb_evals.scorers.reading.json_pieces import read_piece

_KEY = re.compile(
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


def without_unfinished(page: str) -> str:
    """Return a page up to reasoning that does not end; the whole page where there is none.

    Reasoning does not end if no other key comes behind it and no bracket closes its object. The
    quotation marks in it tell nothing, as models do not always escape them.
    """
    last = {key["escape"]: key for key in _KEY.finditer(page)}
    begins = [
        key.end()
        for key in last.values()
        if _is_reasoning(key) and not _closes_an_object(page[key.end() :])
    ]
    return page[: min(begins, default=len(page))]


def without_finished(page: str) -> str:
    """Return a page with the strings under keys of reasoning left out."""
    kept, at = [], 0
    for key in _KEY.finditer(page):
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
