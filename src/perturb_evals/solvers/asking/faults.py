"""What went wrong with a request: the status, the words, and of which kind a fault is."""

import json
import re
from collections.abc import Iterator

from pydantic import ValidationError

REFUSALS = (400, 403, 404, 405, 415, 422)
"""Statuses with which servers refuse an option that they, the model or the address do not know."""

SLOW_DOWN = (408, 429)

_NO_REPLY = re.compile("timeout|connect", re.IGNORECASE)
"""In the name of what is raised where nobody replied; each SDK has classes of its own."""

UNREADABLE = (ValidationError, json.JSONDecodeError)

_TOO_LONG = re.compile(
    r"""
    (?:context|maximum\s(?:prompt|input|model))[\s_-]?(?:length|size|window|limit)
    | (?:prompt|inputs?)\b[^.]{0,40}\b(?:is|are)?\s*too\s(?:long|large) | prompt\stoo\slong
    | input\stoken\scount\b.{0,40}\bexceeds | too\smany\stokens | tokens\sto\skeep\sfrom
    | `inputs`\s(?:tokens|must\shave) | exceeds?\b.{0,40}\bmaximum\sinput
    """,
    re.VERBOSE | re.IGNORECASE,
)


def says_too_long(said: str) -> bool:
    """Tell whether a server's words are that a prompt is too long for the model's context window.

    OpenAI, vLLM, SGLang, TGI, llama.cpp, Ollama, LM Studio and the services each say it in their
    own words; few have a code for it.
    """
    return _TOO_LONG.search(said) is not None


def status_of(error: BaseException) -> int | None:
    """Return the HTTP status of an error; None for one that has none, as where nobody answers.

    SDKs name it `status_code` or `code`; that of a request repeated in vain is in its cause.
    """
    for fault in causes(error):
        for name in ("status_code", "code"):
            status = getattr(fault, name, None)
            if isinstance(status, int) and 100 <= status <= 599:
                return status
    return None


def words_of(error: BaseException) -> str:
    """Return what the provider said, without the request that Inspect shows beside it."""
    faults = [*causes(error)]
    bodies = [body for fault in faults if isinstance(body := getattr(fault, "body", None), dict)]
    messages = [getattr(fault, "message", None) for fault in faults]
    for said in (*(body.get("message") for body in bodies), *messages, str(faults[-1])):
        if isinstance(said, str) and said.strip():
            return " ".join(said.split())
    return type(faults[-1]).__name__


def is_refusal(error: BaseException) -> bool:
    """Tell whether the request will not do as it is, however often it is sent.

    So it is with a reply that cannot be read: log probabilities that are no numbers, no JSON.
    """
    unreadable = any(isinstance(fault, UNREADABLE) for fault in causes(error))
    return unreadable or status_of(error) in REFUSALS


def is_no_reply(error: BaseException) -> bool:
    """Tell whether nobody replied, or with nothing but to wait: it says nothing of the request."""
    named = any(_NO_REPLY.search(type(fault).__name__) for fault in causes(error))
    return named or status_of(error) in SLOW_DOWN


def causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and what it came from, the innermost last."""
    seen: set[int] = set()
    fault: BaseException | None = error
    while fault is not None and id(fault) not in seen:
        seen.add(id(fault))
        yield fault
        fault = fault.__cause__
