"""The names of genes in what a model wrote as a list, and how similar it calls them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

from perturb_evals.scorers.reading.loose_json import Entries, Value

ReadAs = Literal["object", "list", "cut_off"]

Found: TypeAlias = tuple[str | None, float | None]


class Named(NamedTuple):
    """A name as the answer gives it, and its similarity in [0, 1] where it gives one."""

    name: str
    similarity: float | None = None


@dataclass(frozen=True)
class NeighborAnswer:
    """The neighbors as a reply names them.

    Attributes:
        items: Names, most similar first, as they are written but for look-alike characters and
            for blanks and quotation marks around them, with their similarities in [0, 1]. Empty
            for an answer that says an empty list.
        read: From what it was read: `object` (what stands under the key `kNN` or one like it),
            `list` (names without such a key), `cut_off` (a list that does not end; its complete
            names).
        n_unusable: Entries of the list that are no names: numbers, null, blanks, dots.
    """

    items: tuple[Named, ...]
    read: ReadAs
    n_unusable: int = 0

    @property
    def names(self) -> tuple[str, ...]:
        """The names alone."""
        return tuple(item.name for item in self.items)


_NAME_KEYS = (
    *("gene", "name", "symbol", "gene_symbol", "gene_name"),
    *("perturbation", "neighbor", "neighbour"),
)
_SIMILARITY_KEYS = ("similarity", "similarity_score", "score", "confidence", "weight")

_WORD = r"[A-Za-z0-9_.@/-]{2,25}"
_FIRST_WORD = re.compile(
    rf"[\W_]{{0,5}}(?:\d{{1,3}}[.):]\s{{0,3}})?[\W_]{{0,5}}(?:gene\s)?({_WORD})(?!\w)",
    re.IGNORECASE,
)
_PLACEHOLDER = re.compile(
    r"(?:gene|symbol|name|perturbation|neighbou?r|candidate|item|example|target)s?"
    r"[\s_-]?(?:symbol|name|id)?s?[\s_-]?(?:[a-z]|\d{1,2})?"
    r"|strings?|str|text|array|list|object|number|type|reasoning|k[\s_-]?nns?"
    r"|null|none|nan|n/?a|unknown|[a-z]",
    re.IGNORECASE,
)
_SEPARATOR = re.compile(r"[,;|\n>&\u3001]|\band\b")
_NUMBER = re.compile(r"\d{1,6}(?:\.\d{0,20})?(?=\s?(?:%|/\s?100)?\Z)")
_BESIDE = " \t\r\n\"'`,;"
_AROUND = " \t\r\"'`[]{}()*"


def items_of(entries: Entries) -> tuple[tuple[Named, ...], int]:
    """The names in a list or object, in its order.

    An entry is a name, an object with a name (`{"gene": "RPL5", "similarity": 90}`), a list of a
    name and a number, or a list of those. A text of several symbols counts as these.

    Returns:
        The names, with similarities brought to [0, 1]: numbers are percentages if any of them is
        above 1, else shares. One that is negative, above 100 or no number counts as none. And the
        number of entries that are no names.
    """
    found = [(_clean(name or ""), number) for name, number in _walk(entries, nested=False)]
    scale = 100.0 if any(number is not None and number > 1 for _, number in found) else 1.0
    names = tuple(
        Named(name, None if number is None else number / scale)
        for name, number in found
        if any(map(str.isalpha, name))
    )
    return names, len(found) - len(names)


def names_in(text: str, ended: bool = True) -> tuple[Named, ...]:
    """The symbols in a text that is nothing but symbols, `RPL5, RPL23 and RPS14`; none in others.

    Args:
        text: What a model wrote in place of a list.
        ended: Whether the text is whole; else the last symbol, which may be cut, is left out.
    """
    pieces = _pieces(text)
    if len(pieces) == 1:
        pieces = text.split()
    pieces = pieces if ended else pieces[:-1]
    return tuple(map(Named, pieces)) if all(map(is_symbol, pieces)) else ()


def is_symbol(value: Value) -> bool:
    """Whether a value is one word with a letter, and a digit or two capitals: `RPL5`, `MYC`."""
    if not isinstance(value, str) or not re.fullmatch(_WORD, value):
        return False
    has_digit = re.search(r"\d", value) and re.search(r"[A-Za-z]", value)
    return bool(has_digit) or len(re.findall(r"[A-Z]", value)) > 1


def is_plausible(name: str) -> bool:
    """Whether a name may be meant as that of a gene.

    It is one word, or begins with one that has a digit or two capitals (`RPL5 (large subunit)`),
    and is no placeholder of an example (`GENE1`, `<gene>`, `string`, `A`).
    """
    if _PLACEHOLDER.fullmatch(name.strip(" <>.\"'*_")[:100]):
        return False
    word = _FIRST_WORD.match(name)
    if not word or not any(letter.isalpha() for letter in word[1]):
        return False
    alone = not re.search(r"\w", name[word.end() :])
    return alone or is_symbol(word[1])


def _walk(entries: Entries, nested: bool) -> Iterator[Found]:
    record = _record(entries, nested)
    if record:
        yield record
        return
    for key, value in entries:
        if isinstance(value, list):
            yield from _walk(value, nested=True)
        elif key is not None and _number(value) is not None:
            yield key, _number(value)
        elif key is not None and is_symbol(key) and not is_symbol(value):
            yield key, None
        elif isinstance(value, str):
            pieces = _pieces(value)
            several = len(pieces) > 1 and all(map(is_symbol, pieces))
            for name in pieces if several else [value]:
                yield name, None
        else:
            yield None, None


def _record(entries: Entries, nested: bool) -> Found | None:
    """The one name that an object describes, or a pair inside a list; None for anything else."""
    fields = {key.strip().lower(): value for key, value in entries if key is not None}
    names = [fields[key] for key in _NAME_KEYS if isinstance(fields.get(key), str)]
    numbers = [_number(fields[key]) for key in _SIMILARITY_KEYS if key in fields]
    if names or numbers:
        name = names[0] if names else None
        return (name if isinstance(name, str) else None), (numbers[0] if numbers else None)
    if nested and not fields and len(entries) in (2, 3):  # a third one is a remark
        name, number = entries[0][1], entries[1][1]
        if isinstance(name, str) and isinstance(number, float):
            return name, _number(number)
    return None


def _number(value: Value) -> float | None:
    """A number from 0 to 100, written as such or as text; None for anything else."""
    if isinstance(value, str):
        found = _NUMBER.match(value.strip())
        value = float(found[0]) if found else None
    return value if isinstance(value, float) and 0 <= value <= 100 else None


def _pieces(text: str) -> list[str]:
    pieces = (piece.strip(_AROUND) for piece in _SEPARATOR.split(text))
    return [piece for piece in pieces if piece]


def _clean(name: str) -> str:
    # Half of a surrogate pair, which an escape can spell, cannot be written to a log.
    return name.encode("utf-16", "surrogatepass").decode("utf-16", "replace").strip(_BESIDE)
