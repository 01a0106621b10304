"""How many tokens a text takes, about: tokenizers differ by a quarter and more."""

from collections.abc import Sequence

CHARACTERS_A_TOKEN = 4.0
"""Usual for English prose; gene symbols in it break into more tokens."""

SYMBOL_CHARACTERS_A_TOKEN = 2.0
"""For lists of gene symbols, commas and blanks counted: a symbol makes about 3.5 tokens."""


def prose_tokens(characters: int) -> float:
    """Return about how many tokens so many characters of prose take."""
    return characters / CHARACTERS_A_TOKEN


def prompt_tokens(prompt: str, candidates: Sequence[str]) -> int:
    """Return about how many tokens a prompt takes that lists candidates.

    Args:
        prompt: The rendered prompt.
        candidates: The symbols that it lists, with a comma and a blank behind each.
    """
    listed = sum(len(name) + 2 for name in candidates)
    prose = prose_tokens(max(len(prompt) - listed, 0))
    return round(prose + listed / SYMBOL_CHARACTERS_A_TOKEN)
