"""Where a reply marks its answer: ANSWER lines, headings, boxes, JSON, tags, table rows."""

import re
from collections import deque
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from perturb_evals.scorers.pairs.verdicts import ARROWS, Follow
from perturb_evals.scorers.reading.page import QUOTES, ReplyPage

MOST_MARKS = 500
"""Only this many marks are looked at, from the end: a reply with more of them is a loop."""


class Mark(NamedTuple):
    """The offset behind the announcement of an answer, and what may follow the verdict there.

    If it is binding the answer has to be here: if nothing can be read, what was marked before does
    not count either. In a cell of a table the answer ends with the cell.
    """

    at: int
    follow: Follow
    binding: bool = False
    in_cell: bool = False


# In the languages in which models reply; the options stay English, as they are asked for.
_ANSWER = (
    r"answer|antwort|antwoord|svar|r[\u00e9e]ponse|respuesta|resposta|risposta|r\u0103spuns|jawaban"
    r"|cevap|yan\u0131t|odpowied\u017a|odpov\u011b\u010f|v\u00e1lasz|vastaus"
    r"|\u0111\u00e1p\s\u00e1n|c\u00e2u\str\u1ea3\sl\u1eddi|\u043e\u0442\u0432\u0435\u0442"
    r"|\u0432\u0456\u0434\u043f\u043e\u0432\u0456\u0434\u044c"
    r"|\u03b1\u03c0\u03ac\u03bd\u03c4\u03b7\u03c3\u03b7|\u56de?\u7b54[\u6848\u3048]?"
    r"|\uc815?\ub2f5\ubcc0?|(?:\u0627\u0644)?(?:\u0625\u062c\u0627\u0628\u0629|\u062c\u0648\u0627\u0628)"
    r"|\u05ea\u05e9\u05d5\u05d1\u05d4|\u0909\u0924\u094d\u0924\u0930"
    r"|\u0e04\u0e33\u0e15\u0e2d\u0e1a|\u067e\u0627\u0633\u062e"
)
_SEPARATOR = r"(?:[:=|]+>?|-+>|\s[\u2014-]+(?=\s)|\u2014|-(?=\s)|[\u2192\u21d2])"
_WORD = re.compile(
    r"\\f?boxed(?=\s)"
    rf"|(?<![0-9A-Za-z])(?P<final>final\s+)?(?:{_ANSWER})(?:\s+(?:choice|option|finale?))?"
    r"(?![0-9A-Za-z])"
    r"(?:[^\S\n]*[(\[][^()\[\]\n]{0,40}[)\]]|[^\S\n]+(?:to|for)\s[^.:;!?\n]{1,60}(?=:))?"
    rf"(?P<colon>[^\S\n]*(?:{_SEPARATOR}[^\S\n]*){{1,4}})?",
    re.IGNORECASE,
)
_NUMBERING = re.compile(r"\s*(?:step\s+)?(?:\d{1,2}|[A-Z])[.):]\s*\Z", re.IGNORECASE)
_SUB_QUESTION = re.compile(
    r"\s*(?:\(?\d{1,2}[.):]|Q\d{1,2}|[-\u2022]\s|\(?[a-z]\)).*\?\W*\Z", re.IGNORECASE
)
_ALTERNATIVE = re.compile(r"answer\s*[:=][^.;]{1,30}(?:\b(?:or|and)|[/,|])\W*\Z", re.IGNORECASE)
_DRAFT = re.compile(
    r"\b(?:initial|first|preliminary|provisional|tentative|draft|to|would|should|might|could|i'd)"
    r"\s+\Z",
    re.IGNORECASE,
)
_HYPOTHETICAL = re.compile(
    r"\A(?>.*\b(?:if|unless)\b)(?!.*\b(?:so|hence|therefore|thus)\b)[^.!?]*\Z"
    r"|(?:\b(?:whether|might|may|could|suppose|assuming|tempt\w*|doubt|deny|not)|n't)"
    r"(?:\s+\w+){0,4}\s+\Z",
    re.IGNORECASE,
)
_IS = re.compile(
    r"(?:\b(?:is|would\s+be|should\s+be|must\s+be|remains|ist|lautet|est|es|[\u00e8\u00e9])\b"
    r"|[\u662f\u4e3a])(?:\s+(?:therefore|thus|still|that))?[\s:]*",
    re.IGNORECASE,
)


def marked(page: ReplyPage) -> Iterator[Mark]:
    """Yield the places that mark an answer, the last one first."""
    for word in _words(page):
        before = page.line_before(word.start())
        begins_line = not re.search(r"\w", before) or _NUMBERING.match(before) is not None
        if word[0].startswith("\\"):
            yield Mark(word.end(), "any")
        elif _heads_a_column(page, word.start()):
            yield from _cell_below(page, word.start())
        elif not begins_line and _passed_over(page, word, before):
            continue
        elif word["colon"]:
            for mark in _in_or_below_line(page, word.end(), "any"):
                in_line = mark.at == word.end()
                binding = begins_line and in_line and not _is_form(page, word.start("colon"))
                yield mark._replace(binding=binding)
        elif begins_line and not re.match(r"\s*[.,;!?]", page.line_after(word.end())):
            yield from _in_or_below_line(page, word.end(), "line")
        if word["final"] and not word["colon"]:
            yield from _behind_is(page, word)


def told(page: ReplyPage) -> Iterator[Mark]:
    """Yield where a sentence tells the answer, `the answer is No`, the last one first."""
    for word in _words(page):
        before = page.line_before(word.start())
        if not word["colon"] and not _DRAFT.search(before):
            yield from _behind_is(page, word)


_NAMES = r"verdict|final|conclusion|prediction|decision|judge?ment|call|choice|response"
_ADJECTIVES = r"(?:(?:final|overall|my|best|estimated)\s+){0,2}"
_NAME_END = r"[^\S\n]*(?:[:=|\u2014]|-(?=\s))"
_LABEL_NAME = re.compile(
    rf"^[^\w\n]*+{_ADJECTIVES}(?:{_NAMES}){_NAME_END}", re.IGNORECASE | re.MULTILINE
)
_PERCENT_NAME = re.compile(
    rf"^[^\w\n]*+{_ADJECTIVES}(?:(?:probability|likelihood)(?:\s+estimate)?|estimate|{_NAMES})"
    r"(?:\s+of\s+(?:an?\s+)?(?:significant\s+)?(?:change|increase|differential\s+expression))?"
    rf"{_NAME_END}",
    re.IGNORECASE | re.MULTILINE,
)
_MY_NAME_IS = re.compile(
    r"\b(?:my|final|correct|best)\s+(?:\w+\s+)?"
    r"(?:verdict|prediction|conclusion|decision|choice|option|call)\s+(?:is|would\s+be)\b[\s:]*",
    re.IGNORECASE,
)


_CALL = r"|(?:answer|verdict|prediction)\((?:\w{1,20}=)?(?=[\"'0-9])"  # final_answer("No")
_KEY = re.compile(
    rf"[\"'](?:\w{{1,20}}[_ -])?(?:{_NAMES}|result|label|option)\\{{0,4}}[\"']\s{{0,9}}:{_CALL}",
    re.IGNORECASE,
)
_PERCENT_KEY = re.compile(
    r"[\"'](?:\w{1,20}[_ -])?(?:probability|likelihood|percent(?:age)?|estimate)"
    rf"\\{{0,4}}[\"']\s{{0,9}}:{_CALL}",
    re.IGNORECASE,
)
_COLUMN = re.compile(
    rf"\|[^\w|\n]{{0,9}}(?:final\s+)?(?:{_NAMES}|probability)(?=[^\w|\n]{{0,9}}\|)", re.IGNORECASE
)
_ASKED = re.compile(r"\W{0,20}Q(?:uestion)?\s?:[^\n]{0,2000}\n\W{0,20}A[*_]{0,3}\s?:", re.I)


def named(page: ReplyPage, percent: bool) -> Iterator[Mark]:
    """Yield where the answer has another name, `Verdict: No`, `my prediction is No`, last first.

    The name may be a key of JSON, as in the arguments of a tool call that was sent as text.
    """
    for key in reversed(deque((_PERCENT_KEY if percent else _KEY).finditer(page.raw), MOST_MARKS)):
        yield from _in_or_below_line(page, key.end(), "any")
    for head in reversed(deque(_COLUMN.finditer(page.plain), MOST_MARKS)):
        if _heads_a_column(page, head.end()):
            yield from _cell_below(page, head.end())
    for pattern in (_PERCENT_NAME if percent else _LABEL_NAME, _MY_NAME_IS):
        for name in reversed(deque(pattern.finditer(page.plain), MOST_MARKS)):
            yield from _in_or_below_line(page, name.end(), "clause")
    asked = _ASKED.match(page.raw)
    if asked:
        yield Mark(asked.end(), "any")


def _words(page: ReplyPage) -> Iterator[re.Match[str]]:
    return reversed(deque(_WORD.finditer(page.plain), MOST_MARKS))


def _in_or_below_line(page: ReplyPage, at: int, follow: Follow) -> Iterator[Mark]:
    """Yield the rest of the line, or where that is empty the next line that is not."""
    rest = page.line_after(at)
    if re.search(rf"[\w{ARROWS}]", rest):
        yield Mark(at, follow)
        return
    below = at + len(rest)
    gap = re.match(rf"[^\w{ARROWS}]{{1,200}}", page.plain[below : below + 200])
    if gap and "\n" in gap[0]:
        yield Mark(below + gap[0].rindex("\n") + 1, "clause")


def _heads_a_column(page: ReplyPage, at: int) -> bool:
    """Whether here stands a cell in the first row of a table."""
    line = page.line_before(at) + page.line_after(at)
    below = page.line_after(page.plain.find("\n", at) + 1) if "|" in line else ""
    return set(below) <= set(" :|-") and {"-", "|"} <= set(below)


def _cell_below(page: ReplyPage, at: int) -> Iterator[Mark]:
    """Yield the cell of the only row of a table below its head; several rows are no one answer."""
    column = page.line_before(at).count("|")
    row = page.plain.find("\n", page.plain.find("\n", at) + 1) + 1
    cells = page.line_after(row) if row else ""
    begins = [row, *(row + bar.end() for bar in re.finditer(r"\|", cells))]
    if column < len(begins) and "|" not in page.line_after(row + len(cells) + 1):
        yield Mark(begins[column], "clause", in_cell=True)


def _behind_is(page: ReplyPage, word: re.Match[str]) -> Iterator[Mark]:
    if _HYPOTHETICAL.search(page.line_before(word.start())):
        return
    at = word.end()
    line = page.line_after(at, 120)
    # The first verb tells: "the answer is not simple, in RPE1 it would be No" says no answer.
    # Only what is asked may have a verb of its own: "the answer to whether it is changed is No".
    asked = re.match(r"\s+(?:to|of|on|for)\b", line)
    clause = re.match(r"[^.,:!?;]*" if asked else r"[^.!?;]*", line)
    verbs = _IS.finditer(line, 0, min(len(line), clause.end() + 12 if clause else 0))
    for verb in islice(verbs, None if asked else 1):
        yield Mark(at + verb.end(), "clause")


def _passed_over(page: ReplyPage, word: re.Match[str], before: str) -> bool:
    """Whether words in mid-line are quoted, one of two, a draft, or answer a sub-question."""
    opened = page.raw[max(0, word.start() - 6) : word.start()].rstrip("*_ ")[-1:]
    inside = page.raw[word.start() : word.end()]
    quoted = opened != "" and opened in QUOTES and not any(quote in inside for quote in QUOTES)
    return bool(
        quoted
        or (not word["final"] and _ALTERNATIVE.search(before[-80:]))
        or _SUB_QUESTION.match(before)
        or _DRAFT.search(before)
    )


def _is_form(page: ReplyPage, at: int) -> bool:
    """Whether behind the colon stands a form to fill in: `<Yes | No>`, `<number 0-100>`."""
    held = re.match(r"[\s:=*_]*<([^<>\n]{1,80})>", page.raw[at : at + 100])
    return held is not None and re.search(r"[|/\s]", held[1].strip()) is not None
