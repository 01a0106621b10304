"""Text that a server gave out as its tokenizer spells it: bytes, and letters that stand for blanks.

Every step keeps the length of the text: what was spelt in more characters is filled with blanks.
"""

import re

_BYTES = re.compile(r"(?:<0x[0-9A-F]{2}>)+", re.IGNORECASE)
_SPELT = str.maketrans({"\u0120": " ", "\u010a": "\n", "\u0109": " ", "\u010d": "\n"})
# In Maltese these are letters of words; none stands behind a small letter, a stop or a colon there.
_BETWEEN_WORDS = re.compile(r"[a-z0-9.,:;!?*>][\u0120\u010a]")


def decoded(text: str) -> str:
    """Return a text with bytes (`<0x0A>`) and spelt blanks (U+0120, U+010A) as what they stand for.

    Args:
        text: Any string.

    Returns:
        A text of the same length. The letters stay where they are not plainly blanks.
    """
    text = _BYTES.sub(_characters, text)
    spelt = text.count("\u0120") + text.count("\u010a")
    if spelt and (
        spelt > text.count(" ") + text.count("\n") or _BETWEEN_WORDS.search(text) is not None
    ):
        return text.translate(_SPELT)
    return text


def _characters(run: re.Match[str]) -> str:
    held = bytes.fromhex(run[0].replace("<0x", "").replace("<0X", "").replace(">", ""))
    said = held.decode("utf-8", errors="replace").replace("\ufffd", " ")
    return said.ljust(len(run[0]))
