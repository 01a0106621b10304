"""Text from a log or a file for a terminal: data, whatever it holds."""

import unicodedata


def plain(text: str) -> str:
    """Return a text in one line without control characters.

    Line breaks and tabs become spaces. Escape sequences, marks that turn the direction of writing,
    and halves of characters that no terminal can show are left out.
    """
    spaced = " ".join(text.split())
    kept = (letter for letter in spaced if not unicodedata.category(letter).startswith("C"))
    return " ".join("".join(kept).split())
