"""Codes in the place of symbols: where a log keeps the table of them, and back to symbols.

A run whose prompts name genes by neutral codes, as `G017` for PSMA1, says so in its metadata under
`symbol_codes`, a mapping from each symbol to its code: in that of a sample where every question has
codes of its own, else in that of the run. Whoever reads its prompts decodes them first.
"""

import re
from collections.abc import Mapping
from typing import Any

KEY = "symbol_codes"
"""Name of the table in the metadata of a run or of a sample."""

_TOKEN = re.compile(r"[^\W_](?:[\w.-]*[^\W_])?")
_PIECE = re.compile(r"[^\W_]+")


def codes_in(metadata: Mapping[str, Any]) -> dict[str, str]:
    """Return the symbol of each code that metadata tell; empty for none.

    Raises:
        ValueError: What stands there is no mapping of texts, or gives two symbols one code.
    """
    table = metadata.get(KEY, {})
    if not isinstance(table, Mapping):
        raise ValueError(f"{KEY} must be a table of symbols and their codes; got {table!r:.80}.")
    symbols: dict[str, str] = {}
    for symbol, code in table.items():
        if not isinstance(code, str) or not code.strip():
            raise ValueError(f"{KEY} must give each symbol a code; got {code!r:.80} for {symbol}.")
        if code in symbols:
            raise ValueError(f"{KEY} gives {symbols[code]} and {symbol} one code, {code!r:.80}.")
        symbols[code] = str(symbol)
    return symbols


def decoded(text: str, symbols: Mapping[str, str]) -> str:
    """Return a text with symbols in the place of codes, whole words and parts between marks.

    Args:
        text: What was shown.
        symbols: By code, see `codes_in`.
    """
    if not symbols:
        return text
    folded = {code.casefold(): symbol for code, symbol in symbols.items()}
    for code in sorted((c for c in symbols if not _TOKEN.fullmatch(c)), key=len, reverse=True):
        text = text.replace(code, symbols[code])

    def piece(found: re.Match[str]) -> str:
        return folded.get(found[0].casefold(), found[0])

    def token(found: re.Match[str]) -> str:
        whole = folded.get(found[0].casefold())
        return whole if whole is not None else _PIECE.sub(piece, found[0])

    return _TOKEN.sub(token, text)
