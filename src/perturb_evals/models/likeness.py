"""Which knock-downs the notes call alike: one complex first, then groups that move the same genes.

Of the notes it uses `perturbations` and `rules`. The numbers are crude, as the notes are.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from itertools import takewhile
from math import sqrt
from typing import Literal

from perturb_evals.models.notes import perturbation_of
from perturb_evals.models.perturbations import Perturbation
from perturb_evals.models.rules import RULES, Rule

Tie = Literal["group", "programmes", "name", "guess"]

SAME_GROUP = 0.8
"""Similarity of two members of one group; more, up to 1, the more their symbols begin alike."""

OTHER_GROUP = 0.75
"""Similarity of members of two groups whose programmes move in the same proportions."""

SAME_NAME = 0.5
"""Similarity of two genes whose symbols differ in their number only, where one is not noted."""

CLOSE = 0.4
"""A lower similarity is none."""


@dataclass(frozen=True)
class Likeness:
    """How alike a knock-down is.

    Attributes:
        symbol: The gene.
        similarity: From 0 to 1.
        tie: What makes it alike: the same `group`, another whose `programmes` move alike, no more
            than a `name`; or nothing: it is a `guess`.
        group: The note on the gene.
    """

    symbol: str
    similarity: float
    tie: Tie
    group: Perturbation | None


def alike(symbol: str, place: Perturbation | None, candidates: Iterable[str]) -> list[Likeness]:
    """Return the candidates that act like a gene, the most similar first, then by symbol.

    Args:
        symbol: The gene.
        place: The group that it is thought to belong to, None where it is not known.
        candidates: The genes to choose from; the gene itself is passed over.

    Returns:
        Those of a similarity of `CLOSE` and more; none where nothing is known.
    """
    found = [_likeness(symbol, place, other) for other in set(candidates) - {symbol}]
    return sorted(
        (like for like in found if like.similarity >= CLOSE),
        key=lambda like: (-like.similarity, like.symbol),
    )


def common_rule(one: Perturbation, other: Perturbation) -> Rule | None:
    """Return the strongest rule of `other` that moves a programme as `one` moves it, if any."""
    moved = _profile(one)
    shared = [
        rule
        for rule in RULES
        if rule.perturbation == other.name and moved.get(rule.programme, 0) * rule.effect > 0
    ]
    return max(
        shared, key=lambda rule: min(abs(rule.effect), abs(moved[rule.programme])), default=None
    )


def _likeness(symbol: str, place: Perturbation | None, other: str) -> Likeness:
    group = perturbation_of(other)
    if place is None or group is None:
        same = len(_family(symbol)) >= 3 and _family(symbol) == _family(other)
        return Likeness(other, SAME_NAME if same else 0.0, "name", group)
    if place == group:
        alike_so_far = takewhile(lambda pair: pair[0] == pair[1], zip(symbol, other, strict=False))
        begin = len(list(alike_so_far)) / max(len(symbol), len(other))
        return Likeness(other, SAME_GROUP + (1 - SAME_GROUP) * begin, "group", group)
    return Likeness(other, OTHER_GROUP * _cosine(place, group), "programmes", group)


def _family(symbol: str) -> str:
    return symbol.rstrip("0123456789")


@cache
def _cosine(one: Perturbation, other: Perturbation) -> float:
    """Return the cosine of what the losses of two groups do to the programmes, -1 to 1."""
    a, b = _profile(one), _profile(other)
    product = sum(effect * b.get(programme, 0) for programme, effect in a.items())
    size = sqrt(sum(x * x for x in a.values()) * sum(x * x for x in b.values()))
    return product / size


@cache
def _profile(group: Perturbation) -> dict[str, float]:
    """Return the effect on each programme that a rule of the group names; every group has one."""
    return {rule.programme: rule.effect for rule in RULES if rule.perturbation == group.name}
