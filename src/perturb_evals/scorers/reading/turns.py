"""What a model says in its own first turn, without its reasoning.

Servers leave the tokens of a chat template in the text, or strip the tokens and leave the words
beside them. There are many templates, so a token is known by its form (`<|...|>`, `<|...>`,
`<...|>`, `<end_of_...>`, `<unused7>`) and means what the words in it say: it ends a turn
(`<|im_end|>`, `<eos>`), begins one (`<|user|>`), opens or closes reasoning (`<think>`,
`<|channel>thought`), or nothing.
"""

import re
from typing import Literal, NamedTuple, TypeAlias

Meaning: TypeAlias = Literal["open", "close", "final", "end", "own", "other", "nothing"]
"""What a token does: it opens or closes reasoning, says that the answer comes, ends a turn, begins
one of the model's own or of somebody else, or does nothing."""

Family: TypeAlias = Literal["tag", "channel", "message", "spare", "line", "perhaps", "turn"]
"""What goes together: a channel ends with its message, a spare token with another one. What is left
of a stripped token is a line; the line `thought` is perhaps that of an empty tag."""

_THOUGHT = (
    r"think(?:ing)?|thoughts?|reasoning|reflect(?:ion)?|scratch_?pad|analysis|antthinking"
    r"|commentary|monologue|cot"
)
_OTHER = r"user|human|system|developer|tool|ipython|observation|functions?"
_OWN = r"assistant|model|ai|chatbot"
_PART = r"text|turn|sentence|message|sequence|response|conversation"

_TOKEN = re.compile(
    rf"""
      (?: <\|(?P<left>[\w/.:\ -]{{1,40}})\|?>
        | <(?P<right>[\w/.:\ -]{{1,40}})\|>
        | [<\u25c1](?P<tag>/?(?:[a-z]{{1,12}}[:._-]){{0,3}}(?:{_THOUGHT})
            (?:[:._-][a-z]{{1,12}}){{0,2}})(?:\s[^<>\n]{{0,40}})?[>\u25b7]
        | <(?P<angle>(?:start|begin|end)(?:_of_\w{{1,20}})?|(?:[a-z]{{1,12}}:)?[be]o[stmpd]|/?s
            |pad|unk)>
        | <(?P<spare>(?:unused|reserved|special|extra_id)\w{{0,15}})>
        | \[(?P<square>/?(?:{_THOUGHT}|inst|system_prompt|tool_calls|[be]o[stmd]|sep|cls|pad
            |user|assistant|human|end(?:[\ _]?of[\ _]?(?:{_PART}))?))\]
        | \[\|(?P<barred>/?(?:{_THOUGHT}|{_OTHER}|{_OWN}|[be]o[stmd]|sep|pad
            |(?:im_)?(?:start|begin|end)[\w\ ]{{0,20}}))\|?\]
        | (?P<tilde>\[e~\[|\]~!?b[\[\]])
      ) (?=\s{{0,3}}(?P<word>[a-z]{{1,12}})\b(?P<call>\s+to=)?)?
    # What is left where tokens are stripped.
    | (?:\A\s*|(?<=[>\]\n]))(?: (?P<perhaps>thought(?=\n))
        | (?P<open>(?-i:analysis)(?=(?-i:[A-Z])|[^\w\s:.,;]) | thinking\.\.\.(?=\n)) )
    | ^(?P<done>\.\.\.done\ thinking\.?)(?=\n|\Z)
    | assistant(?P<channel>final|analysis|commentary)
    | (?: (?:^|(?<=\S)) (?P<line>(?-i:user|assistant)) | \A(?-i:model) )(?=\n|\Z)
    | ^(?:\#{{3}}\ )?(?P<speaker>(?-i:Human|User|Assistant|Instruction)):
    """,
    re.VERBOSE | re.IGNORECASE | re.MULTILINE,
)
_NO_TEXT = re.compile(
    r"(?<=[^\n])<s>[^<>\n]{1,200}</s>"  # struck out; at the begin of a line it is a token
    r"|[<\[]\|\w{0,30}\|?\Z"  # a token that is cut through
)
_SAYS = re.compile(r"\w|[\u2191\u2b06\u2193\u2b07]")


def _with_word(words: str) -> re.Pattern[str]:
    return re.compile(rf"(?:[\W_]|^)(?:{words})(?:[\W_]|$)")


_OF_THOUGHT = _with_word(_THOUGHT)
_OF_OTHER = _with_word(rf"{_OTHER}|inst|system_prompt")
_END = _with_word(rf"end|eo[stmpd]|endof(?:{_PART})|return|call|stop|/s|e~")
_OF_A_PART = re.compile(r"header|role|box|tool|solution|answer|image|audio|code|arg|prompt")
_BEGIN = re.compile(
    r"(?:im[ _])?(?:start|begin)"
    r"|(?:start|begin)[ _](?:of[ _](?:turn|role)(?:[ _]token)?|header[ _]id)"
    r"|header[ _]start|turn|/?inst|system_prompt|\]~b\]"
    rf"|(?:im[ _])?(?:{_OTHER}|{_OWN})(?:[ _](?:token|start))?"
)
_CHANNEL = re.compile(rf"{_THOUGHT}|answer|final")
_ROLE = re.compile(rf"{_OTHER}|{_OWN}")


class FirstTurn(NamedTuple):
    """A reply with all blanked that is no answer; as long as the reply itself.

    `ended` says that a token ended the turn, so that a limit can only have cut what came later.
    """

    text: str
    ended: bool


class _Token(NamedTuple):
    begin: int
    end: int
    meaning: Meaning
    family: Family
    name: str = ""  # of a tag, the same for the opening and the closing one


def first_turn(text: str, cut_off: bool = False) -> FirstTurn:
    """Blank reasoning, turns of others, tokens of templates, and all behind the end of the turn.

    Reasoning is what stands between its tags, behind one that is never closed, and before a stray
    closing one. Tokens of turns in the midst of reasoning mean nothing. At the begin of a reply the
    prompt may be repeated.

    Args:
        text: The reply, look-alike characters made plain.
        cut_off: Whether a limit ended the reply. If it begins with the line `thought`, all that is
            left of an opening tag, that tells reasoning from the tags of an empty one.

    Returns:
        The text, of the same length, and whether the turn has ended in it.
    """
    text = _NO_TEXT.sub(lambda found: " " * len(found[0]), text)
    tokens = [_token(found) for found in _TOKEN.finditer(text)]
    blank: list[tuple[int, int]] = []
    hidden: tuple[int, Family] | None = None  # where reasoning or another's turn began
    outer = ""  # name of the tag that opened it
    inside: set[str] = set()  # tags of reasoning that were opened in reasoning
    at, thought, said, final = 0, False, False, False
    for token, stray in zip(tokens, _before_a_close(tokens), strict=True):
        said = said or (hidden is None and _SAYS.search(text, at, token.begin) is not None)
        at, meaning = token.end, token.meaning
        if (said and meaning == "open" and token.family in ("line", "perhaps")) or (
            token.family == "perhaps" and not (stray or cut_off)
        ):
            continue  # a word of the text
        closes = meaning in ("close", "final")
        ends = meaning in ("end", "own", "other") and (final or not stray)
        if hidden:
            begin, family = hidden
            if family == "channel" and ends and meaning != "own" and token.family != "message":
                return FirstTurn(_blanked(text, [*blank, (begin, len(text))]), True)
            both_spare = family == token.family == "spare"
            own = meaning == "own" and family in ("channel", "turn")
            if meaning == "open" and token.name not in ("", outer):
                inside.add(token.name)
            elif meaning == "close" and token.name in inside:
                inside.remove(token.name)
            elif meaning == "final":
                blank, hidden = [(0, at)], None
            elif closes or both_spare or own or (family == "channel" and token.family == "message"):
                blank.append((begin, at))
                hidden = None
        elif (ends and (said or (thought and meaning != "own"))) or (
            final and meaning == "close" and token.family == "channel"
        ):
            return FirstTurn(_blanked(text, [*blank, (token.begin, len(text))]), True)
        elif closes:  # what it closes was opened in the prompt
            blank, said = [(0, at)], False
        elif meaning == "open":
            hidden, outer, inside = (token.begin, token.family), token.name, set()
        elif meaning == "other" and ends:
            hidden = (token.begin, "turn")
        else:
            blank.append((token.begin, at))
        thought = thought or closes or meaning == "open"
        final = final or meaning == "final"
    if hidden:
        blank.append((hidden[0], len(text)))
    return FirstTurn(_blanked(text, blank), False)


def _before_a_close(tokens: list[_Token]) -> list[bool]:
    """Tell for each token whether the next one of reasoning closes it: then this one is inside."""
    inside, closes = [], False
    for token in reversed(tokens):
        inside.append(closes)
        if token.meaning in ("open", "close", "final"):
            closes = token.meaning != "open"
    return inside[::-1]


def _blanked(text: str, spans: list[tuple[int, int]]) -> str:
    pieces, kept = [], 0
    for begin, end in spans:
        pieces += [text[kept:begin], " " * (end - max(begin, kept))]
        kept = max(end, kept)
    return "".join([*pieces, text[kept:]])


def _token(found: re.Match[str]) -> _Token:
    begin, end = found.span()
    word = (found["word"] or "").lower()
    if found["spare"]:
        return _Token(begin, end, "open" if word == "thought" else "nothing", "spare")
    if found["done"]:
        return _Token(begin, end, "close", "tag")
    if found["open"] or found["perhaps"]:
        return _Token(begin, end, "open", "line" if found["open"] else "perhaps")
    if found["channel"]:
        return _Token(begin, end, _of_channel(found["channel"].lower()), "channel")
    if found["speaker"] or found["line"]:
        who = (found["speaker"] or found["line"]).lower()
        return _Token(begin, end, "own" if who == "assistant" else "other", "line")
    parts = ("left", "right", "tag", "angle", "square", "barred", "tilde")
    name = next((found[part].lower() for part in parts if found[part]), "model")
    if name == "channel":
        if found["right"]:
            return _Token(begin, end, "close", "channel")
        meaning = "nothing" if found["call"] else _of_channel(word)
        return _Token(begin, max(end, found.end("word")), meaning, "channel")
    meaning = _meaning(name, word, closes=found["right"] is not None)
    if meaning in ("own", "other") and _ROLE.fullmatch(word):
        end = found.end("word")
    elif meaning == "own" and name.endswith("start") and _CHANNEL.fullmatch(word):
        return _Token(begin, found.end("word"), _of_channel(word), "channel")
    return _Token(begin, end, meaning, "message" if name == "end" else "tag", name.strip("/"))


def _of_channel(word: str) -> Meaning:
    return "final" if word in ("final", "answer", "response") else "open"


def _meaning(name: str, word: str, closes: bool) -> Meaning:
    """Tell what a token does by its name and by the word behind it."""
    if _OF_THOUGHT.search(name):
        return "close" if closes or name.startswith("/") or _END.search(name) else "open"
    if _BEGIN.fullmatch(name) and not closes:
        others = _OF_OTHER.search(name) or _OF_OTHER.search(word)
        return "other" if others and not name.startswith("/") else "own"
    if _OF_A_PART.search(name):
        return "nothing"
    return "end" if _END.search(name) or (closes and name == "turn") else "nothing"
