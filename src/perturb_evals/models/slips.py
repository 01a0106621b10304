"""Write down chosen names as people do: mostly right, now and then not as they are listed."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from perturb_evals.models.likeness import Likeness
from perturb_evals.models.neighbor_reading import NeighborQuestion
from perturb_evals.models.notes import perturbation_of
from perturb_evals.models.renamed import other_symbol

Slip = Literal["other_symbol", "case", "misremembered", "itself", "repeated"]

SHARES: dict[Slip, float] = {
    "other_symbol": 0.3,
    "case": 0.03,
    "misremembered": 0.1,
    "itself": 0.02,
    "repeated": 0.03,
}
"""Share of answers with each slip, where there is occasion for it: one name written by the gene's
former or later symbol, or in the letters of a mouse gene; a member of the group that is not listed;
the target itself; a name given twice."""

HIGHEST_NUMBER = 40
"""Up to which a number at the end of a symbol is misremembered."""


@dataclass(frozen=True)
class Written:
    """A name as it is written, its similarity from 0 to 1, and what is wrong with it."""

    name: str
    similarity: float
    slip: Slip | None = None


def neatly(neighbors: Sequence[Likeness]) -> list[Written]:
    """Write the names as they are listed."""
    return [Written(like.symbol, like.similarity) for like in neighbors]


def hastily(
    question: NeighborQuestion, neighbors: Sequence[Likeness], rng: random.Random
) -> list[Written]:
    """Write the names with slips; none where there is nothing to write."""
    written = neatly(neighbors)
    for slip, share in SHARES.items():
        if rng.random() < share and written:
            written = _SLIPS[slip](question, written, rng)
    return written


def _other_symbol(
    question: NeighborQuestion, written: list[Written], rng: random.Random
) -> list[Written]:
    other = {item.name: other_symbol(item.name) for item in written}
    return _rewritten(question, written, rng, other, "other_symbol")


def _case(question: NeighborQuestion, written: list[Written], rng: random.Random) -> list[Written]:
    other: dict[str, str | None] = {item.name: item.name.capitalize() for item in written}
    return _rewritten(question, written, rng, other, "case")


def _rewritten(
    question: NeighborQuestion,
    written: list[Written],
    rng: random.Random,
    other: Mapping[str, str | None],
    slip: Slip,
) -> list[Written]:
    """Write one name in another way that does not stand for anything else in the list."""
    known = {question.target, *question.candidates}
    places = [
        place
        for place, item in enumerate(written)
        if item.slip is None and other[item.name] and other[item.name] not in known
    ]
    if not places:
        return written
    place = rng.choice(places)
    item = written[place]
    changed = replace(item, name=other[item.name] or item.name, slip=slip)
    return [*written[:place], changed, *written[place + 1 :]]


def _misremembered(
    question: NeighborQuestion, written: list[Written], rng: random.Random
) -> list[Written]:
    """Add a symbol with another number that the notes hold for a member of the same group."""
    known = {question.target, *question.candidates}
    places = [place for place, item in enumerate(written) if item.slip is None]
    if not places:
        return written
    place = rng.choice(places)
    item = written[place]
    group, stem = perturbation_of(item.name), item.name.rstrip("0123456789")
    if group is None or stem == item.name:
        return written
    numbers = rng.sample(range(1, HIGHEST_NUMBER + 1), HIGHEST_NUMBER)
    for name in (f"{stem}{number}" for number in numbers):
        if name not in known and perturbation_of(name) == group:
            added = Written(name, item.similarity, "misremembered")
            return [*written[: place + 1], added, *written[place + 1 :]]
    return written


def _itself(
    question: NeighborQuestion, written: list[Written], rng: random.Random
) -> list[Written]:
    return [Written(question.target, 1.0, "itself"), *written]


def _repeated(
    question: NeighborQuestion, written: list[Written], rng: random.Random
) -> list[Written]:
    usable = [item for item in written if item.slip in (None, "case")]
    return [*written, replace(rng.choice(usable), slip="repeated")] if usable else written


_SLIPS: dict[Slip, Callable[[NeighborQuestion, list[Written], random.Random], list[Written]]] = {
    "other_symbol": _other_symbol,
    "case": _case,
    "misremembered": _misremembered,
    "itself": _itself,
    "repeated": _repeated,
}
