"""What is wrong with a fact in a log's header, in words."""

LONGEST = 80
"""Letters of a value that are shown."""


def expected(what: str, allowed: tuple[str, ...], got: object) -> str:
    """Return that a value is not among those that there are."""
    return f"expected {what} among {', '.join(allowed)}; got {shown(got)}."


def shown(value: object) -> str:
    """Return a value of a log as it may be shown."""
    text = repr(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
