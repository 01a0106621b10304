"""Words and marks that may say an outcome, and the clauses that they stand in."""

import re
import unicodedata
from collections.abc import Iterator

_KNOCK_DOWN = re.compile(r"\bknock\w*[\s-]*down\w*", re.IGNORECASE)
_GOES_UP = r"up|increas\w*|up-?regulat\w*|induc(?:ed|es)|rais(?:ed|es)|ris(?:es|en)|rose"
_GOES_UP += r"|elevat(?:ed|es)|climb(?:s|ed)"
_GOES_DOWN = r"down|decreas\w*|down-?regulat\w*|repress(?:ed|es)|lowers|lowered|falls|fell"
_GOES_DOWN += r"|reduc(?:ed|es)|drops|dropped|declin(?:ed|es)|diminish(?:ed|es)"
# "Up or down", "Yes | No", "0 or 1" offer a choice; they state nothing. "| 1 | 0 |" does.
_QUOTE = r"[\"'\u2018-\u201d*`]*"
_OR = rf"{_QUOTE}(?:\s*[/|]\s*|(?:\s*,)?\s+(?:or|and|nor|versus|vs\.?)\s+){_QUOTE}"
_PLUS, _MINUS = rf"(?:yes|true|{_GOES_UP})", rf"(?:no|false|{_GOES_DOWN})"
CHOICE = re.compile(
    rf"(?<!\|)(?<!\| )\b(?:{_PLUS}{_OR}{_MINUS}|{_MINUS}{_OR}{_PLUS}|0{_OR}1|1{_OR}0)\b|\[0, ?1\]",
    re.IGNORECASE,
)
# "No functional p53", "true effect" and "up to 10" are no verdicts.
_SAYS = r"(?=,?[ \t]+(?:it|this|that|they|indeed)\b)"  # "Yes it would"
_END = r"\b(?![ \t]*\w)(?![-.'\u2019]\w)"
_YES = re.compile(
    rf"\b(?:(?:yes|true){_END}|yes{_SAYS}|affirmative{_END}|(?:{_GOES_UP})\b(?!\s+to\b))",
    re.IGNORECASE,
)
_NO = re.compile(
    rf"\b(?:(?:no|false){_END}|no{_SAYS}|(?:{_GOES_DOWN})\b(?!\s+to\b))", re.IGNORECASE
)
# A digit is a label where a cell of a table or a value ends with it.
_DIGIT = re.compile(
    r"(?:^|[:=,| \t])[\"']?([+-]?[01](?:\.0)?)[\"']?[ \t]*(?=[,;|)\]}]|$)", re.MULTILINE
)
_PERCENT = re.compile(r"[:=,| \t](100|0)[ \t]?%[ \t]*(?=[,;|)\]}]|$)", re.MULTILINE)
_SIGN = re.compile(
    r"[:=,|( \t][\"']?([+\-\u2191\u2193\u2212])[\"']?[ \t]*"
    r"(?=[,;|)\]}]|$)",
    re.MULTILINE,
)
NOTHING = re.compile(r"[:=,|\t ]-\s*$")
"""A dash behind a name alone says that there is nothing to say."""
_UP_SIGNS = frozenset("+\u2191")
_SIGNS = {
    **dict.fromkeys(map(ord, "\u2705\u2611\u2713\u2714\U0001f44d\U0001f5f8"), " yes "),
    **dict.fromkeys(map(ord, "\u274c\u274e\u2612\u2715\u2716\u2717\u2718\U0001f44e"), " no "),
    **dict.fromkeys(map(ord, "\u2b06\u25b2\u2197\u2795\U0001f53c\U0001f4c8"), " up "),
    **dict.fromkeys(map(ord, "\u2b07\u25bc\u2198\u2796\U0001f53d\U0001f4c9"), " down "),
    **dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad\ufe0e\ufe0f"), None),
    **dict.fromkeys(range(0x1F3FB, 0x1F400), None),  # the color of a hand
}
CHANGED = re.compile(
    r"\b(?:unchanged|no (?:significant )?(?:change|effect)|not significant\w*"
    r"|differentially expressed|significantly changed|chang(?:ed|es) significantly)\b",
    re.IGNORECASE,
)
CHANGES = re.compile(
    r"\b(?:chang\w+|change|affect\w*|unaffected|alter(?:s|ed)?|respon[ds]\w*|significan\w+"
    r"|sensitive|insensitive|DEGs?|hits?|moves?|moved|effects?|influenc\w+|perturbs"
    r"|impact\w*|higher|lower|leaves|untouched|intact|shift(?:s|ed)|boost(?:s|ed)"
    r"|suppress(?:ed|es)|differs?|react(?:s|ed)|spared?)\b"
)
PERTURBED = re.compile(
    r"\b(?:knock\w*|KD|KO|loss|lack|lost|losing|deplet\w*|silenc\w*|delet\w*|CRISPR\w*|perturb\w*"
    r"|absence|without|inhibition|targeting)\b",
    re.IGNORECASE,
)
MEASURED = re.compile(
    r"\b(?:log2?\s?-?(?:fc|fold)|lfc|fold|z-?(?:score)?|p-?adj|adj\.?\s?p|p-?val\w*|fdr|q-?val\w*)\b"
    r"\D{0,12}\d",
    re.IGNORECASE,
)
_CONDITION = re.compile(r"\b(?:whether|if|how)\b[^,;\n]*", re.IGNORECASE)
"""What is asked or supposed, with what follows; it takes no statement back: "if anything"."""
ASKS = re.compile(
    r"^\W*(?:(?:please|then|now|first|next|and|to|carefully|briefly)\s+){0,3}"
    r"(?:(?:predict|think|consider|guess|state|estimate|suppose|decide|imagine|say|judge|explain)\b"
    r"|(?:would|could|may|might|should|will|does|did|is|are|was|were|has)\s(?!you\b)[^,]*$)"
    r"|\bto\s(?:predict|estimate|guess|decide|judge|state|say|find)\b|\?",
    re.IGNORECASE,
)
RULER = re.compile(r"[\s|:=+-]+")
"""The line below the head of a table."""
_CLAUSE = re.compile(r"\\n|[\n}]|;(?=\s|$)|(?<=[.!?])[ \t]+")
_PARAGRAPH = re.compile(r"\n[ \t]*\n")
# What says which is which in a line of a table, and what stands between its cells.
ROLE = re.compile(
    r"\b(?:pert\w*|genes?|readouts?|targets?|labels?|answers?|results?|outcomes?|values?|effects?"
    r"|knock\w*|downs?|of|the|on|in|kd|ko|cells?|lines?|splits?|train|test|is|id|symbol"
    r"|regulator|response|crispri?)\b",
    re.IGNORECASE,
)
OUTCOME_MARK = re.compile(
    r"(?:yes|no|y|n|true|false|t|f|up|down|u|d|pos(?:itives?)?|neg(?:atives?)?|sig(?:nificant)?"
    r"|n\.?s\.?|non-?sig\w*|insignificant|de|degs?|non-?de|hit|miss|none|null|same|flat|stable"
    r"|unchanged|changed|unaffected|affected|respond\w*|responsive|higher|lower|[+-][0-9]*\.?[0-9]+"
    r"|[01](?:\.0)?|one|zero|affirmative|affirmed)",
    re.IGNORECASE,
)
LABELLED = re.compile(
    rf"\b(?:labels?|answers?|outcomes?|results?|verdicts?)\b\W{{0,4}}(?:is\s)?\s?{OUTCOME_MARK.pattern}[.\s]*$",
    re.IGNORECASE,
)
# What stands alone and is about the question: "Hint: Yes.", "Yes", "The gene goes up."
OF_THE_ANSWER = re.compile(
    r"\b(?:answer|hints?|truth|labels?|outcomes?|results?|verdicts?|solutions?|keys?|gold"
    r"|correct|remember|reminder|note|spoiler|clue|tip|fyi|nb)\b",
    re.IGNORECASE,
)
OF_THE_GENE = re.compile(
    r"\b(?:the|this|that|its)\s(?:asked\s)?(?:readout|gene|expression|transcript|level)\b",
    re.IGNORECASE,
)
MOVES = re.compile(rf"\b(?:{_GOES_UP}|{_GOES_DOWN})\b", re.IGNORECASE)
ELSEWHERE = re.compile(
    rf"\b(?:{_GOES_UP}|{_GOES_DOWN})\b\s+(?:in|by|during|under|with|through|at)\s+"
    r"(?!this\b|these\b|our\b|half\b|the\s(?:screen|experiment|cells?|line)\b|\w*\d)",
    re.IGNORECASE,
)
"""Where a gene moves, as its description says: "is upregulated in many tumors"."""
_ANY_PLUS = re.compile(rf"\b{_PLUS}\b", re.IGNORECASE)
_ANY_MINUS = re.compile(rf"\b{_MINUS}\b", re.IGNORECASE)
# How to answer: a form to fill in, a scale, a rule.
TO_FILL_IN = re.compile(r"<[^<>\n]{0,80}>|[\[(]\s?0(?:\.0)?\s?,\s?1(?:\.0)?\s?[\])]|\b0 to 1\b")
ITEM = re.compile(r"\s{0,8}[-*(]?[ \t]?\w[.)][ \t]")
RULE = re.compile(
    r"\b(?:whether|if(?!\s(?:any|asked|I\b|you\s(?:ask|must|want|need)))|unless|otherwise|either"
    r"|do not|don't|never|avoid|rather than|instead of|most\s(?:answers|genes|pairs|cases|of))",
    re.IGNORECASE,
)
WORD = re.compile(r"[^\s,;:|=()\[\]{}\"'`*<>/\u2192]+")


def plain(text: str) -> str:
    """Return a text in plain letters: no full-width or invisible ones, `yes` for a check mark."""
    return text if text.isascii() else unicodedata.normalize("NFKC", text.translate(_SIGNS))


def without_item(clause: str) -> str:
    """Return a clause without the number of its line in a list."""
    item = ITEM.match(clause)
    return clause[item.end() :] if item else clause


def offers(said: str) -> bool:
    """Whether a clause says both yes and no, as what says how to answer does."""
    said = _KNOCK_DOWN.sub(" ", said)
    return bool(_ANY_PLUS.search(said) and _ANY_MINUS.search(said))


def supposes(said: str) -> bool:
    """Whether an outcome stands in what is supposed: `if it changes`, not `if anything`."""
    parts = _CONDITION.findall(said)
    return any(verdicts_in(p) or CHANGED.search(p) or CHANGES.search(p) for p in parts)


def paragraphs(text: str) -> Iterator[tuple[int, str]]:
    """Yield the paragraphs of a text, each with where it begins."""
    begin = 0
    for found in [*_PARAGRAPH.finditer(text), None]:
        end = found.start() if found else len(text)
        yield begin, text[begin:end]
        begin = found.end() if found else end


def placed_clauses(paragraph: str) -> Iterator[tuple[int, str]]:
    """Yield the lines and sentences of a paragraph, each with where it begins in it."""
    begin = 0
    for end in [*(found.start() for found in _CLAUSE.finditer(paragraph)), len(paragraph)]:
        yield begin, paragraph[begin:end]
        begin = end


def clauses(text: str) -> list[str]:
    """Return the lines and sentences of a text."""
    return [clause for _, part in paragraphs(text) for _, clause in placed_clauses(part)]


_ONE_NEIGHBOR = re.compile(r"\ANeighbors, all 1, the strongest first(?=: )")
"""How the agent's tool begins a list of one, a number that counts."""


def verdicts_in(text: str) -> frozenset[str]:
    """Return the verdicts in a text: `+` for yes and increase, `-` for no and decrease."""
    said = _ONE_NEIGHBOR.sub(" ", _KNOCK_DOWN.sub(" ", text.replace("_", " ")))
    said = CHOICE.sub(" ", said)
    found = {sign for sign, words in (("+", _YES), ("-", _NO)) if words.search(said)}
    found |= {"+" if float(digit) > 0 else "-" for digit in _DIGIT.findall(said)}
    found |= {"+" if percent == "100" else "-" for percent in _PERCENT.findall(said)}
    found |= {"+" if sign in _UP_SIGNS else "-" for sign in _SIGN.findall(said)}
    return frozenset(found)
