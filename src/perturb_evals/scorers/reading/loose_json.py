"""A list or object out of text that is nearly JSON: read with patience, never evaluated.

Borne with are other quotes, missing quotes, commas and brackets, trailing commas, comments, HTML
tags, and a text that ends in the middle. One pass, with bounded depth, so the time is linear.
"""

import json
import re
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

DEEPEST = 8
"""Brackets inside brackets; an answer needs two or three."""

_OPENER = {"]": "[", "}": "{", ")": "("}
_STRING_ENDS = {"double_end": "double", "single_end": "single", "tick_end": "tick"}
_ESCAPES = {"n": "\n", "t": "\t"}

# A quotation mark ends a string if something follows that may stand behind a string.
_END = r"(?=[^\S\n]*(?:[\n,;:=(\]})\"'`\\\u3001]|//|\#|/\*|</?[a-z]|\Z))"
_STRING = "|".join(
    rf"{quote}(?P<{name}>(?:[^{quote}\\]|\\.|{quote}(?!{_END}))*+)(?P<{name}_end>{quote}?)"
    for name, quote in (("double", '"'), ("single", "'"), ("tick", "`"))
)
_TOKEN = re.compile(
    rf"""
      (?P<skip> \s+ | //[^\n]* | \#[^\n]* | /\*.*?(?:\*/|\Z) | </?[a-z][^<>\n]{{0,20}}> | \\ )
    | (?P<fence> ``` )
    | (?P<open> [\[{{(] ) | (?P<close> [\]}})] )
    | (?P<comma> [,;\u3001] ) | (?P<colon> [:=] )
    | {_STRING}
    | (?P<word> (?: (?!//|\#) [^\[\]{{}}(),;\u3001:="`\n\\<] )++ )
    | .
    """,
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)
_NUMBER = re.compile(r"[+-]?\d{1,20}(?:\.\d{0,20})?(?:e[+-]?\d{1,3})?", re.IGNORECASE)
_NOTHING = {"null", "none", "nan", "true", "false", "undefined"}

Entries: TypeAlias = list[tuple[str | None, "Value"]]
"""What is between two brackets: values, and their keys in an object, None in a list."""

Value: TypeAlias = str | float | Entries | None


class Piece(NamedTuple):
    """A value that was read, the offset behind it, and whether it is complete.

    If not, the part that the end may have cut through is left out of the entries of a list or
    object; a string is what there was of it.
    """

    value: str | Entries
    end: int
    complete: bool


@dataclass
class _Open:
    """A list or object that has not ended yet, and its last entry."""

    opener: str
    entries: Entries = field(default_factory=list)
    key: str | None = None
    value: Value = None
    has_value: bool = False

    def put(self, value: Value, starts_entry: bool) -> None:
        """Take a value; right behind another one it starts an entry or is passed over."""
        if self.has_value and starts_entry:
            self.next()
        if not self.has_value:
            self.value, self.has_value = value, True

    def colon(self) -> None:
        """Make the last value a key."""
        if self.has_value and self.key is None and not isinstance(self.value, list):
            self.key = "" if self.value is None else str(self.value)
            self.value, self.has_value = None, False

    def next(self) -> None:
        """End the last entry; a key without a value has None."""
        if self.has_value or self.key is not None:
            self.entries.append((self.key, self.value))
        self.key, self.value, self.has_value = None, None, False


def read_piece(text: str, at: int, end: int) -> Piece | None:
    """Read the list, object or string that begins at an offset, blanks before it passed over.

    Args:
        text: Any text.
        at: Where to begin.
        end: Where the text is taken to end.

    Returns:
        The piece; None where something else stands. Where brackets are too deep, a piece that is
        empty and not complete.
    """
    stack: list[_Open] = []
    on_new_line = False
    for token in _TOKEN.finditer(text, at, end):
        at, kind = token.end(), token.lastgroup
        if kind == "skip":
            on_new_line = on_new_line or "\n" in token[0]
            continue
        if kind == "fence":  # the list should have ended before
            break
        if kind == "open":
            if len(stack) == DEEPEST:
                return Piece([], at, False)
            stack.append(_Open(token[0]))
        elif kind in _STRING_ENDS:
            string, ended = _decoded(token[_STRING_ENDS[kind]]), bool(token[kind])
            if not stack:
                return Piece(string, at, ended)
            if ended:
                stack[-1].put(string, starts_entry=True)
        elif not stack:
            return None
        elif kind == "close":
            # It ends its bracket and those inside; where it fits none, the innermost one.
            openers, opener = [level.opener for level in reversed(stack)], _OPENER[token[0]]
            whole = _end(stack, openers.index(opener) + 1 if opener in openers else 1)
            if whole is not None:
                return Piece(whole, at, True)
        elif kind == "comma":
            stack[-1].next()
        elif kind == "colon":
            stack[-1].colon()
        elif kind == "word" and at < end:
            stack[-1].put(_meaning(token[0].strip()), starts_entry=on_new_line)
        on_new_line = False
    if not stack:
        return None
    for level in stack:  # a key whose value is cut through goes with it
        level.key = level.key if level.has_value else None
    return Piece(_end(stack, len(stack)) or [], at, False)


def _end(stack: list[_Open], n: int) -> Entries | None:
    """End the n innermost brackets; return the entries of the outermost one where that is ended."""
    for _ in range(n):
        level = stack.pop()
        level.next()
        if not stack:
            return level.entries
        # What is in round brackets behind a name is a remark on it.
        stack[-1].put(level.entries, starts_entry=level.opener != "(")
    return None


def _decoded(body: str) -> str:
    """The characters that a string's escapes stand for."""
    if "\\" not in body:
        return body
    try:
        return str(json.loads(f'"{body}"', strict=False))
    except ValueError:  # an escape that JSON does not know, or quotation marks inside
        return re.sub(r"\\(.)", lambda escape: _ESCAPES.get(escape[1], escape[1]), body, flags=re.S)


def _meaning(word: str) -> str | float | None:
    """What a word without quotation marks means: a number, nothing (null, true), or itself."""
    if _NUMBER.fullmatch(word):
        return float(word)
    return None if word.lower() in _NOTHING else word
