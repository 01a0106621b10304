"""Arguments without those that are named like a secret, so that the others may be shown."""

import re
from collections.abc import Mapping
from typing import Any

SECRET = {
    *("key", "keyfile", "keyring", "keyvault", "token", "secret", "password", "passwd"),
    *("passphrase", "passcode", "pwd", "auth", "oauth", "authorization", "authorisation"),
    *("authentication", "jwt", "header", "credential", "cred", "bearer", "cookie"),
    *("organization", "organisation", "org", "orgid", "account", "accountid", "project"),
    *("projectid",),
}
"""Words of the names of arguments that are not shown, and their plurals."""

JOINED = re.compile(
    r"(api|access|auth|bearer|client|encryption|private|refresh|secret|session|signing|ssh)"
    r"(key|token|secret)|passw(or)?d|passphrase|credential|(custom|default|extra|http)headers?"
)
"""What says so even within a word, as in `openaiapikey`."""

COUNTS = {"n", "num", "number"}
NUMBERED = {"tokens", "limit", "budget"}
WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[^\W\d_A-Z]+|[A-Z]")
"""A word within a name: letters of one case, or lower ones after a capital."""

URL = re.compile(r"([A-Za-z][\w+.-]{0,30}://)(?:[^/?#\s]*@)?([^?#\s]*)(?:[?#]\S*)?")


def without_secrets(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return arguments without those that are named like a secret, at any depth.

    Whole words of a name count: an `api_key` and a `clientSecret` go, `keywords`, an `author` and a
    `tokenizer` stay. A switch, a number of tokens or headers and what is named like a number of
    others (`n_keys`) are no secrets. URLs lose user, password and query, also within a text.

    Args:
        arguments: Values by name, as deep as they come.
    """
    return {
        name: _open(value) for name, value in arguments.items() if not _secret(str(name), value)
    }


def _open(value: Any) -> Any:
    if isinstance(value, Mapping):
        return without_secrets(value)
    if isinstance(value, list | tuple):
        return [_open(item) for item in value]
    return URL.sub(r"\1\2", value) if isinstance(value, str) and "://" in value else value


def _secret(name: str, value: Any) -> bool:
    words = [word.lower() for word in WORD.findall(name)]
    if value is None or isinstance(value, bool) or (words and words[0] in COUNTS):
        return False
    # `myAPIkey` splits into no word of the list: its parts between `_` are looked at as well.
    parts = re.findall(r"[^\W\d_]+", name.lower())
    found = _singular([*words, *parts]) & SECRET
    if isinstance(value, int | float) and (found == {"header"} or NUMBERED & {*words}):
        found -= {"header", "token"}
    return bool(found) or any(map(JOINED.search, parts))


def _singular(words: list[str]) -> set[str]:
    return {form for word in words for form in (word, word.removesuffix("s"))}
