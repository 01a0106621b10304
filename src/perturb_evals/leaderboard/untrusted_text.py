"""Text of logs, files and models as it may be shown: it is data, whatever it holds."""

import re
import unicodedata

FORMULA = ("=", "+", "-", "@")
"""What makes a spreadsheet take a text for a formula, after white space too."""
LONGEST_TEXT = 10_000
"""Characters of a text on a page: the first prompt of a run is the longest."""
UNSEEN = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2"
    r"\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\uf8ff\ufeff\ufff9-\ufffb\ufffe\uffff"
    r"\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    r"\U000e0000-\U0010ffff]"
)
"""See `visible`: what Unicode puts into its categories C, Zl and Zp, and has given a meaning."""


def plain(text: str) -> str:
    """Return a text in one line, and no more of it than is `visible`.

    Line breaks and tabs become spaces, of several one.
    """
    return " ".join(visible(" ".join(text.split())).split())


def harmless(text: str) -> str:
    """Return a text of a table's file, with an apostrophe before what would be a formula.

    Characters that control or format a text, which a spreadsheet or a terminal may obey, are left
    out; line ends and tabs become spaces.
    """
    shown = visible(re.sub(r"[\t\n\r\u2028\u2029]", " ", text))
    # Full-width and small forms of the signs are the same to some spreadsheets.
    first = unicodedata.normalize("NFKC", shown.lstrip()[:1])
    return f"'{shown}" if first.startswith(FORMULA) else shown


def visible(text: str) -> str:
    """Return a text without what a terminal, page or spreadsheet may obey instead of showing it.

    Control characters but for line ends and tabs, marks that turn the direction of writing, those
    without width, breaks of lines and paragraphs other than line ends, and halves of characters.
    """
    return UNSEEN.sub("", text)


def cut(text: str, most: int = LONGEST_TEXT) -> str:
    """Return a text of a page with at most so many characters; it says how many are left out."""
    if len(text) <= most:
        return text
    return f"{text[:most]}… ({len(text) - most:,} characters more)"
