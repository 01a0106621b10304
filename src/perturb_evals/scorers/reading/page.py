"""A model's reply made plain: its first turn without reasoning, markup and look-alike characters.

Every step replaces characters one for one, so an offset in the plain text is an offset in the
reply. Patterns have bounded repeats, so the time is linear in the length of the reply.
"""

import re
import unicodedata
from dataclasses import dataclass

from perturb_evals.scorers.reading.turns import first_turn
from perturb_evals.scorers.reading.undecoded import decoded
from perturb_evals.scorers.reading.unmarked import without_unfinished_thinking

QUOTES = "\"'`"

_SAME_LOOK = {"<wide>", "<narrow>", "<font>", "<noBreak>", "<compat>"}

_PLAIN = str.maketrans(
    dict.fromkeys("\u201c\u201d\u201e\u201f\u00ab\u00bb\u300c\u300d\u300e\u300f\u2033", '"')
    | dict.fromkeys("\u2018\u2019\u201a\u201b\u2032\u2039\u203a", "'")
    | dict.fromkeys("\u2010\u2011\u2212", "-")
    | dict.fromkeys("\u2012\u2013\u2014\u2015", "\u2014")
    | dict.fromkeys("\u200b\u200c\u200d\u2060\ufeff\u00ad\u200e\u200f\ufe0f\u2581\t", " ")
    | dict.fromkeys("\r\v\f\x1c\x1d\x1e\x85\u2028\u2029", "\n")
)

_ANSWER_TAG = re.compile(
    r"<(?:parameter(?:=|\s+name=)[\"']?)?"
    r"(?P<name>(?:final[ _-]?)?answer|final|verdict|prediction|conclusion|decision)[\"']?>"
    r"|<arg_key>(?P<key>\w{1,30})</arg_key>\s{0,9}<arg_value>"
    r"|<(?:[a-z]{1,12}[ _:-])?(?P<other>response|output|result|solution|reply)>",
    re.IGNORECASE,
)
_BOX = "<|begin_of_box|>"

_MASKED = re.compile(
    r"~~[^~\n]{1,200}~~"  # struck out
    r"|```[a-z]{1,10}(?=\n)"
    r"|<(?=[/a-z])(?:/[^<>\n]{0,40}"  # closing tags
    r"|(?:b|i|u|s|em|strong|mark|br|hr|p|div|span|font|center|code|pre|kbd|small|sub|sup|h[1-6]"
    r"|ul|ol|li|table|thead|tbody|tr|td|th|details|summary)(?:\s[^<>\n]{0,80})?/?)>"
    r"|&(?:nbsp|quot|amp|lt|gt|#\d{1,5});"
    r"|\\(?:text(?:bf|it|rm|sf|tt)?|math(?:bf|it|rm|sf|tt)|bf|rm|bm|boldsymbol|[Ll]arge|LARGE|q?quad)"
    r"(?![A-Za-z])"
    r"|(?-i:\\n(?![a-z]))"  # a newline that was escaped as in JSON
    r"|\\[^\w\n-]",
    re.IGNORECASE,
)
_PLACEHOLDER = re.compile(
    r"<((?!\s*[.\d][^\s<>]*[^\S\n]+[^\s%>])[^<>()\n]{0,79}[^<>()\s-])>"
)  # not "<5 or >9"
# The A behind a Q is "answer" and no option, unless there is a B.
_ANSWER_TO_Q = re.compile(
    r"(?P<question>^[^\w\n]{0,9}Q(?:uestion)?\s?:[^\n]{0,2000}\n[^\w]{0,20})A(?=\s{0,3}:)"
    r"(?![^\n]{0,200}\s{1,9}[^\w\n]{0,9}B\s?[:.)])",
    re.IGNORECASE | re.MULTILINE,
)
_MARKUP = re.compile(r"[*_`\"{}$#]|(?<!\w)'|'(?!\w)")


@dataclass(frozen=True)
class ReplyPage:
    """A reply twice, both as long as the reply itself.

    Attributes:
        raw: The model's own first turn without its reasoning (`first_turn`), characters made plain;
            quotation marks and braces still there.
        plain: Also without markup and quotation marks; what verdicts are read from.
        cut_off: Whether a limit ended that turn.
    """

    raw: str
    plain: str
    cut_off: bool

    def line_before(self, at: int, most: int = 200) -> str:
        """Return what stands between the begin of the line and `at`, its last `most` characters."""
        begin = max(0, at - most)
        return self.plain[max(begin, self.plain.rfind("\n", begin, at) + 1) : at]

    def line_after(self, at: int, most: int = 300) -> str:
        """Return what stands between `at` and the end of the line, its first `most` characters."""
        end = min(len(self.plain), at + most)
        newline = self.plain.find("\n", at, end)
        return self.plain[at : end if newline < 0 else newline]


def page_of(text: str, cut_off: bool = False) -> ReplyPage:
    """Make a reply plain.

    Args:
        text: Any string, lone surrogates included.
        cut_off: Whether a limit ended it.

    Returns:
        The page; both its texts have the length of `text`.
    """
    text = _plain_characters(decoded(text)).replace(_BOX, "\\boxed{".ljust(len(_BOX)))
    raw, ended = first_turn(text, cut_off)
    cut_off = cut_off and not ended
    if cut_off:
        raw = without_unfinished_thinking(raw)
    plain = _ANSWER_TAG.sub(_as_name, raw)
    plain = _MASKED.sub(_blank, plain)
    plain = _PLACEHOLDER.sub(lambda held: f" {held[1]} ", plain)
    plain = _ANSWER_TO_Q.sub(r"\g<question> ", _MARKUP.sub(" ", plain))
    return ReplyPage(raw, plain, cut_off)


def _plain_characters(text: str) -> str:
    """Replace full-width, bold-font and no-break characters by those that look the same."""
    same_look = {
        ord(character): folded
        for character in set(text)
        if unicodedata.decomposition(character).partition(" ")[0] in _SAME_LOOK
        and len(folded := unicodedata.normalize("NFKC", character)) == 1
    }
    return text.translate(same_look).translate(_PLAIN)


def _as_name(tag: re.Match[str]) -> str:
    # "Output:" in prose announces nothing, so the tag takes a name that does.
    return f" {tag['name'] or tag['key'] or 'final'}:".ljust(len(tag[0]))


def _blank(match: re.Match[str]) -> str:
    return " " * len(match[0])
