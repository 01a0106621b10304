"""Answer a question for similar knock-downs: a choice by the notes, written down with mistakes."""

import json
import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from math import sqrt
from typing import Literal

from perturb_evals.models.notes import RENAMED, Perturbation, perturbation_of
from perturb_evals.models.phrases import THINKING, phrase
from perturb_evals.models.reading import NeighborQuestion

# Similarity of two members of one group (more, up to 1, the more their symbols begin alike); of
# members of two groups whose losses move programmes in the same proportions; of two genes whose
# symbols differ in their number only, where one is not noted; of a guess.
SAME_GROUP, OTHER_GROUP, SAME_NAME, GUESSED = 0.8, 0.75, 0.5, 0.2

CLOSE = 0.4
"""A lower similarity is none."""

# Shares of questions that are refused, however often they are asked; to which nothing is named
# until they are asked again; whose target is first taken for a member of a related group; and of
# answers that do not keep to one JSON object, where no schema holds them to it.
REFUSALS, UNDECIDED, MISPLACED, UNTIDY = 0.01, 0.03, 0.08, 1 / 8

# Shares of answers with each slip, where there is occasion for it.
OTHER_SYMBOL, CASE, MISREMEMBERED, ITSELF, REPEATED = 0.3, 0.03, 0.1, 0.02, 0.03

HIGHEST_NUMBER = 40
"""Up to which a number at the end of a symbol is misremembered."""

DIGITS = "0123456789"


@dataclass(frozen=True)
class _Neighbor:
    """A name that is given, and why.

    Attributes:
        name: The symbol as it is written.
        similarity: From 0 to 1.
        tie: What makes it alike: the same `group`, another whose `programmes` move alike, no more
            than a `name`; or nothing: it is a `guess`.
        group: The note on the gene.
        slip: What is wrong with the name; empty, nothing is.
    """

    name: str
    similarity: float
    tie: Literal["group", "programmes", "name", "guess"]
    group: Perturbation | None
    slip: Literal["", "other_symbol", "case", "misremembered", "itself", "repeated"] = ""


@dataclass(frozen=True)
class _Choice:
    """What is chosen, the most similar first, and where the target is thought to belong.

    It is `chosen` by the notes, or `guessed`, where they know nothing alike; `undecided` and
    `refused` choose nothing.
    """

    manner: Literal["chosen", "guessed", "undecided", "refused"]
    place: Perturbation | None
    neighbors: tuple[_Neighbor, ...] = ()


def answer_neighbors(
    question: NeighborQuestion, whims: random.Random, rng: random.Random, *, schema: bool
) -> tuple[str, str]:
    """Answer a question for similar knock-downs.

    Args:
        question: The question.
        whims: Decides on the first answer; another look begins there, so it must be the same.
        rng: Chooses the phrases and the form.
        schema: Whether the answer is held to its JSON schema.

    Returns:
        The answer and a thinking part before it, mostly empty.
    """
    choice = _choose(question, whims)
    written, before = _with_slips(question, choice.neighbors, whims), list[_Neighbor]()
    if question.turn != "first":
        choice, before = _reconsider(question, choice, whims), written
        written = list(choice.neighbors)
    refusal = phrase("refusal", rng, pert=question.target)
    if choice.manner == "refused" and not schema:
        return refusal, ""
    keys: dict[str, object] = {}
    if question.reasoning:
        said = _changes(question, written, before, rng) + _reasons(question, choice, rng)
        keys["reasoning"] = refusal if choice.manner == "refused" else " ".join(said)
    keys["kNN"] = [
        {"gene": item.name, "similarity": round(100 * item.similarity)}
        if question.similarities
        else item.name
        for item in written
    ]
    text = _untidy(keys, rng) if not schema and rng.random() < UNTIDY else _json(keys)
    names = [item.name for item in choice.neighbors]
    if not (question.reasoning and names and rng.random() < THINKING):
        return text, ""
    draft = _json({"kNN": names[: len(names) // 2 + 1][::-1]})
    group = choice.place.name if choice.place else "nothing I can name"
    return text, phrase("neighbor draft", rng, pert=question.target, group=group, draft=draft)


def _choose(question: NeighborQuestion, rng: random.Random) -> _Choice:
    """Choose for the first time; `rng` brings the number of names, mistakes and whims."""
    place = perturbation_of(question.target)
    whim, misplaced = rng.random(), rng.random() < MISPLACED
    size = rng.randint(question.fewest, question.most)
    if whim < UNDECIDED:
        return _Choice("undecided", place)
    if whim > 1 - REFUSALS:
        return _Choice("refused", place)
    if misplaced:
        found = _alike(question, place)
        place = next((item.group for item in found if item.tie == "programmes"), place)
    return _choice(question, place, size, rng)


def _reconsider(question: NeighborQuestion, first: _Choice, rng: random.Random) -> _Choice:
    """Choose again with more care: as many as fit, and the target in its right place.

    What was refused stays refused, and one guess is left.
    """
    if first.manner == "refused":
        return first
    if first.manner == "guessed":
        return replace(first, neighbors=first.neighbors[:1])
    return _choice(question, perturbation_of(question.target), question.most, rng)


def _with_slips(
    question: NeighborQuestion, neighbors: Iterable[_Neighbor], rng: random.Random
) -> list[_Neighbor]:
    """Write the names as people do: mostly right, now and then not as they are listed.

    One name is written by the gene's former or later symbol, or in the letters of a mouse gene; a
    member of the group that is not listed is added; so is the target; a name is given twice.
    """
    written = list(neighbors)
    known = {question.target, *question.candidates}
    if rng.random() < OTHER_SYMBOL:
        _rewrite(written, known, RENAMED.get, "other_symbol", rng)
    if rng.random() < CASE:
        _rewrite(written, known, str.capitalize, "case", rng)
    if rng.random() < MISREMEMBERED:
        _misremember(written, known, rng)
    if rng.random() < ITSELF and written:
        written.insert(0, _Neighbor(question.target, 1.0, "guess", None, "itself"))
    if rng.random() < REPEATED:
        usable = [item for item in written if item.slip in ("", "case")]
        written += [replace(rng.choice(usable), slip="repeated")] if usable else []
    return written


def _choice(
    question: NeighborQuestion, place: Perturbation | None, size: int, rng: random.Random
) -> _Choice:
    """Take up to `size` of the target's own group, others only to reach the fewest asked for.

    Where nothing is alike, guess at any whose loss is known to be felt.
    """
    found = _alike(question, place)
    own = [item for item in found if item.tie == "group"][:size]
    others = [item for item in found if item.tie != "group"]
    if found:
        missing = max(question.fewest - len(own), 0)
        return _Choice("chosen", place, (*own, *others[:missing]))
    listed = [name for name in question.candidates if name != question.target]
    noted = {name: perturbation_of(name) for name in listed}
    felt = [name for name, note in noted.items() if note and note.essential] or listed
    guesses = rng.sample(felt, min(question.fewest, len(felt)))
    return _Choice(
        "guessed" if guesses else "undecided",
        perturbation_of(question.target),
        tuple(_Neighbor(name, GUESSED, "guess", noted[name]) for name in guesses),
    )


def _alike(question: NeighborQuestion, place: Perturbation | None) -> list[_Neighbor]:
    """Return the candidates that are close to a target of a group, the most similar first."""
    others = set(question.candidates) - {question.target}
    found = (_likeness(question.target, place, other) for other in others)
    close = [item for item in found if item.similarity >= CLOSE]
    return sorted(close, key=lambda item: (-item.similarity, item.name))


def _likeness(target: str, place: Perturbation | None, other: str) -> _Neighbor:
    group = perturbation_of(other)
    if place is None or group is None:
        family = target.rstrip(DIGITS)
        same = len(family) >= 3 and family == other.rstrip(DIGITS)
        return _Neighbor(other, SAME_NAME if same else 0.0, "name", group)
    if place == group:
        shared = sum(other.startswith(target[: n + 1]) for n in range(len(target)))
        begin = shared / max(len(target), len(other))
        return _Neighbor(other, SAME_GROUP + (1 - SAME_GROUP) * begin, "group", group)
    a, b = place.moves, group.moves
    product = sum(effect * b.get(programme, 0) for programme, effect in a.items())
    cosine = product / sqrt(sum(x * x for x in a.values()) * sum(x * x for x in b.values()))
    return _Neighbor(other, OTHER_GROUP * cosine, "programmes", group)


def _rewrite(
    written: list[_Neighbor],
    known: set[str],
    other: Callable[[str], str | None],
    slip: Literal["other_symbol", "case"],
    rng: random.Random,
) -> None:
    """Write one name in another way that does not stand for anything else in the list."""
    changed = {
        place: replace(item, name=name, slip=slip)
        for place, item in enumerate(written)
        if not item.slip and (name := other(item.name)) and name not in known
    }
    if changed:
        place = rng.choice(list(changed))
        written[place] = changed[place]


def _misremember(written: list[_Neighbor], known: set[str], rng: random.Random) -> None:
    """Add a symbol with another number that the notes hold for a member of the same group."""
    places = [place for place, item in enumerate(written) if not item.slip]
    if not places:
        return
    place = rng.choice(places)
    item = written[place]
    stem = item.name.rstrip(DIGITS)
    if item.group is None or stem == item.name:
        return
    for number in rng.sample(range(1, HIGHEST_NUMBER + 1), HIGHEST_NUMBER):
        name = f"{stem}{number}"
        if name not in known and perturbation_of(name) == item.group:
            written.insert(place + 1, replace(item, name=name, slip="misremembered"))
            return


def _changes(
    question: NeighborQuestion,
    written: Sequence[_Neighbor],
    before: Sequence[_Neighbor],
    rng: random.Random,
) -> list[str]:
    """Say what is new since the first answer."""
    if question.turn == "first":
        return []
    if question.turn == "again":
        return [phrase("again", rng)]
    now, then = ([item.name for item in items] for items in (written, before))
    gone = ", ".join(dict.fromkeys(name for name in then if name not in now))
    new = ", ".join(name for name in now if name not in then)
    said = [phrase("taken out", rng, names=gone)] if gone else []
    said += [phrase("added", rng, names=new)] if new else []
    return said or [phrase("kept", rng)]


def _reasons(question: NeighborQuestion, choice: _Choice, rng: random.Random) -> list[str]:
    """Say what the target does and why each group of names is chosen."""
    target, place = question.target, choice.place
    if place:
        said = [phrase("place", rng, pert=target, group=place.name)]
    else:
        said = [phrase("no place", rng, pert=target)]
    if choice.manner == "undecided":
        return [*said, phrase("none alike", rng, pert=target)]
    for (tie, group), items in groupby(choice.neighbors, key=_why):
        names = ", ".join(item.name for item in items)
        said.append(phrase(f"alike by {tie}", rng, pert=target, group=group, names=names))
    if any(item.tie != "group" for item in choice.neighbors):
        said.append(phrase("careful", rng))
    return said


def _why(item: _Neighbor) -> tuple[str, str]:
    return item.tie, item.group.name if item.group and item.tie == "programmes" else ""


def _untidy(keys: dict[str, object], rng: random.Random) -> str:
    """Write an object as models do that were not held to a form."""
    text, before = _json(keys), phrase("before", rng)
    return rng.choice(
        (
            f"```json\n{json.dumps(keys, indent=2, ensure_ascii=False)}\n```",
            f"{before}\n\n{text}",
            f"{text[:-2]},]}}" if keys["kNN"] else text,
            text.replace('"kNN"', '"knn"'),
            _json(keys["kNN"]),
        )
    )


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
