"""What is said of a gene, with a code in the place of every name in it.

Rather too much is replaced than too little, but for the words of the language: `SET` is a gene, and
so is `set` in no text.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from perturb_evals.datasets.genes.cards import gene_cards
from perturb_evals.datasets.genes.ncbi import Aliases, human_aliases
from perturb_evals.solvers.pairs.summaries import UNKNOWN

_WORD = re.compile(r"[^\W_]+")
_BETWEEN = re.compile(r"[-\u2010-\u2013./_ ]?")
"""What may stand between two parts of one name: GATA-1, GATA 1."""
MOST_PARTS = 5
_GREEK = str.maketrans(
    {
        "\u03b1": "alpha",
        "\u03b2": "beta",
        "\u03b3": "gamma",
        "\u03b4": "delta",
        "\u03b5": "epsilon",
        "\u03ba": "kappa",
    }
)
_SYMBOL = re.compile(r"[A-Z][A-Z0-9]+(?:orf[0-9]+)?(?:-[A-Z0-9]+)*")
"""How a current symbol is written, not counting those of a single letter."""
_NUMBERED = re.compile(r"(?=.{3,12}\Z)[A-Za-z][A-Za-z-]*[0-9][A-Za-z0-9-]*")
"""How names are written that stand in texts in any case: p53, Mcl-1, SFRS12; not E3, 40S."""
_IN_FRONT = re.compile(r"(?:h|hs|p|c|v|m)(?=[A-Z])|(?:H|Hs)(?=[A-Z][a-z])")
"""What stands in front of a symbol: hTERT, pRB."""
_REFERENCE = re.compile(r"[\s;,]{0,4}\(?\b(?:see )?O?MIM #?\d{6}\)?|\s?\[PubMed \d{1,9}\]")
"""Numbers by which catalogues name a gene or a paper about it."""
_FAMILIES = (
    *("protein", "proteins", "factor", "family", "member", "subunit", "containing", "domain"),
    *("homolog", "like", "component", "complex", "frame", "chain", "receptor", "kinase", "type"),
)
"""Words with which a full name without its number ends that is one of a family of genes."""

ONE_WORD = 7
"""Letters that a full name of one word has, to be told from other words, unless it is the first."""

Name = Callable[[str], str]
Meant = Callable[[str], str]
"""Gives the symbol of the gene that words mean, whichever gene it is; empty for none."""


@dataclass(frozen=True)
class _Names:
    """The names of a gene: short ones by their letters and digits alone, and full ones."""

    short: frozenset[str]
    exact: frozenset[str]
    full: tuple[tuple[str, re.Pattern[str]], ...]


def without_names(text: str, about: str, name: Name, others: Iterable[str], real: bool) -> str:
    """Return a text in which genes are called by codes, and the one it is about by no full name.

    Of `about` and `others` every symbol, synonym and full name that NCBI lists is replaced, in any
    spelling: other hyphens, blanks and case, a letter in front (hTERT) or an s behind. A word of
    small letters alone is no name, unless NCBI writes it so. Of all other genes current symbols are
    replaced, as they are written, and names with a number that mean one gene, in any case (p53).

    Args:
        text: What is said.
        about: Symbol of the gene that it is said of.
        name: Gives the code of a symbol.
        others: Symbols of genes that are named beside the text.
        real: Whether they are genes that NCBI knows. Otherwise, as in the demo world, what looks
            like a symbol with a digit stands for one, and nothing is read.

    Returns:
        The text; `UNKNOWN` where it was nothing but a name.

    Raises:
        DataError: A file of NCBI's cannot be had.
    """
    if text == UNKNOWN:
        return text
    owners = {symbol: _names(symbol, real) for symbol in dict.fromkeys((about, *others))}
    letters = _letters(text)
    for symbol, names in owners.items():
        for long_name, pattern in names.full:
            if long_name in letters and pattern.search(text):
                text = pattern.sub(name(symbol), text)
    text = _REFERENCE.sub("", text)
    meant = _meant(human_aliases()) if real else _with_a_digit
    text = "".join(_replaced(text, owners, name, meant))
    text = re.sub(rf"\A(?:{re.escape(name(about))}(?:, [^.;]{{1,40}})?\.\s*)+", "", text)
    return text if _WORD.search(text) else UNKNOWN


def _replaced(text: str, owners: dict[str, _Names], name: Name, meant: Meant) -> Iterator[str]:
    """Yield the pieces of a text, names replaced; of names within names the longest counts."""
    words = list(_WORD.finditer(text))
    place = at = 0
    while at < len(words):
        ends = [words[at].end()]
        for left, right in zip(words[at:], words[at + 1 : at + MOST_PARTS], strict=False):
            if not _BETWEEN.fullmatch(text, left.end(), right.start()):
                break
            ends.append(right.end())
        start = words[at].start()
        for n_parts in range(len(ends), 0, -1):
            symbol = _symbol(text[start : ends[n_parts - 1]], owners, meant)
            if symbol:
                yield text[place:start] + name(symbol)
                place = ends[n_parts - 1]
                break
        else:
            n_parts = 1
        at += n_parts
    yield text[place:]


def _symbol(written: str, owners: dict[str, _Names], meant: Meant) -> str:
    """Return the symbol of the gene that words are a name of; empty for none."""
    if written in owners:
        return written
    if not re.search(r"[A-Z0-9\u0370-\u03ff]", written):
        return next((symbol for symbol, names in owners.items() if written in names.exact), "")
    for form in _forms(written):
        for symbol, names in owners.items():
            if form in names.short:
                return symbol
    return meant(written)


def _meant(aliases: Aliases) -> Meant:
    def meant(written: str) -> str:
        if _SYMBOL.fullmatch(written) and aliases.is_current(written):
            return written
        if _NUMBERED.fullmatch(written):
            for form in (written, written.replace("-", "")):
                if len(ids := aliases.gene_ids_of_symbol(form)) == 1:
                    return aliases.symbols_of(ids)[0]
        return ""

    return meant


def _with_a_digit(written: str) -> str:
    has_digit = any(letter.isdigit() for letter in written)
    return written if has_digit and _SYMBOL.fullmatch(written) else ""


def _forms(written: str) -> Iterator[str]:
    """Yield the letters and digits of a name: as it is, without an s behind or what is in front."""
    bare = _IN_FRONT.sub("", written, count=1) if _IN_FRONT.match(written) else written
    for form in dict.fromkeys((written, bare)):
        yield _letters(form)
        if form.endswith("s") and len(form) > 2:
            yield _letters(form[:-1])


def _letters(text: str) -> str:
    return "".join(_WORD.findall(text.translate(_GREEK))).casefold()


@lru_cache(maxsize=4096)
def _names(symbol: str, real: bool) -> _Names:
    """Return what a gene is called."""
    if not real:
        return _Names(frozenset({_letters(symbol)}), frozenset({symbol}), ())
    card = gene_cards([symbol])[symbol]
    listed = [name for name in (symbol, card.symbol, *card.synonyms) if len(_letters(name)) > 1]
    full: set[str] = set()
    for long_name in (card.full_name, *card.designations):
        plain = re.sub(r"\([^()]*\)", " ", long_name)
        full |= {long_name, plain, re.split(r", (?=\D)", plain)[0]}
    for long_name in list(full):
        stem = re.sub(r"[\W_]{1,3}\d{1,6}\Z", "", long_name.rstrip())
        if _letters(stem) and _WORD.findall(stem)[-1].casefold() not in _FAMILIES:
            full.add(stem)
    return _Names(
        frozenset(map(_letters, listed)),
        frozenset(listed),
        tuple(
            (
                _letters(long_name),
                re.compile(r"\b" + r"[\W_]+".join(map(re.escape, parts)) + r"\b", re.I),
            )
            for long_name in sorted(full, key=lambda one: (-len(one), one))
            if len(parts := _WORD.findall(long_name)) > 1
            or (parts and (long_name == card.full_name or len(parts[0]) > ONE_WORD))
        ),
    )
