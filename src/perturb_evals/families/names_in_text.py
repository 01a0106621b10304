"""Names in a text."""

import re

_TOKEN = re.compile(r"[^\W_](?:[\w.-]*[^\W_])?")
_PIECE = re.compile(r"[^\W_]+")


class Names:
    """Names that are looked for in texts, letter by letter."""

    def __init__(self, names: frozenset[str]) -> None:
        self._names = names
        self._phrases = [name for name in names if not _TOKEN.fullmatch(name)]

    def in_text(self, text: str) -> frozenset[str]:
        """Return the names in a text; of a name within a longer one, only the longer one."""
        phrases = {phrase for phrase in self._phrases if phrase in text}
        found = set(phrases)
        for word in _TOKEN.findall(text):
            if word in self._names:
                found.add(word)
            else:  # PSMA1_PDIA6, PSMA1-KD
                found |= self._names.intersection(_PIECE.findall(word))
        return frozenset(
            name
            for name in found
            if not any(name != phrase and name in phrase for phrase in phrases)
        )
