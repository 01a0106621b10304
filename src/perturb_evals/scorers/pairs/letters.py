"""Which verdict a letter stands for: as the reply letters the options, else as the prompt does."""

import re
from collections import deque

from perturb_evals.datasets.pairs.questions import Kind
from perturb_evals.replies.pairs import AnswerForm
from perturb_evals.scorers.pairs.verdicts import LETTERS, VERDICT, VERDICT_VALUES, Letters
from perturb_evals.scorers.reading.page import ReplyPage

MOST_OPTIONS = 500
"""Only so many lettered words are looked at, from the end."""

_OPTION = re.compile(
    r"(?P<opens>(?:^|\b(?:options?|choices)\s?:)[^\w\n]{0,9})?(?<!\w)"
    r"(?P<letter>[A-H])\s?[.):\]=]{1,2}[^\w\n]{0,9}(?=(?P<word>\w))",
    re.IGNORECASE | re.MULTILINE,
)
_GAP = re.compile(r"[^\w.:]*")


def letters_of(page: ReplyPage, kind: Kind, form: AnswerForm) -> Letters:
    """Return what the letters of options mean in a reply.

    Args:
        page: The reply.
        kind: Kind of question.
        form: How the answer was asked for. Only the prompt of `label` letters its options: under
            the others a letter never speaks against the word beside it.

    Returns:
        The last list of options in the reply that gives both verdicts a letter (`A) No`,
        `B) Yes`); without one the letters of the prompt.
    """
    lists: list[dict[str, float | None]] = []
    end = -1
    for option in deque(_OPTION.finditer(page.plain), MOST_OPTIONS):
        word = VERDICT[kind].match(page.plain, option.start("word"))
        if not word:
            continue
        goes_on = end >= 0 and _GAP.fullmatch(page.plain, end, option.start("letter")) is not None
        if not goes_on and option["opens"] is None:
            end = -1
            continue
        if not goes_on:
            lists.append({})
        lists[-1].setdefault(option["letter"].lower(), VERDICT_VALUES[word.lastgroup])
        end = word.end()
    whole = [found for found in lists if {0.0, 1.0} <= set(found.values())]
    return Letters(whole[-1]) if whole else LETTERS._replace(bind=form == "label")
