"""The texts in what a server was sent, and in what it replied, as a log keeps both."""

from collections.abc import Collection, Iterator
from typing import Any

WRITTEN = ("content", "text")
"""Names under which the replies of servers hold what a model wrote."""

SENT = (*WRITTEN, "input", "prompt", "parts", "system", "instructions", "system_instruction")
"""Names under which requests hold what a model reads."""


def texts_of(value: Any, names: Collection[str], name: str = "") -> Iterator[str]:
    """Yield the texts of a request or a reply.

    Args:
        value: JSON.
        names: Those under which texts stand, at any depth: `SENT` or `WRITTEN`.
        name: That under which the value itself stands.
    """
    if isinstance(value, str):
        if name in names:
            yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from texts_of(inner, names, key)
    elif isinstance(value, list):
        for inner in value:
            yield from texts_of(inner, names, name)


def squeezed(text: str) -> str:
    """Return a text without white space, of which servers and providers take some out."""
    return "".join(text.split())
