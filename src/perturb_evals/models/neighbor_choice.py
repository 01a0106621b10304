"""Choose similar knock-downs by the notes: a first choice, and a second look at it."""

import random
from dataclasses import dataclass, replace
from typing import Literal

from perturb_evals.models.likeness import Likeness, alike
from perturb_evals.models.neighbor_reading import NeighborQuestion
from perturb_evals.models.notes import perturbation_of
from perturb_evals.models.perturbations import Perturbation

Manner = Literal["chosen", "guessed", "undecided", "refused"]

REFUSALS = 0.01
"""Share of questions that are refused, however often they are asked."""

UNDECIDED = 0.03
"""Share of questions to which nothing is named until they are asked again."""

MISPLACED = 0.08
"""Share of targets that are first taken for members of another, related group."""

GUESSED = 0.2
"""Similarity that is given to a guess."""


@dataclass(frozen=True)
class Choice:
    """What is chosen, and how it came about.

    Attributes:
        manner: `chosen` by the notes; `guessed`, where they know nothing alike; `undecided` and
            `refused` choose nothing.
        place: The group that the target is thought to belong to.
        neighbors: Candidates, the most similar first.
    """

    manner: Manner
    place: Perturbation | None
    neighbors: tuple[Likeness, ...] = ()


def choose(question: NeighborQuestion, rng: random.Random) -> Choice:
    """Choose for the first time; `rng` brings the number of names, mistakes and whims."""
    place = perturbation_of(question.target)
    whim, misplaced = rng.random(), rng.random() < MISPLACED
    size = rng.randint(question.fewest, question.most)
    if whim < UNDECIDED:
        return Choice("undecided", place)
    if whim > 1 - REFUSALS:
        return Choice("refused", place)
    if misplaced:
        place = _related(question, place)
    return _chosen(question, place, size) or _guess(question, rng)


def reconsider(question: NeighborQuestion, first: Choice, rng: random.Random) -> Choice:
    """Choose again with more care: as many as fit, and the target in its right place.

    What was refused stays refused.
    """
    if first.manner == "refused":
        return first
    if first.manner == "guessed":
        return replace(first, neighbors=first.neighbors[:1])
    place = perturbation_of(question.target)
    return _chosen(question, place, question.most) or _guess(question, rng)


def _chosen(question: NeighborQuestion, place: Perturbation | None, size: int) -> Choice | None:
    """Take up to `size` of the target's own group; others only to reach the fewest asked for."""
    found = alike(question.target, place, question.candidates)
    own = [like for like in found if like.tie == "group"][:size]
    others = [like for like in found if like.tie != "group"]
    neighbors = (*own, *others[: max(question.fewest - len(own), 0)])
    return Choice("chosen", place, neighbors) if neighbors else None


def _guess(question: NeighborQuestion, rng: random.Random) -> Choice:
    """Take any whose loss is known to be felt."""
    others = [name for name in question.candidates if name != question.target]
    noted = {name: perturbation_of(name) for name in others}
    felt = [name for name, note in noted.items() if note and note.essential] or others
    names = rng.sample(felt, min(question.fewest, len(felt)))
    return Choice(
        "guessed" if names else "undecided",
        perturbation_of(question.target),
        tuple(Likeness(name, GUESSED, "guess", noted[name]) for name in names),
    )


def _related(question: NeighborQuestion, place: Perturbation | None) -> Perturbation | None:
    """Return the group most like the target's own of those that are listed, or its own."""
    found = alike(question.target, place, question.candidates)
    return next((like.group for like in found if like.tie == "programmes"), place)
