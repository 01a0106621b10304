"""From a gene's name as somebody wrote it to the symbol that a screen uses."""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Literal, get_args

from perturb_evals.datasets.errors import DataError

if TYPE_CHECKING:
    from perturb_evals.datasets.genes.ncbi import Aliases

MatchRoute = Literal["exact", "case", "alias", "ambiguous", "unknown"]
ROUTES: tuple[MatchRoute, ...] = get_args(MatchRoute)

LONGEST_NAME = 200
"""A longer name is not looked into for a symbol; it is a sentence."""

SHOWN, SHOWN_LETTERS = 3, 30
"""So many names stand in an error as examples, and so much of each."""


@dataclass(frozen=True)
class Resolved:
    """A symbol, and how it was found.

    Attributes:
        symbol: The symbol as the screen writes it; None exactly for the two last routes.
        route: `exact`; `case` (the same but for case, or for decoration as `bare_symbol` takes it
            off); `alias` (another name of the same gene); `ambiguous` (fits several symbols);
            `unknown`.
    """

    symbol: str | None
    route: MatchRoute


class SymbolResolver:
    """Finds the candidate that a name denotes.

    A name is tried as it is, then in any case, then as an alias; the two latter first as written
    and then without decoration. Name and candidate are aliases when both denote the same gene,
    whichever of the two is its current symbol: a screen may say AARS and the name AARS1, or the
    other way round. A name of several genes finds the candidate if only one of them is among the
    candidates. Where several candidates are the same gene, its current symbol is taken.

    Args:
        candidates: The symbols to choose from; repeated ones count once.
        aliases: What names mean; without it the route `alias` is closed.
    """

    def __init__(self, candidates: Iterable[str], aliases: "Aliases | None" = None) -> None:
        self._candidates = frozenset(candidates)
        self._aliases = aliases
        self._by_case: defaultdict[str, set[str]] = defaultdict(set)
        self._by_gene: defaultdict[int, set[str]] = defaultdict(set)
        for symbol in self._candidates:
            self._by_case[symbol.upper()].add(symbol)
            for gene_id in self._genes_of(symbol):
                self._by_gene[gene_id].add(symbol)

    def resolve(self, name: str, target: str | None = None) -> Resolved:
        """Find what a name denotes.

        Args:
            name: Any text; it is compared, never interpreted.
            target: One more symbol that the name may denote although it is no candidate: the
                perturbation that is asked about. It competes on equal terms, so that a name of both
                the target and a candidate is ambiguous.

        Returns:
            The candidate, or the target, and the route.
        """
        if self._is_symbol(name, target):
            return Resolved(name, "exact")
        forms = tuple(dict.fromkeys([name.strip(), bare_symbol(name)]))
        for form in forms:
            if found := self._same_letters(form, target):
                return _one_of(found, "case")
        for form in forms:
            if found := self._same_gene(form, target):
                return _one_of(found, "alias")
        return Resolved(None, "unknown")

    def _is_symbol(self, name: str, target: str | None) -> bool:
        return name in self._candidates or name == target

    def _same_letters(self, name: str, target: str | None) -> set[str]:
        # Where candidates differ in case only, the exact case decides.
        if self._is_symbol(name, target):
            return {name}
        key = name.upper()
        found = set(self._by_case.get(key, ()))
        if target is not None and target.upper() == key:
            found.add(target)
        return found

    def _same_gene(self, name: str, target: str | None) -> set[str]:
        if self._aliases is None:
            return set()
        genes_of_target = () if target is None else self._genes_of(target)
        found: set[str] = set()
        for gene_id in self._aliases.gene_ids(name):
            owners = set(self._by_gene.get(gene_id, ()))
            if target is not None and gene_id in genes_of_target:
                owners.add(target)
            found |= {owner for owner in owners if self._aliases.is_current(owner)} or owners
        return found

    def _genes_of(self, symbol: str) -> tuple[int, ...]:
        return () if self._aliases is None else self._aliases.gene_ids_of_symbol(symbol)


def _one_of(found: set[str], route: Literal["case", "alias"]) -> Resolved:
    return Resolved(found.pop(), route) if len(found) == 1 else Resolved(None, "ambiguous")


_KIND = r"(?:gene|perturbation|symbol|target|knock-?(?:down|out)(?:\s+of)?)"
_BEFORE = re.compile(rf"[\W_]*(?:\d{{1,3}}[.):\s][\W_]*)?(?:{_KIND}(?:\s*:\s*|\s+))?[\W_]*", re.I)
_SYMBOL = re.compile(r"[^\s()\[\]{}<>\"'`,;:=|\u2014]+")
_BEHIND = re.compile(
    r"[\W_]*\Z"
    r"|[\"'`*_]*\s*[(\[:=|\u2014]"
    r"|[\"'`*_]*(?:,|\s-+)\s"
    r"|\s+(?:gene|protein|perturbation|knock-?(?:down|out)|kd|ko|crispr[ia]?)\W*\Z",
    re.I,
)


@lru_cache(maxsize=8)
def symbol_resolver(candidates: tuple[str, ...], aliases: "Aliases | None") -> SymbolResolver:
    """Return a resolver; the same one for the same arguments, as it takes a while to make."""
    return SymbolResolver(candidates, aliases)


def bare_symbol(name: str) -> str:
    """Take the decoration off a name.

    Off come punctuation and markup around it, a number of a list (`1. RPL3`), a word for its kind
    (`gene RPL3`, `RPL3 knockdown`), a gloss behind it (`RPL3 (ribosomal protein L3)`,
    `RPL3: large subunit`, `RPL3 - large subunit`) and the control of a GEARS condition
    (`RPL3+ctrl`). Two symbols side by side stay as they are, as nobody knows which one is meant.

    Returns:
        The symbol, or the name without surrounding blanks where it is not one decorated symbol.
    """
    name = name.strip()
    if len(name) > LONGEST_NAME:
        return name
    begin = _BEFORE.match(name)
    symbol = _SYMBOL.match(name, begin.end() if begin else 0)
    if not symbol or not _BEHIND.match(name, symbol.end()):
        return name
    bare = symbol[0].removeprefix("ctrl+").removesuffix("+ctrl").rstrip("*_.!?-")
    return bare or name


class UnknownGenesError(DataError):
    """A file that knows no training perturbation. The message names genes of both sides."""


def no_gene_known(
    where: str,
    genes: Sequence[str],
    names: Sequence[str],
    data: str,
    synonyms: str = "are understood with aliases=ncbi",
) -> UnknownGenesError:
    """Return the error of a file that knows no training perturbation.

    Such a file is of no use, and most likely about other ids, as of Ensembl or Entrez: to go on
    would be to predict the same for everything.

    Args:
        where: The file.
        genes: Its genes.
        names: The training perturbations.
        data: What these are of: a screen, or a line's table.
        synonyms: What is done with synonyms.
    """
    return UnknownGenesError(
        f"{where}: it knows none of the {len(names)} training perturbations of {data}. "
        f"Its genes are {_examples(genes)}; expected symbols as written there: "
        f"{_examples(names)}. Give a file with such symbols, or translate the names in this one; "
        f"synonyms {synonyms}."
    )


def _examples(names: Sequence[str]) -> str:
    # repr makes control characters visible, so that a name does nothing to a terminal.
    shown = [
        repr(name if len(name) <= SHOWN_LETTERS else name[: SHOWN_LETTERS - 1] + "\u2026")
        for name in names[:SHOWN]
    ]
    return ", ".join(shown) + (" ..." if len(names) > SHOWN else "")
