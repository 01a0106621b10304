"""From the names that an answer gives to the neighbors that are used, with every loss counted."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, NamedTuple, get_args

from perturb_evals.datasets.genes.ncbi import human_aliases
from perturb_evals.datasets.genes.symbols import MatchRoute, SymbolResolver
from perturb_evals.datasets.screens.benchmark import AliasSource
from perturb_evals.datasets.screens.evidence import HeldOut, expression_evidence
from perturb_evals.scorers.expression.names import Named

Drop = Literal["invented", "ambiguous", "target", "duplicate", "over_limit"]
DROPS: tuple[Drop, ...] = get_args(Drop)

USED_ROUTES: tuple[MatchRoute, ...] = ("exact", "case", "alias")

SHOWN_LETTERS = 40
MOST_SHOWN = 20


class Dropped(NamedTuple):
    """A name that is not used, shortened, and why."""

    name: str
    reason: Drop


@dataclass(frozen=True)
class Chosen:
    """The neighbors of one answer.

    Attributes:
        symbols: The neighbors as the screen writes them, in the order of the answer, none twice.
        similarities: The similarity of each in [0, 1], None where the answer gives none.
        routes: How many of the neighbors were found by each of `USED_ROUTES`.
        drops: How many names were dropped, by each of `DROPS`.
        dropped: The first of them, at most `MOST_SHOWN`, in the order of the answer.
        n_given: Number of names in the answer: neighbors and dropped ones.
    """

    symbols: tuple[str, ...]
    similarities: tuple[float | None, ...]
    routes: dict[MatchRoute, int]
    drops: dict[Drop, int]
    dropped: tuple[Dropped, ...]
    n_given: int


@lru_cache(maxsize=64)
def resolver_for(held_out: HeldOut, aliases: AliasSource) -> SymbolResolver:
    """Return what finds the candidates of a fold by their names."""
    names = expression_evidence(held_out).perturbations
    return SymbolResolver(names, human_aliases() if aliases == "ncbi" else None)


def choose(
    answer_items: Iterable[Named],
    *,
    target: str,
    resolver: SymbolResolver,
    limit: int | None,
) -> Chosen:
    """Resolve the names of an answer, in their order, and keep those that can be used.

    A dropped name counts once, under the first reason that holds: `invented` (no candidate's
    name), `ambiguous` (fits several), `target` (the perturbation that is asked about, by any of its
    names), `duplicate` (of a neighbor before it, after resolution), `over_limit`. So the limit
    counts usable names: an invented one does not take the place of a later neighbor.

    Args:
        answer_items: Names, most similar first.
        target: The perturbation that is asked about.
        resolver: Of the candidates.
        limit: The largest number of neighbors, at least 1; None for no limit.

    Returns:
        The neighbors and the counts; `sum(routes) + sum(drops) == n_given`.

    Raises:
        ValueError: if the limit is below 1.
    """
    if limit is not None and limit < 1:
        raise ValueError(f"limit must be at least 1 or None, got {limit}.")
    used: dict[str, Named] = {}
    routes: Counter[MatchRoute] = Counter()
    drops: list[Dropped] = []
    for item in answer_items:
        found = resolver.resolve(item.name, target)
        if found.symbol is None:
            reason: Drop = "ambiguous" if found.route == "ambiguous" else "invented"
        elif found.symbol == target:
            reason = "target"
        elif found.symbol in used:
            reason = "duplicate"
        elif limit is not None and len(used) == limit:
            reason = "over_limit"
        else:
            used[found.symbol] = item
            routes[found.route] += 1
            continue
        drops.append(Dropped(_shortened(item.name), reason))
    counts = Counter(drop.reason for drop in drops)
    return Chosen(
        symbols=tuple(used),
        similarities=tuple(item.similarity for item in used.values()),
        routes={route: routes[route] for route in USED_ROUTES},
        drops={reason: counts[reason] for reason in DROPS},
        dropped=tuple(drops[:MOST_SHOWN]),
        n_given=len(used) + len(drops),
    )


def _shortened(name: str) -> str:
    return name if len(name) <= SHOWN_LETTERS else name[: SHOWN_LETTERS - 1] + "\u2026"
