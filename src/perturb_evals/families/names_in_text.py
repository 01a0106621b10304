"""Names in a text."""

import re

_TOKEN = re.compile(r"[^\W_](?:[\w.-]*[^\W_])?")
_PIECE = re.compile(r"[^\W_]+")


class Names:
    """Names that are looked for in texts, letter by letter."""

    def __init__(self, names: frozenset[str]) -> None:
        self._names = names
        self._phrases = [name for name in names if not _TOKEN.fullmatch(name)]
        # A name in another case; of two that differ in nothing else neither can be told.
        folded: dict[str, str] = {}
        for name in sorted(names):
            folded[name.casefold()] = "" if name.casefold() in folded else name
        self._folded = {key: name for key, name in folded.items() if name}

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

    def in_any_case(self, text: str) -> frozenset[str]:
        """Return the names in a text, whatever their case: `set` is the gene SET, too."""
        other: set[str] = set()
        beside = text
        for phrase in self._phrases:
            beside = beside.replace(phrase, " ")
        for word in _TOKEN.findall(beside.casefold()):
            whole = self._folded.get(word)
            parts = [whole] if whole else map(self._folded.get, _PIECE.findall(word))
            other.update(filter(None, parts))
        return self.in_text(text) | other

    def without(self, text: str) -> str:
        """Return a text without its names, in any case, each of them a blank."""
        for phrase in self._phrases:
            text = text.replace(phrase, " ")

        def piece(found: re.Match[str]) -> str:
            known = found[0] in self._names or found[0].casefold() in self._folded
            return " " if known else found[0]

        def token(found: re.Match[str]) -> str:
            whole = piece(found)
            return whole if whole == " " else _PIECE.sub(piece, whole)

        return _TOKEN.sub(token, text)
