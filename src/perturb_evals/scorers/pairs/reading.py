"""Reading the answer about a pair: text in, a verdict or an abstention with its reason out."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import Literal, get_args

from perturb_evals.datasets.pairs.questions import Kind
from perturb_evals.replies.pairs import AnswerForm
from perturb_evals.scorers.pairs.letters import letters_of
from perturb_evals.scorers.pairs.marks import Mark, marked, named, told
from perturb_evals.scorers.pairs.percentages import read_percent, read_stated
from perturb_evals.scorers.pairs.verdicts import Follow, Verdict, read_label
from perturb_evals.scorers.reading.page import ReplyPage, page_of

Reason = Literal["insufficient", "refusal", "unparseable", "truncated", "content_filter"]
REASONS: tuple[Reason, ...] = get_args(Reason)

TOO_LONG = "too_long"
"""Reason where the prompt was too long for the model."""

NO_EVIDENCE = "no_evidence"
"""Reason where a numeric solver found nothing that it may read about a pair."""

LATER_REASONS = (TOO_LONG, NO_EVIDENCE)
"""Those that came after the others: they are counted where they occur, so that the results of older
logs stay whole."""

CUT: dict[str, Reason] = {
    "max_tokens": "truncated",
    "model_length": "truncated",
    "content_filter": "content_filter",
}
"""Reason by Inspect's stop reason, for a reply that was cut before its verdict."""

Read = Callable[[str, Follow], Verdict | None]


@dataclass(frozen=True)
class Answer:
    """What was read: P(positive) in [0, 1], or exactly where that is None the reason.

    `start` is the offset in the reply of the word (letter, number) that was read; None without
    value.
    """

    value: float | None
    reason: Reason | None
    start: int | None = None


def parse_answer(text: str, kind: Kind, form: AnswerForm, stop_reason: str) -> Answer:
    """Read a model's reply. Never raises, whatever the text.

    The last marked answer counts (`ANSWER: No`, a box, JSON, a tag, a heading with the verdict
    below it), else `the answer is No`, else a line such as `Verdict: No`, else a verdict that is
    all of the first or last line or begins the reply (`No, as ...`); of percentages also one that a
    sentence states (`The probability of a change is 12%`). Other prose never counts, and neither
    does what `first_turn` leaves out: reasoning, closed or not, and all behind the end of the turn.

    Args:
        text: The reply.
        kind: Kind of question.
        form: `label` and `logprobs` read a verdict as 1 or 0, `probability` a percentage, 0-100, as
            a share.
        stop_reason: Why the model stopped, in Inspect's words.

    Returns:
        The value and its place. Without one the reason: `insufficient` where the model said so;
        for a cut reply `truncated` or `content_filter`; `refusal`; else `unparseable`.
    """
    page = page_of(text, stop_reason in CUT)
    read: Read = (
        partial(read_percent, kind)
        if form == "probability"
        else partial(read_label, kind, letters=letters_of(page, kind, form))
    )
    cut = CUT.get(stop_reason) if page.cut_off else None
    verdict, was_marked = _marked_verdict(page, read, percent=form == "probability")
    if not verdict and not was_marked and form == "probability":
        verdict = read_stated(kind, page)
    if not verdict and not was_marked:
        verdict = _bare_verdict(page, read, last_line=cut is None)
    if verdict and cut and _may_go_on(page, verdict.start):
        verdict = None
    if not verdict:
        return Answer(None, cut or _reason(page, was_marked))
    if verdict.value is None:
        return Answer(None, "insufficient")
    return Answer(verdict.value, None, verdict.start)


def _marked_verdict(page: ReplyPage, read: Read, percent: bool) -> tuple[Verdict | None, bool]:
    """Return the marked verdict, and whether the reply marked an answer, read or not."""
    bound = -1
    for mark in marked(page):
        verdict = _read_at(page, mark, read)
        if verdict:
            return verdict, True
        if mark.binding:
            bound = mark.at
            break
    for mark in chain(told(page), named(page, percent)):
        verdict = _read_at(page, mark, read)
        if verdict and verdict.start > bound:
            return verdict, True
    return None, bound >= 0


def _may_go_on(page: ReplyPage, at: int) -> bool:
    """Whether a number or a small letter ends a reply that was cut: "7" of 73, "a" of "a clear"."""
    return re.fullmatch(r"[0-9.]+|[a-c]\s*", page.plain[at : at + 20]) is not None


def _read_at(page: ReplyPage, mark: Mark, read: Read) -> Verdict | None:
    line = page.line_after(mark.at)
    verdict = read(line.partition("|")[0] if mark.in_cell else line, mark.follow)
    return Verdict(verdict.value, mark.at + verdict.start) if verdict else None


_LEAD = re.compile(
    r"\W*+(?:so|therefore|thus|hence|overall|(?:in\s+)?conclusion)\b[\s,:]*", re.IGNORECASE
)
_OPENING = re.compile(
    r"\W*+(?:yes|s[i\u00ed\u00ec]|no|increased?|decreased?|insufficient\s+evidence)\s?[,.;\u2014-]"
    # no "No. 1", "Yes, I can help", "Yes, let's see"
    r"(?!\s*(?:\d|I\s+(?:can|will|understand|see|must)\b|I'll\b|I'd\s+be\b|let\b|of\s+course\b|sure\b"
    r"|(?:I'm|I\s+am)\s+(?:happy|glad|sorry)\b))",
    re.IGNORECASE,
)
_OPENING_NUMBER = re.compile(
    r"\W*+[0-9.]{1,6}\s?%?\s?[,;\u2014]\s++(?!(?:or|and)\b)(?=[a-z])", re.IGNORECASE
)
_OPTION = re.compile(r"\W*+([A-C])\s*[.):]")


def _bare_verdict(page: ReplyPage, read: Read, last_line: bool) -> Verdict | None:
    """Return the verdict that is the first or last line, or with which the reply begins."""
    found: list[Verdict] = []
    for number, (at, line) in enumerate(_end_lines(page)):
        if number == 1 and not last_line:
            break
        lead = _LEAD.match(line)
        begin = lead.end() if lead else 0
        verdict = read(line[begin:], "line")
        opens = _OPENING.match(line) or _OPENING_NUMBER.match(line)
        if not verdict and number == 0 and opens and not _REFUSAL.search(line[:600]):
            verdict = read(line[begin:], "clause")
        if verdict:
            found.append(Verdict(verdict.value, at + begin + verdict.start))
    agree = len({verdict.value for verdict in found}) == 1
    return found[-1] if agree else None


def _end_lines(page: ReplyPage) -> list[tuple[int, str]]:
    """Return the first and the last line with their offsets.

    A line of an option list, and one that a line break in mid-sentence made, are given empty.
    """
    text = page.plain.rstrip()
    begin = len(text) - len(text.lstrip())
    first, _, rest = text[begin:].partition("\n")
    if not rest:
        return [(begin, first)]
    above, _, last = text.rpartition("\n")
    second = rest.lstrip().partition("\n")[0]
    last_but_one = above.rstrip().rpartition("\n")[2]
    behind = text[len(above.rstrip()) + 1 :]
    return [
        (begin, first if _stand_apart(first, rest, second) else ""),
        (len(above) + 1, last if _stand_apart(last_but_one, behind, last) else ""),
    ]


def _stand_apart(line: str, after: str, next_line: str) -> bool:
    """Whether two lines are no two options (A., B.) and no wrapped sentence."""
    one, two = _OPTION.match(line), _OPTION.match(next_line)
    if one and two and one[1] != two[1]:
        return False
    blank = not after.partition("\n")[0].strip()
    ended = re.search(r"[^\w,]\Z", line) is not None
    return blank or ended or not re.match(r"\s*[a-z0-9]", next_line)


_HELP = (
    r"(?:assist|help|provide|comply|answer\s+(?:this|that)|fulfil+|participate|engage|support"
    r"|do\s+that|give|make|offer|discuss|continue\s+with|predict(?:ing)?\s+outcomes)"
)
_REFUSAL = re.compile(
    rf"\b(?:I|we)\s+(?:cannot|can\s?not|can't|could\s+not|won't|will\s+not|must\s+not)\s+{_HELP}\b"
    rf"|\b(?:I\s+am|I'm)\s+(?:\w+\s+)?(?:unable|not\s+able|not\s+allowed)\s+to\s+{_HELP}\b"
    r"|\bI\s+(?:must|have\s+to|need\s+to|will)\s+(?:respectfully\s+)?(?:decline|refuse)\b"
    r"|\bI\s+(?:respectfully\s+)?(?:decline|refuse)\s+to\b"
    r"|\bagainst\s+my\s+(?:safety\s+)?(?:guidelines|polic|programming)",
    re.IGNORECASE,
)
_NO_CONCLUSION = re.compile(
    r"\b(?:is|are|have|has|see|find)\s+(?:\w{1,20}ly\s+)?(?:insufficient|not\s+enough)\s+"
    r"(?:evidence|information|data)\b"
    r"|\b(?:insufficient|not\s+enough)\s+(?:evidence|information|data)\s+(?:to|for|exists|is)\b"
    r"|\b(?:cannot|can't|not\s+possible\s+to|impossible\s+to|unable\s+to)\s+(?:\w{1,20}ly\s+)?"
    r"(?:be\s+)?(?:determined?|predict(?:ed)?(?!\w*\s+outcomes)|tell"
    r"|(?:give|make|provide|offer)\s+an?\s+(?:definit\w+|confident|reliable|clear|firm))\b",
    re.IGNORECASE,
)


_VERDICT_TOO = re.compile(r"\b(?:is|be|say)\s+(?:Yes|No|Increase|Decrease)\b")


def _reason(page: ReplyPage, was_marked: bool) -> Reason:
    """Return why a complete reply has no verdict."""
    if not was_marked and any(
        _NO_CONCLUSION.search(line) and not _VERDICT_TOO.search(line)
        for _, line in _end_lines(page)
    ):
        return "insufficient"
    return "refusal" if _REFUSAL.search(page.plain.strip()[:600]) else "unparseable"
